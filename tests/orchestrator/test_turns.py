"""The turn table: every conversation that conversation.md describes, as a walk through it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.turns import TABLE, Act, Sign, State, step

S, A, T = Sign, Act, State


def walk(state: State, *signs: Sign) -> tuple[State, list[Act]]:
    done: list[Act] = []
    for sign in signs:
        state, acts = step(state, sign) or (state, ())
        done += acts
    return state, done


@pytest.mark.parametrize(
    ("story", "start", "signs", "end", "acts"),
    [
        ("a question", T.LISTENING, [S.SPEECH_BEGAN, S.SPEECH_PAUSED, S.WORDS, S.SPEECH_ENDED, S.AUDIBLE, S.DONE], T.LISTENING,
         [A.LISTEN, A.DROP, A.GUESS, A.COMMIT, A.UNDUCK, A.FINISH]),
        ("going on", T.LISTENING, [S.SPEECH_BEGAN, S.SPEECH_PAUSED, S.SPEECH_RESUMED, S.SPEECH_PAUSED, S.SPEECH_ENDED],
         T.THINKING, [A.LISTEN, A.DROP, A.GUESS, A.FORGET, A.DROP, A.GUESS, A.COMMIT]),
        ("a noise", T.LISTENING, [S.SPEECH_BEGAN, S.SPEECH_PAUSED, S.NO_WORDS, S.SPEECH_ENDED, S.NO_WORDS], T.LISTENING,
         [A.LISTEN, A.DROP, A.GUESS, A.FORGET, A.COMMIT, A.FORGET]),
        ("a cough while we speak", T.SPEAKING, [S.SPEECH_BEGAN, S.SPEECH_NOTICED, S.SPEECH_BRIEF, S.DONE], T.LISTENING,
         [A.LISTEN, A.DUCK, A.UNDUCK, A.UNDUCK, A.FINISH]),
        ("a long cough", T.SPEAKING, [S.SPEECH_BEGAN, S.SPEECH_NOTICED, S.SPEECH_INSISTS, S.SPEECH_BRIEF], T.SPEAKING,
         [A.LISTEN, A.DUCK, A.HOLD, A.FORGET, A.RESUME]),
        ("uh-huh", T.SPEAKING, [S.SPEECH_BEGAN, S.SPEECH_NOTICED, S.SPEECH_INSISTS, S.SPEECH_PAUSED, S.NO_WORDS], T.SPEAKING,
         [A.LISTEN, A.DUCK, A.HOLD, A.GUESS, A.FORGET, A.RESUME]),
        ("barge-in", T.SPEAKING,
         [S.SPEECH_BEGAN, S.SPEECH_NOTICED, S.SPEECH_INSISTS, S.SPEECH_PAUSED, S.WORDS, S.SPEECH_ENDED, S.AUDIBLE],
         T.SPEAKING, [A.LISTEN, A.DUCK, A.HOLD, A.GUESS, A.DROP, A.COMMIT]),
        ("barge-in, slow recogniser", T.SPEAKING,
         [S.SPEECH_BEGAN, S.SPEECH_NOTICED, S.SPEECH_INSISTS, S.SPEECH_PAUSED, S.SPEECH_ENDED, S.WORDS, S.AUDIBLE],
         T.SPEAKING, [A.LISTEN, A.DUCK, A.HOLD, A.GUESS, A.COMMIT, A.DROP]),
        ("one more thing", T.THINKING, [S.SPEECH_BEGAN, S.SPEECH_INSISTS, S.SPEECH_PAUSED, S.WORDS, S.SPEECH_ENDED], T.THINKING,
         [A.LISTEN, A.HOLD, A.GUESS, A.DROP, A.COMMIT]),
        ("a key", T.SPEAKING, [S.KEY, S.KEYED, S.AUDIBLE], T.SPEAKING, [A.HOLD, A.DROP, A.FORGET, A.DROP, A.ENTER]),
        ("goodbye", T.SPEAKING, [S.FAREWELL, S.SPEECH_BEGAN, S.SPEECH_NOTICED, S.SPEECH_BRIEF, S.DONE], T.CLOSING,
         [A.LISTEN, A.DUCK, A.UNDUCK, A.FINISH, A.HANG_UP]),
        ("a goodbye that is answered", T.SPEAKING,
         [S.FAREWELL, S.SPEECH_BEGAN, S.SPEECH_INSISTS, S.SPEECH_PAUSED, S.NO_WORDS, S.FAREWELL, S.DONE], T.CLOSING,
         [A.LISTEN, A.HOLD, A.GUESS, A.FORGET, A.RESUME, A.FINISH, A.HANG_UP]),
        ("a goodbye that is taken back", T.SPEAKING,
         [S.FAREWELL, S.SPEECH_BEGAN, S.SPEECH_INSISTS, S.SPEECH_PAUSED, S.WORDS, S.SPEECH_ENDED, S.AUDIBLE, S.DONE], T.LISTENING,
         [A.LISTEN, A.HOLD, A.GUESS, A.DROP, A.COMMIT, A.UNDUCK, A.FINISH]),
        ("a farewell decided while we are interrupted", T.YIELDED,
         [S.FAREWELL, S.DONE, S.SPEECH_BRIEF, S.FAREWELL, S.DONE], T.CLOSING,
         [A.FORGET, A.RESUME, A.FINISH, A.HANG_UP]),
    ],
)  # fmt: skip
def test_story(story: str, start: State, signs: list[Sign], end: State, acts: list[Act]) -> None:
    assert walk(start, *signs) == (end, acts), story


@given(st.lists(st.sampled_from(Sign)))
def test_what_is_held_is_resumed_or_dropped_before_it_is_held_again(signs: list[Sign]) -> None:
    state, held = State.LISTENING, False
    for sign in signs:
        state, acts = step(state, sign) or (state, ())
        for act in acts:
            assert not (act is Act.HOLD and held)
            held = act is Act.HOLD or (held and act not in (Act.RESUME, Act.DROP))
        assert held == (state in (State.YIELDED, State.JUDGING))


def test_every_state_can_be_left_and_every_sign_means_something() -> None:
    assert {state for state, _ in TABLE} == set(State)
    assert {sign for _, sign in TABLE} == set(Sign)
    assert {act for _, acts in TABLE.values() for act in acts} == set(Act)
