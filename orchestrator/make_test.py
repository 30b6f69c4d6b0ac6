"""`pai-voice calls make-test`: a recorded call becomes a scenario file that passes.

The draft is rehearsed before it is written, and what does not hold in a rehearsal is taken out, and told: its voices hum, and its
ears hear what is written, so that not all that was so in the call is so there.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any, Final

import yaml

from agents.roster import Roster
from agents.scripted import ScriptedTransport
from agents.yaml_file import MAX_BYTES
from orchestrator.as_scenario import USUAL_AGENTS, Draft, began, drafted
from orchestrator.errors import NotWritten
from orchestrator.events import SaidText, TaskStarted
from orchestrator.export import without_numbers
from orchestrator.recorded import Recorded
from orchestrator.testing.cast import read
from orchestrator.testing.checking import Happened, problems
from orchestrator.testing.claude import StagedClaude, Unscripted
from orchestrator.testing.playing import act
from orchestrator.testing.rehearsal import Rehearsal
from orchestrator.testing.scenario import Scenario, Turn
from orchestrator.testing.virtual_time import run

WIDTH: Final = 110
_HEAD: Final = "# The call {name}{of}, by `pai-voice calls make-test`."


def make_test(call: Recorded, out: Path, agents: str = USUAL_AGENTS) -> list[str]:
    """Write the scenario; returns what of the call is not in it. `agents`: the folder whose agents stand over the shipped ones,
    from where the test will be started.

    Raises NotWritten, AgentError.
    """
    if any(isinstance(entry.event, TaskStarted) for entry in call.entries):
        raise NotWritten(
            f"the call {call.name} had long work done, which no journal holds", "take one in which somebody only talked"
        )
    players = read(Path(agents))
    _know_all_who_spoke(call, players.roster, agents)
    draft = drafted(without_numbers(call.entries), players.lines, players.roster, agents)
    if not any(turn.keys() & {"say", "press"} for turn in draft.turns):
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


def _know_all_who_spoke(call: Recorded, roster: Roster, agents: str) -> None:
    spoke = {entry.event.agent for entry in call.entries if isinstance(entry.event, SaidText)}
    if strangers := sorted(agent for agent in spoke if agent not in roster):
        who = " and ".join(strangers)
        raise NotWritten(f"{who} spoke in the call, and is not in {agents}/", "put the file there, or name another folder")


def _settle(draft: Draft) -> None:
    """Rehearse it until all that is expected holds; each time it is less that is expected."""
    import_module("anthropic")  # which within virtual time would be a thread
    while True:
        found: list[tuple[int, str, str]] = []
        reached = _rehearse(draft, found)
        for at, key, problem in found:
            draft.turns[at].pop(key, None)
            draft.left_out.append(f"turn {at + 1}: {problem}")
        if reached < len(draft.turns):
            del draft.turns[reached:]
        elif not found:
            return


def _rehearse(draft: Draft, found: list[tuple[int, str, str]]) -> int:
    """Collects what does not hold; returns how many turns could be played, with the reason for the end where that is not all."""
    played: list[Turn] = []

    async def play() -> None:
        scenario = Scenario.model_validate(draft.data())
        rehearsal = Rehearsal(ScriptedTransport(StagedClaude(scenario.claude)))
        for written, stand_in in scenario.tools.items():
            rehearsal.toolbox[written] = stand_in
        async with rehearsal.call(scenario.agents) as call:
            seen = len(call.journal) if scenario.turns[0].done else 0
            for at, turn in enumerate(scenario.turns):
                await act(call, turn)
                happened = Happened(call.journal[seen:], call.why)
                seen += len(happened.entries)
                found.extend((at, key, problem) for key, problem in problems(turn, happened))
                played.append(turn)

    try:
        run(play)
    except Unscripted as unscripted:
        question = str(unscripted).partition(",")[0]
        draft.left_out.append(f"from turn {len(played) + 1} on: {question}, as in the call it was not")
        found[:] = [one for one in found if one[0] < len(played)]
    return len(played)


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
