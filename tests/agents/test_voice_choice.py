"""Agents that name no voice: each its own while there are enough, always the same, and never a person's by chance."""

from __future__ import annotations

from collections import Counter
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from agents.voice_choice import MOST_REMEMBERED, VoiceChoice, choose, remember

SIXTEEN = tuple(f"voice-{number}" for number in range(16))
IDS = st.text("abcdefgh-", min_size=1, max_size=6)
AGENTS = st.sets(IDS, max_size=24)
VOICES = st.sets(IDS, min_size=1, max_size=12)


def spread(chosen: dict[str, str], voices: tuple[str, ...] = SIXTEEN) -> int:
    used = Counter(chosen.values())
    return max(used[voice] for voice in voices) - min(used[voice] for voice in voices)


def test_sixteen_agents_have_sixteen_voices_and_164_share_them_evenly() -> None:
    for count in (16, 164):
        chosen = choose([f"agent-{number}" for number in range(count)], (), VoiceChoice.of(SIXTEEN))
        assert len(chosen) == count
        assert spread(chosen) <= 1
    assert len(set(chosen.values())) == 16


def test_different_agents_begin_with_different_voices() -> None:
    firsts = {choose([f"agent-{number}"], (), VoiceChoice.of(SIXTEEN))[f"agent-{number}"] for number in range(60)}
    assert len(firsts) > 10


def test_a_voice_that_another_agent_names_comes_last() -> None:
    choice = VoiceChoice.of(("alto", "kai", "tenor"))
    assert {*choose(["ann", "bob"], ["kai"], choice).values()} == {"alto", "tenor"}
    assert Counter(choose(["ann", "bob", "cleo", "dan"], ["kai"], choice).values()) == {"alto": 2, "tenor": 2}
    assert "kai" in choose(["ann", "bob", "cleo", "dan", "eve"], ["kai"], choice).values()


def test_an_agent_has_the_voice_of_its_name_where_it_is_free() -> None:
    choice = VoiceChoice.of(("alto", "tenor"))
    assert choose(["ann", "tenor"], (), choice) == {"ann": "alto", "tenor": "tenor"}
    assert choose(["tenor"], ["tenor"], choice) == {"tenor": "alto"}


def test_what_may_not_be_given_is_never_given() -> None:
    assert choose(["ann", "dad"], (), VoiceChoice({"alto", "dad"}, {"alto"}, {"ann": "dad"})) == {"ann": "alto", "dad": "alto"}
    assert choose(["ann"], (), VoiceChoice({"dad"}, ())) == {}


def test_an_absent_agent_finds_its_voice_again_unless_somebody_needed_it() -> None:
    choice = VoiceChoice(SIXTEEN, SIXTEEN, {"ann": "voice-3"})
    new = {voice for number in range(15) for voice in choose([f"agent-{number}"], (), choice).values()}
    assert "voice-3" not in new
    everybody = choose([f"agent-{number}" for number in range(16)], (), choice)
    assert "ann" not in remember(everybody, everybody, choice.remembered)
    assert remember({"bob": "voice-1"}, ["bob"], choice.remembered) == {"ann": "voice-3", "bob": "voice-1"}


def test_the_memory_has_an_end() -> None:
    before = {f"agent-{number}": f"voice-{number}" for number in range(MOST_REMEMBERED + 50)}
    assert len(remember({"bob": "alto"}, ["bob"], before)) == MOST_REMEMBERED


@given(AGENTS, AGENTS, VOICES, st.lists(IDS, max_size=6))
def test_who_comes_or_goes_changes_nobodys_voice(before: set[str], after: set[str], voices: set[str], named: list[str]) -> None:
    choice = VoiceChoice.of(voices)
    first = choose(before, named, choice)
    kept = remember(first, before, {})
    second = choose(after, named, VoiceChoice(voices, voices, kept))
    assert {one: second[one] for one in before & after} == {one: first[one] for one in before & after}
    third = choose(before | after, named, VoiceChoice(voices, voices, remember(second, after, kept)))
    assert {one: third[one] for one in after} == second


@given(AGENTS, VOICES, st.lists(IDS, max_size=6), st.randoms())
def test_without_a_memory_the_ids_alone_decide_and_shares_are_even(
    agents: set[str], voices: set[str], named: list[str], random: Random
) -> None:
    shuffled = sorted(agents, key=lambda _: random.random())
    chosen = choose(agents, named, VoiceChoice.of(voices))
    assert choose(shuffled, named, VoiceChoice.of(sorted(voices, reverse=True))) == chosen
    assert chosen.keys() == agents
    used = Counter([*chosen.values(), *(name for name in named if name in voices)])
    given_to_most = max((used[voice] for voice in chosen.values()), default=0)
    assert given_to_most <= min(used[voice] for voice in voices) + 1 or given_to_most <= max(Counter(named).values(), default=0)
