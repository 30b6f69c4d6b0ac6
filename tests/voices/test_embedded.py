"""The embedded engine: what its options do, and that no text can harm it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import anyio
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voices.audio import duration_s, samples
from voices.engines import embedded, joe, vocoder
from voices.engines.embedded import EmbeddedOptions, EmbeddedSynthesizer
from voices.engines.hibari_network import Network
from voices.engines.hibari_text import Reader, pieces
from voices.similarity import pitch_hz
from voices.synthesis import Mark, Rendering, UnknownVoice
from voices.voice import load_voices

pytestmark = [
    pytest.mark.timeout(120),  # the network is loaded
    pytest.mark.skipif(bool(embedded.missing(None)), reason="needs hibari-tts"),
]

VOICES = load_voices()
SENTENCE = "The build fails because one file is missing from the package."


@pytest.fixture(scope="module")
def anyio_backend() -> Any:
    return "asyncio"


@pytest.fixture(scope="module")
async def engine() -> AsyncIterator[EmbeddedSynthesizer]:
    engine = EmbeddedSynthesizer()
    await engine.warm()
    yield engine
    await engine.aclose()


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


@pytest.fixture(scope="module")
def network() -> Network:
    return Network("heart")


def rendering(**options: Any) -> Rendering:
    return Rendering("test", "embedded", 5.0, options)


async def say(engine: EmbeddedSynthesizer, text: str, part: Rendering) -> tuple[bytes, list[Mark]]:
    sounds = [sound async for sound in engine.speak(text, part)]
    return b"".join(sound.pcm for sound in sounds), [mark for sound in sounds for mark in sound.marks]


async def test_the_same_voice_says_the_same_text_in_the_same_way(engine: EmbeddedSynthesizer) -> None:
    part = rendering(pitch=0.6, formants=0.86)
    assert await say(engine, SENTENCE, part) == await say(engine, SENTENCE, part)


async def test_the_first_sound_is_short_so_that_it_comes_early(engine: EmbeddedSynthesizer) -> None:
    async with aclosing(engine.speak(SENTENCE * 3, rendering())) as sounds:
        first = await anext(sounds)
    assert 0.1 < duration_s(first.pcm) < 0.6
    assert first.marks[0].char == 0
    assert first.marks[0].at_s < 0.1


@pytest.mark.parametrize("voice", ["kai", "researcher", "engineer", "architect"])
async def test_between_sentences_it_pauses_as_a_person_does(engine: EmbeddedSynthesizer, voice: str) -> None:
    """The network puts more silence behind some sentences than in front of others, and a slow voice stretches it to a second."""
    part = VOICES[voice].renderings["embedded"]
    text = "I may do long work only inside a sandbox, and none works on this machine yet. Your doctor command says why. Shall I?"
    sound, _ = await say(engine, text, part)
    pauses = [pause for pause in pauses_s(sound) if pause > 0.2]
    assert len(pauses) >= 2
    assert max(pauses) < 0.65


def pauses_s(sound: bytes) -> list[float]:
    """The silences, in order."""
    blocks = samples(sound)[: len(sound) // 640 * 320].astype(np.float32).reshape(-1, 320)
    quiet = "".join("." if level < 40 else "#" for level in blocks.std(axis=1))  # -58 dBFS
    return [len(run) * 0.02 for run in quiet.strip(".").split("#") if run]


@pytest.mark.parametrize("pitch", [0.45, 0.7, 1.2])
async def test_pitch_is_pitch(engine: EmbeddedSynthesizer, pitch: float) -> None:
    plain, _ = await say(engine, SENTENCE, rendering())
    moved, _ = await say(engine, SENTENCE, rendering(pitch=pitch))
    assert pitch_hz(moved) / pitch_hz(plain) == pytest.approx(pitch, rel=0.06)
    assert duration_s(moved) == pytest.approx(duration_s(plain), rel=0.05)


@pytest.mark.parametrize("formants", [0.8, 1.2])
async def test_formants_move_and_pitch_and_pace_stay(engine: EmbeddedSynthesizer, formants: float) -> None:
    plain, _ = await say(engine, SENTENCE, rendering())
    moved, _ = await say(engine, SENTENCE, rendering(formants=formants))
    assert _moved(plain, moved) == pytest.approx(formants, rel=0.05)
    assert pitch_hz(moved) == pytest.approx(pitch_hz(plain), rel=0.06)
    assert duration_s(moved) == pytest.approx(duration_s(plain), rel=0.15)  # a phoneme takes whole 25 ms


def _moved(one: bytes, other: bytes) -> float:
    """By which factor the long-term spectrum of `one` is stretched to be most like that of `other`."""
    hz = np.geomspace(350, 3_800, 400)
    factors = np.geomspace(0.7, 1.4, 200)
    likeness = [np.corrcoef(_spectrum(one, hz / factor), _spectrum(other, hz))[0, 1] for factor in factors]
    return float(factors[int(np.argmax(likeness))])


def _spectrum(pcm: bytes, hz: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    pieces = np.lib.stride_tricks.sliding_window_view(samples(pcm).astype(float), 512)[::160] * np.hanning(512)
    power = (np.abs(np.fft.rfft(pieces)) ** 2).mean(axis=0)
    return np.interp(hz, np.linspace(0, 8_000, power.size), np.log(power + 1))


async def test_melody_tone_speed_and_accent_are_heard(engine: EmbeddedSynthesizer) -> None:
    plain, _ = await say(engine, SENTENCE, rendering())
    fast, _ = await say(engine, SENTENCE, rendering(speed=1.4))
    assert duration_s(fast) < duration_s(plain) * 0.85
    dark, _ = await say(engine, SENTENCE, rendering(tone_db=(6, 3, 0, -4, -8)))
    assert _above(dark, 2_000) < _above(plain, 2_000) / 3
    flat, _ = await say(engine, SENTENCE, rendering(melody=0.3))
    assert flat != plain
    british, _ = await say(engine, SENTENCE, rendering(accent="british"))
    assert british != plain


def _above(pcm: bytes, hz: float) -> float:
    """The share of the power over `hz`."""
    power = np.abs(np.fft.rfft(samples(pcm).astype(float))) ** 2
    return float(power[int(hz / 8_000 * power.size) :].sum() / power.sum())


def test_blocks_join_without_a_step(reader: Reader, network: Network) -> None:
    phonemes, _ = reader.read(SENTENCE, "american")
    spectra = network.run(phonemes, 1.0)
    assert spectra is not None
    blocks = list(vocoder.sound(spectra))
    whole = np.concatenate(blocks)
    assert len(blocks) > 2
    assert whole.size == len(spectra.f0_hz) * 300
    at = np.cumsum([block.size for block in blocks])[:-1]
    steps = np.abs(np.diff(whole))
    assert steps[at - 1].max() <= np.percentile(steps, 99.9)


def test_what_the_network_says_of_durations_is_where_the_words_are(reader: Reader, network: Network) -> None:
    phonemes, words = reader.read("Stop. Go.", "american")
    spectra = network.run(phonemes, 1.0)
    assert spectra is not None
    assert [word.char for word in words] == [0, 6]
    starts = [int(spectra.starts[word.first]) for word in words]
    assert list(spectra.starts) == sorted(spectra.starts)
    power = np.exp(spectra.harmonics[:150]).mean(axis=0) * (spectra.f0_hz > 40)
    assert power[starts[1] + 3 : starts[1] + 20].max() > 5 * power[starts[1] - 3 : starts[1] + 3].max()


@pytest.mark.parametrize("speed", [0.8, 1.2])
def test_a_mark_is_where_its_word_begins_to_be_heard(reader: Reader, network: Network, speed: float) -> None:
    """By the hiss of words that begin with an s behind a vowel or an n."""
    phonemes, words = reader.read("We saw her sail away so far, and then some men sang to me.", "american")
    spectra = network.run(phonemes, speed)
    assert spectra is not None
    heard = np.concatenate(list(vocoder.sound(spectra)))
    windows = np.lib.stride_tricks.sliding_window_view(heard, 240)[::120] * np.hanning(240)
    hiss_db = 10 * np.log10(np.square(np.abs(np.fft.rfft(windows, 512)))[:, 85:].sum(axis=1) + 1e-9)
    off_ms: list[float] = []
    for word in (one for one in words if phonemes[one.first] == "s"):
        marked = spectra.starts[word.first] * vocoder.HOP / 120
        near = hiss_db[int(marked) - 15 : int(marked) + 35]
        rises = int(np.flatnonzero(near[: int(near.argmax()) + 1] < near.max() - 10)[-1]) + 1
        off_ms.append(5 * (rises - 15))
    assert len(off_ms) == 5
    assert np.abs(np.median(off_ms)) <= 20
    assert max(map(abs, off_ms)) <= 60


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        ("It costs $49.90 at 5:30 pm.", ["It", "costs", "$49.90", "at", "5:30"]),
        ("Dr. Smith's “café” — 1,234 of them", ["Dr.", "Smith's", "“café”", "1,234", "of", "them"]),
    ],
)
def test_every_written_word_is_found_in_what_is_spoken(reader: Reader, text: str, starts: list[str]) -> None:
    _, words = reader.read(text, "american")
    found = [text[word.char :].split()[0] for word in words]
    assert found[: len(starts)] == starts
    assert [word.first for word in words] == sorted(word.first for word in words)


@pytest.mark.parametrize("british", [False, True])
def test_it_reads_as_hibari_does(reader: Reader, british: bool) -> None:
    from hibari.g2p import G2P

    whole = G2P(british=british)
    for text in (
        SENTENCE,
        "Dr. Read's record reads: $49.90 at 5:30 pm, Zorblax!",
        "I live to record live records; he used to, too.",
    ):
        assert reader.read(text, "british" if british else "american")[0].strip() == whole(text)


def test_british_words_keep_to_the_phonemes_that_the_network_knows(reader: Reader) -> None:
    assert reader.read("garden", "american")[0] == "ɡˈɑɹdən"
    assert reader.read("garden", "british")[0] == "ɡˈɑːdᵊn"
    assert reader.read("garden", "british", native=False)[0] == "ɡˈɑɹdᵊn"
    assert reader.read("water", "british", native=False)[0] == "wˈɔtə"


@settings(max_examples=150, deadline=None)
@given(text=st.text(st.characters(exclude_categories=()) | st.sampled_from("0123456789$€%.,:-/'½²①٣ Aa"), max_size=80))
def test_any_text_can_be_read(text: str) -> None:
    for char, piece in pieces(text, 160):
        assert len(piece) <= 160
        _, words = READER.read(piece, "american")
        for word in words:
            assert not text[char + word.char].isspace()


READER = Reader()


@given(text=st.text(max_size=600), longest=st.integers(20, 200))
def test_pieces_lose_no_letter(text: str, longest: int) -> None:
    found = list(pieces(text, longest))
    assert all(0 < len(piece) <= longest for _, piece in found)
    kept = "".join(piece for _, piece in found)
    if not any(len(word) > 60 for word in text.split()):
        assert [char for char in kept if char.isalnum()] == [char for char in text if char.isalnum() and char.isprintable()]


def test_long_sentences_are_cut_at_clauses() -> None:
    text = "When the rain had stopped at last, they went out into the garden to look at the trees and the grass behind the house."
    assert [piece for _, piece in pieces(text, 100)] == [text[:34], text[34:]]


@pytest.mark.parametrize("text", ["9" * 10_000, "x" * 10_000, "\ud800" * 500, "🎉" * 500, "!" * 10_000, "[a](/bˈi/) " * 20])
async def test_no_text_is_an_endless_utterance(engine: EmbeddedSynthesizer, text: str) -> None:
    pcm, _ = await say(engine, text, rendering())
    assert duration_s(pcm) < 30


async def test_ten_thousand_characters_begin_at_once_and_can_be_left(engine: EmbeddedSynthesizer) -> None:
    async with aclosing(engine.speak(SENTENCE * 160, rendering())) as sounds:
        assert (await anext(sounds)).marks[0].char == 0
    with anyio.fail_after(20):
        assert duration_s((await say(engine, SENTENCE, rendering()))[0]) > 2


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"pitch": 9}, "engines.embedded.pitch"),
        ({"pich": 1}, "engines.embedded.pich"),
        ({"base": "nobody"}, "hibari has no voice 'nobody'; it has heart"),
        ({"tone_db": [0, 0, 20, 0, 0]}, "between -12 and 12 dB"),
        ({"base": "joe", "formants": 0.9}, "joe has no formants"),
    ],
)
async def test_wrong_options_say_where_and_why(engine: EmbeddedSynthesizer, options: dict[str, Any], match: str) -> None:
    with pytest.raises(UnknownVoice, match=match):
        await say(engine, "Hello.", rendering(**options))


async def test_a_base_that_is_not_here_is_not_fetched(engine: EmbeddedSynthesizer, tmp_path: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("HIBARI_HOME", str(tmp_path))
    with pytest.raises(UnknownVoice, match="hibari's voice 'fenrir' is not here"):
        await say(engine, "Hello.", rendering(base="fenrir"))


def test_a_network_without_the_durations_still_speaks(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voices.engines.hibari_network._DURATIONS", b"/no/such/tensor")
    phonemes, words = reader.read(SENTENCE, "american")
    spectra = Network("heart").run(phonemes, 1.0)
    assert spectra is not None
    starts = [int(spectra.starts[word.first]) for word in words]
    assert starts == sorted(starts)
    assert starts[-1] < len(spectra.f0_hz)


async def test_joe_speaks_where_he_is_installed(engine: EmbeddedSynthesizer) -> None:
    try:
        joe.Joe()
    except Exception:  # noqa: BLE001
        with pytest.raises(UnknownVoice, match=r"pip install 'pai-voice\[joe\]'"):
            await say(engine, SENTENCE, rendering(base="joe"))
        return
    pcm, marks = await say(engine, SENTENCE, rendering(base="joe", pitch=0.95))
    assert 70 < pitch_hz(pcm) < 110
    assert len(marks) == len(SENTENCE.split())


def test_options_default_to_the_base_as_it_is() -> None:
    options = EmbeddedOptions.model_validate({})
    assert (options.base, options.pitch, options.formants, options.accent) == ("heart", 1, 1, None)
