"""Which engines are taken, and what is said about it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from voices import inventory
from voices.audio import duration_s, speech_level_dbfs
from voices.catalogue import load_voices, spoken
from voices.engines.registry import BY_NAME, LAST_RESORT
from voices.inventory import choose_recognizer, choose_synthesizers
from voices.recognition import RecognizerUnavailable
from voices.settings import EarSettings, VoiceSettings
from voices.synthesis import SynthesizerUnavailable


def test_the_shipped_ear_is_taken_unless_the_settings_want_another() -> None:
    recognizer, choice = choose_recognizer(EarSettings())
    assert (recognizer.name, choice.name, choice.better) == ("whisper", "whisper", None)
    with pytest.raises(RecognizerUnavailable, match="'/nowhere' is not on this machine"):
        choose_recognizer(EarSettings(model="/nowhere"))


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


def test_the_inventory_names_every_engine() -> None:
    parts = {part.name: part for part in inventory.inventory(VoiceSettings(), EarSettings(model="/nowhere"))}
    assert set(parts) == {"whisper", *BY_NAME}
    assert "not on this machine" in (parts["whisper"].fix or "")


def test_the_voices_have_names() -> None:
    assert {"kai", "caller"} <= load_voices().keys()


async def test_a_made_caller_speaks() -> None:
    pcm = await spoken("What can you do for me?")
    assert 1 < duration_s(pcm) < 3
    assert speech_level_dbfs(pcm) == pytest.approx(-20, abs=3)


def test_choosing_imports_nothing_heavy() -> None:
    heavy = {"faster_whisper", "ctranslate2", "onnxruntime", "espeakng_loader", "soxr", "torch"}
    script = "import sys, voices.catalogue, voices.vad, voices.inventory; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=15).stdout.split()
    assert heavy.isdisjoint(loaded)
