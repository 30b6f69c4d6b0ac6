"""PAI's voices, from PAI's files as they are in the wild; and whatever else may stand there."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kit.elevenlabs_options import Options, registered
from voices.pai_files import MOST_BYTES
from voices.pai_voices import PaiVoices, as_voice, places, read_pai_voices, root, voice_id
from voices.synthesis import Rendering
from voices.voice import SHIPPED, Voice

RACHEL, MARCUS, AVA, SERENA = "21m00Tcm4TlvDq8ikWAM", "iLVmqjzCGGvqtMCk6vVQ", "AXdMgz6evoL7OPd7eU12", "muZKMsIDGYtIkjjiUS82"
LIFEOS = f"""# LIFEOS_CONFIG.toml
[principal]
name = "Somebody"

[da]
name = "Aria"
color = "#3B82F6"

[da.voices.main]
voice_id = "{RACHEL}"
voice_name = "Aria"
stability = 0.85
similarity_boost = 0.7
style = 0.3
speed = 1.1
use_speaker_boost = true
volume = 1.2

[da.voices.algorithm]
voice_id = "fTtv3eikoepIosk8dTZ5"
stability = 0.3
"""
PAI_CONFIG = f"""principal:
  name: "User" # Your display name
da:
  name: "Vega"
  voice_id: "{AVA}" # ElevenLabs voice_id for TTS
services:
  elevenlabs_key_env: "ELEVENLABS_API_KEY"
"""
SETTINGS = {
    "env": {"PAI_DIR": "${HOME}/.claude"},
    "daidentity": {
        "name": "Kai",
        "voices": {
            "main": {"_docs": "…", "voiceId": SERENA, "stability": 0.85, "similarity_boost": 0.7, "speed": 1.1, "volume": 1.2},
            "algorithm": {"voiceId": "fTtv3eikoepIosk8dTZ5", "stability": 0.3},
        },
        "personality": {"baseVoice": "…", "warmth": 70},
    },
}
VOICES = {
    "$schema": "./voices-schema.json",
    "default_rate": 175,
    "voices": {
        "default": {"voice_id": "bIHbv24MWmeRgasZH58o", "stability": 0.5},
        "kai": {"voice_id": "s3TPKV1kjDlVtZbl4Ksh", "voice_name": "Jamie (Premium)", "rate_wpm": 274, "stability": 0.5},
        "ClaudeResearcher": {"voice_id": AVA, "stability": 0.65, "similarity_boost": 0.9},
        "engineer": {"voice_id": "{YOUR_ID}"},
    },
}
ENGINEER = f"""---
name: Engineer
description: Use this agent when: a change is ready.
model: opus
voiceId: {MARCUS}
voice:
  stability: 0.62
  similarity_boost: 0.80

  style: 0.08
persona:
  name: "Marcus Webb"
permissions:
  allow: ["Bash"]
---
You plan first. voiceId: none
"""


@pytest.fixture(autouse=True)
def elevenlabs(monkeypatch: pytest.MonkeyPatch) -> None:
    registered(monkeypatch)


def written(folder: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def everything(folder: Path) -> Path:
    return written(
        folder,
        {
            "LIFEOS/USER/CONFIG/LIFEOS_CONFIG.toml": LIFEOS,
            "PAI/USER/Config/PAI_CONFIG.yaml": PAI_CONFIG,
            "settings.json": json.dumps(SETTINGS, indent=2),
            "VoiceServer/voices.json": json.dumps(VOICES, indent=2),
            "agents/Engineer.md": ENGINEER,
        },
    )


def read(folder: Path) -> PaiVoices:
    return read_pai_voices(folder, {path.stem.lower(): path for path in sorted((folder / "agents").glob("*.md"))})


def test_the_newest_place_that_has_one_says_the_assistants_voice(tmp_path: Path) -> None:
    everything(tmp_path)
    seen: list[tuple[str, object]] = []
    for place in ("LIFEOS/USER/CONFIG/LIFEOS_CONFIG.toml", "PAI/USER/Config/PAI_CONFIG.yaml", "settings.json", "VoiceServer"):
        found = read(tmp_path)
        assert found.assistant
        assert found.errors == ()
        seen.append((found.name, found.assistant.options["voice_id"]))
        os.replace(tmp_path / place, tmp_path / f"{Path(place).name}.old")
    assert seen == [("Aria", RACHEL), ("Vega", AVA), ("Kai", SERENA), ("", "bIHbv24MWmeRgasZH58o")]
    assert read(tmp_path).assistant is None


def test_the_numbers_are_those_beside_the_id(tmp_path: Path) -> None:
    found = read(everything(tmp_path))
    assert found.assistant
    assert found.assistant.options == {
        "voice_id": RACHEL,
        "stability": 0.85,
        "similarity_boost": 0.7,
        "style": 0.3,
        "use_speaker_boost": True,
        "speed": 1.1,
        "volume": 1.2,
    }
    assert found.agents["engineer"].options == {"voice_id": MARCUS, "stability": 0.62, "similarity_boost": 0.8, "style": 0.08}
    assert found.agents["claude-researcher"].options == {"voice_id": AVA, "stability": 0.65, "similarity_boost": 0.9}
    assert found.agents["algorithm"].options == {"voice_id": "fTtv3eikoepIosk8dTZ5", "stability": 0.3}
    assert set(found.agents) == {"algorithm", "kai", "claude-researcher", "engineer"}


def test_a_named_place_goes_before_an_agents_own_file(tmp_path: Path) -> None:
    voices = {"voices": {"engineer": {"voice_id": SERENA}}}
    written(tmp_path, {"voices.json": json.dumps(voices), "agents/engineer.md": ENGINEER})
    assert read(tmp_path).agents["engineer"].options == {"voice_id": SERENA}


@pytest.mark.parametrize(
    "daidentity",
    [
        {"name": "PAI", "voiceId": RACHEL, "voice": {"stability": 0.35, "use_speaker_boost": True}},
        {
            "name": "PAI",
            "mainDAVoiceID": RACHEL,
            "voices": {"main": {"voiceId": "{YOUR_ID}", "stability": 0.35, "useSpeakerBoost": True}},
        },
        {"name": "PAI", "voices": {"main": {"voice_id": RACHEL, "stability": 0.35, "use_speaker_boost": True}}},
    ],
)
def test_every_shape_that_settings_had(tmp_path: Path, daidentity: dict[str, Any]) -> None:
    found = read(written(tmp_path, {"settings.json": json.dumps({"daidentity": daidentity})}))
    assert found.assistant
    assert found.assistant.options == {"voice_id": RACHEL, "stability": 0.35, "use_speaker_boost": True}


@pytest.mark.parametrize("said", ["{YOUR_ELEVENLABS_VOICE_ID}", "", "Tom (Enhanced)", "12", "../../x", 7, None, ["a"], {"a": 1}])
def test_what_is_no_id_of_elevenlabs_is_no_voice_and_no_error(tmp_path: Path, said: object) -> None:
    settings = {"daidentity": {"voices": {"main": {"voiceId": said}, "other": said}, "voiceId": said}}
    voices = {"voices": {"engineer": {"voice_id": said}, "ava": said}}
    found = read(written(tmp_path, {"settings.json": json.dumps(settings), "voices.json": json.dumps(voices)}))
    assert (found.assistant, dict(found.agents), found.errors) == (None, {}, ())


@pytest.mark.parametrize(
    ("change", "to", "line", "says"),
    [
        ("stability = 0.85", 'stability = "high"', 12, "da.voices.main.stability is a number, not 'high'; it is not used"),
        ("stability = 0.85", "stability = 85", 12, "da.voices.main.stability is 85: input should be less than or equal to 1"),
        ("stability = 0.85", f"stability = 0x{'f' * 5_000}", 12, "da.voices.main.stability is a number, not one so large"),
        ("stability = 0.85", "stability = nan", 12, "da.voices.main.stability is a number, not nan"),
        ("use_speaker_boost = true", "use_speaker_boost = 1", 16, "use_speaker_boost is true or false, not 1"),
    ],
)
def test_a_wrong_number_is_told_and_the_voice_is_used_without_it(
    tmp_path: Path, change: str, to: str, line: int, says: str
) -> None:
    assert change in LIFEOS
    path = written(tmp_path, {"USER/CONFIG/LIFEOS_CONFIG.toml": LIFEOS.replace(change, to, 1)}) / "USER/CONFIG/LIFEOS_CONFIG.toml"
    found = read(tmp_path)
    assert found.assistant
    assert found.assistant.options["voice_id"] == RACHEL
    assert change.split(" ")[0] not in found.assistant.options
    (error,) = found.errors
    assert (error.path, error.line) == (path, line)
    assert says in error.problem


@pytest.mark.parametrize(
    ("place", "content", "line", "says"),
    [
        ("LIFEOS/USER/CONFIG/LIFEOS_CONFIG.toml", "[da]\nname = \n", 2, "this is not TOML"),
        ("PAI/USER/Config/PAI_CONFIG.yaml", "da:\n  name: [\n", 3, "this is not YAML"),
        ("settings.json", '{\n "daidentity": {,}\n}', 2, "this is not JSON"),
        ("settings.json", "[" * 200_000, 1, "it is nested too deeply"),
        ("settings.json", "[" + "9" * 5_000 + "]", 1, "it cannot be read"),
        ("VoiceServer/voices.json", b"\x00\xff" * 10, 1, "this is not JSON"),
        ("settings.json", b" " * (MOST_BYTES + 1), 1, "is larger than 1,000,000 bytes"),
        ("agents/engineer.md", "---\nname: x\nvoice: [\n---\nbody\n", 3, "this is not YAML"),
    ],
)
def test_a_broken_file_is_told_and_the_others_are_used(
    tmp_path: Path, place: str, content: str | bytes, line: int, says: str
) -> None:
    written(tmp_path, {"voice-server/voices.json": json.dumps(VOICES), place: content})
    found = read(tmp_path)
    (error,) = found.errors
    assert (error.path, error.line) == (tmp_path / place, line)
    assert says in error.problem
    assert found.assistant is None or found.assistant.options["voice_id"] == "bIHbv24MWmeRgasZH58o"
    assert ("claude-researcher" in found.agents) is ("VoiceServer" not in place)


ENCODINGS: dict[str, Callable[[str], bytes]] = {
    "bom": lambda text: text.encode("utf-8-sig"),
    "crlf": lambda text: text.replace("\n", "\r\n").encode(),
    "cr": lambda text: text.replace("\n", "\r").encode(),
    "utf-16-le": lambda text: b"\xff\xfe" + text.encode("utf-16-le"),
    "utf-16-be": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    "cp1252": lambda text: text.replace("Webb", "Wébb").replace("Aria", "Ária").encode("cp1252"),
}


@pytest.mark.parametrize("name", ENCODINGS)
def test_any_encoding_and_any_line_ends(tmp_path: Path, name: str) -> None:
    encode = ENCODINGS[name]
    written(tmp_path, {"USER/CONFIG/LIFEOS_CONFIG.toml": encode(LIFEOS), "agents/engineer.md": encode(ENGINEER)})
    found = read(tmp_path)
    assert found.errors == ()
    assert found.assistant
    assert found.assistant.options["voice_id"] == RACHEL
    assert found.agents["engineer"].options["style"] == 0.08


def test_a_pipe_and_a_folder_are_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "settings.json")
    (tmp_path / "voices.json").mkdir()
    assert read(tmp_path) == PaiVoices()


def test_pai_dir_may_be_the_folder_in_it(tmp_path: Path) -> None:
    everything(tmp_path)
    assert root(tmp_path / "PAI") == root(tmp_path / "LIFEOS") == tmp_path
    assert read_pai_voices(tmp_path / "PAI", {}).name == "Aria"
    assert {path for path in places(tmp_path / "PAI") if path.exists()} == {
        path for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".md"
    }


def test_a_voice_of_pais_takes_its_place_in_the_file_of_that_name(tmp_path: Path) -> None:
    pai = read(everything(tmp_path)).agents["engineer"]
    espeak = Rendering("engineer", "espeak", folder=SHIPPED)
    shipped = Voice("engineer", "A man.", {"espeak": espeak, "elevenlabs": Rendering("engineer", "elevenlabs", folder=SHIPPED)})
    merged = as_voice("engineer", pai, shipped, None)
    assert merged.renderings["espeak"] is espeak
    assert merged.renderings["elevenlabs"].options["voice_id"] == MARCUS
    own = Voice("engineer", "Mine.", {"elevenlabs": Rendering("engineer", "elevenlabs", folder=tmp_path)})
    assert as_voice("engineer", pai, own, None) is own
    filled = as_voice(
        "engineer", pai, Voice("engineer", "Mine.", {"espeak": Rendering("engineer", "espeak", folder=tmp_path)}), None
    )
    assert set(filled.renderings) == {"espeak", "elevenlabs"}
    assert as_voice("rook", pai, None, "tenor").like == "tenor"


def test_a_change_of_a_number_changes_the_digest(tmp_path: Path) -> None:
    before = as_voice("engineer", read(everything(tmp_path)).agents["engineer"], None, None)
    written(tmp_path, {"agents/Engineer.md": ENGINEER.replace("0.62", "0.63")})
    after = as_voice("engineer", read(tmp_path).agents["engineer"], None, None)
    assert before.renderings["elevenlabs"].digest != after.renderings["elevenlabs"].digest


@pytest.mark.parametrize(
    ("name", "one"),
    [
        ("ClaudeResearcher", "claude-researcher"),
        ("QATester", "qa-tester"),
        ("kai", "kai"),
        ("Mr. X", "mr-x"),
        ("7", None),
        ("", None),
    ],
)
def test_names_become_ids(name: str, one: str | None) -> None:
    assert voice_id(name) == one


_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.sampled_from([RACHEL, MARCUS])
_KEYS = st.sampled_from(
    ["da", "daidentity", "voices", "main", "voice", "voiceId", "voice_id", "name", "stability", "kai"]
) | st.text(max_size=8)
_TREES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=5), max_leaves=25
)


@given(_TREES.map(json.dumps) | st.text(max_size=200), st.binary(max_size=200) | st.just(LIFEOS.encode()), st.text(max_size=200))
def test_whatever_stands_there_is_a_voice_or_a_complaint(
    tmp_path_factory: pytest.TempPathFactory, tree: str, toml: bytes, front: str
) -> None:
    folder = tmp_path_factory.getbasetemp() / "pai"
    text = tree.encode("utf-8", "replace")
    written(
        folder,
        {
            "settings.json": text,
            "voices.json": text,
            "USER/Config/PAI_CONFIG.yaml": text,
            "USER/CONFIG/LIFEOS_CONFIG.toml": toml,
            "agents/a.md": b"---\nvoice: " + front.encode("utf-8", "replace") + b"\nvoiceId: " + text + b"\n---\n",
        },
    )
    found = read(folder)
    for voice in (*found.agents.values(), *([found.assistant] if found.assistant else ())):
        Options.model_validate(voice.options)
    for error in found.errors:
        assert error.line >= 1
        assert str(error).startswith(f"{folder}/")


@pytest.mark.parametrize(("said", "used"), [(1.5, 1.2), (0.5, 0.7), (2, 1.2)])
def test_a_speed_that_elevenlabs_has_not_is_brought_to_the_nearest(tmp_path: Path, said: float, used: float) -> None:
    voices = {"voices": {"engineer": {"voice_id": SERENA, "speed": said}}}
    written(tmp_path, {"voices.json": json.dumps(voices)})
    found = read(tmp_path)
    assert found.agents["engineer"].options == {"voice_id": SERENA, "speed": used}
    (error,) = found.errors
    assert f"voices.engineer.speed is {said}, and ElevenLabs has 0.7 to 1.2: {used} is used" in str(error)
