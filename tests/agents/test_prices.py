"""What Claude costs, by hand-made sums."""

from __future__ import annotations

from decimal import Decimal

import pytest
from structlog.testing import capture_logs

from agents.estimate import NEW_TOKENS, turn_cost
from agents.prices import DEAREST, PRICES, cost_usd
from tests.agents.stage import ROSTER, WORDS


def test_the_research_sum() -> None:
    """4k cached + 400 new + 80 out on Haiku 5.5 = $0.00012 (research, claude-and-durability, 3)."""
    usd = cost_usd("claude-haiku-5-5", prompt_tokens=4_400, input_tokens=400, output_tokens=80, cache_read_tokens=4_000)
    assert usd == Decimal("0.00012")


@pytest.mark.parametrize(("prompt", "usd"), [(100_000, "0.50"), (100_001, "2.50")])
def test_a_long_prompt_makes_every_token_dearer(prompt: int, usd: str) -> None:
    assert cost_usd("claude-haiku-5-5", prompt_tokens=prompt, output_tokens=1_000_000) == Decimal(usd)


def test_a_dated_id_is_its_model() -> None:
    assert cost_usd("claude-haiku-4-5-20251001", prompt_tokens=1, input_tokens=1_000_000) == Decimal(1)


def test_an_unknown_model_counts_as_the_dearest_and_warns_once() -> None:
    with capture_logs() as logs:
        costs = {cost_usd("claude-never-9", prompt_tokens=1, output_tokens=1_000_000) for _ in range(3)}
    assert costs == {PRICES[DEAREST][0].output}
    assert [entry["event"] for entry in logs] == ["price_unknown"]
    for kind in ("input", "output", "cache_write", "cache_read"):
        assert getattr(PRICES[DEAREST][0], kind) == max(getattr(row, kind) for rows in PRICES.values() for row in rows)


@pytest.mark.parametrize("model", PRICES)
def test_every_model_ends_with_a_price_for_any_length(model: str) -> None:
    assert PRICES[model][-1].up_to is None
    assert cost_usd(model, prompt_tokens=999_999, input_tokens=1, output_tokens=1, cache_write_tokens=1, cache_read_tokens=1) > 0


def test_a_turns_estimate_is_the_sum_of_its_parts() -> None:
    kai, found = ROSTER["kai"], turn_cost(ROSTER["kai"], WORDS)
    silent = turn_cost(kai.model_copy(update={"tools": ()}), WORDS)
    assert silent.stable_tokens == pytest.approx(len(WORDS.system(kai)) / 4, rel=0.2)
    assert found.stable_tokens > silent.stable_tokens + 200, "tools are counted too"
    whole = found.stable_tokens + NEW_TOKENS
    assert found.usd == cost_usd(
        kai.model.id, prompt_tokens=whole, input_tokens=400, output_tokens=80, cache_read_tokens=found.stable_tokens
    )
    dear = kai.model_copy(update={"model": kai.model.model_copy(update={"id": DEAREST})})
    assert turn_cost(dear, WORDS).usd > 50 * found.usd
