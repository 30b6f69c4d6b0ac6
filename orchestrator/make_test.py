"""`pai-voice calls make-test`: a recorded call becomes a scenario file that passes.

The draft is rehearsed before it is written, and what does not hold in a rehearsal is taken out, and told: its voices hum, and its
ears hear what is written, so that not all that was so in the call is so there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import anyio
import yaml

from agents import linear
from agents.roster import Roster
from agents.yaml_file import MAX_BYTES
from orchestrator.as_held import LONGEST_S, Silence
from orchestrator.as_scenario import ANYTHING, USUAL_AGENTS, Draft, began, drafted
from orchestrator.as_worked import all_known
from orchestrator.errors import NotWritten
from orchestrator.events import Entry, SaidText, TaskAttended
from orchestrator.export import without_numbers
from orchestrator.recorded import Recorded
from orchestrator.testing.cast import read
from orchestrator.testing.checking import Happened, problems
from orchestrator.testing.claude import Unscripted
from orchestrator.testing.performing import scripted
from orchestrator.testing.playing import act
from orchestrator.testing.rehearsal import RehearsedCall
from orchestrator.testing.scenario import Scenario, Turn
from orchestrator.testing.virtual_time import run

WIDTH: Final = 110
UNTOLD_S: Final = 30.0  # longer than in the call a line is not waited for
LOOK_S: Final = 0.1
_HEAD: Final = "# The call {name}{of}, by `pai-voice calls make-test`."


def make_test(call: Recorded, out: Path, agents: str = USUAL_AGENTS) -> list[str]:
    """Write the scenario; returns what of the call is not in it. `agents`: the folder whose agents stand over the shipped ones,
    from where the test will be started.

    Raises NotWritten, AgentError.
    """
    _know_its_work(call)
    players = read(Path(agents))
    _know_all_who_spoke(call, players.roster, agents)
    draft = drafted(without_numbers(call.entries), players, agents)
    if not (draft.turns and (draft.hidden or any(turn.keys() & {"say", "press"} for turn in draft.turns))):
        raise NotWritten(f"nothing was said in the call {call.name}", "take one with at least one question and its answer")
    _settle(draft)
    text = _text(call, draft)
    if len(text.encode()) > MAX_BYTES:
        raise NotWritten(f"a scenario of the call {call.name} would have {len(text):,} characters", "take a shorter call")
    try:
        with out.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise NotWritten(f"{out} is there already", "move it away, or give another --out") from error
    return draft.left_out


def _know_its_work(call: Recorded) -> None:
    if not all_known(call.entries):
        raise NotWritten(
            f"the journal of the call {call.name} does not hold how its long work went", "take a call that is not as old"
        )
    if any(isinstance(entry.event, TaskAttended) for entry in call.entries):
        raise NotWritten(
            f"the call {call.name} was about work that another call had begun, and no scenario begins there",
            "take the call in which it was begun; `pai-voice replay` plays this one",
        )


def _know_all_who_spoke(call: Recorded, roster: Roster, agents: str) -> None:
    spoke = {entry.event.agent for entry in call.entries if isinstance(entry.event, SaidText)}
    if strangers := sorted(agent for agent in spoke if agent not in roster):
        who = " and ".join(strangers)
        raise NotWritten(f"{who} spoke in the call, and is not in {agents}/", "put the file there, or name another folder")


def _settle(draft: Draft) -> None:
    """Rehearse it until all that is expected holds; each time it is less. The first time only finds how long silences last."""
    import_module("anthropic")  # which within virtual time would be a thread
    while True:
        measures = any(isinstance(turn.get("silence_s"), Silence) for turn in draft.turns)
        found: list[_Missed] = []
        reached = _rehearse(draft, found)
        for missed in [] if measures else found:
            draft.turns[missed.at].pop(missed.key, None)
            draft.turns[missed.at] |= {"expect": missed.left} if missed.left else {}
            draft.left_out.append(f"turn {missed.at + 1}: {missed.problem}")
        if reached < len(draft.turns):
            del draft.turns[reached:]
        elif not (found or measures):
            return


@dataclass(frozen=True)
class _Missed:
    """Something that was expected of a turn, and is not so in the rehearsal."""

    at: int
    key: str
    problem: str
    left: list[dict[str, Any]]
    """What of it was said all the same."""


class _Told(list[SaidText]):
    """A Watch: what has been said."""

    def send_nowait(self, item: Entry, /) -> None:
        if isinstance(item.event, SaidText):
            self.append(item.event)


def _rehearse(draft: Draft, found: list[_Missed]) -> int:
    """Collects what does not hold; returns how many turns could be played, with the reason for the end where that is not all."""
    played: list[Turn] = []

    scenario, told = Scenario.model_validate(draft.data()), _Told()
    rehearsal = scripted(scenario, told)

    async def play() -> None:
        since = 0
        async with rehearsal.call(scenario.agents, work=scenario.work) as call:
            seen = len(call.journal) if scenario.turns[0].done else 0
            for at, turn in enumerate(scenario.turns):
                before, since = since, len(told)
                if isinstance(silence := draft.turns[at].get("silence_s"), Silence):
                    draft.turns[at]["silence_s"] = await _measured(call, silence, told, before)
                else:
                    await act(call, turn)
                happened = Happened(call.journal[seen:], call.why)
                seen += len(happened.entries)
                missed = problems(turn, happened)
                found.extend(_Missed(at, key, problem, _left(key, turn, happened)) for key, problem in missed)
                played.append(turn)

    try:
        run(play)
    except Unscripted as unscripted:
        question = str(unscripted).partition(",")[0]
        draft.left_out.append(f"from turn {len(played) + 1} on: {question}, as in the call it was not")
        found[:] = [one for one in found if one.at < len(played)]
    return len(played)


async def _measured(call: RehearsedCall, silence: Silence, told: _Told, since: int) -> float:
    """Wait as the caller did; returns how long that took. What is not told in time is not waited for."""
    began_s = anyio.current_time()
    with anyio.move_on_after(silence + UNTOLD_S):
        while not call.why and all(line.text != silence.told for line in told[since:]):
            await call.pause(LOOK_S)
        await call.pause(silence.wait_s)
    took_s = anyio.current_time() - began_s
    return min(LONGEST_S, max(LOOK_S, round(took_s if took_s < silence + UNTOLD_S else float(silence), 1)))


def _left(key: str, turn: Turn, happened: Happened) -> list[dict[str, Any]]:
    """Those lines that were said as expected, in their order; the others are not waited for any more."""
    left: list[dict[str, Any]] = []
    said = iter(happened.said)
    for one in turn.expect if key == "expect" else ():
        speech = next((speech for speech in said if one.agent in (None, speech.agent)), None)
        parts = _found(one.text.split(ANYTHING), speech.text) if speech else []
        left += [{"agent": one.agent, "text": ANYTHING.join(parts)}] if parts else []
    return left


def _found(patterns: Sequence[str], text: str) -> list[str]:
    found: list[str] = []
    for pattern in patterns:
        if linear.found(ANYTHING.join([*found, pattern]), text):
            found.append(pattern)
    return found


class _Flow(dict[str, Any]):
    """A mapping on one line."""


class _Dumper(yaml.SafeDumper):
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Lists stand to the right of their key."""
        super().increase_indent(flow, indentless=False)


def _represent_flow(dumper: yaml.SafeDumper, mapping: _Flow) -> yaml.Node:
    return dumper.represent_mapping("tag:yaml.org,2002:map", mapping, flow_style=True)


def _represent_list(dumper: yaml.SafeDumper, items: list[Any]) -> yaml.Node:
    flat = all(isinstance(item, str) for item in items)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=flat)


_Dumper.add_representer(_Flow, _represent_flow)
_Dumper.add_representer(list, _represent_list)


def _text(call: Recorded, draft: Draft) -> str:
    day = began(call.entries)
    head = [_HEAD.format(name=call.name, of=f" of {day}" if day else "")]
    if draft.left_out:
        head += ["# Not carried over:", *(f"# - {' '.join(line.split())}" for line in draft.left_out)]
    body = draft.data() | {"turns": [_small(turn) for turn in draft.turns]}
    if draft.tools:
        body["tools"] = _small(draft.tools)
    if draft.works:
        body["work"] = {"works": [work | {"steps": [_flowing(step) for step in work["steps"]]} for work in draft.works]}
    if draft.answers:
        body["claude"] = {"entries": [_small(entry) for entry in draft.answers]}
    return "\n".join(head) + "\n" + yaml.dump(body, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=WIDTH)


def _small(part: dict[str, Any]) -> dict[str, Any]:
    """What is in it on one line each."""
    return {key: _flowing(value) for key, value in part.items()}


def _flowing(value: Any) -> Any:
    match value:
        case dict():
            return _Flow({key: _flowing(inner) for key, inner in value.items()})
        case list():
            return [_flowing(item) for item in value]
        case _:
            return value
