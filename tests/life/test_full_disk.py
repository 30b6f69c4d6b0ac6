"""A disk that fills up in a call and during long work, one that cannot be written, and a log that nobody reads: calls end as they
would have, and what the caller was told as kept is kept. Real processes.
"""

from __future__ import annotations

import json
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import anyio
import anyio.to_thread
import pytest

from agents.script import Script
from orchestrator.scripted_house import serving
from tests.kit.commands import COMMAND, Premises, eventually, lines, premises, run, running
from tests.kit.disks import disk
from tests.kit.disks import own_mounts as own_mounts
from tests.kit.doomed import KEYS, LAST_WORDS
from tests.kit.owner import Owner, heard, in_kais_voice
from tests.kit.town import COUNTING, town

pytestmark = pytest.mark.timeout(120)  # real processes, whose start takes long on a busy machine
CALLER: Final = "+15550100"
ANSWER: Final = "Quite a lot."
TITLE: Final = "the herons"
TALK: Final = Script.model_validate({"first_token_s": 0.1, "defaults": {"kai": ANSWER}})
SETTINGS: Final = {"PAI_VOICE_VOICES__ENGINES": "espeak", "PAI_VOICE_ADMISSION__ALLOW": CALLER, "PAI_VOICE_VOICES__CACHE_MB": "0"}


async def a_talk(at: Premises) -> None:
    """Of two questions, to the caller's goodbye."""
    dialled = await run(*at.dial(CALLER, *lines(["question", "goodbye"]), "--json"), env=at.env, cwd=at.folder)
    assert (dialled.json["outcome"], len(dialled.json["turns"])) == ("completed", 2), dialled.err


async def logged(at: Premises) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (await anyio.Path(at.server.log).read_text()).splitlines() if line.startswith("{")]


async def stops(at: Premises) -> None:
    at.server.process.send_signal(signal.SIGTERM)
    assert await at.server.ends() == 0


def whole(journal: list[dict[str, Any]]) -> None:
    """Nothing of it is missing."""
    assert [fact["seq"] for fact in journal] == list(range(1, len(journal) + 1))
    assert (journal[0]["kind"], journal[-1]["why"]) == ("call_started", "goodbye")
    assert ANSWER in " ".join(fact["text"] for fact in journal if fact["kind"] == "said")


@pytest.mark.parametrize("comes_back", [True, False])
@pytest.mark.usefixtures("own_mounts")
async def test_a_disk_that_fills_up_in_a_call(tmp_path: Path, *, comes_back: bool) -> None:
    with disk(tmp_path, "8m") as small:
        env = {**SETTINGS, "PAI_VOICE_HOME": str(small.path), "ANTHROPIC_API_KEY": "scripted"}
        (tmp_path / "home").symlink_to(small.path)
        async with serving(TALK) as claude, premises(tmp_path, **env, ANTHROPIC_BASE_URL=claude.url) as at:
            async with running(*at.dial(CALLER, *lines(["question", "goodbye"])), env=at.env, cwd=at.folder) as caller:
                await caller.says("hears")
                await anyio.to_thread.run_sync(small.fill)
                assert await caller.ends() == 0, caller.lines
            if comes_back:
                small.free()
                whole(await at.ended(CALLER))
            await stops(at)
        told = [entry["event"] for entry in await logged(at) if entry["event"].startswith("call_record")]
        assert told == (["call_recorded_again"] if comes_back else ["call_record_lost"])


@pytest.mark.usefixtures("own_mounts")
async def test_a_home_that_cannot_be_written(tmp_path: Path) -> None:
    with disk(tmp_path, "8m") as small:
        small.protect()
        env = {**SETTINGS, "PAI_VOICE_HOME": str(small.path / "home"), "ANTHROPIC_API_KEY": "scripted"}
        async with serving(TALK) as claude, premises(tmp_path, **env, ANTHROPIC_BASE_URL=claude.url) as at:
            await a_talk(at)
            await stops(at)
        told = [entry["event"] for entry in await logged(at)]
        assert told.count("call_not_recorded") == told.count("tasks_in_memory") == told.count("call_record_lost") == 1


@pytest.mark.parametrize(
    "program",
    [
        ("sh", "-c", 'exec "$0" "$@" 2>&-', COMMAND),
        ("bash", "-c", 'exec "$0" "$@" 2> >(exec head -c 1 >/dev/null)', COMMAND),
        ("bash", "-c", 'exec "$0" "$@" > >(exec head -n 1 >&1) 2> >(exec head -c 1 >/dev/null)', COMMAND),
        ("sh", "-c", 'exec "$0" "$@" 2>/dev/full', COMMAND),
    ],
    ids=["closed", "reader gone", "both readers gone", "full"],
)
async def test_a_log_that_nobody_reads(program: Sequence[str], tmp_path: Path) -> None:
    async with (
        serving(TALK) as claude,
        premises(tmp_path, program, **SETTINGS, ANTHROPIC_API_KEY="scripted", ANTHROPIC_BASE_URL=claude.url) as at,
    ):
        await a_talk(at)
        whole(await at.ended(CALLER))
        await stops(at)


@pytest.mark.realcli
@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.usefixtures("own_mounts")
async def test_a_disk_that_fills_up_during_work(tmp_path: Path) -> None:
    """The owner is called back and told, once; when there is room again, all of it is kept."""
    with disk(tmp_path, "8m") as small:
        home = tmp_path / "town" / "one" / "home"
        home.parent.mkdir(parents=True)
        home.symlink_to(small.path)
        work = {"folder": str(tmp_path / "work")}
        async with town(tmp_path / "town", COUNTING, [CALLER], task=work) as place:
            owner = Owner(place, CALLER)
            async with anyio.create_task_group() as telephone:
                telephone.start_soon(owner.answers)
                assert (await owner.asks(KEYS[TITLE])).ok
                (begun,) = await eventually(place.tasks, bool)
                await anyio.to_thread.run_sync(small.fill)
                words = await in_kais_voice(LAST_WORDS[TITLE])

                async def told() -> int:
                    return await anyio.to_thread.run_sync(lambda: sum(heard(call, words) for call in owner.calls))

                await eventually(told, bool, within_s=90)
                assert (await place.tasks())[0].state == "running", "there was room for it"
                small.free()
                (kept,) = await place.told(1, within_s=60)
                assert (kept.id, kept.outcome) == (begun.id, "done")
                assert "Forty of them stand in the report." in kept.result
                assert await told() == 1
                await place.fact("callback_delivered", task=begun.id)
                telephone.cancel_scope.cancel()
