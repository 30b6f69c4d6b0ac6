"""The guide to an agent of your own, followed to the letter: files written, lines changed, commands run, outputs compared."""

from __future__ import annotations

import os
import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest

from agents.script import Script
from orchestrator.scripted_house import serving
from tests.kit.commands import environment
from tests.kit.pages import PAGES

PAGE = PAGES["agents/README.md"]
_STEP = re.compile(
    r"`(?P<file>[\w./-]+)`:\n\n(?P<text>(?:(?: {4}.*)?\n)+)"
    r"|In `(?P<edited>[\w./-]+)`, change `(?P<old>[^`]+)` to `(?P<new>[^`]+)`"
    r"|^ {4}\$ (?P<command>.+)\n(?P<output>(?:(?: {4}(?!\$).*)?\n)*)",
    re.MULTILINE,
)


def steps() -> Iterator[dict[str, str]]:
    guide = re.search(r"<!-- guide -->\n(.*?)<!-- /guide -->", PAGE, re.DOTALL)
    assert guide
    for step in _STEP.finditer(guide[1]):
        yield {key: value for key, value in step.groupdict().items() if value is not None}


def shown_as(pattern: str) -> re.Pattern[str]:
    """Word for word; numbers may be others. `…` on a line of its own stands for any lines."""
    return re.compile("".join(_line(line.split()) for line in pattern.strip("\n").split("\n")))


def _line(words: list[str]) -> str:
    if words == ["…"]:
        return r"(?:.*\n)*?"
    parts = [re.split(r"(\d[\d.,]*)", word) for word in words]
    told = ("".join(r"\d[\d.,]*" if part[:1].isdigit() else re.escape(part) for part in word) for word in parts)
    return " *" + " +".join(told) + " *\n"


@pytest.mark.slow
@pytest.mark.timeout(240)  # ten commands, each a process that loads what a call needs
async def test_whoever_follows_it_has_an_agent(tmp_path: Path) -> None:
    folder = anyio.Path(tmp_path / "empty")
    await folder.mkdir()
    ran: list[str] = []
    async with serving(Script(defaults={"ruth": "Gladly."})) as claude:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        key = {"ANTHROPIC_API_KEY": "real", "ANTHROPIC_BASE_URL": claude.url}
        env = environment(tmp_path / "home", PAI_VOICE_AGENTS="", PATH=path)
        for step in steps():
            match step:
                case {"command": command, "output": output}:
                    own = env | (key if command.endswith("try ruth") else {})
                    done = await anyio.run_process(["bash", "-c", command], check=False, cwd=folder, env=own)
                    told = done.stdout.decode()
                    assert done.returncode == 0, (command, told, done.stderr.decode())
                    assert shown_as(output).fullmatch(told), (command, told)
                    ran.append(command)
                case {"edited": file, "old": old, "new": new}:
                    text = await (folder / file).read_text()
                    assert text.count(old) == 1, (file, old)
                    await (folder / file).write_text(text.replace(old, new))
                case {"file": file, "text": text}:
                    await (folder / file).parent.mkdir(exist_ok=True)
                    await (folder / file).write_text(textwrap.dedent(text))
                case _:
                    raise AssertionError(step)
    assert len(ran) == PAGE.count("\n    $ ")
