"""Whole calls: our server, the real SDK, the emulator, and a caller who dials in."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Final, Literal

import anyio
import numpy as np
import pytest
from anyio.abc import TaskStatus

from telephony.acs_emulator import Emulator, Fault
from telephony.acs_emulator.call import Call
from telephony.answering_machine import RECORDS, plan
from telephony.dial import DialEvent, DialResult, Manners, Outcome, Utterance, dial, pick_up
from telephony.line import Digit, Line, LineClosed, LineRefused, LineRejected, Refusal
from tests.kit.emulated import CALLED, CALLER, say, telephone, tone
from voices.audio import SILENCE, Frame, level_dbfs, samples

QUICK: Final = Manners(quiet_s=0.4, leave_after_s=0.6)


class Beeper:
    """Greets with a beep, answers each speech with another, hangs up after `#`; keeps what it met."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.digits = ""
        self.ended = anyio.Event()

    async def __call__(self, line: Line) -> None:
        self.lines.append(line)
        await line.answer()
        try:
            await say(line, tone(0.4))
            await self._beep_back(line)
            await say(line, tone(0.4, 880))
            await line.hang_up()
        except LineClosed:
            pass
        finally:
            self.ended.set()

    async def _beep_back(self, line: Line) -> None:
        spoke, quiet = False, 0
        async for item in line.hear():
            if isinstance(item, Digit):
                self.digits += item.key
                if item.key == "#":
                    return
            elif level_dbfs(item) > -50:
                spoke, quiet = True, 0
            elif spoke and (quiet := quiet + 1) == 10:
                spoke = False
                await say(line, tone(0.4, 660))


def pitches(pcm: bytes) -> list[int]:
    """Which of the tones are in it, one after the other."""
    found: list[int] = []
    for at in range(0, len(pcm) - 6_399, 6_400):  # 200 ms
        window = samples(pcm[at : at + 6_400]).astype(float)
        if math.sqrt(float(np.mean(window**2))) > 3_000:
            loudest = float(np.argmax(np.abs(np.fft.rfft(window, 16_000))))
            hz = min((300, 440, 660, 880), key=lambda known: abs(known - loudest))
            found += [] if found[-1:] == [hz] else [hz]
    return found


async def test_a_call_with_sound_both_ways_ended_by_the_caller() -> None:
    beeper = Beeper()
    async with telephone(beeper) as (emulator, _):
        result = await dial(emulator.url, CALLER, CALLED, [Utterance(tone(0.5, 300))], manners=QUICK)
        assert (result.outcome, pitches(result.heard_pcm)) == (Outcome.COMPLETED, [440, 660])
        assert result.turns[0].response_s is not None
        (call,) = emulator.calls
        await call.gone()
        await beeper.ended.wait()
        left = samples(call.tape.wav()[44:]).reshape(-1, 2)[:, 0]
        assert pitches(left.tobytes()) == [300]
        figures = call.ear.figures
        assert figures.lead_max_s < 0.35  # of tones of 0.4 s: they come in time, not at once
        assert (figures.overflow_bytes, figures.bytes_after_stop) == (0, 0)


async def test_keys_and_a_goodbye_that_is_heard_in_full() -> None:
    beeper = Beeper()
    async with telephone(beeper) as (emulator, _):
        result = await dial(emulator.url, CALLER, CALLED, [Utterance(keys="4#")], manners=QUICK)
        assert (result.outcome, result.why) == (Outcome.COMPLETED, "server hung up")
        assert beeper.digits == "4#"
        assert pitches(result.heard_pcm) == [440, 880]
        assert result.heard[-1].to_s - result.heard[-1].from_s == pytest.approx(0.4, abs=0.05)
        await emulator.calls[0].gone()
        kinds = [entry.detail["type"] for entry in emulator.record.entries() if entry.what == "callback"]
        assert kinds[-1] == "CallDisconnected"


async def test_a_forbidden_caller_is_rejected_and_no_socket_opened() -> None:
    async def forbid(line: Line) -> None:
        await line.reject(Refusal.FORBIDDEN)

    async with telephone(forbid) as (emulator, _):
        result = await dial(emulator.url, CALLER, CALLED)
        assert (result.outcome, result.why) == (Outcome.REFUSED, "forbidden")
        entries = emulator.record.entries()
        assert [entry.detail["operation"] for entry in entries if entry.what == "rest"] == ["reject"]
        assert not [entry for entry in entries if entry.what in ("socket", "callback")]


@pytest.mark.parametrize("options", [{"deliveries": 3}, {"deliveries": 2, "batched": True, "kind": "PHONENUMBER"}])
async def test_however_it_is_announced_it_is_one_call(options: dict[str, object]) -> None:
    beeper = Beeper()
    async with telephone(beeper) as (emulator, _):
        result = await dial(emulator.url, CALLER, CALLED, manners=QUICK, options=options)
        assert result.ok
        assert len(beeper.lines) == 1
        assert [entry.detail["operation"] for entry in emulator.record.entries() if entry.what == "rest"].count("answer") == 1


@pytest.mark.parametrize(
    "options",
    [
        {"socket_first": False},
        {"socket_closes_first": False},
        {"callback_copies": 2, "callbacks_reordered": True},
        {"silent_data": "absent", "jitter_s": 0.03, "digit_form": "word"},
        {"callback_token": "expired"},
    ],
)
async def test_azure_on_a_bad_day(options: dict[str, object]) -> None:
    beeper = Beeper()
    async with telephone(beeper) as (emulator, _):
        result = await dial(emulator.url, CALLER, CALLED, [Utterance(keys="4#")], manners=QUICK, options=options)
        assert (result.outcome, beeper.digits, pitches(result.heard_pcm)) == (Outcome.COMPLETED, "4#", [440, 880])


@pytest.mark.parametrize("mode", ["missing", "wrong_key"])
async def test_a_socket_without_azures_token_is_refused(mode: str) -> None:
    async with telephone(Beeper()) as (emulator, _):
        result = await dial(emulator.url, CALLER, CALLED, options={"socket_token": mode})
        assert result.outcome in (Outcome.HUNG_UP, Outcome.SILENT)
        assert result.heard == ()
        states = [entry.detail["state"] for entry in emulator.record.entries() if entry.what == "socket"]
        assert states == ["refused"]


def when_heard(emulator: Emulator, do: Callable[[Call], object]) -> Callable[[DialEvent], None]:
    """`do` it as soon as the caller hears something."""
    return lambda event: None if event.what != "hears" else (do(emulator.calls[0]), None)[1]


async def test_a_dropped_socket_is_dialled_again_and_the_call_goes_on() -> None:
    async with telephone(Beeper()) as (emulator, _):
        drop = when_heard(emulator, lambda call: call.sockets == 1 and call.drop_socket(0.3, redial=True))
        plan = [Utterance(tone(0.5, 300))]
        result = await dial(emulator.url, CALLER, CALLED, plan, manners=QUICK, on_event=drop)
        assert (result.outcome, pitches(result.heard_pcm)[-1]) == (Outcome.COMPLETED, 660)
        assert emulator.calls[0].sockets == 2


async def test_a_socket_that_stays_away_ends_the_call() -> None:
    beeper = Beeper()
    async with telephone(beeper) as (emulator, _):
        drop = when_heard(emulator, lambda call: call.drop_socket(0.0, redial=False))
        plan = [Utterance(tone(0.2))] * 2
        result = await dial(emulator.url, CALLER, CALLED, plan, manners=QUICK, on_event=drop)
        assert (result.outcome, result.why) == (Outcome.HUNG_UP, "server hung up")
        await beeper.ended.wait()


# --- calls that we make -----------------------------------------------------------------------------------------------


async def test_we_ring_a_phone_that_picks_up_declines_or_is_not_there() -> None:
    async with telephone(Beeper()) as (emulator, listener), anyio.create_task_group() as tasks:
        with pytest.raises(LineRefused, match="404"):
            await listener.dial(CALLER)

        results: list[DialResult] = []

        async def phone(response: Literal["answer", "decline"], *, task_status: TaskStatus[None]) -> None:
            results.append(
                await pick_up(
                    emulator.url, CALLER, [Utterance(tone(0.2))], response=response, manners=QUICK, task_status=task_status
                )
            )

        await tasks.start(phone, "decline")
        with pytest.raises(LineRejected):
            await listener.dial(CALLER)
        await tasks.start(phone, "answer")
        line = await listener.dial(CALLER)
        await say(line, tone(0.4))
        async for item in line.hear():
            if isinstance(item, Frame) and level_dbfs(item) > -50:
                break
        await line.hang_up()
        await emulator.calls[-1].gone()
        assert [(one.outcome, one.why) for one in results] == [
            (Outcome.NO_ANSWER, "declined"),
            (Outcome.COMPLETED, "server hung up"),
        ]


async def test_an_answering_machine_greets_beeps_and_records() -> None:
    async with telephone(Beeper()) as (emulator, listener), anyio.create_task_group() as tasks:
        results: list[DialResult] = []

        async def machine(*, task_status: TaskStatus[None]) -> None:
            manners = replace(RECORDS, leave_after_s=0.6)
            results.append(await pick_up(emulator.url, CALLER, plan(tone(1.0, 300)), manners=manners, task_status=task_status))

        await tasks.start(machine)
        line = await listener.dial(CALLER)
        heard = b""
        async for item in line.hear():
            heard += item if isinstance(item, Frame) else b""
            if level_dbfs(heard[-3_200:]) < -60 and level_dbfs(heard) > -60 and len(heard) > 2.1 * 32_000:
                break
        assert pitches(heard) == [300, 880]  # 1,000 Hz is nearest to that
        await say(line, tone(0.5, 660))
        async for _ in line.hear():
            pass
        with pytest.raises(LineClosed, match="the far end hung up"):
            await line.play(SILENCE)
        assert (results[0].outcome, pitches(results[0].heard_pcm)) == (Outcome.COMPLETED, [660])


# --- Azure that says no -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [
        Fault(operation="answer", status=400, code="8523"),
        Fault(operation="answer", status=503, times=9),
        Fault(operation="answer", kind="drop", times=9),
    ],
)
async def test_an_answer_that_azure_refuses_ends_the_call_and_no_other(fault: Fault) -> None:
    beeper = Beeper()
    async with telephone(beeper) as (emulator, _):
        emulator.fail(fault)
        first = await dial(emulator.url, CALLER, CALLED, manners=Manners(ring_s=1.5))
        assert first.outcome in (Outcome.NO_ANSWER, Outcome.REFUSED)
        emulator.mend()
        assert (await dial(emulator.url, CALLER, CALLED, manners=QUICK)).ok
