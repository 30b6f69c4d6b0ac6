"""The caller at the other end: when he speaks, what he makes of the far end, and what he says of a call that did not work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import numpy as np
import pytest

from telephony.caller import Caller, Hearing
from telephony.dial import DialEvent, Manners, Outcome, Span, Utterance, dial
from telephony.line import LineRefused, NotAnswered
from tests.kit.emulated import tone
from tests.kit.office import CALLED, CALLER, office
from voices.audio import FRAME_S, SILENCE, Frame, frames, read_wav, to_pcm

LOUD = next(frames(tone(0.02)))
HISS = Frame(to_pcm(np.resize([20, -20], 320)))  # about -64 dBFS


class FarEnd:
    """Says things for some time each, to a caller without a phone."""

    def __init__(self, *plan: Utterance) -> None:
        self.caller = Caller(plan, Manners(patience_s=5.0, max_s=60.0))
        self.did: list[tuple[float, Frame | str | Outcome]] = []

    def hears(self, frame: Frame, seconds: float) -> FarEnd:
        for _ in range(round(seconds / FRAME_S)):
            now_s = self.caller.hearing.now_s + FRAME_S
            self.did += [(round(now_s, 3), action) for action in self.caller.hear(frame)]
        return self

    def speaks(self, seconds: float) -> FarEnd:
        return self.hears(LOUD, seconds)

    def pauses(self, seconds: float) -> FarEnd:
        return self.hears(HISS, seconds)

    @property
    def outcome(self) -> Outcome | None:
        return next((action for _, action in self.did if isinstance(action, Outcome)), None)

    def said_at(self, what: Frame | str) -> list[float]:
        return [at_s for at_s, action in self.did if action == what]


def test_he_waits_for_a_second_of_quiet_speaks_and_leaves_when_all_was_heard() -> None:
    call = FarEnd(Utterance(tone(0.5))).pauses(0.5).speaks(2.0).pauses(0.5).speaks(1.0)
    assert call.did == []
    call.pauses(1.0)
    assert call.caller.said == [Span(5.0, 5.5)]
    call.pauses(0.5).pauses(0.4).speaks(1.0).pauses(0.8).speaks(0.5)
    assert call.outcome is None
    call.pauses(2.0)
    assert call.outcome is Outcome.COMPLETED
    assert call.caller.hearing.spans == [Span(0.5, 2.5), Span(3.0, 4.0), Span(5.9, 6.9), Span(7.7, 8.2)]
    (turn,) = call.caller.turns()
    assert (turn.response_s, turn.silenced_s) == (0.4, None)


def test_what_he_says_is_whole_with_a_cushion_ahead() -> None:
    pcm = tone(0.5)
    call = FarEnd(Utterance(pcm)).speaks(1.0).pauses(2.0)
    said = [action for _, action in call.did if isinstance(action, Frame)]
    assert b"".join(said) == pcm
    assert [at_s for at_s, _ in call.did][:4] == [2.0, 2.0, 2.0, 2.02]


def test_he_barges_in_when_told_and_measures_the_silence() -> None:
    call = FarEnd(Utterance(tone(1.0), barge_in_after_s=1.5)).pauses(0.3).speaks(1.8)
    assert call.caller.said == [Span(1.8, 2.8)]
    call.speaks(0.1).pauses(1.0).speaks(1.0).pauses(2.0)
    (turn,) = call.caller.turns()
    assert (turn.silenced_s, turn.response_s) == (0.4, 0.4)
    assert call.outcome is Outcome.COMPLETED


def test_he_takes_a_normal_turn_when_there_is_nobody_to_interrupt() -> None:
    call = FarEnd(Utterance(tone(0.5), barge_in_after_s=5.0)).speaks(1.0).pauses(1.5)
    assert call.caller.said == [Span(2.0, 2.5)]


def test_a_far_end_that_talks_on_through_a_word_of_ours_has_answered() -> None:
    call = FarEnd(Utterance(tone(0.2), barge_in_after_s=0.5)).speaks(3.0).pauses(2.0)
    assert call.outcome is Outcome.COMPLETED


def test_keys_are_pressed_one_by_one() -> None:
    call = FarEnd(Utterance(keys="12#")).speaks(0.5).pauses(2.0)
    times = [call.said_at(key)[0] for key in "12#"]
    assert times == sorted(set(times))
    assert times[0] == 1.5


@pytest.mark.parametrize(
    ("plan", "script", "outcome"),
    [
        ((), [("pauses", 4.9)], None),
        ((), [("pauses", 5.1)], Outcome.SILENT),
        ((), [("speaks", 0.04), ("pauses", 5.1)], Outcome.SILENT),  # a click
        ((Utterance(tone(0.5)),), [("speaks", 1.0), ("pauses", 1.5), ("pauses", 5.1)], Outcome.SILENT),
        ((), [("speaks", 61.0)], Outcome.TOO_LONG),
        ((), [("speaks", 1.0), ("pauses", 2.0)], Outcome.COMPLETED),
    ],
)
def test_how_a_call_ends(plan: Any, script: list[tuple[str, float]], outcome: Outcome | None) -> None:
    call = FarEnd(*plan)
    for what, seconds in script:
        getattr(call, what)(seconds)
    assert call.outcome is outcome


def test_short_pauses_lie_within_a_speech() -> None:
    hearing = Hearing()
    for frame in [LOUD] * 20 + [SILENCE] * 10 + [LOUD] * 20 + [SILENCE] * 20:
        hearing.feed(frame)
    assert hearing.spans == [Span(0.0, 1.0)]


# --- over an emulator -------------------------------------------------------------------------------------------------


async def test_no_emulator_and_no_such_number_are_clear_errors() -> None:
    with pytest.raises(NotAnswered, match="no emulator answers at"):
        await dial("http://127.0.0.1:9", CALLER, CALLED)
    async with office() as here:
        with pytest.raises(LineRefused, match="from"):
            await dial(here.emulator.url, "12", CALLED)
        with pytest.raises(LineRefused, match="echo_dB"):
            await dial(here.emulator.url, CALLER, CALLED, options={"echo_dB": 1})


async def test_refused_rung_out_and_nobody_there() -> None:
    async with office() as here, here.client() as client, anyio.create_task_group() as tasks:

        async def reject() -> None:
            await here.until(lambda: here.deliveries)
            await client.reject_call(here.emulator.calls[-1].context, call_reject_reason="forbidden")

        tasks.start_soon(reject)
        refused = await dial(here.emulator.url, CALLER, CALLED)
        assert (refused.outcome, refused.why, refused.answered, refused.ok) == (Outcome.REFUSED, "forbidden", False, False)
        assert not any(entry.what == "socket" for entry in here.emulator.record.entries())
        rung_out = await dial(here.emulator.url, CALLER, CALLED, options={"ring_s": 0.2})
        assert (rung_out.outcome, rung_out.why) == (Outcome.NO_ANSWER, "not answered")
        impatient = await dial(here.emulator.url, CALLER, CALLED, manners=Manners(ring_s=0.2))
        assert (impatient.outcome, impatient.why) == (Outcome.NO_ANSWER, "nobody answered in time")


async def test_a_silent_far_end_a_recording_and_the_json_of_it(tmp_path: Path) -> None:
    wav, events = tmp_path / "call.wav", list[DialEvent]()
    async with office() as here, here.client() as client, anyio.create_task_group() as tasks:

        async def answer() -> None:
            await here.until(lambda: here.deliveries)
            await client.answer_call(here.emulator.calls[-1].context, here.callback_url, media_streaming=here.streaming())

        tasks.start_soon(answer)
        result = await dial(
            here.emulator.url, CALLER, CALLED, manners=Manners(patience_s=0.4), record=wav, on_event=events.append
        )
        assert (result.outcome, result.answered, result.heard) == (Outcome.SILENT, True, ())
        assert result.as_json() | {"duration_s": 0, "call": "", "served_as": ""} == {
            "outcome": "silent",
            "why": "the far end said nothing when it was its turn",
            "call": "",
            "served_as": "",
            "answered": True,
            "duration_s": 0,
            "turns": (),
            "heard": (),
            "recording": str(wav),
        }
        assert [event.what for event in events] == ["ringing", "answered"]
        assert len(await anyio.to_thread.run_sync(read_wav, wav)) > 0.3 * 32_000
        assert len(result.heard_pcm) == pytest.approx(0.4 * 32_000, abs=1_280)
