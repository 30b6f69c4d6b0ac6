"""A call's history: what is kept of it, and where it is cut."""

from __future__ import annotations

from agents.brain import CALLER, Utterance
from agents.prices import CHARS_PER_TOKEN
from orchestrator.thread import Thread


def words(tokens: int, name: str) -> str:
    return name.ljust(tokens * CHARS_PER_TOKEN, ".")


def turn(thread: Thread, number: int, tokens: int = 50) -> None:
    """The caller speaks, and two agents answer."""
    for speaker in (CALLER, "kai", "engineer"):
        thread.add(speaker, words(tokens, f"{speaker} {number} "))


def test_sentences_of_one_turn_become_one_utterance() -> None:
    thread = Thread()
    thread.add(CALLER, "Hello.")
    thread.add("kai", "Hi.", same_turn=True)
    thread.add("kai", "", same_turn=True)
    thread.add("kai", "How are you —", same_turn=True)
    thread.add("kai", "Well.")
    assert thread.lines == [Utterance(CALLER, "Hello."), Utterance("kai", "Hi. How are you —"), Utterance("kai", "Well.")]


def test_what_is_oldest_goes_in_large_steps_and_whole_turns() -> None:
    thread, cuts, before = Thread(1_500), 0, list[Utterance]()
    for number in range(200):
        turn(thread, number)
        assert thread.lines[0].speaker == CALLER
        assert thread.lines[-3:][0].text.startswith(f"{CALLER} {number} ")
        assert sum(len(line.text) for line in thread.lines) <= 1_500 * CHARS_PER_TOKEN + 2 * 50 * CHARS_PER_TOKEN
        if thread.lines[: len(before)] != before:  # the prompt begins otherwise than the one before: its cache is lost
            cuts += 1
            assert len(thread.lines) <= 15 + 2
        before = list(thread.lines)
    assert 20 < cuts < 40  # of 200 turns


def test_what_the_caller_just_said_stays_however_long() -> None:
    thread = Thread(100)
    turn(thread, 1)
    thread.add(CALLER, words(5_000, "long"))
    assert [line.text[:4] for line in thread.lines] == ["long"]
