"""Whether a command has one of the exact forms of `prompts/commands.yaml`, and what stands in its blanks. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

_NAME: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/+@=")


def fits(words: Sequence[str], form: Sequence[str], found: dict[str, list[str]]) -> bool:
    """Reads the words along the form; what its blanks stand for is put into `found`."""
    at = 0
    for step, wanted in enumerate(form):
        if wanted.startswith("["):
            options = wanted[1:-1].split("|")
            while at < len(words) and words[at] in options:
                at += 1
            continue
        many = wanted in ("{paths}", "{names}", "{rest}")
        if at >= len(words) or (step == len(form) - 1 and not many and at != len(words) - 1):
            return False
        taken = list(words[at:]) if many else [words[at]]
        if not _taken(taken, wanted, found):
            return False
        at += len(taken)
    return at == len(words)


def _taken(words: list[str], wanted: str, found: dict[str, list[str]]) -> bool:
    if wanted == "{rest}":
        found["rest"] = words
        return True
    if "{" not in wanted:
        choices = wanted.split("|")
        found.setdefault("0", words)
        return words[0] in choices
    blanks = list(_blanks(wanted, words[0])) if len(words) == 1 else [(wanted.strip("{}"), word) for word in words]
    if not blanks or not all(_is(kind, word) for kind, word in blanks):
        return False
    for kind, word in blanks:
        found.setdefault(kind, []).append(word)
    return True


def _blanks(wanted: str, word: str) -> Iterator[tuple[str, str]]:
    """`{branch}:{branch}` and `:{branch}` as well."""
    before, colon, after = wanted.partition(":")
    if not colon:
        yield wanted.strip("{}"), word
        return
    first, found, second = word.partition(":")
    if not found or bool(first) != bool(before):
        return
    if before:
        yield before.strip("{}"), first
    yield after.strip("{}"), second


def _is(kind: str, word: str) -> bool:
    if not word or word.startswith("-"):
        return False
    match kind:
        case "path" | "paths" | "from" | "to":
            return "\n" not in word
        case "url":
            return word.startswith(("https://", "http://")) and set(word[8:]) <= _NAME | set(":?&%~,#")
        case "branch":
            return (
                set(word) <= _NAME
                and word[0].isalnum()
                and not word.startswith(("refs/", "HEAD"))
                and not word[:2].lstrip("v")[:1].isdecimal()
            )
        case "word":
            return True
        case "process":
            return word.isascii() and word.isdecimal() and word != "0"  # that is the group
        case _:
            return set(word) <= _NAME and word[0].isalnum()
