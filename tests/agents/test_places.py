"""Where a path leads, and how it is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.permission import WorkWords
from agents.places import Places
from tests.agents.stage import PROMPTS, ROSTER

APP = Places("/srv/app", "/home/me")


@pytest.mark.parametrize(
    ("path", "at", "said"),
    [
        ("a/b", "", "a/b"),
        ("/srv/app/prod/x", "", "prod/x"),
        ("/srv/app2/x", "", "/srv/app2/x"),
        ("/etc/passwd", "", "/etc/passwd"),
        ("../x", "", "/srv/x"),
        ("../../etc/x", "", "/etc/x"),
        ("a/../../x", "", "/srv/app/a/../../x"),
        ("~/x", "", "~/x"),
        ("x", "/etc", "x"),
        ("../x", "/etc/ssh", "/etc/x"),
        ("/srv/app/x", "/etc", "/srv/app/x"),
    ],
)
def test_a_path_is_said_as_far_as_is_needed(path: str, at: str, said: str) -> None:
    assert APP.said(path, at) == said


@pytest.mark.parametrize(
    ("path", "inside"),
    [("a", True), ("/srv/app/a", True), ("/srv/app2", False), ("../a", False), ("a/../b", False), ("~/a", False), ("~", False)],
)
def test_what_is_inside(path: str, inside: bool) -> None:
    assert APP.inside(path) is inside


def test_a_link_is_followed(tmp_path: Path) -> None:
    work, other = tmp_path / "work", tmp_path / "other"
    work.mkdir()
    other.mkdir()
    (work / "notes").symlink_to(other)
    places = Places(str(work))
    assert places.leads("notes/x") == str(other / "x")
    assert places.leads("x") == ""
    assert not places.inside("notes/x")


@pytest.mark.parametrize(
    ("path", "at", "place", "precious"),
    [
        ("/", "", "machine", True),
        ("//", "", "machine", True),
        ("/.", "", "machine", True),
        ("~", "", "home", True),
        ("~/", "", "home", True),
        ("/home/me/", "", "home", True),
        (".", "", "folder", True),
        ("/srv/app/", "", "folder", True),
        ("app", "/srv", "folder", True),
        ("..", "", None, True),
        ("/home", "", None, True),
        ("a/..", "", None, True),
        (".git/", "", None, True),
        ("a", "", None, False),
        (".", "/etc", None, False),
    ],
)
def test_places_that_everybody_knows(path: str, at: str, place: str | None, precious: bool) -> None:
    assert (APP.names(path, at), APP.precious(path, at)) == (place, precious)


def test_a_folder_that_is_reached_by_a_link_is_no_other(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    places = Places(str(tmp_path / "link"))
    assert (places.leads(""), places.leads("x")) == ("", "")


class Linked(Places):
    """`notes` is a link there, whatever the temporary folder of this machine is called."""

    def leads(self, path: str, at: str = "") -> str:
        return "/srv/other/x" if self.full(path, at) == "/srv/app/notes/x" else ""


@pytest.mark.parametrize(
    ("tool", "given"),
    [
        ("Write", {"file_path": "/srv/app/notes/x"}),
        ("Bash", {"command": "rm notes/x"}),
        ("Bash", {"command": "echo > notes/x"}),
        ("Bash", {"command": "cd notes && rm x"}),
    ],
)
def test_a_link_is_told(tool: str, given: dict[str, str]) -> None:
    asked = WorkWords.read(PROMPTS).asks("q", tool, given, ROSTER["engineer"], Linked("/srv/app", "/home/me")).question
    assert "x, which leads to slash srv slash other slash x" in asked
