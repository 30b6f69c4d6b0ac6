"""A call on a terminal: what was said, in the agents' colours, and a line of timings under each turn."""

from __future__ import annotations

from collections.abc import Iterable
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
)
from orchestrator.waterfall import Turn, turns


class Transcript:
    """Prints entries as they come. The timings of a turn are printed when somebody speaks next."""

    def __init__(self, console: Console, roster: Roster) -> None:
        self._console, self._roster = console, roster
        self._entries: list[Entry] = []
        self._timed: set[int] = set()

    def show(self, entry: Entry) -> None:
        self._entries.append(entry)
        event = entry.event
        match event:
            case CallStarted():
                self._note(entry, f"{event.caller} calls {event.called} on the {event.line} line")
            case CallAnswered():
                self._note(entry, f"answered; ears: {event.recognizer}; voices: {', '.join(event.synthesizers)}")
            case CallRefused():
                self._note(entry, f"refused ({event.why}): {event.reason}", "red")
            case HeardText():
                self._timings()
                self._line(entry, "caller", "bold", event.text)
            case SaidText():
                self._said(entry, event)
            case BargeIn():
                self._note(entry, f"the caller takes the floor from {event.agent}", "yellow")
            case DigitPressed():
                self._note(entry, f"key {event.key}")
            case Failed():
                self._note(entry, f"{event.where}: {event.sentence} ({event.code})", "red")
            case CallEnded():
                self._timings()
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

    def _timings(self) -> None:
        for turn in turns(self._entries):
            if turn.number not in self._timed and turn.response_ms is not None:
                self._timed.add(turn.number)
                self._console.print(timing_line(turn))


def as_text(entries: Iterable[Entry], roster: Roster) -> str:
    """A whole call as a terminal without colours would show it."""
    console = Console(file=StringIO(), width=200, no_color=True)
    transcript = Transcript(console, roster)
    for entry in entries:
        transcript.show(entry)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def timing_line(turn: Turn) -> Text:
    """When what was ready, in ms after the caller's last word; red from a second on."""
    total = turn.response_ms or 0
    parts = "  ".join(f"{stage.replace('_', ' ')} {ms}" for stage, ms in turn.waterfall_ms.items() if stage != "played")
    color = "red" if total >= 1_000 else "green"
    return Text.assemble(f"{'':20}", (f"{total} ms", color), (f"  by {turn.by or 'phone'}: {parts}", "dim"))
