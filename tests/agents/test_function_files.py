"""Functions in files beside the agents: which are tools, and what is said of those that are not."""

from __future__ import annotations

import os
from pathlib import Path

import anyio.to_thread
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.errors import ToolError, Unusable
from agents.function_files import check, is_file, place
from agents.functions import at_once, found, real, tool_in_file
from agents.outside import Sources, wrong_with

SHELF = '''
from __future__ import annotations
from dataclasses import dataclass

@dataclass
class Book:
    shelf: int

def shelf(title: str, floor: int = 1) -> str:
    """Where a book stands."""
    return f"{title}: {Book(3).shelf}, floor {floor}"

def untold(title: str) -> str:
    return title

def untyped(title) -> str:
    """It."""
    return title

async def recall(about: str) -> str:
    """It."""
    return about
'''
WRITTEN = "python:tools/shelf.py:shelf"


@pytest.fixture
def agents(tmp_path: Path) -> Path:
    (tmp_path / "agents" / "tools").mkdir(parents=True)
    (tmp_path / "agents" / "tools" / "shelf.py").write_text(SHELF)
    (tmp_path / "outside.py").write_text("raise SystemExit")
    return tmp_path / "agents"


async def test_a_function_beside_the_agent_is_a_tool(agents: Path) -> None:
    functions = await anyio.to_thread.run_sync(found, None, (WRITTEN, "python:dice", "end_call"), (agents,), at_once)
    (tool,) = functions.tools.values()
    assert (tool.name, tool.written, tool.description) == ("shelf", WRITTEN, "Where a book stands.")
    assert tool.run
    assert await tool.run(tool.check({"title": "Dune"})) == "Dune: 3, floor 1"
    with pytest.raises(ToolError, match="titel"):
        tool.check({"titel": "Dune"})


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("tools.shelf:shelf", "write it as python:tools/shelf.py:shelf"),
        ("./tools/shelf.py", "write it as python:tools/shelf.py:shelf"),
        ("tools/shelf.py:a b", "write it as python:tools/shelf.py:shelf"),
        ("tools/self.py:shelf", "agents/tools/self.py; write it, with the function in it"),
        ("tools/shelf.py:shel", "has no function `shel`; write `def shel(…)` there. Did you mean `shelf`?"),
        ("tools/shelf.py:untold", "shelf.py:13: `untold` has no docstring"),
        ("tools/shelf.py:untyped", "shelf.py:16: the parameter `title` has no type; write one, as `title: str`"),
        ("tools/shelf.py:recall", "it needs another name"),
        ("../outside.py:shelf", "is outside of"),
        ("tools/broken.py:shelf", "broken.py:2: this is not Python"),
        ("tools/latin.py:shelf", "is not UTF-8"),
        ("tools/null.py:shelf", "null.py"),
        ("tools/link.py:shelf", "is outside of"),
    ],
)
def test_what_is_wrong_with_one_is_told_and_nothing_of_it_runs(agents: Path, name: str, problem: str) -> None:
    tools = agents / "tools"
    (tools / "broken.py").write_text("x = 1\ndef shelf(:\n")
    (tools / "latin.py").write_bytes(b"# \xe9\n")
    (tools / "null.py").write_bytes(b"\x00")
    (tools / "link.py").symlink_to(agents.parent / "outside.py")
    assert problem in str(wrong_with(f"python:{name}", Sources(folders=(agents,))))
    assert real(f"python:{name}", (agents,)) is None


@pytest.mark.parametrize("code", ["raise SystemExit(3)", "1 / 0", "import nothing_of_that_name", "from os import sep as shelf"])
def test_a_module_that_does_not_run_costs_its_tool_only(agents: Path, code: str) -> None:
    (agents / "tools" / "bad.py").write_text(f"{code}\n" + ("" if "shelf" in code else 'def shelf() -> str:\n    "It."\n'))
    functions = found(written=("python:tools/bad.py:shelf", WRITTEN), folders=(agents,), in_thread=at_once)
    assert list(functions.tools) == ["tools/shelf.py:shelf"]
    assert list(functions.problems) == ["tools/bad.py:shelf"]


def test_the_later_folder_counts_and_a_file_is_read_anew(agents: Path, tmp_path: Path) -> None:
    later = tmp_path / "later"
    (later / "tools").mkdir(parents=True)
    assert place("tools/shelf.py:shelf", (agents, later)).parent == agents / "tools"
    (later / "tools" / "shelf.py").write_bytes(b"\xef\xbb\xbf" + SHELF.replace("a book", "it").replace("\n", "\r\n").encode())
    for told in ("Where it stands.", "Where all stands."):
        assert tool_in_file("tools/shelf.py:shelf", (agents, later), at_once).description == told
        changed = (later / "tools" / "shelf.py").read_text(encoding="utf-8-sig").replace("Where it", "Where all")
        (later / "tools" / "shelf.py").write_text(changed)


@given(st.lists(st.sampled_from(["..", ".", "tools", "a.py", "/", "~", "$HOME", "link"]), max_size=6), st.booleans())
def test_nothing_outside_of_the_folder_is_run(tmp_path_factory: pytest.TempPathFactory, parts: list[str], rooted: bool) -> None:
    top = tmp_path_factory.getbasetemp() / "walls"
    (top / "agents" / "tools").mkdir(parents=True, exist_ok=True)
    for folder in (top, top / "agents", top / "agents" / "tools"):
        (folder / "a.py").write_text("")
    if not (top / "agents" / "link").is_symlink():
        (top / "agents" / "link").symlink_to(top)
    name = ("/" if rooted else "") + os.sep.join([*parts, "a.py"]) + ":x"
    assert is_file(name)
    try:
        path = place(name, (top / "agents",))
    except Unusable:
        return
    assert path.resolve().is_relative_to((top / "agents").resolve())


def test_what_is_imported_or_assigned_may_be_a_function(agents: Path) -> None:
    (agents / "tools" / "more.py").write_text("from shelf import one as other\nthird = other\n")
    for name in ("other", "third"):
        check(f"tools/more.py:{name}", (agents,))
