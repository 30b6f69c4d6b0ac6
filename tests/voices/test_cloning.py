"""A clone: no consent, no voice; and the files are there whole, or not at all."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import anyio
import numpy as np
import pytest

from tests.kit.tiny_pocket import ARCHIVE, write_tiny_pocket
from voices import cloning
from voices.audio import RATE, speech_level_dbfs, write_wav
from voices.clip import Clip, prepare
from voices.cloning import (
    BadName,
    BadVoice,
    CannotWrite,
    Cloned,
    Means,
    NoConsent,
    Order,
    VoiceExists,
    check_name,
    consent_text,
    owner_of,
)
from voices.engines.pocket import PocketSettings, PocketSynthesizer
from voices.synthesis import Rendering, Sound, SynthesizerFailed, UnknownVoice
from voices.voice import Voice, load_voice, load_voices

TODAY = date(2026, 11, 29)
RUTH = owner_of("Ruth  Example", consent_text("Ruth Example"), TODAY)


def hum(hz: float, seconds: float = 6.0, level: float = 0.1) -> bytes:
    """A voice of that pitch: a sawtooth, as voices are."""
    at = np.arange(int(seconds * RATE)) * hz / RATE
    return ((at % 1 - 0.5) * level * 65_000).astype("<i2").tobytes()


@pytest.fixture
def clip() -> Clip:
    return Clip(hum(200), RATE, speech_s=6.0, snr_db=40.0)


@pytest.fixture
def order(clip: Clip) -> Order:
    return Order("aunt-ruth", clip, RUTH, "A warm voice.", "en-GB", ("pocket",))


class Hums:
    """An engine whose voices are pitches."""

    name = "embedded"

    def __init__(self, *, broken: frozenset[str] = frozenset()) -> None:
        self._broken = broken

    async def warm(self) -> None:
        """Nothing to load."""

    async def speak(self, text: str, rendering: Rendering) -> AsyncGenerator[Sound, None]:
        if rendering.voice in self._broken:
            raise UnknownVoice("not here")
        yield Sound(hum(rendering.options["pitch"] * 100, 2.0))

    async def aclose(self) -> None:
        """Nothing to close."""


def made(order: Order, folder: Path, voices: Mapping[str, Voice], means: Means) -> Cloned:
    return anyio.run(cloning.clone, order, folder, voices, means)


def voice(name: str, pitch: float, **more: Any) -> Voice:
    return Voice(name, f"{name}.", {"embedded": Rendering(name, "embedded", options={"pitch": pitch})}, **more)


VOICES = {one.id: one for one in (voice("low", 1.0), voice("mid", 1.9), voice("high", 2.6), voice("caller", 2.0))}


def test_a_voice_and_its_clip_are_written(order: Order, tmp_path: Path) -> None:
    write_tiny_pocket(tmp_path / "models")
    pocket = PocketSynthesizer(PocketSettings(folder=tmp_path / "models"), ARCHIVE)
    folder = tmp_path / "new" / "voices"
    cloned = made(order, folder, VOICES, Means({"pocket": pocket, "embedded": Hums()}))
    assert (folder / "aunt-ruth.yaml").read_text() == (
        "description: A warm voice.\n"
        "language: en-GB\n"
        "like: mid\n"
        "owner:\n"
        "  name: Ruth Example\n"
        f"  consent: {consent_text('Ruth Example')}\n"
        "  given: 2026-11-29\n"
        "engines:\n"
        "  pocket:\n"
        f"    gain_db: {cloned.gains_db['pocket']}\n"
        "    clip: clips/aunt-ruth.wav\n"
    )
    assert sorted(path.name for path in folder.rglob("*")) == ["aunt-ruth.pocket.npz", "aunt-ruth.wav", "aunt-ruth.yaml", "clips"]
    ruth = load_voices(folder)["aunt-ruth"]
    assert (ruth.owner, ruth.like, ruth.language) == (RUTH, "mid", "en-GB")
    assert cloned.path == folder / "aunt-ruth.yaml"

    async def said() -> bytes:
        return b"".join([sound.pcm async for sound in pocket.speak("It is louder now.", ruth.renderings["pocket"])])

    assert speech_level_dbfs(anyio.run(said)) == pytest.approx(-20, abs=0.3)


def test_without_weights_the_voice_is_written_all_the_same(order: Order, tmp_path: Path) -> None:
    cloned = made(order, tmp_path, {}, Means())
    assert (cloned.gains_db, cloned.silent, cloned.voice.like) == ({}, {}, None)
    assert load_voice(cloned.path).renderings["pocket"].gain_db == 0.0


def test_an_engine_that_fails_is_told_and_the_voice_is_written(order: Order, tmp_path: Path) -> None:
    class Fails(Hums):
        async def speak(self, text: str, rendering: Rendering) -> AsyncGenerator[Sound, None]:
            raise SynthesizerFailed("no sound today")
            yield

    cloned = made(order, tmp_path, VOICES, Means({"pocket": Fails(), "embedded": Hums(broken=frozenset({"mid"}))}))
    assert cloned.silent == {"pocket": "no sound today"}
    assert cloned.voice.like == "high"


def test_the_nearest_is_by_who_speaks_where_that_is_known(order: Order, tmp_path: Path) -> None:
    def embed(pcm: bytes) -> Any:
        one = len(pcm) > 4 * RATE * 2 or pcm[:2_000] == hum(100)[:2_000]
        return np.array([one, not one], np.float32)

    cloned = made(order, tmp_path, VOICES, Means({"embedded": Hums()}, embed=embed))
    assert cloned.voice.like == "low"


def test_nobody_s_clone_stands_in_for_another(order: Order, tmp_path: Path) -> None:
    voices = {"theirs": voice("theirs", 2.0, owner=RUTH), "low": VOICES["low"], "aunt-ruth": voice("aunt-ruth", 2.0)}
    cloned = made(replace(order, replace=True), tmp_path, voices, Means({"embedded": Hums()}))
    assert cloned.voice.like == "low"


def test_a_provider_makes_its_own(order: Order, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    async def keeper(name: str, clips: Sequence[Path], description: str) -> str:
        asked.append((name, [clip.name for clip in clips], description))
        return "v0ice"

    written: list[dict[str, Any]] = []

    def kept(order: Order, path: Path, parts: Any, *rest: Any) -> Voice:
        written.append(dict(parts))
        return VOICES["low"]

    monkeypatch.setattr(cloning, "_write", kept)  # the engine is not in this registry
    monkeypatch.setattr(cloning, "_move", lambda *_: None)  # pyright: ignore[reportUnknownLambdaType]
    order = replace(order, engines=("pocket", "provider"), description="")
    made(order, tmp_path, {}, Means(elsewhere={"provider": keeper}))
    assert asked == [("aunt-ruth", ["aunt-ruth.wav"], "The voice of Ruth Example.")]
    assert written[1:] == [{"pocket": {"clip": "clips/aunt-ruth.wav"}, "provider": {"voice_id": "v0ice"}}]


def test_a_provider_that_refuses_leaves_nothing(order: Order, tmp_path: Path) -> None:
    async def refuses(*_: Any) -> str:
        raise SynthesizerFailed("the plan has no clones left")

    with pytest.raises(SynthesizerFailed, match="no clones left"):
        made(replace(order, engines=("provider",)), tmp_path, {}, Means(elsewhere={"provider": refuses}))
    assert list(tmp_path.iterdir()) == []


def test_no_voice_is_overwritten_unasked(order: Order, tmp_path: Path) -> None:
    made(order, tmp_path, {}, Means())
    before = (tmp_path / "aunt-ruth.yaml").read_bytes(), (tmp_path / "clips" / "aunt-ruth.wav").read_bytes()
    louder = replace(order, clip=replace(order.clip, pcm=hum(200, level=0.2)), description="Louder.")
    with pytest.raises(VoiceExists, match=r"already: .*aunt-ruth.yaml"):
        made(louder, tmp_path, {}, Means())
    assert before == ((tmp_path / "aunt-ruth.yaml").read_bytes(), (tmp_path / "clips" / "aunt-ruth.wav").read_bytes())
    cloned = made(replace(louder, replace=True), tmp_path, {}, Means())
    assert load_voice(cloned.path).description == "Louder."
    with pytest.raises(VoiceExists, match="would take its place"):
        check_name("kai", tmp_path, load_voices())


@pytest.mark.parametrize("name", ["Ruth", "aunt ruth", "9lives", "", "../up", "x" * 41, "tante-jürgen", "a/b"])
def test_a_name_that_is_no_id(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadName, match="up to 40 small letters, digits and hyphens"):
        check_name(name, tmp_path, {})


@pytest.mark.parametrize(
    ("name", "consent"),
    [(None, "yes"), ("", "yes"), ("  ", "yes"), ("Ruth", None), ("Ruth", " "), ("x" * 101, "y"), ("R", "y" * 501)],
)
def test_without_consent_nothing_begins(name: str | None, consent: str | None) -> None:
    with pytest.raises(NoConsent):
        owner_of(name, consent, TODAY)


def test_the_consent_names_whose_voice_it_is() -> None:
    assert consent_text("Ruth Example").startswith("I am Ruth Example, and this is my voice. I agree")
    assert len(consent_text("x" * 100)) <= 500


@pytest.mark.parametrize(("language", "description"), [("English!", ""), ("en", "x" * 201)])
def test_what_would_be_no_voice_file_is_not_written(order: Order, tmp_path: Path, language: str, description: str) -> None:
    with pytest.raises(BadVoice, match=r"^aunt-ruth.yaml:\d: `(language|description)`"):
        made(replace(order, language=language, description=description), tmp_path, {}, Means())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("language", "description"), [("English!", ""), ("en", "x" * 201)])
def test_nothing_is_made_at_a_provider_for_what_is_no_voice_file(
    order: Order, tmp_path: Path, language: str, description: str
) -> None:
    asked: list[str] = []

    async def keeper(name: str, *_: Any) -> str:
        asked.append(name)
        return "v0ice"

    wrong = replace(order, engines=("provider",), language=language, description=description)
    with pytest.raises(BadVoice):
        made(wrong, tmp_path, {}, Means(elsewhere={"provider": keeper}))
    assert asked == []


def test_a_folder_that_cannot_be_written(order: Order, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(CannotWrite, match="cannot be written"):
        made(order, tmp_path / "file" / "voices", {}, Means())


def test_a_disk_that_fills_up_leaves_no_half_of_a_voice(order: Order, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cloning, "write_wav", full)
    with pytest.raises(CannotWrite, match="No space left"):
        made(order, tmp_path, {}, Means())
    assert list(tmp_path.iterdir()) == []


def test_a_recording_becomes_a_voice_that_can_be_cloned_again(tmp_path: Path) -> None:
    """What `prepare` makes is what `prepare` takes."""
    from hibari import Hibari

    hibari: Any = Hibari(threads=1)
    text = "The build fails because one file is missing, and nobody saw it. We should call the office and ask for the numbers."
    sound = hibari(text, seed=1)
    write_wav(tmp_path / "a.wav", (sound / np.abs(sound).max() * 20_000).astype("<i2").tobytes(), rate=24_000)
    first = prepare(tmp_path / "a.wav")
    write_wav(tmp_path / "b.wav", first.pcm, rate=first.rate)
    assert prepare(tmp_path / "b.wav").speech_s == pytest.approx(first.speech_s, abs=0.3)
