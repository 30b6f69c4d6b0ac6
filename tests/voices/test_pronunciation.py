"""Files of words that voices say wrong: what they change, and what a broken one tells."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voices.spoken_form import PronunciationError, load_pronunciation, read_pronunciation, spoken_form
from voices.voice import load_voices


def said(path: Path, text: str, language: str = "en") -> str:
    return spoken_form(text, language, pronunciation=read_pronunciation(path)).text


def written(folder: Path, content: str, name: str = "pronunciation.yaml") -> Path:
    path = folder / name
    path.write_text(content, "utf-8")
    return path


@pytest.mark.parametrize(
    ("content", "text", "form"),
    [
        ("words: {Nguyen: win}", "Ask Nguyen or nguyen's.", "Ask win or win's."),
        ("words:\n  Kai: {say: kye, case: exact}", "Kai, not kai or Kaiser.", "kye, not kai or Kaiser."),
        ("words:\n  Chemie: {say: kemi, language: de}", "Chemie is Chemie.", "Chemie is Chemie."),
        ("words: {C#: see sharp, C: see}", "C# and C.", "see sharp and see."),
        ("words: {New Orleans: new orlins, New: noo}", "New Orleans is new.", "new orlins is noo."),
        ("words: {API: happy}", "Our API, my_api and APIs.", "Our happy, my happy and A P I's."),
        ("words: {3D: three dee}", "A 3D film.", "A three D film."),
        ("Nguyen: win", "Nguyen", "win"),
        ("", "Nguyen", "Nguyen"),
    ],
)
def test_whole_words_are_respelled(tmp_path: Path, content: str, text: str, form: str) -> None:
    assert said(written(tmp_path, content), text) == form


def test_a_word_of_another_language_counts_there(tmp_path: Path) -> None:
    path = written(tmp_path, "words:\n  Chemie: {say: kemi, language: de}")
    assert said(path, "Chemie", "de-AT") == "kemi"


@pytest.mark.parametrize(
    "content",
    [
        {"replacements": [{"term": "ISC", "phonetic": "I S C", "note": "letters"}, {"term": "Bob", "phonetic": "bobb"}]},
        {"ISC": "I S C", "Bob": "bobb", "_comment": "flat"},
    ],
)
def test_pais_own_files_are_read(tmp_path: Path, content: dict[str, Any]) -> None:
    path = written(tmp_path, json.dumps(content), "pronunciations.json")
    assert said(path, "Bob at ISC.") == "bobb at I S C."


def test_a_users_file_goes_over_the_shipped_one_and_is_no_voice(tmp_path: Path) -> None:
    written(tmp_path, "words: {PAI: pay, Bob: bobb}")
    written(tmp_path, '{"Bob": "rob", "Al": "owl"}', "pronunciations.json")
    pronunciation = load_pronunciation(tmp_path)
    assert spoken_form("PAI, Bob, Al, nginx.", pronunciation=pronunciation).text == "pay, bobb, owl, engine x."
    assert "pronunciation" not in load_voices(tmp_path)


@pytest.mark.parametrize(
    ("content", "name", "line", "tells"),
    [
        ("words:\n  Bob: [", "pronunciation.yaml", 2, "this is not YAML"),
        ("words:\n  A: a\n  Bob: {say: x, cas: any}", "pronunciation.yaml", 3, "known: say, case, language"),
        ("words:\n  Bob: 5", "pronunciation.yaml", 2, "write how it sounds in letters"),
        ("words:\n  Bob: 'b0b'", "pronunciation.yaml", 2, "write how it sounds in letters"),
        ("words:\n  Bob: '<break/>'", "pronunciation.yaml", 2, "write how it sounds in letters"),
        ("words:\n  '': bob", "pronunciation.yaml", 1, "is not a word"),
        ("- Bob", "pronunciation.yaml", 1, "one `word: how to write it` a line"),
        ('{"Bob": "b",\n "Al" "x"}', "pronunciations.json", 2, "this is not JSON"),
        ('{"replacements": [{"word": "x"}]}', "pronunciations.json", 1, '"term" and "phonetic"'),
        ('{"replacements": [{"term": "Bob"}]}', "pronunciations.json", 1, "write how it sounds in letters"),
        ("\n".join(f"w{number}: word" for number in range(2_001)), "pronunciation.yaml", 1, "at most 2000"),
        ("# " + "x" * 500_001, "pronunciation.yaml", 1, "over 500 kB"),
        ("a: &a [*a]", "pronunciation.yaml", 1, ""),
        ("[" * 3_000, "pronunciation.yaml", 1, ""),
        ("[" * 3_000, "pronunciations.json", 1, ""),
    ],
)
def test_a_broken_file_says_where_and_how_to_mend_it(tmp_path: Path, content: str, name: str, line: int, tells: str) -> None:
    path = written(tmp_path, content, name)
    with pytest.raises(PronunciationError, match=r".") as caught:
        read_pronunciation(path)
    assert str(caught.value).startswith(f"{path}:{line}: ")
    assert tells in str(caught.value)


def test_a_file_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    path = tmp_path / "pronunciation.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PronunciationError, match="UTF-8"):
        read_pronunciation(path)
    with pytest.raises(PronunciationError, match="cannot be read"):
        read_pronunciation(tmp_path / "none.yaml")


def test_a_small_file_cannot_become_a_huge_one(tmp_path: Path) -> None:
    many = "".join(f"x{n}: &x{n} {{<<: [{', '.join([f'*x{n - 1}'] * 9)}]}}\n" for n in range(1, 12))
    with pytest.raises(PronunciationError):
        read_pronunciation(written(tmp_path, f"x0: &x0 {{a: 1}}\n{many}"))


def test_a_word_of_yaml_is_a_word(tmp_path: Path) -> None:
    assert said(written(tmp_path, "words: {No: noh}"), "No.") == "noh."


@given(st.text(max_size=80))
def test_no_file_raises_anything_else(content: str) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        for name in ("pronunciation.yaml", "pronunciations.json"):
            path = Path(folder) / name
            path.write_bytes(content.encode("utf-8", "surrogatepass"))
            try:
                spoken_form(content, pronunciation=read_pronunciation(path))
            except PronunciationError as error:
                assert str(path) in str(error)
