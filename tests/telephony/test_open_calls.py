"""What a crash leaves on the line is ended when the server is back: each call of a dead server, and none of a living one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telephony.acs_rest import CallControl
from telephony.acs_wire import incoming_metadata
from telephony.line import Line, LineClosed, LineDown
from telephony.open_calls import OpenCalls
from tests.kit.azure import CONNECTION, azure_and
from tests.kit.commands import eventually


class Control:
    """Azure as far as it is asked here."""

    def __init__(self, *failures: Exception) -> None:
        self.ended: list[str] = []
        self._failures = list(failures)

    async def hang_up(self, connection_id: str) -> None:
        if self._failures:
            raise self._failures.pop(0)
        self.ended.append(connection_id)

    @asynccontextmanager
    async def open(self, _: Any) -> AsyncGenerator[Any]:
        yield self


async def back(folder: Path, control: Control, patch: pytest.MonkeyPatch) -> OpenCalls:
    """A server that was just started."""
    patch.setattr(CallControl, "open", control.open)
    notes = OpenCalls(folder)
    await notes.end_left(None)  # type: ignore[arg-type]  the stand-in looks at no settings
    return notes


CALLS = st.lists(st.tuples(st.sampled_from("abcde"), st.sampled_from(["begins", "known", "over"])), max_size=20)


@settings(max_examples=40, deadline=None)
@given(CALLS)
def test_what_is_up_when_it_dies_is_ended_once(story: list[tuple[str, str]]) -> None:
    async def play() -> None:
        with TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
            folder, control, up = Path(name) / "lines", Control(), dict[str, str]()
            before = await back(folder, control, patch)
            for call, what in story:
                match what:
                    case "begins":
                        up[call] = ""
                        await before.note(call)
                    case "known":
                        up[call] = f"azure-{call}"
                        await before.note(call, up[call])
                    case _:
                        up.pop(call, None)
                        await before.over(call)
            before.close()  # as its death does
            after = await back(folder, control, patch)
            assert sorted(control.ended) == sorted(id for id in up.values() if id)
            unknown = {call for call, id in up.items() if not id}
            assert {call for call in "abcde" if after.left(call)} == unknown
            for call in unknown:
                await after.end(control, call, f"late-{call}")  # type: ignore[arg-type]
            after.close()
            control.ended.clear()
            (await back(folder, control, patch)).close()
            assert control.ended == []

    anyio.run(play)


async def test_a_living_servers_calls_are_let_be(tmp_path: Path) -> None:
    script = (
        "import anyio, sys; from pathlib import Path; from telephony.open_calls import OpenCalls\n"
        "async def main():\n"
        "    notes = OpenCalls(Path(sys.argv[1])); await notes.end_left(None); await notes.note('a', 'azure-a')\n"
        "    print('up', flush=True); await anyio.sleep(60)\n"
        "anyio.run(main)\n"
    )
    folder, control = tmp_path / "lines", Control()
    command = [sys.executable, "-c", script, str(folder)]
    async with await anyio.open_process(command, stderr=subprocess.DEVNULL) as other:
        assert other.stdout is not None
        assert (await other.stdout.receive()).strip() == b"up"
        with pytest.MonkeyPatch.context() as patch:
            (await back(folder, control, patch)).close()
            assert control.ended == []
            os.kill(other.pid, signal.SIGKILL)
            await other.wait()
            (await back(folder, control, patch)).close()
            assert control.ended == ["azure-a"]


@pytest.mark.parametrize(
    ("failures", "again"), [([LineClosed("gone")], False), ([LineDown("away")] * 4, True), ([LineDown("away")], True)]
)
async def test_what_azure_does_not_take_is_tried_again(
    failures: list[Exception], again: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("telephony.open_calls.AGAIN_S", (0.0, 0.0))
    control = Control(*failures)
    first = await back(tmp_path, control, monkeypatch)
    await first.note("a", "azure-a")
    first.close()
    second = await back(tmp_path, control, monkeypatch)
    second.close()
    third = await back(tmp_path, control, monkeypatch)
    third.close()
    (await back(tmp_path, control, monkeypatch)).close()
    assert control.ended == (["azure-a"] if again else [])


async def test_a_disk_that_takes_no_note_costs_no_call(tmp_path: Path) -> None:
    (tmp_path / "lines").write_text("no folder")
    notes = OpenCalls(tmp_path / "lines")
    await notes.end_left(None)  # type: ignore[arg-type]
    await notes.note("a", "azure-a")
    await notes.over("a")
    assert not notes.left("a")


async def test_a_call_is_noted_before_azure_is_asked_and_until_it_is_over(tmp_path: Path) -> None:
    up, over = anyio.Event(), anyio.Event()

    async def talk(line: Line) -> None:
        await line.answer()
        up.set()
        async for _ in line.hear():
            pass
        over.set()

    async def noted() -> list[str]:
        return [(tmp_path / name).read_text() for name in os.listdir(tmp_path)]

    async with azure_and(talk, notes=OpenCalls(tmp_path)) as (azure, _):
        await azure.ring()
        asked = await azure.next("answer")
        assert await noted() in ([""], [CONNECTION])
        async with azure.media(asked) as socket:
            await azure.tell(asked, "CallConnected")
            await socket.send(incoming_metadata(16_000, "s"))
            await up.wait()
            await eventually(noted, lambda notes: notes == [CONNECTION])
            await azure.tell(asked, "CallDisconnected")
            await over.wait()
            await eventually(noted, lambda notes: notes == [])


async def test_a_call_whose_id_a_crash_left_unknown_is_ended_as_soon_as_azure_tells_it(tmp_path: Path) -> None:
    async def nobody(_: Line) -> None:
        raise AssertionError("no call comes in")

    before = OpenCalls(tmp_path)
    await before.note("cut-off")
    notes = OpenCalls(tmp_path)
    await notes.end_left(None)  # type: ignore[arg-type]
    async with azure_and(nobody, notes=notes) as (azure, _):
        asked = {"callbackUri": f"{azure.url}/acs/calls/cut-off?t=forgotten"}
        assert (await azure.tell(asked, "CallConnected", bearer=None)).status_code == 401
        assert (await azure.tell(asked, "CallConnected")).status_code == 200
        await azure.next("terminate")
        assert (await azure.tell({"callbackUri": f"{azure.url}/acs/calls/another?t=x"}, "CallConnected")).status_code == 404
    notes.close()
    assert not (tmp_path / "cut-off").exists()
