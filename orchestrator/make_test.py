"""`pai-voice calls make-test`: a recorded call becomes the draft of a scenario.

It is written as the journal tells it, and not tried: a rehearsal's voices hum, and its ears hear what is written, so that not all
that was so in the call is so there. Whoever runs it sees the first thing that does not hold, at its line, and changes that.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import yaml

from agents.roster import Roster
from agents.yaml_file import MAX_BYTES
from orchestrator.as_scenario import USUAL_AGENTS, Draft, drafted
from orchestrator.as_worked import all_known
from orchestrator.errors import NotWritten
from orchestrator.events import CallStarted, SaidText, TaskAttended
from orchestrator.export import without_numbers
from orchestrator.recorded import Recorded
from orchestrator.testing.cast import read
from orchestrator.testing.scenario import Scenario

WIDTH: Final = 110
_HEAD: Final = """\
# The call {name}{of}, drafted by `pai-voice calls make-test`.
# Run it, and change what does not hold: seconds (silence_s, after_s) may be fewer, for rehearsed voices are brisk.
"""


def make_test(call: Recorded, out: Path, agents: str = USUAL_AGENTS) -> list[str]:
    """Write the scenario; returns what of the call is not in it, and what to fill in for that. `agents`: the folder whose agents
    stand over the shipped ones, from where the test will be started.

    Raises NotWritten, AgentError.
    """
    _know_its_work(call)
    players = read(Path(agents))
    _know_all_who_spoke(call, players.roster, agents)
    draft = drafted(without_numbers(call.entries), players, agents)
    if not (draft.turns and (draft.hidden or any(turn.keys() & {"say", "press"} for turn in draft.turns))):
        raise NotWritten(f"nothing was said in the call {call.name}", "take one with at least one question and its answer")
    Scenario.model_validate(draft.data())
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


class _Dumper(yaml.SafeDumper):
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Lists stand to the right of their key."""
        super().increase_indent(flow, indentless=False)


def _text(call: Recorded, draft: Draft) -> str:
    day = next((f" of {fact.began[:10]}" for entry in call.entries if isinstance(fact := entry.event, CallStarted)), "")
    head = _HEAD.format(name=call.name, of=day)
    if draft.left_out:
        head += "\n".join(["# Not carried over:", *(f"# - {' '.join(line.split())}" for line in draft.left_out), ""])
    # In this style, what holds nothing but words and numbers stands on one line.
    return head + yaml.dump(
        draft.data(), Dumper=_Dumper, default_flow_style=None, sort_keys=False, allow_unicode=True, width=WIDTH
    )
