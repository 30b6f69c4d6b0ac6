"""Earcons: short, soft, without a click, at their moments, and never taken for speech."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import pytest

from orchestrator.earcons import EARCON_DBFS, Earcon, EarconSettings, composed
from orchestrator.events import CallAnswered, EarconPlayed, HoldEnded, HoldStarted, SaidText, SpeechStarted, TurnEnded
from orchestrator.mixer import ClipStarted, EarconHeard, Mixer
from orchestrator.testing.caller import Caller
from orchestrator.testing.claude import StagedClaude
from orchestrator.testing.rehearsal import Rehearsal, RehearsedCall, on_a_line
from orchestrator.testing.virtual_time import run
from telephony.rehearsal import QUIET_DBFS, RehearsalLine
from tests.orchestrator.stage import equipped
from tests.orchestrator.test_bed import A as MUSIC
from tests.orchestrator.test_holding import DONE, at, working
from tests.orchestrator.test_mixer import Listener, clip
from voices.audio import FRAME_S, FRAME_SAMPLES, RATE, level_dbfs, samples, to_pcm

ALL: Final = EarconSettings(connected=True, heard=True, on_hold=True, back=True)
NONE: Final = EarconSettings(connected=False, heard=False, on_hold=False, back=False)
DEAD_DBFS: Final = -60.0
NOISE: Final = 150  # two moments of comfort noise differ by that at most, and an earcon is ten times as loud


@pytest.mark.parametrize("earcon", Earcon)
def test_it_is_under_150_ms_soft_in_a_telephones_band_and_without_a_click(earcon: Earcon) -> None:
    sound = composed(earcon)
    levels = [level_dbfs(to_pcm(frame)) for frame in sound]
    assert sound.shape[1] == FRAME_SAMPLES
    assert sound.size / RATE < 0.15
    assert max(levels) == pytest.approx(EARCON_DBFS, abs=0.1)
    whole = np.concatenate(([0.0], sound.ravel(), [0.0]))
    power = np.abs(np.fft.rfft(whole)) ** 2
    hz = np.fft.rfftfreq(whole.size, 1 / RATE)
    assert power[(hz >= 300) & (hz <= 3_400)].sum() > 0.98 * power.sum()
    assert np.abs(np.diff(whole)).max() < np.abs(whole).max() * 0.7  # as steep as its own highest note, and no steeper
    assert np.abs(whole[[1, -2]]).max() < np.abs(whole).max() / 50


def test_all_are_different() -> None:
    assert len({composed(earcon).tobytes() for earcon in Earcon}) == len(Earcon)


def test_it_delays_nothing_and_is_told_when_it_is_heard() -> None:
    caller, silent = Listener(Mixer(ALL)), Listener(Mixer(NONE))
    for listener in (caller, silent):
        listener.mixer.earcons.play(Earcon.CONNECTED)
        listener.mixer.add(clip(0.5))
        listener.run(1.0)
    extra = samples(caller.heard(0, 1)).astype(int) - samples(silent.heard(0, 1))
    assert np.allclose(extra[: composed(Earcon.CONNECTED).size], composed(Earcon.CONNECTED).ravel(), atol=1)
    assert not extra[composed(Earcon.CONNECTED).size :].any()
    assert [(fact.earcon, fact.at_s) for fact in caller.facts if isinstance(fact, EarconHeard)] == [(Earcon.CONNECTED, 0.0)]
    began = [fact.at_s for listener in (caller, silent) for fact in listener.facts if isinstance(fact, ClipStarted)]
    assert began == [0.0, 0.0]


def test_what_was_sent_and_taken_back_is_heard_once_and_whole() -> None:
    whole, torn = Listener(Mixer(ALL)), Listener(Mixer(ALL))
    for listener in (whole, torn):
        listener.mixer.add(clip(1.0))  # so that sound is sent ahead
        listener.run(0.2)
        listener.mixer.earcons.play(Earcon.BACK)
        listener.run(0.22)  # it has begun to be heard
    torn.cut()
    torn.mixer.duck_bed(torn.now_s)
    for listener in (whole, torn):
        listener.run(1.0)
        assert [fact.earcon for fact in listener.facts if isinstance(fact, EarconHeard)] == [Earcon.BACK]
    difference = samples(torn.heard(0, 1)).astype(int) - samples(whole.heard(0, 1))
    assert np.abs(difference).max() < NOISE


def test_over_music_it_is_still_not_taken_for_speech() -> None:
    caller = Listener(Mixer(ALL))
    caller.mixer.bed.play(MUSIC)
    caller.run(2.0)
    caller.mixer.earcons.play(Earcon.BACK)
    caller.run(1.0)
    assert max(level_dbfs(frame) for _, frame in caller.sent) < QUIET_DBFS


def earcons(call: RehearsedCall) -> list[str]:
    return [fact.name for fact in call.facts(EarconPlayed)]


async def test_a_call_has_them_at_their_moments(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    async with working(claude, rehearsal, {"after_s": 20, **DONE}) as call:
        await call.pause(30)
        assert earcons(call) == ["connected", "on_hold", "back"]
        for fact, moment in zip(call.facts(EarconPlayed), (CallAnswered, HoldStarted, HoldEnded), strict=True):
            (at_s,) = at(call, moment)
            assert 0 <= fact.from_s - at_s < 0.25
            (level,) = [
                level_dbfs(frame) for s, frame in call.line.heard if abs(call.writing.on_axis(s) - fact.from_s) < FRAME_S / 2
            ]
            assert level > DEAD_DBFS
        assert len(call.facts(SpeechStarted)) == 1  # what the caller said, and nothing else


async def test_they_do_not_delay_the_greeting(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    async with rehearsal.call() as call:
        (chime,) = call.facts(EarconPlayed)
        (answered_s,) = at(call, CallAnswered)
        assert call.facts(SaidText)[0].from_s - answered_s < 0.2
        assert chime.from_s <= call.facts(SaidText)[0].from_s


async def test_who_is_called_back_hears_only_the_work_end(claude: StagedClaude, rehearsal: Rehearsal) -> None:
    async with working(claude, rehearsal, {"hangs": True}) as call:
        await call.pause(10)
        await call.say("Call me back")
        assert call.why == "call_back"
        assert earcons(call) == ["connected", "on_hold"]


@pytest.mark.parametrize(("settings", "heard"), [(ALL, ["connected", "heard"]), (EarconSettings(), ["connected"]), (NONE, [])])
def test_each_can_be_switched_off(settings: EarconSettings, heard: list[str]) -> None:
    async def spoken() -> None:
        line = RehearsalLine()
        async with (
            equipped(["hello"]) as (parts, _),
            on_a_line(replace(parts, earcons=settings), line, Caller(line)) as call,
        ):
            call.caller.hum("Kai, are you there?")
            await call.pause(5)
            assert earcons(call) == heard
            if "heard" in heard:
                assert 0 <= call.facts(EarconPlayed)[-1].from_s - at(call, TurnEnded)[0] < 0.25

    run(spoken)
