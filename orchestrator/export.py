"""`pai-voice calls export`: one call as a zip file that `pai-voice replay` reads on another machine.

In it: `journal.jsonl`, `call.wav`, `transcript.txt` for people, `summary.json` where there is one, and in `agents/` those agents
that do not come with PAI Voice, as they are now, each with its prompt.
"""

from __future__ import annotations

import json
import re
import unicodedata
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final, cast

import yaml

from orchestrator.config import Settings
from orchestrator.errors import NotWritten
from orchestrator.events import CallStarted, DigitPressed, Entry
from orchestrator.journal import JOURNAL, RECORDING
from orchestrator.pin_filter import HIDDEN
from orchestrator.recorded import AGENTS, SUMMARY, Recorded
from orchestrator.rosters import ROOT, readable, readable_roster
from orchestrator.screen import as_text

TRANSCRIPT: Final = "transcript.txt"
NOBODYS: Final = ("+15550100", "+15550199")
"""Who called and who was called, where that is nobody's business: numbers that are never given out."""
_NUMBER: Final = re.compile(r"\+?\d(?:[ ./()\u2010-\u2015\u00a0\u202f-]{0,3}\d){4,}")
_TELLING: Final = 7  # digits at its end that tell a number from others: its country and area may be left out


def export(settings: Settings, call: Recorded, out: Path, *, mask: bool) -> Path:
    """Write the bundle: to that file if its name ends in .zip, else into that folder. Raises NotWritten, AgentError.

    With `mask`, the numbers of both ends and the keys that were pressed are not in it; what was said is.
    """
    path = out if out.suffix == ".zip" else out / f"{call.name}.zip"
    entries = without_keys(without_numbers(call.entries)) if mask else call.entries
    files = {
        JOURNAL: "".join(f"{entry.line()}\n" for entry in entries),
        TRANSCRIPT: as_text(entries, readable_roster(settings)),
        **({RECORDING: call.wav} if call.wav else {}),
        **({SUMMARY: call.summary} if call.summary else {}),
        **{f"{AGENTS}/{name}": text for name, text in (call.agents or _own_agents(settings)).items()},
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(path, "x", zipfile.ZIP_DEFLATED) as bundle:
            for name, content in files.items():
                bundle.writestr(name, content)
    except OSError as error:
        if isinstance(error, FileExistsError):
            raise NotWritten(f"{path} is there already", "move it away, or give another --out") from error
        raise NotWritten(f"{path} cannot be written: {error.strerror}", "give an --out that can be written to") from error
    return path


def _own_agents(settings: Settings) -> dict[str, str]:
    """Whole in themselves: with the prompt, also where that is a file of its own, or where the agent is Markdown."""
    found = readable(settings)[0].found
    own = (agent for one, agent in found.agents.items() if found.files[one].path.parent != ROOT / "agents")
    without = {one: {"id", "voice"} if one in found.chosen else {"id"} for one in found.agents}  # whose voice was chosen here
    dumped = {agent.id: agent.model_dump(mode="json", exclude=without[agent.id], exclude_defaults=True) for agent in own}
    return {f"{one}.yaml": yaml.safe_dump(fields, sort_keys=False, allow_unicode=True) for one, fields in dumped.items()}


def without_numbers(entries: Iterable[Entry]) -> list[Entry]:
    """The numbers of both ends become nobody's, however they are written: with spaces, in the national form, with 00."""
    kept = list(entries)
    started = next((entry.event for entry in kept if isinstance(entry.event, CallStarted)), None)
    ends = (started.caller, started.called) if started else ()
    swaps = {theirs.lstrip("+"): ours for theirs, ours in zip(ends, NOBODYS, strict=False) if theirs.startswith("+")}

    def swapped(found: re.Match[str]) -> str:
        digits = "".join(str(unicodedata.digit(sign)) for sign in found[0] if sign.isdecimal())
        ours = next((ours for theirs, ours in swaps.items() if theirs[-_TELLING:] in digits), found[0])
        return ours if found[0][0] == "+" else ours.removeprefix("+")

    def masked(value: object) -> object:
        match value:
            case str():
                return _NUMBER.sub(swapped, value)
            case dict():
                return {key: masked(inner) for key, inner in cast("dict[str, object]", value).items()}
            case list():
                return [masked(inner) for inner in cast("list[object]", value)]
            case _:
                return value

    return [Entry.parse(json.dumps(masked(json.loads(entry.line())))) for entry in kept]


def without_keys(entries: Iterable[Entry]) -> list[Entry]:
    """Keys may be a card's or a customer's number."""
    hidden = DigitPressed(key=HIDDEN)
    return [entry.model_copy(update={"event": hidden}) if isinstance(entry.event, DigitPressed) else entry for entry in entries]
