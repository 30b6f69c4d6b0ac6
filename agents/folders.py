"""In which folder each command of a shell text runs. Raises Opaque where that cannot be known."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Sequence
from typing import Final

from agents.places import Places
from agents.shell_command import Command, Opaque

_PIPES: Final = ("|", "|&")


def folders(
    commands: Sequence[Command], at: str, places: Places, looks: Callable[[Command, str], bool], links: set[str]
) -> dict[int, str]:
    """By command, but for those that only go to another folder; empty where it is the work's own.

    After a `cd` only what is done where that came about is certain of its folder. `links`: what was made a link before, and is
    here; nothing that is done through one of these is certain.
    """
    now: dict[tuple[int, ...], str] = {(): at}
    moved: set[tuple[int, ...]] = set()
    lost: set[tuple[int, ...]] = set()
    piped = {command.pipeline for command in commands if command.joined in _PIPES}
    found: dict[int, str] = {}
    for command in commands:
        scope = command.scope
        for depth in range(1, len(scope) + 1):
            inner, outer = scope[:depth], scope[: depth - 1]
            if inner not in now:
                now[inner] = now[outer]
                for known in (moved, lost):
                    known |= {inner} if outer in known else set()
        words = [word.text for word in command.words]
        if scope in moved and command.joined not in ("&&", *_PIPES):
            lost.add(scope)
        if words and words[0] == "cd":
            uncertain = command.branch or command.negated or command.joined == "||" or command.pipeline in piped or scope in lost
            if uncertain or command.redirections or command.sets:
                raise Opaque("changes")
            now[scope] = _changed(places, now[scope], words)
            moved.add(scope)
            _refuse_links(places, [now[scope]], "", links)
            continue
        if scope in lost and not looks(command, now[scope]):
            raise Opaque("changes")
        real = (places.leads(now[scope]) if now[scope] else "") or now[scope]
        _refuse_links(places, [*words[1:], *(one.target.text for one in command.redirections)], real, links)
        if words and words[0].rpartition("/")[2] == "ln":
            links |= _made(places, words, real)
        found[id(command)] = "" if real == places.folder else real
    return found


def _changed(places: Places, at: str, words: Sequence[str]) -> str:
    """As the shell takes it: a step back leaves a link by the name that it was entered by."""
    given = [word for word in words[1:] if word not in ("--", "-L")]
    if len(given) != 1 or given[0] in ("", "-") or given[0].startswith("-"):
        raise Opaque("changes")
    if places.folder or given[0].startswith("/"):
        return places.full(given[0], at)
    return f"{at}/{given[0]}" if at else given[0]


def _made(places: Places, words: Sequence[str], at: str) -> set[str]:
    """Where `ln` makes a link, under either reading of its last word: a name, or a folder to make it in."""
    names = [word for word in words[1:] if not word.startswith("-")]
    *targets, last = [*names, "."] if len(names) == 1 else (names or ["."])
    into = places.full(last, at)
    return {into, *(posixpath.join(into, posixpath.basename(name.rstrip("/"))) for name in targets)} - {places.full(".", at)}


def _refuse_links(places: Places, words: Sequence[str], at: str, links: set[str]) -> None:
    if not links:
        return
    for word in words:
        whole = posixpath.normpath(places.full(word.rpartition("=")[2], at))
        if any(f"{whole}/".startswith(f"{link}/") for link in links):
            raise Opaque("changes")
