"""The process that hosts a run, without the command line."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator
from decimal import Decimal
from pathlib import Path

import anyio
import anyio.to_thread
import pytest
from claude_agent_sdk import ToolPermissionContext

from agents.pai_wire import Job, Reply, Wants, from_worker, pack
from agents.pai_worker import BEGINNING, Host, Reach, beginning

JOB = Job(
    prompt="", session="none", command="claude", folder="/", system="", resumed="",
    words={"say": "", "passing": "", "ask_caller": ""},
    allowed_tools=(), asked_tools=(), max_usd=Decimal(1), max_turns=1, model=None, setting_sources=None,
)  # fmt: skip


async def test_what_is_asked_at_once_is_put_to_the_caller_one_after_the_other(tmp_path: Path) -> None:
    told, out = os.pipe()
    os.set_blocking(told, False)
    os.set_blocking(out, False)
    host = Host(JOB, out, tmp_path, tmp_path, await anyio.to_thread.run_sync(Reach.of, JOB))

    def asked() -> Wants:
        wants = from_worker(os.read(told, 65_536))  # two would be no message
        assert isinstance(wants, Wants)
        return wants

    async def answer(wants: Wants) -> AsyncGenerator[bytes, None]:
        yield pack(Reply(wants.ask, yes=True, text=""))

    async with anyio.create_task_group() as group:
        for tool in ("Read", "WebFetch"):
            group.start_soon(host.may_use, tool, {}, ToolPermissionContext())
        await anyio.wait_all_tasks_blocked()
        first = asked()
        await host.hear(answer(first))
        await anyio.wait_all_tasks_blocked()
        second = asked()
        await host.hear(answer(second))
        assert [first.tool, second.tool] == ["Read", "WebFetch"]
    with pytest.raises(BlockingIOError):
        os.read(told, 1)
    os.close(told)
    os.close(out)


@pytest.mark.parametrize(
    ("content", "begins"),
    [(b"phase: build\n" + b"x" * 9_000, "phase: build\n" + "x" * 20), (b"\xff", "\ufffd"), (None, "")],
    ids=["long", "no text", "a folder"],
)
def test_of_a_document_its_beginning_is_read_if_it_can_be(content: bytes | None, begins: str, tmp_path: Path) -> None:
    document = tmp_path / "PRD.md"
    document.mkdir() if content is None else document.write_bytes(content)
    text = beginning(tmp_path, Path("PRD.md"))
    assert (text.startswith(begins), len(text) <= BEGINNING) == (True, True)
    assert bool(text) is bool(begins)
    assert beginning(tmp_path, tmp_path / "ISA.md") == ""


async def test_telling_a_server_that_has_died_stops_nothing(tmp_path: Path) -> None:
    told, out = os.pipe()
    os.close(told)
    os.set_blocking(out, False)
    host = Host(JOB, out, tmp_path, tmp_path, await anyio.to_thread.run_sync(Reach.of, JOB))
    async with anyio.create_task_group() as group:
        group.start_soon(host.may_use, "Read", {}, ToolPermissionContext())
        await anyio.wait_all_tasks_blocked()
        group.cancel_scope.cancel()
    os.close(out)
