"""What a crash leaves on the line is ended when the server is back: each call of a dead server, and none of a living one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import settings as given_settings
from hypothesis import strategies as st

from telephony.acs_emulator import Emulator, Fault
from telephony.acs_rest import CallControl, ConnectRequest
from telephony.acs_wire import incoming_metadata
from telephony.dial import pick_up
from telephony.line import Line, LineClosed, LineDown, LineRefused
from telephony.open_calls import Note, OpenCalls
from tests.kit.azure import CONNECTION, azure_and
from tests.kit.commands import eventually
from tests.kit.emulated import CALLED, CALLER, settings_at


class Control:
    """Azure as far as it is asked here."""

    def __init__(self, *failures: Exception) -> None:
        self.ended: list[str] = []
        self._failures = list(failures)

    async def connect(self, request: ConnectRequest) -> str:
        if self._failures:
            raise self._failures.pop(0)
        return request.context

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


def sent(call: str) -> Note:
    """What Azure was sent; the stand-in answers it with the context."""
    return Note(request=ConnectRequest("https://a/callback", "wss://a/media", context=f"azure-{call}"))


CALLS = st.lists(st.tuples(st.sampled_from("abcde"), st.sampled_from(["begins", "known", "over"])), max_size=20)


@given_settings(max_examples=40, deadline=None)
@given(CALLS)
def test_what_is_up_when_it_dies_is_ended_once(story: list[tuple[str, str]]) -> None:
    async def play() -> None:
        with TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
            folder, control, up = Path(name) / "lines", Control(), dict[str, str]()
            before = await back(folder, control, patch)
            for call, what in story:
                match what:
                    case "begins":
                        up[call] = f"azure-{call}"
                        await before.note(call, sent(call))
                    case "known":
                        up[call] = f"azure-{call}"
                        await before.note(call, Note(up[call]))
                    case _:
                        up.pop(call, None)
                        await before.over(call)
            before.close()  # as its death does
            after = await back(folder, control, patch)
            assert sorted(control.ended) == sorted(up.values())
            assert not any(map(after.left, "abcde"))
            after.close()
            control.ended.clear()
            (await back(folder, control, patch)).close()
            assert control.ended == []

    anyio.run(play)


async def test_a_living_servers_calls_are_let_be(tmp_path: Path) -> None:
    script = (
        "import anyio, sys; from pathlib import Path; from telephony.open_calls import Note, OpenCalls\n"
        "async def main():\n"
        "    notes = OpenCalls(Path(sys.argv[1])); await notes.end_left(None); await notes.note('a', Note('azure-a'))\n"
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


@pytest.mark.parametrize("note", [Note("azure-a"), sent("a")], ids=["known", "asked for"])
@pytest.mark.parametrize(
    ("failures", "again"), [([LineClosed("gone")], False), ([LineDown("away")] * 4, True), ([LineDown("away")], True)]
)
async def test_what_azure_does_not_take_is_tried_again(
    failures: list[Exception], again: bool, note: Note, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("telephony.open_calls.AGAIN_S", (0.0, 0.0))
    control = Control(*failures)
    first = await back(tmp_path, control, monkeypatch)
    await first.note("a", note)
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
    await notes.note("a", Note("azure-a"))
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
        return [(tmp_path / name).read_text().rpartition('{"connection_id":')[2][:9] for name in os.listdir(tmp_path)]

    async with azure_and(talk, notes=OpenCalls(tmp_path)) as (azure, _):
        await azure.ring()
        asked = await azure.next("answer")
        assert await noted() in (['"","reque'], [f'"{CONNECTION}"'])
        async with azure.media(asked) as socket:
            await azure.tell(asked, "CallConnected")
            await socket.send(incoming_metadata(16_000, "s"))
            await up.wait()
            await eventually(noted, lambda notes: notes == [f'"{CONNECTION}"'])
            await azure.tell(asked, "CallDisconnected")
            await over.wait()
            await eventually(noted, lambda notes: notes == [])


async def test_a_call_whose_id_a_crash_left_unknown_is_ended_as_soon_as_azure_tells_it(tmp_path: Path) -> None:
    async def nobody(_: Line) -> None:
        raise AssertionError("no call comes in")

    before = OpenCalls(tmp_path)
    await before.note("cut-off", sent("cut-off"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("telephony.open_calls.AGAIN_S", (0.0, 0.0))
        notes = await back(tmp_path, Control(*[LineDown("away")] * 2), patch)
    async with azure_and(nobody, notes=notes) as (azure, _):
        asked = {"callbackUri": f"{azure.url}/acs/calls/cut-off?t=forgotten"}
        assert (await azure.tell(asked, "CallConnected", bearer=None)).status_code == 401
        assert (await azure.tell(asked, "CallConnected")).status_code == 200
        await azure.next("terminate")
        assert (await azure.tell({"callbackUri": f"{azure.url}/acs/calls/another?t=x"}, "CallConnected")).status_code == 404
    notes.close()
    assert not (tmp_path / "cut-off").exists()


async def test_a_death_in_the_middle_of_a_note_leaves_those_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = OpenCalls(tmp_path)
    await first.note("a", sent("a"))
    await first.note("a", Note("azure-b"))
    whole = (tmp_path / "a").read_bytes()
    ends = [whole.index(b"\n"), len(whole) - 1]
    for cut in range(0, len(whole) + 1, 3):
        (tmp_path / "a").write_bytes(whole[:cut])
        control = Control()
        (await back(tmp_path, control, monkeypatch)).close()
        assert control.ended == [[], ["azure-a"], ["azure-b"]][sum(cut >= end for end in ends)]
        assert not (tmp_path / "a").exists()


async def test_what_azure_refuses_to_connect_again_is_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = OpenCalls(tmp_path)
    await first.note("a", sent("a"))
    control = Control(LineRefused("it rings no more"))
    (await back(tmp_path, control, monkeypatch)).close()
    assert control.ended == []
    assert not (tmp_path / "a").exists()


async def test_a_phone_that_rings_for_a_dead_server_rings_no_more(tmp_path: Path) -> None:
    """The real SDK sends the same request again, and Azure tells by that which call it began."""
    async with Emulator.serve() as emulator, anyio.create_task_group() as phones:
        await phones.start(partial(pick_up, response="ignore"), emulator.url, CALLER)
        emulator.fail(Fault(operation="create", kind="lost", times=9))
        settings = settings_at(emulator, emulator.url)
        notes, request = OpenCalls(tmp_path), ConnectRequest("http://a/b", "ws://a/c", number=CALLER, own_number=CALLED)
        await notes.note("a", Note(request=request))
        async with CallControl.open(settings) as control:
            with pytest.raises(LineDown):
                await control.connect(request)
        (call,) = emulator.calls
        assert call.live
        emulator.mend()
        after = OpenCalls(tmp_path)
        await after.end_left(settings)
        after.close()
        assert [one.live for one in emulator.calls] == [False]
