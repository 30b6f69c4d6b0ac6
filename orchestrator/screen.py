"""A call on a terminal: what was said, in the agents' colours, and a line of timings under each turn."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from io import StringIO

from rich.console import Console
from rich.text import Text

from agents.roster import Roster
from orchestrator.events import (
    BargeIn,
    CallAnswered,
    CallEnded,
    CallRefused,
    CallStarted,
    DigitPressed,
    Entry,
    Failed,
    HeardText,
    SaidText,
    ToolUsed,
    VoiceChanged,
)
from orchestrator.ledger import Ledger
from orchestrator.waterfall import Turn, percentiles, turns


class Transcript:
    """Prints entries as they come. The timings of a turn are printed when somebody speaks next."""

    def __init__(self, console: Console, roster: Roster) -> None:
        self._console, self._roster = console, roster
        self._entries: list[Entry] = []
        self._ledger = Ledger()
        self._timed: set[int] = set()

    def show(self, entry: Entry) -> None:
        self._entries.append(entry)
        event = entry.event
        self._ledger.add(event)
        match event:
            case CallStarted():
                calls, called = (event.called, event.caller) if event.outbound else (event.caller, event.called)
                self._note(entry, f"{calls} calls {called} on the {event.line} line")
            case CallAnswered():
                self._note(entry, f"answered; ears: {event.recognizer}; voices: {', '.join(event.synthesizers)}")
            case CallRefused():
                self._note(entry, f"refused ({event.why}): {event.reason}", "red")
            case HeardText():
                self.timings()
                self._line(entry, "caller", "bold", event.text)
            case SaidText():
                self._said(entry, event)
            case BargeIn():
                self._note(entry, f"the caller takes the floor from {event.agent}", "yellow")
            case ToolUsed():
                given = ", ".join(f"{key}: {value}" for key, value in event.input.items() if value != "")
                self._note(entry, f"{event.agent} uses {event.name}" + (f" ({given})" if given else ""))
            case DigitPressed():
                self._note(entry, f"key {event.key}")
            case Failed():
                self._note(entry, f"{event.where}: {event.sentence} ({event.code})", "red")
            case VoiceChanged():
                went_on = f"goes on as {event.to_voice} on {event.to_engine}"
                self._note(entry, f"voice {event.engine}: {event.sentence} ({event.code}); {event.agent} {went_on}", "yellow")
            case CallEnded():
                self.timings()
                self._note(entry, f"ended: {event.why.replace('_', ' ')}, {event.duration_s:.1f} s, {event.cost_usd:.5f} USD")
            case _:
                pass

    def _said(self, entry: Entry, event: SaidText) -> None:
        color = self._roster[event.agent].color if event.agent in self._roster else "white"
        name = self._roster[event.agent].name if event.agent in self._roster else event.agent
        self._line(entry, name, f"bold {color}", event.text + (" —" if event.interrupted else ""), dim=event.aside)

    def _line(self, entry: Entry, who: str, style: str, text: str, *, dim: bool = False) -> None:
        at_s = entry.event.from_s if isinstance(entry.event, (SaidText, HeardText)) else entry.at_s
        self._console.print(Text.assemble((f"{at_s:7.2f}  ", "dim"), (f"{who:<11}", style), (text, "dim" if dim else "")))

    def _note(self, entry: Entry, text: str, style: str = "dim") -> None:
        self._console.print(Text.assemble((f"{entry.at_s:7.2f}  ", "dim"), (text, style)))

    def timings(self) -> None:
        """Of the turns that were answered and have none yet."""
        for turn in turns(self._entries):
            if turn.number not in self._timed and turn.response_ms is not None:
                self._timed.add(turn.number)
                self._console.print(timing_line(turn, self._ledger.by_turn.get(turn.number)))


def as_text(entries: Iterable[Entry], roster: Roster) -> str:
    """A whole call as a terminal without colours would show it."""
    console = Console(file=StringIO(), width=200, no_color=True)
    transcript = Transcript(console, roster)
    for entry in entries:
        transcript.show(entry)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def timing_line(turn: Turn, usd: Decimal | None = None) -> Text:
    """When what was ready, in ms after the caller's last word (red from a second on), and what the turn cost so far."""
    total = turn.response_ms or 0
    parts = "  ".join(f"{stage.replace('_', ' ')} {ms}" for stage, ms in turn.waterfall_ms.items() if stage != "played")
    color = "red" if total >= 1_000 else "green"
    cost = "" if usd is None else f"  {usd:.5f} USD"
    return Text.assemble(f"{'':20}", (f"{total} ms", color), (f"  by {turn.by or 'phone'}: {parts}{cost}", "dim"))


def summary_line(entries: Iterable[Entry]) -> str:
    """How many turns, how fast, and who cost what."""
    past, ledger = turns(told := list(entries)), Ledger()
    for entry in told:
        ledger.add(entry.event)
    waits = percentiles([turn.response_ms for turn in past if turn.response_ms is not None])
    parts = [f"{len(past)} turn{'' if len(past) == 1 else 's'}", *(f"{name} {wait:.0f} ms" for name, wait in waits.items())]
    shares = ", ".join(f"{on} {usd:.5f}" for on, usd in ledger.by.items())
    return f"{', '.join(parts)}, {ledger.usd:.5f} USD" + (f" ({shares})" if shares else "")
