"""A voice's file: what is refused, and how the refusal helps."""

from __future__ import annotations

from pathlib import Path

import pytest

from voices.voice import NOT_VOICES, SHIPPED, VoiceFileError, load_voice, load_voices, read_voices

GOOD = """description: A voice.
engines:
  espeak:
    gain_db: -1.5
    variant: en-us+f4
"""


def test_a_file_more_is_a_voice_more(tmp_path: Path) -> None:
    (tmp_path / "aunt.yaml").write_text(GOOD)
    (tmp_path / "kai.yaml").write_text(GOOD)
    voices = load_voices(tmp_path)
    assert set(voices) == {*load_voices(), "aunt"}
    rendering = voices["aunt"].renderings["espeak"]
    assert (rendering.voice, rendering.engine, rendering.gain_db) == ("aunt", "espeak", -1.5)
    assert rendering.options == {"variant": "en-us+f4"}
    assert voices["kai"].description == "A voice."


@pytest.mark.parametrize(
    ("change", "to", "line", "says"),
    [
        ("engines:", "engine:", 2, "unknown key `engine`. Did you mean `engines`?"),
        ("variant", "varient", 5, "unknown key `varient`. Did you mean `variant`?"),
        ("variant: en-us+f4", "pitch: high", 5, "`pitch`: must be a whole number, such as 5"),
        ("variant: en-us+f4", "pitch: 200", 5, "`pitch`: must be at most 99"),
        ("en-us+f4", "../../etc/passwd", 5, "`variant`: does not have the form"),
        ("  espeak:", "  espaek:", 3, "there is no engine `espaek`. Did you mean `espeak`?"),
        ("  espeak:", "  theirs:", 3, "there is no engine `theirs`. Known: "),
        ("-1.5", "loud", 4, "`gain_db` is a number of dB between -40 and 40"),
        ("-1.5", ".nan", 4, "`gain_db` is a number of dB between -40 and 40"),
        ("    gain_db: -1.5", "\tgain_db: -1.5", 4, "a tab; YAML is indented with spaces"),
        ("description: A voice.", "", 2, "`description` is missing; add it"),
        (GOOD, "", 1, "the file is empty; it must hold `key: value` lines"),
        (GOOD, "- a\n- b\n", 1, "must be `key: value` lines"),
        (GOOD, "description: A\nengines: {}\n", 2, "`engines`: must hold at least 1"),
    ],
)
def test_a_broken_file_is_named_with_line_and_fix(tmp_path: Path, change: str, to: str, line: int, says: str) -> None:
    path = tmp_path / "aunt.yaml"
    assert change in GOOD
    path.write_text(GOOD.replace(change, to))
    with pytest.raises(VoiceFileError) as raised:
        load_voices(tmp_path)
    assert str(raised.value).startswith(f"{path}:{line}: {says}")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"\xff\xfe", "is not UTF-8; save it as UTF-8"),
        (b"a: \x01", "holds a character YAML forbids (#x0001)"),
        (b"description: 2026-13-45", "`engines` is missing; add it"),  # no date that there is not
        (b"[" * 5_000, "is nested too deeply"),
    ],
)
def test_what_cannot_be_read_is_named_too(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "aunt.yaml"
    path.write_bytes(content)
    with pytest.raises(VoiceFileError) as raised:
        load_voices(tmp_path)
    assert str(raised.value) == f"{path}:1: {why}"


@pytest.mark.parametrize("name", ["Aunt", "9lives", "a b", "x" * 41])
def test_a_name_that_is_no_id_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / f"{name}.yaml").write_text(GOOD)
    with pytest.raises(VoiceFileError, match="small letters, digits and hyphens"):
        load_voices(tmp_path)


def test_what_holds_for_all_engines_is_in_every_rendering(tmp_path: Path) -> None:
    text = GOOD + "language: en-GB\nspeed: 1.1\nlike: alto\nowner: {name: Aunt Ruth, consent: I said yes., given: 2026-11-29}\n"
    (tmp_path / "aunt.yaml").write_text(text)
    voice = load_voices(tmp_path)["aunt"]
    assert (voice.language, voice.like, voice.owner and voice.owner.name) == ("en-GB", "alto", "Aunt Ruth")
    rendering = voice.renderings["espeak"]
    assert (rendering.language, rendering.speed, rendering.folder) == ("en-GB", 1.1, tmp_path)
    (tmp_path / "aunt.yaml").write_text(text + "# changed\n")
    assert load_voices(tmp_path)["aunt"].renderings["espeak"].digest != rendering.digest


def test_a_pronunciation_file_is_no_voice(tmp_path: Path) -> None:
    (tmp_path / "pronunciation.yaml").write_text("replacements: []\n")
    assert set(load_voices(tmp_path)) == set(load_voices())


def test_the_shipped_files_say_who_speaks() -> None:
    for path in SHIPPED.glob("*.yaml"):
        assert path.name in NOT_VOICES or load_voices()[path.stem].description.endswith(".")


def test_a_broken_file_costs_only_itself_and_its_good_parts_are_used(tmp_path: Path) -> None:
    (tmp_path / "aunt.yaml").write_text(GOOD + "  theirs: {voice: x}\n")
    (tmp_path / "kai.yaml").write_text("what?")
    (tmp_path / "uncle.yaml").write_text(GOOD.replace("f4", "f44"))
    found = read_voices(tmp_path)
    assert sorted((error.path.name, error.line) for error in found.errors) == [
        ("aunt.yaml", 6),
        ("kai.yaml", 1),
        ("uncle.yaml", 3),
    ]
    assert found.voices["aunt"].renderings.keys() & {"espeak", "theirs"} == {"espeak"}
    assert found.voices["kai"] == load_voices()["kai"]
    assert found.unusable == {"uncle"}
    with pytest.raises(VoiceFileError, match="there is no engine `theirs`"):
        load_voice(tmp_path / "aunt.yaml")


def test_the_last_good_voice_stays_before_all_else(tmp_path: Path) -> None:
    (tmp_path / "kai.yaml").write_text(GOOD)
    good = read_voices(tmp_path).voices
    (tmp_path / "kai.yaml").write_text(GOOD + "  theirs: {voice: x}\n")
    assert read_voices(tmp_path, last_good=good).voices["kai"] is good["kai"]


def test_a_huge_file_and_one_that_would_become_huge_are_refused(tmp_path: Path) -> None:
    (tmp_path / "aunt.yaml").write_text(GOOD + "# " + "x" * 70_000)
    with pytest.raises(VoiceFileError, match="at most 65,536 make sense here"):
        load_voices(tmp_path)
    bomb = "x0: &x0 {a: 1}\n" + "".join(f"x{n}: &x{n} {{<<: [{', '.join([f'*x{n - 1}'] * 9)}]}}\n" for n in range(1, 12))
    (tmp_path / "aunt.yaml").write_text(bomb)
    with pytest.raises(VoiceFileError, match="is nested too deeply"):
        load_voices(tmp_path)
