"""The lines of a settings file, and what is said of a file that is not TOML."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.errors import ConfigError
from orchestrator.settings_file import WHERE, SettingsFile, found

NAMES = st.from_regex(r"[a-z][a-z0-9_-]{0,8}", fullmatch=True) | st.sampled_from(['"a = [b"', "'#'", '"q\\"="'])
VALUES = st.sampled_from(
    [
        "1",
        "'x'",
        '"# = [y]"',
        '"\\""',
        "[1, 2] # [z]",
        "[\n 1,\n # ]\n 2]",
        '"""a\n"b" = 1\n"""',
        '"""a""\n"""""',
        "'''it's\n[a]\n'''''",
        "{a = 1, b = '='}",
    ]
)


@st.composite
def files(draw: st.DrawFn) -> tuple[str, dict[tuple[str, ...], int]]:
    """A file, and the line of each of its settings."""
    text, lines = "", dict[tuple[str, ...], int]()
    for number in range(draw(st.integers(0, 4))):
        section: tuple[str, ...] = ()
        if number:
            name = draw(NAMES)
            section = (f"s{number}", *tomllib.loads(f"{name} = 1"))
            lines[section] = text.count("\n") + 1
            text += f"{draw(st.sampled_from(['', '  ']))}[s{number} . {name}] # c\n"
        for key in draw(st.lists(NAMES, unique=True, max_size=3)):
            text += draw(st.sampled_from(["", "\n", "# a = 1\n", "  "]))
            lines[(*section, *tomllib.loads(f"{key} = 1"))] = text.count("\n") + 1
            text += f"{key} = {draw(VALUES)}{draw(st.sampled_from(['', ' # end = [']))}\n"
    return text, lines


@given(files(), st.sampled_from(["\n", "\r\n"]))
def test_each_setting_has_its_line(file: tuple[str, dict[tuple[str, ...], int]], end: str) -> None:
    text, lines = file
    text = text.replace("\n", end)
    read = SettingsFile(Path("f"), text, tomllib.loads(text))
    assert {keys: read.place(keys) for keys in lines} == {keys: f"f:{line}" for keys, line in lines.items()}
    assert {read.place((*keys, "more")) for keys in lines} == {f"f:{line}" for line in lines.values()}


@given(st.text(alphabet="ab=[]{}\"'\\\n.#1-:,\x00é", max_size=60))
def test_what_is_said_of_a_file_that_is_not_toml_is_ours(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "pai-voice.toml"
    path.write_text(text, encoding="utf-8", newline="")
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as theirs:
        with pytest.raises(ConfigError) as raised:
            SettingsFile.read(path)
        assert str(raised.value).startswith(f"{path}:")
        assert str(theirs) not in str(raised.value)
        assert str(theirs).partition(" (at")[0] not in str(raised.value)
    else:
        assert SettingsFile.read(path).tree == tomllib.loads(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = 1\na = 2", "2: a key or a section is there twice; delete one"),
        ('a = 1\nb = "x', "2: a quote or a bracket is not closed"),
        ("a = 1\nb = [1,\n", "3: a quote or a bracket is not closed"),
        ("port 80", "1: this is neither `key = value` nor `[section]`"),
        ('home = "C:\\Users"', "1: a character is not allowed here; of `\\` write two, or take single quotes"),
        ("a = yes", "1: this is neither `key = value` nor `[section]`"),
        ("a = 1\nb", "2: this is neither `key = value` nor `[section]`"),
        ("a = 2020-99-99", "1: "),
    ],
)
def test_what_is_said_of_common_slips(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "pai-voice.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as raised:
        SettingsFile.read(path)
    assert str(raised.value).startswith(f"{path}:{said}")


def test_a_file_that_is_nested_too_deeply_is_told(tmp_path: Path) -> None:
    path = tmp_path / "pai-voice.toml"
    path.write_text("a = " + 10_000 * "[")
    with pytest.raises(ConfigError, match="nested too deeply"):
        SettingsFile.read(path)


def test_the_file_that_is_named_may_have_a_variable_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOMEWHERE", str(tmp_path))
    assert found({WHERE: "$SOMEWHERE/x.toml"}, tmp_path) == tmp_path / "x.toml"
    assert found({WHERE: "~/x.toml"}, tmp_path) == Path.home() / "x.toml"
    with pytest.raises(ConfigError, match=r"PAI_VOICE_CONFIG: the variable \$NOWHERE_AT_ALL is not set"):
        found({WHERE: "$NOWHERE_AT_ALL/x.toml"}, tmp_path)
