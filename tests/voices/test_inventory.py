"""What `auto` takes, and what it says about it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.kit.tiny_whisper import build
from voices import inventory
from voices.audio import duration_s, speech_level_dbfs
from voices.catalogue import spoken, voice_ids
from voices.engines.registry import BY_NAME, LAST_RESORT
from voices.inventory import choose_recognizer, choose_synthesizers
from voices.settings import VoiceSettings
from voices.synthesis import SynthesizerUnavailable


def test_whisper_is_taken_when_its_model_is_here(tmp_path: Path) -> None:
    recognizer, choice = choose_recognizer(model=str(build(tmp_path)))
    assert (recognizer.name, choice.name, choice.better) == ("whisper", "whisper", None)


def test_without_a_model_the_embedded_ear_is_taken_and_says_how_to_get_the_better_one(tmp_path: Path) -> None:
    recognizer, choice = choose_recognizer(cache=tmp_path)
    assert recognizer.name == choice.name == "pocketsphinx"
    assert choice.better is not None
    assert "base.en is fetched at the next start" in choice.better


@pytest.mark.parametrize("wanted", ["whisper", "pocketsphinx"])
def test_what_is_asked_for_is_taken(tmp_path: Path, wanted: Any) -> None:
    recognizer, choice = choose_recognizer(wanted, cache=tmp_path)
    assert recognizer.name == choice.name == wanted


def test_engines_speak_in_the_order_of_the_settings_with_the_last_resort_behind() -> None:
    synthesizers, choice = choose_synthesizers(VoiceSettings())
    names = [synthesizer.name for synthesizer in synthesizers]
    assert names == [name for name in VoiceSettings().engines if name in names]
    assert names[-1] == LAST_RESORT
    assert choice.name == names[0]
    only, _ = choose_synthesizers(VoiceSettings(engines=("espeak",)))
    assert [synthesizer.name for synthesizer in only] == ["espeak"]


def test_a_machine_with_nothing_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def nothing(_: object) -> str:
        return "not installed: pip install it"

    for name, engine in BY_NAME.items():
        monkeypatch.setitem(BY_NAME, name, replace(engine, missing=nothing))
    with pytest.raises(SynthesizerUnavailable, match="espeak: not installed: pip install it"):
        choose_synthesizers(VoiceSettings())


def test_the_inventory_names_every_engine(tmp_path: Path) -> None:
    parts = {part.name: part for part in inventory.inventory(VoiceSettings(), model=str(build(tmp_path)))}
    assert set(parts) == {"whisper", "pocketsphinx", *BY_NAME}
    assert parts["whisper"].where == str(tmp_path)


def test_the_voices_have_names() -> None:
    assert {"kai", "caller"} <= voice_ids()


async def test_a_made_caller_speaks() -> None:
    pcm = await spoken("What can you do for me?")
    assert 1 < duration_s(pcm) < 3
    assert speech_level_dbfs(pcm) == pytest.approx(-20, abs=3)


def test_choosing_imports_nothing_heavy() -> None:
    heavy = {"faster_whisper", "ctranslate2", "onnxruntime", "pocketsphinx", "espeakng_loader", "soxr", "torch"}
    script = "import sys, voices.catalogue, voices.vad, voices.inventory; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=15).stdout.split()
    assert heavy.isdisjoint(loaded)
