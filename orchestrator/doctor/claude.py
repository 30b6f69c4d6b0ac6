"""Claude: is the key accepted, are the agents' models there, and, if asked, does it speak?"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import Any, Final

import anyio
import anyio.to_thread
import httpx2

from agents.brain import Failed, Spent, ToolCalled, Utterance
from agents.claude import ClaudeBrain
from agents.errors import BrainError, Truncated
from agents.prompting import Prompts
from agents.roster import Roster
from orchestrator.config import Settings
from orchestrator.doctor.finding import Finding
from orchestrator.ready import BY_SCRIPT, KEY_FIX, NO_KEY
from orchestrator.rosters import ROOT

NAME: Final = "Claude"
VERSION: Final = "2023-06-01"
ASK_S: Final = 10.0


async def claude(settings: Settings, roster: Roster, *, live: bool) -> AsyncGenerator[Finding, None]:
    """Lists the models, which is free; `live` spends the cost of one token.

    What others refuse is broken only where that is asked for: `serve` starts all the same, for they may come round.
    """
    if settings.claude.api_key is None:
        yield Finding(NAME, "warn", NO_KEY, f"{KEY_FIX}; {BY_SCRIPT}")
        return
    listed = await anyio.to_thread.run_sync(
        _listed, settings, {agent.model.id for agent in roster} | {settings.mind.router_model}
    )
    yield listed if live else replace(listed, state="ok" if listed.state == "ok" else "warn")
    if live and listed.state != "broken":
        yield await _spoken(settings, roster)


def _listed(settings: Settings, wanted: set[str]) -> Finding:
    key = settings.claude.api_key.get_secret_value().strip() if settings.claude.api_key else ""
    url = f"{settings.claude.base_url.rstrip('/')}/v1/models?limit=1000"
    headers = {"x-api-key": key, "anthropic-version": VERSION}
    try:
        answer = httpx2.get(url, headers=headers, timeout=ASK_S, trust_env=url.startswith("https:"))
        answer.raise_for_status()
        models = {model["id"] for model in answer.json()["data"]}
    except httpx2.HTTPStatusError as error:
        fix = KEY_FIX if error.response.status_code in (401, 403) else "see https://status.claude.com, or base_url in [claude]"
        return Finding(NAME, "broken", f"{settings.claude.base_url} answers {error.response.status_code} to our key", fix)
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, KeyError, TypeError) as error:
        fix = "see that the network lets us through, and that base_url in [claude] is right"
        return Finding(NAME, "broken", f"{settings.claude.base_url} cannot be asked ({type(error).__name__})", fix)
    if missing := wanted - models:
        fix = "write another id in the agents' `model`, or in [mind]"
        return Finding(NAME, "warn", f"the key is accepted, but no such model is listed: {', '.join(sorted(missing))}", fix)
    return Finding(NAME, "ok", f"{settings.claude.base_url} accepts the key, and has {', '.join(sorted(wanted))}")


async def _spoken(settings: Settings, roster: Roster) -> Finding:
    """One token by the front desk, the way that calls take."""
    prompts = await anyio.to_thread.run_sync(lambda: Prompts.read(roster, ROOT / "prompts"))
    front = roster.front_desk
    brief = front.model_copy(update={"model": front.model.model_copy(update={"max_tokens": 1})})
    failed: BrainError | None = None
    cost: Any = 0
    async with ClaudeBrain(settings.claude, prompts) as brain:
        began_s = anyio.current_time()
        async with aclosing(brain.turn(brief, [Utterance("caller", "Hello")], act=_nothing)) as said:
            async for event in said:
                match event:
                    case Failed(error):
                        failed = error
                    case Spent(usd=usd):
                        cost += usd
                    case _:
                        pass
        took_ms = 1_000 * (anyio.current_time() - began_s)
    if failed is not None and not isinstance(failed, Truncated):  # truncated is what was asked for
        return Finding(f"{NAME} live", "broken", str(failed), "see https://status.claude.com and the account's limits")
    return Finding(f"{NAME} live", "ok", f"{front.name} spoke after {took_ms:.0f} ms, for {cost:.5f} USD")


async def _nothing(call: ToolCalled) -> str:
    return f"there is no {call.name}"
