"""A server that can be killed: `python -m tests.agents.a_server FOLDER URL` does one piece of work, and prints how it began."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

import anyio

from agents.pai import PaiRunner, PaiSettings
from agents.work import Began, TaskEvent, Word
from tests.agents.command_line import PHONE_WORDS, surroundings
from tests.agents.workplace import order, ran


async def main(folder: Path, url: str) -> None:
    def caller(event: TaskEvent) -> Word | None:
        if isinstance(event, Began):
            sys.stdout.write(json.dumps(asdict(event)))
            sys.stdout.flush()
        return None

    settings = PaiSettings.model_validate(
        {"auth": "api_key", "api_key": "scripted", "base_url": url, "model": "claude-haiku-5-5", "sandbox": "off"}
    )
    runner = PaiRunner(settings, PHONE_WORDS, environ=surroundings(folder))
    await ran(runner, order(folder / "work", allowed_tools=["Bash"]), caller)


anyio.run(main, Path(sys.argv[1]), sys.argv[2])
