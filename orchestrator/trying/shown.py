"""What is seen of a call that is tried: its transcript as it goes and a summary at the end, or its journal as JSON."""

from __future__ import annotations

import json

from rich.console import Console

from agents.roster import Roster
from orchestrator.events import Entry
from orchestrator.screen import Transcript, summary_line
from orchestrator.terminal import show_json


class Shown:
    """A Watch."""

    def __init__(self, screen: Console, roster: Roster, *, as_json: bool) -> None:
        self._screen = screen
        self._transcript = None if as_json else Transcript(screen, roster)
        self._entries: list[Entry] = []

    def send_nowait(self, item: Entry, /) -> None:
        self._entries.append(item)
        if self._transcript is not None:
            self._transcript.show(item)

    def turn_over(self) -> None:
        if self._transcript is not None:
            self._transcript.timings()

    def end(self) -> None:
        """What is told when the call is over, or was broken off."""
        self.turn_over()
        if self._transcript is None:
            show_json([json.loads(entry.line()) for entry in self._entries])
        elif self._entries:
            self._screen.print(f"\n{summary_line(self._entries)}")
