"""Person or machine: made voices over the telephone, clean and noisy; no "hello?" is ever taken for a machine."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any, Final

import anyio.to_thread
import numpy as np
import pytest

from orchestrator.machine import Answerer, Beep, Finding
from telephony.answering_machine import beep
from tests.kit.g711 import alaw_encode, ulaw_encode
from tests.orchestrator.stage import PHRASES
from voices.audio import (
    FRAME_S,
    FULL_SCALE,
    RATE,
    alaw_decode,
    frames,
    resample,
    samples,
    speech_level_dbfs,
    to_pcm,
    ulaw_decode,
)
from voices.catalogue import Catalogue, load_voices
from voices.engines.espeak import EspeakSynthesizer
from voices.engines.tones import tone
from voices.synthesis import Sound
from voices.vad import LevelVad, SileroVad, load_silero

LAWS: Final = ((ulaw_encode, ulaw_decode), (alaw_encode, alaw_decode))
VOICES: Final = ("kai", "soprano", "researcher")
HELLOS: Final = (
    "Hello?",
    "Ooh hello.",
    "Daniel Miller speaking.",
    "Hello? Is anybody there?",
    "Good morning, this is Daniel Miller speaking, who is calling please?",
)
GREETINGS: Final = (
    "Hi, this is Daniel. Leave me a message.",
    "Hello, you have reached Daniel Miller. I am not here at the moment, so please leave a message after the tone.",
)
Say = Callable[[str, str], Any]


def pause(seconds: float) -> bytes:
    return bytes(2 * round(seconds * RATE))


def by_telephone(pcm: bytes, law: int = 0, snr_db: float | None = None) -> bytes:
    """As it sounds after G.711 at 8 kHz, with noise so far below the speech."""
    values = samples(pcm).astype(np.float64)
    if snr_db is not None:
        rms = 10 ** ((speech_level_dbfs(pcm) - snr_db) / 20) * FULL_SCALE
        values += np.random.default_rng(3).normal(0, rms, values.size)
    encode, decode = LAWS[law]
    return resample(decode(encode(resample(to_pcm(values), RATE, 8_000))), 8_000)


def findings(pcm: bytes, words: str = "", *, level: bool = False, ours: bool = False) -> list[tuple[float, Finding]]:
    """What is found, and when, if all that is said is understood so."""
    answerer, vad = Answerer(PHRASES.prompt, PHRASES.asks_patience), LevelVad() if level else SileroVad()
    found: list[tuple[float, Finding]] = []
    for number, frame in enumerate(frames(pcm), 1):
        finding = answerer.feed(frame, max(vad.feed(frame), default=0.0), ours=ours)
        if finding is None and answerer.over_s is not None:
            finding = answerer.said(words)
        if finding is not None:
            found.append((round(number * FRAME_S, 2), finding))
    return found


def kinds(found: list[tuple[float, Finding]]) -> list[Finding]:
    return [finding for _, finding in found]


@pytest.fixture
async def say() -> AsyncIterator[Say]:
    catalogue = Catalogue(await anyio.to_thread.run_sync(load_voices), [EspeakSynthesizer()])
    await catalogue.warm()
    await anyio.to_thread.run_sync(load_silero)

    async def speak(voice: str, text: str) -> bytes:
        return b"".join([part.pcm async for part in catalogue.speak(text, voice) if isinstance(part, Sound)])

    yield speak
    await catalogue.aclose()


@pytest.mark.parametrize("snr_db", [None, 10.0])
async def test_a_hello_is_a_person(say: Say, snr_db: float | None) -> None:
    for voice in VOICES:
        for law, text in enumerate(HELLOS):
            spoken = await say(voice, text)
            found = findings(by_telephone(pause(0.4) + spoken + pause(4), law % 2, snr_db), text)
            assert kinds(found) == [Finding.PERSON], (voice, text)
            assert found[0][0] < 0.4 + len(spoken) / 2 / RATE + 1.2  # and is not kept waiting


@pytest.mark.parametrize("snr_db", [None, 10.0])
async def test_a_greeting_with_a_beep_is_a_machine_which_then_records(say: Say, snr_db: float | None) -> None:
    for voice, (hz, seconds) in zip(VOICES, [(440.0, 0.25), (1_000.0, 0.4), (1_400.0, 0.75)], strict=True):
        for law, text in enumerate(GREETINGS):
            greeting = pause(0.4) + await say(voice, text) + pause(0.6) + beep(hz, seconds)
            found = findings(by_telephone(greeting + pause(4), law, snr_db), text)
            assert kinds(found)[-2:] == [Finding.MACHINE, Finding.RECORDING], (voice, text)
            assert found[-1][0] == pytest.approx(len(greeting) / 2 / RATE, abs=0.1)


async def test_a_greeting_without_a_beep_records_when_it_falls_silent(say: Say) -> None:
    greeting = pause(0.4) + await say("kai", GREETINGS[1])
    found = findings(by_telephone(greeting + pause(4)), GREETINGS[1])
    assert kinds(found) == [Finding.MACHINE, Finding.RECORDING]
    assert found[-1][0] == pytest.approx(len(greeting) / 2 / RATE + 2.4, abs=0.4)


HUM: Final = tone(200, 1.0, 6_000)


@pytest.mark.parametrize(
    ("sound", "words", "expected"),
    [
        (pause(3), "", [(1.5, Finding.SILENT)]),
        (pause(2) + HUM + pause(2), "hello", [(1.5, Finding.SILENT), (3.5, Finding.PERSON)]),
        (pause(2) + HUM + pause(2), "", [(1.5, Finding.SILENT)]),
        (HUM + pause(2), "", [(1.5, Finding.PERSON)]),
        (HUM + pause(0.4) + HUM + pause(2), "who is it", [(3.4, Finding.PERSON)]),
        (HUM + pause(0.4) + HUM + pause(2), "", [(3.4, Finding.UNSURE)]),
        (HUM * 3 + pause(2), "state your name", [(4.0, Finding.SCREENER)]),
        (HUM * 3 + pause(2), "for sales press one", [(4.0, Finding.MENU)]),
        (HUM + pause(2), "please hold", [(1.5, Finding.HOLDS)]),
        (HUM * 2 + pause(4), "leave a message", [(3.0, Finding.MACHINE), (4.5, Finding.RECORDING)]),
        (HUM * 6 + pause(3), "", [(5.0, Finding.MACHINE), (8.5, Finding.RECORDING)]),
        (HUM * 6 + pause(3), "you have reached the millers", [(5.0, Finding.MACHINE), (8.5, Finding.RECORDING)]),
        (HUM * 6 + pause(3), "who is calling please", [(5.0, Finding.MACHINE), (8.5, Finding.UNSURE)]),
        (HUM * 6 + pause(3), "state your name", [(5.0, Finding.MACHINE), (7.0, Finding.SCREENER)]),
        (pause(2) + HUM * 5 + pause(2), "it's me", [(1.5, Finding.SILENT), (8.0, Finding.PERSON)]),
        (pause(2) + HUM * 7 + pause(3), "", [(1.5, Finding.SILENT), (8.0, Finding.MACHINE), (11.5, Finding.RECORDING)]),
        (HUM + pause(1) + beep() + pause(1), "", [(1.5, Finding.PERSON), (2.44, Finding.MACHINE), (2.46, Finding.RECORDING)]),
        (HUM + pause(4) + beep() + pause(1), "", [(1.5, Finding.PERSON)]),
        (HUM * 3 + pause(4) + beep() + pause(1), "", [(4.0, Finding.UNSURE), (7.44, Finding.MACHINE), (7.46, Finding.RECORDING)]),
        (beep(2_100, 3.0) + pause(1), "", [(1.0, Finding.FAX)]),
    ],
)
def test_when_it_is_found(sound: bytes, words: str, expected: list[tuple[float, Finding]]) -> None:
    assert findings(sound, words, level=True) == [(pytest.approx(at_s, abs=0.021), finding) for at_s, finding in expected]


def test_who_never_stops_is_not_waited_for_for_ever() -> None:
    answerer = Answerer(PHRASES.prompt, PHRASES.asks_patience)
    found = [number for number, frame in enumerate(frames(HUM * 50), 1) if answerer.feed(frame, 1.0) is Finding.RECORDING]
    assert found == [45 * 50]


def test_the_echo_of_our_own_voice_is_nobodys() -> None:
    assert kinds(findings(HUM * 8, level=True, ours=True)) == [Finding.SILENT]


def beeps(sound: bytes) -> int:
    heard = Beep()
    return sum(heard.feed(frame) for frame in frames(sound + pause(0.2)))


def chord(*hz: float, seconds: float = 0.4) -> bytes:
    at = np.arange(round(seconds * RATE)) / RATE
    return to_pcm(sum((4_000 * np.sin(2 * np.pi * one * at) for one in hz), np.zeros(at.size)))


def glide(from_hz: float, to_hz: float, seconds: float = 0.4) -> bytes:
    hz = np.linspace(from_hz, to_hz, round(seconds * RATE))
    return to_pcm(6_000 * np.sin(2 * np.pi * np.cumsum(hz) / RATE))


@pytest.mark.parametrize("law", [0, 1])
@pytest.mark.parametrize("snr_db", [None, 12.0])
@pytest.mark.parametrize("hz", [405.0, 425.0, 1_000.0, 1_995.0])
@pytest.mark.parametrize("seconds", [0.17, 0.4, 0.79])
def test_a_beep_is_heard_through_the_telephone(hz: float, seconds: float, snr_db: float | None, law: int) -> None:
    assert beeps(by_telephone(pause(0.107) + beep(hz, seconds) + pause(0.3), law, snr_db)) == 1


@pytest.mark.parametrize(
    ("what", "sound"),
    [
        ("too short", beep(1_000, 0.1)),
        ("a ringing tone", beep(425, 1.0)),
        ("too low", beep(300, 0.4)),
        ("too high", beep(2_500, 0.4)),
        ("the key 5", chord(770, 1_336)),
        ("a siren", glide(600, 900)),
        ("a voice that slides", glide(440, 480)),
        ("noise", to_pcm(np.random.default_rng(5).normal(0, 3_000, RATE))),
        ("too soft", to_pcm(samples(beep()) * 0.01)),
    ],
)
def test_what_is_no_beep(what: str, sound: bytes) -> None:
    assert beeps(sound) == 0, what
