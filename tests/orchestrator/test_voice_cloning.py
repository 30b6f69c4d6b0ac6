"""`pai-voice voices clone`: what it asks, what it tells, and what it leaves behind."""

from __future__ import annotations

import hashlib
import io
import tarfile
import wave
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from typer.testing import CliRunner, Result

from orchestrator import voice_cloning
from orchestrator.cli_voices import voices_clone
from tests.kit.file_server import FileServer, serving
from tests.kit.tiny_pocket import ARCHIVE, write_tiny_pocket
from voices.engines import pocket
from voices.voice import load_voice

pytestmark = pytest.mark.timeout(120)
GIVEN = ("--owner", "Ruth Example", "--consent", "You may clone me for this phone.")
Clone = Callable[..., Result]


@pytest.fixture(scope="module")
def speech() -> bytes:
    from hibari import Hibari

    hibari: Any = Hibari(threads=1)
    text = "The build fails because one file is missing, and nobody saw it. We should call the office and ask for the numbers."
    sound = hibari(text, seed=1)
    return (sound / np.abs(sound).max() * 20_000).astype("<i2").tobytes()


@pytest.fixture
def clip(tmp_path: Path, speech: bytes) -> Path:
    return save(tmp_path / "ruth.wav", speech)


def save(path: Path, pcm: bytes) -> Path:
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 2, 24_000, 0, "NONE", ""))
        out.writeframes(pcm)
    return path


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    """A server with the tiny model's archive, in place of GitHub."""
    home = write_tiny_pocket(tmp_path / "source")
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:bz2") as tar:
        tar.add(home, arcname=ARCHIVE.name)
    packed = out.getvalue()
    with serving(packed) as server:
        pinned = replace(ARCHIVE, url=f"{server.url}/tiny-pocket.tar.bz2", sha256=hashlib.sha256(packed).hexdigest())
        monkeypatch.setattr(pocket, "WEIGHTS", replace(pinned, size=len(packed)))
        yield server


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PAI_VOICE_VOICES", str(tmp_path / "voices"))
    monkeypatch.setenv("PAI_VOICE_VOICES__POCKET__FOLDER", str(tmp_path / "models"))
    app = typer.Typer()
    app.command()(voices_clone)
    return lambda *arguments, **more: CliRunner().invoke(app, [str(argument) for argument in arguments], **more)


def test_weights_are_fetched_and_the_voice_speaks(command: Clone, clip: Path, weights: FileServer, tmp_path: Path) -> None:
    done = command("aunt-ruth", clip, *GIVEN, "--description", "A warm voice.")
    assert done.exit_code == 0, done.output
    voice = load_voice(tmp_path / "voices" / "aunt-ruth.yaml")
    assert voice.owner
    assert (voice.owner.name, voice.owner.consent) == ("Ruth Example", "You may clone me for this phone.")
    assert voice.renderings["pocket"].gain_db != 0.0
    assert voice.like is not None
    assert "The weights of pocket-tts are fetched once (98 MB). They are Kyutai's, CC-BY-4.0" in done.output
    assert "aunt-ruth.yaml is written; an agent takes it with `voice: aunt-ruth`" in done.output
    assert "pocket: it speaks; its level was brought to that of the others" in done.output
    assert weights.asked == [None]
    again = command("uncle", clip, *GIVEN)
    assert again.exit_code == 0, again.output
    assert "CC-BY-4.0" not in again.output
    assert weights.asked == [None]


def test_offline_nothing_is_written(command: Clone, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAI_VOICE_VOICES__POCKET__MIRROR", "http://127.0.0.1:1")
    done = command("aunt-ruth", clip, *GIVEN)
    assert done.exit_code == 1
    assert "check the connection and try again" in done.output
    assert not (tmp_path / "voices").exists()


@pytest.mark.parametrize("given", [(), ("--owner", "Ruth"), ("--consent", "yes")])
def test_without_consent_nothing_is_fetched(
    command: Clone, clip: Path, weights: FileServer, tmp_path: Path, given: tuple[str, ...]
) -> None:
    done = command("aunt-ruth", clip, *given)
    assert done.exit_code == 1
    assert "only with the consent of whose voice it is" in done.output
    assert "--owner" in done.output
    assert weights.asked == []
    assert not (tmp_path / "voices").exists()


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", 1)])
def test_a_person_is_asked(
    command: Clone, clip: Path, weights: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, code: int
) -> None:
    monkeypatch.setattr(voice_cloning, "_somebody_is_there", lambda: True)
    done = command("aunt-ruth", clip, input=f"Ruth Example\n{answer}\n")
    assert done.exit_code == code, done.output
    assert "I am Ruth Example, and this is my voice. I agree" in done.output
    assert (tmp_path / "voices" / "aunt-ruth.yaml").exists() is (code == 0)
    if code:
        assert "nothing was made: there is no consent" in done.output
    else:
        owner = load_voice(tmp_path / "voices" / "aunt-ruth.yaml").owner
        assert owner
        assert owner.consent.startswith("I am Ruth Example")


def test_every_complaint_about_the_clip_is_told(command: Clone, speech: bytes, tmp_path: Path) -> None:
    loud = (np.frombuffer(speech, "<i2").astype(float) * 6).clip(-32_768, 32_767).astype("<i2").tobytes()
    noisy = (np.frombuffer(loud, "<i2") * 0.8 + np.random.default_rng(1).normal(0, 2_500, len(loud) // 2)).astype("<i2").tobytes()
    clipped = command("aunt-ruth", save(tmp_path / "loud.wav", loud), *GIVEN)
    assert clipped.exit_code == 1
    assert "cut off (clipped)" in clipped.output
    assert "--anyway" in clipped.output
    assert "noise is only" in command("aunt-ruth", save(tmp_path / "noisy.wav", noisy), *GIVEN).output
    short = command("aunt-ruth", save(tmp_path / "short.wav", loud[: 3 * 48_000]), *GIVEN)
    assert "of speech: record at least 5 s" in short.output
    assert "clipped" in short.output
    assert "--anyway" not in short.output
    assert not (tmp_path / "voices").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("Ruth!", "ruth.wav"), "'Ruth!' is no name for a voice: up to 40 small letters"),
        (("kai", "ruth.wav"), "there is a voice 'kai' already"),
        (("aunt-ruth", "gone.wav"), "gone.wav: No such file or directory"),
        (("aunt-ruth", "ruth.wav", "--engine", "espeak"), "the engine 'espeak' clones no voices"),
        (("aunt-ruth", "ruth.wav", "--language", "English!"), "language"),
    ],
)
def test_what_is_wrong_is_told_with_its_fix(
    command: Clone, clip: Path, weights: FileServer, arguments: tuple[str, ...], says: str
) -> None:
    done = command(*arguments, *GIVEN)
    assert done.exit_code == 1
    assert says in done.output
    assert "fix: " in done.output


def test_a_broken_voice_beside_it_is_told(command: Clone, clip: Path, tmp_path: Path) -> None:
    (tmp_path / "voices").mkdir()
    (tmp_path / "voices" / "other.yaml").write_text("nonsense")
    done = command("aunt-ruth", clip, *GIVEN)
    assert done.exit_code == 1
    assert "other.yaml:1:" in done.output
