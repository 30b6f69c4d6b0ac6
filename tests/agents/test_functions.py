"""Python functions as tools, brought by a real (if small) distribution: what works, and how each mistake is told."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from agents.errors import ToolError
from agents.functions import Functions, found, known
from agents.toolbox import Toolbox, open_toolbox

GOOD = '''
from __future__ import annotations
import datetime, enum, threading, time

class Side(enum.Enum):
    HEADS = "heads"
    TAILS = "tails"

async def dice(sides: int = 6, *, twice: bool = False) -> str:
    """Throw a die."""
    return f"{sides} {twice}"

def days_until(day: datetime.date, side: Side = Side.HEADS) -> int:
    """How many days there are until then."""
    return (day - datetime.date(2026, 1, 1)).days + (side is Side.TAILS)

def thread() -> str:
    """Where it runs."""
    return threading.current_thread().name

def hangs() -> None:
    """Never ends."""
    time.sleep(3)

def breaks() -> str:
    """Does not work."""
    return {}["nobody"]

def talks() -> str:
    """Says too much."""
    return "x" * 10_000
'''
Install = Callable[[str, str], None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """A package with that code, and these entry points (`name = function` in lines)."""
    monkeypatch.syspath_prepend(str(tmp_path))
    # The module is this test's alone: the next one brings another of that name.
    monkeypatch.delitem(sys.modules, "a_few_tools", raising=False)

    def installed(code: str, points: str) -> None:
        (tmp_path / "a_few_tools.py").write_text(code)
        info = tmp_path / "a_few_tools-1.0.dist-info"
        info.mkdir(exist_ok=True)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: a-few-tools\nVersion: 1.0\n")
        lines = [line.replace("= ", "= a_few_tools:") for line in points.split(", ")]
        (info / "entry_points.txt").write_text("\n".join(["[pai_voice.tools]", *lines]))

    return installed


async def all_of(*names: str, install: Install, code: str = GOOD) -> Functions:
    install(code, ", ".join(f"{name} = {name}" for name in names))
    return await anyio.to_thread.run_sync(found, anyio.CapacityLimiter(2))


async def used(functions: Functions, name: str, **given: object) -> str:
    (tool,) = Toolbox(functions=functions).named(f"python:{name}")
    assert tool.run is not None
    return await tool.run(tool.check(given))


async def test_a_function_is_a_tool_by_its_signature_and_its_docstring(install: Install) -> None:
    functions = await all_of("dice", "days_until", install=install)
    assert functions.problems == {}
    assert functions.tools["dice"].rendered() == {
        "name": "dice",
        "description": "Throw a die.",
        "input_schema": {
            "type": "object",
            "properties": {"sides": {"type": "integer", "default": 6}, "twice": {"type": "boolean", "default": False}},
            "additionalProperties": False,
        },
    }
    assert await used(functions, "dice") == "6 False"
    assert await used(functions, "dice", sides=20, twice=True) == "20 True"
    assert await used(functions, "days_until", day="2026-01-11", side="tails") == "11"
    with pytest.raises(ToolError, match="days_until was not called: day: Input should be a valid date"):
        await used(functions, "days_until", day="Monday")


async def test_nothing_is_imported_to_know_the_names(install: Install) -> None:
    install("raise RuntimeError", "dice = dice, coin = coin")
    assert await anyio.to_thread.run_sync(known) == ("coin", "dice")
    assert "a_few_tools" not in sys.modules


async def test_what_is_not_async_runs_in_a_thread_and_is_left_there_when_it_hangs(install: Install) -> None:
    functions = await all_of("thread", "hangs", install=install)
    assert await used(functions, "thread") != threading.current_thread().name
    began_s = time.monotonic()
    with anyio.move_on_after(0.1):
        await used(functions, "hangs")
    assert time.monotonic() - began_s < 2.9


async def test_what_it_says_is_bounded_and_what_it_raises_is_told(install: Install) -> None:
    functions = await all_of("breaks", "talks", install=install)
    assert (await used(functions, "talks")).endswith("x … (cut off: it has 10,000 characters)")
    with pytest.raises(ToolError, match="breaks failed: 'nobody'"):
        await used(functions, "breaks")


@pytest.mark.parametrize(
    ("code", "point", "problem"),
    [
        ("x = (", "coin = coin", "a_few_tools:coin: it cannot be imported (SyntaxError"),
        ("x = 1", "coin = coin", "it cannot be imported (AttributeError"),
        ("raise ZeroDivisionError", "coin = coin", "it cannot be imported (ZeroDivisionError"),
        ("coin = 1", "coin = coin", "it is no function"),
        ("def coin(): pass", "coin = coin", "it has no docstring"),
        ('def coin(x):\n "Coin."', "coin = coin", "its parameter `x` has no type; write one, as `x: str`"),
        ('def coin(*x: int):\n "Coin."', "coin = coin", "its parameter `x` has no name that Claude could use"),
        ('def coin(x: object()):\n "Coin."', "coin = coin", "its parameters cannot be told to Claude"),
        ('def coin(x: "Nothing"):\n "Coin."', "coin = coin", "its parameters cannot be read: name 'Nothing' is not defined"),
        ('def coin(json: str):\n "Coin."', "coin = coin", "shadows an attribute"),
        ('def coin(_x: str):\n "Coin."', "coin = coin", "its parameter `_x` has no name that Claude could use"),
        ('def coin():\n "Coin."', "end_call = coin", "it needs another name"),
        ('def coin():\n "Coin."', "weather__coin = coin", "it needs another name"),
    ],
)
async def test_a_bad_one_is_told_and_the_others_are_there(code: str, point: str, problem: str, install: Install) -> None:
    good = 'def well() -> str:\n """Well."""\n return "Well."\n'
    install(code if "x = (" in code or "raise" in code else good + code, f"{point}, well = well")
    async with open_toolbox({}) as toolbox:
        name = point.split(" ")[0]
        assert problem in toolbox.functions.problems[name]
        assert toolbox.named(f"python:{name}") == ()
        if len(toolbox.functions.problems) == 1:
            assert await used(toolbox.functions, "well") == "Well."
        else:
            assert "cannot be imported" in problem
