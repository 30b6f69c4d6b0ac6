"""Here-documents: the text that stands in the lines after a command. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from agents.shell_command import Command, Opaque, Why, Word


@dataclass(frozen=True, slots=True)
class Document:
    """One that begins at the next line."""

    command: Command
    """Whose it is."""
    until: str
    """The line that ends it."""
    literal: bool
    cuts: bool
    """Tabs before a line, and before its end, are no part of it."""

    def read(self, text: str, at: int) -> int:
        """Gives it to its command; returns where the text goes on. Raises Opaque."""
        lines: list[str] = []
        while True:
            if at >= len(text):
                raise Opaque("unknown")
            end = text.find("\n", at)
            end = len(text) if end < 0 else end
            line = text[at:end]
            at = end + 1
            line = line.lstrip("\t") if self.cuts else line
            if line == self.until:
                break
            lines.append(f"{line}\n")
        body = "".join(lines)
        if not self.literal and (hidden := _hidden(body)):
            raise Opaque(hidden)
        self.command.given.append(Word(body, self.literal or "$" not in body, -1))
        return at


def _hidden(body: str) -> Why | None:
    """Why a here-document in which the shell puts things in cannot be known."""
    if "`" in body or "\\" in body:
        return "unknown"
    following = {body[at + 1 : at + 2] for at, sign in enumerate(body) if sign == "$"}
    return "made" if following & set("([{") else None
