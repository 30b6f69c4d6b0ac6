"""The call back as its owner meets it: after a hold that was left, past a busy line and an answering machine, at night, and for
work that ran out of money. Real processes: `pai-voice serve`, the command line, the Azure SDK before an emulated Azure.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import anyio
import pytest

from agents.script import Script
from telephony.answering_machine import RECORDS, plan
from telephony.dial import Manners, Utterance, pick_up
from tests.agents.command_line import SAY, runs
from tests.kit.commands import eventually
from tests.kit.owner import ANSWERING, HELLO, Owner, heard, in_kais_voice
from tests.kit.town import COUNTING, Fact, Town, town

pytestmark = [pytest.mark.slow, pytest.mark.realcli, pytest.mark.timeout(180)]
OWNER: Final = "+15550100"
STAYS: Final = Manners(leave_after_s=120.0, patience_s=120.0)
GREETING: Final = "You have reached the number that you dialled. Nobody can take your call just now, but please leave a message."
MESSAGE: Final = "This is your PAI line. The work you asked for is done; call me when you like."
RESULT: Final = "Nobody expected forty of them by the lake."
AT_WORK: Final = {"tool": SAY}
PATIENT: Final[dict[str, Any]] = {
    "when": {**AT_WORK, "heard": "patiently"},
    "calls": [runs("while [ ! -e go ]; do sleep 0.1; done; echo three")],
}
DEAR: Final[tuple[dict[str, Any], ...]] = (
    {"when": {**AT_WORK, "heard": "dearly", "after": "Bash"}, "calls": [runs("true")]},
    {"when": {**AT_WORK, "heard": "dearly"}, "say": "Half of them are counted.", "calls": [runs("true")]},
    # The phone's own words are to do: Claude is not to be had for better ones.
    {"when": {"agent": "kai", "note": "ended unfinished"}, "fault": {"kind": "status", "status": 400}},
)


def counting(how: str, *entries: dict[str, Any]) -> Script:
    """Work that is asked for by 7, and done as these entries say."""
    order = {"what": f"Count them {how}.", "title": "the herons", "minutes": 1, "mood": "calm"}
    asked = {"when": {"agent": "kai", "heard": "pressed the keys 7"}, "calls": [{"tool": "start_task", "input": order}]}
    script = Script.model_validate({"entries": [*entries, asked]})
    return COUNTING.model_copy(update={"entries": script.entries + COUNTING.entries})


async def leaves_in_mid_hold(owner: Owner) -> str:
    """The task that is left."""
    place, task = owner.town, ""
    async with anyio.create_task_group() as line:

        async def listen() -> None:
            await owner.asks("7", Utterance(keys="1"), manners=STAYS)

        line.start_soon(listen)
        task = (await place.fact("task_started"))["task"]
        await place.fact("narrated", task=task)
        line.cancel_scope.cancel()
    await place.fact("hold_ended", task=task, why="hung_up")
    await place.fact("call_ended", why="caller_hung_up")
    assert not place.facts("task_done")
    return task


async def test_left_on_hold_then_busy_twice_then_a_machine_then_a_person(tmp_path: Path) -> None:
    machine = plan(await in_kais_voice(GREETING))
    async with town(tmp_path, counting("patiently", PATIENT), [OWNER]) as place:
        owner = Owner(place, OWNER)
        task = await leaves_in_mid_hold(owner)
        await anyio.Path(place.server.home / "tasks" / task / "work" / "go").touch()
        for _ in range(2):
            assert (await pick_up(place.azure.url, OWNER, response="busy")).why == "busy"
        recorded = await pick_up(place.azure.url, OWNER, machine, manners=RECORDS)
        assert (await pick_up(place.azure.url, OWNER, HELLO, manners=ANSWERING)).answered
        await place.told(1, within_s=60)
        shown = await place.server.says("tasks", "show", task)
        assert [verdict for _, verdict in shown["calls"]] == ["busy", "busy", "machine", "delivered"]
        assert [ending(call) for call in called_back(place)] == ["busy", "busy", "machine", "caller_hung_up"]
        assert len(place.facts("callback_delivered", task=task)) == 1
        # The machine got the message after its beep, and nothing of what came out.
        assert min(span.from_s for span in recorded.heard) >= recorded.turns[0].said.to_s
        at_machine, at_person = owner.calls
        message, result = await in_kais_voice(MESSAGE), await in_kais_voice(RESULT)
        assert (heard(at_machine, message), heard(at_machine, result)) == (True, False)
        assert (heard(at_person, message), heard(at_person, result)) == (False, True)
        await place.leaves_no_run()


async def test_at_night_it_waits_and_out_of_money_it_says_what_it_achieved(tmp_path: Path) -> None:
    opens = (datetime.now().astimezone() + timedelta(hours=6)).replace(minute=0, second=0, microsecond=0)
    hours = f"{opens:%H:%M}-{opens + timedelta(hours=1):%H:%M}"
    script = counting("dearly", *DEAR)
    async with town(tmp_path, script, [OWNER], task={"max_usd": 0.001}, env={"PAI_VOICE_CALLBACK__HOURS": hours}) as place:
        owner = Owner(place, OWNER)
        assert (await owner.asks("7")).ok
        (kept,) = await eventually(place.tasks, lambda tasks: bool(tasks) and tasks[0].state != "running", within_s=60)
        shown = await place.server.says("tasks", "show", kept.id)
        assert (shown["state"], shown["outcome"]) == ("to be told", "work_out_of_money")
        assert datetime.fromisoformat(shown["next_call"]) == opens
        assert shown["result"].startswith("Half of them are counted.\n")
        assert not called_back(place)
        async with anyio.create_task_group() as telephone:
            telephone.start_soon(owner.answers)
            await place.server.says("tasks", "call-back", kept.id)
            await place.told(1, within_s=60)
            telephone.cancel_scope.cancel()
        (call,) = called_back(place)
        said = " ".join(fact["text"] for fact in call if fact["kind"] == "said")
        assert said.startswith("This is Kai, about the herons. I spent what I may spend on this, so I had to stop. Half of them")
        assert [heard(call, await in_kais_voice("Half of them are counted.")) for call in owner.calls] == [True]


def called_back(place: Town) -> list[list[Fact]]:
    return [facts for facts in place.journals() if facts[0]["outbound"]]


def ending(facts: list[Fact]) -> str:
    return facts[-1]["why"]
