"""How large and how deep may be what comes from others, and in what form: each kind has its numbers and its function here.

Text is decoded, repaired, normalised (NFC) and cut before anything looks at it; data is too large or too deep before it is read.
Imports nothing of the project, so every package may import it.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from os import PathLike, fspath
from os.path import expandvars
from pathlib import Path
from typing import Any, Final

HEARD_CHARS: Final = 2_000  # of one utterance: a minute, its longest, has 1,500 characters of fast speech
DELTA_CHARS: Final = 2_000  # of one piece of an answer: what is read at one go on the event loop
ANSWER_CHARS: Final = 40_000  # of one answer: three quarters of an hour of speech
TOOL_INPUT_CHARS: Final = 10_000  # of JSON: all of it is searched for the PIN at one go on the event loop, which takes 5 ms
NOTE_CHARS: Final = 1_000  # of one note about a caller: a minute of speech
NOTES_BYTES: Final = 256 * 1024  # of all notes about a caller: the latest of a longer file
LOG_CHARS: Final = 2_000  # of one value in a line of the log
TOOL_RESULT_CHARS: Final = 4_000  # more is not told on a telephone
WORK_CHARS: Final = 100_000  # of one text that a run writes, and of its result
WRITTEN_CHARS: Final = 20_000  # of a text that a tool is to write: nobody hears it
WORKER_LINE_BYTES: Final = 4 * 1024 * 1024
MESSAGE_BYTES: Final = 4 * 1024 * 1024  # of JSON from a service: half a minute of sound in one
NESTING: Final = 64  # of data: lists in lists
FILE_NESTING: Final = 32
DELIVERY_BYTES: Final = 1024 * 1024  # of one delivery of telephony's events, as Event Grid itself bounds them
DELIVERY_EVENTS: Final = 100  # in one delivery
ID_CHARS: Final = 1_024  # of an id, a raw number or a code that telephony names
CONTEXT_CHARS: Final = 32_768  # of what telephony wants back as it was: the context of a call that comes in
SIGNING_KEYS: Final = 64  # in the document of those that sign telephony's tokens
NUMBER_CHARS: Final = 64  # of a telephone number as a person writes it
NUMERAL_DIGITS: Final = 30  # of a number that is written out in words
EMULATOR_BYTES: Final = 1024 * 1024  # of a message of the emulator
FILE_BYTES: Final = 64 * 1024  # of a YAML, TOML or Markdown file that people write: PyYAML reads less than a megabyte a second
JOURNAL_LINE_BYTES: Final = 4 * 1024 * 1024  # of one fact that is read again
JOURNAL_BYTES: Final = 256 * 1024 * 1024  # of all facts of one call: a day of talk has 50 MB
AT_ONCE_BYTES: Final = 64 * 1024  # of JSON that is read on the event loop; more is read by a thread
AT_ONCE_CHARS: Final = 16_000  # of text that is searched for the PIN and for secrets there: 3 ms of prose
MARKS: Final = 30  # on one letter; Unicode's stream-safe text has no more


_VARIABLE: Final = re.compile(r"\$(?:\w+|\{[^${}]*\})")


class TooMuch(ValueError):
    """It is larger or deeper than anything that makes sense there."""


def text(raw: str | bytes, most: int) -> str:
    """Of any text its first `most` characters, fit for all that follows: UTF-8 has them all, and none hides behind a mark."""
    if isinstance(raw, bytes):
        raw = raw[: 4 * most].decode("utf-8", "replace")
    raw = raw[:most]
    if raw.isascii():
        return raw
    return unicodedata.normalize("NFC", _few_marks(_whole(raw)))[:most]


def path(raw: str | PathLike[str]) -> Path:
    """As people write it: `~` is a home folder, `$NAME` a variable. Raises ValueError for a variable that is not set."""
    written = expandvars(fspath(raw))
    if missing := _VARIABLE.search(written):
        raise ValueError(f"the variable {missing[0]} is not set; set it, or write the folder out")
    try:
        return Path(written).expanduser()
    except RuntimeError:
        raise ValueError(f"nobody here has the home folder of `{raw}`; write the folder out") from None


def heard(raw: str) -> str:
    """From a recogniser, or from the keyboard in a rehearsal."""
    return text(raw, HEARD_CHARS)


def tool_result(raw: str) -> str:
    """From a tool, for Claude: the beginning of it, and how much there was."""
    return cut(raw, TOOL_RESULT_CHARS)


def work(raw: str) -> str:
    """From a run of the command line: its words, and what came out of it."""
    return cut(raw, WORK_CHARS)


def cut(raw: str, most: int) -> str:
    """The beginning of it, and how much there was."""
    begins = text(raw, most)
    return begins if len(raw) <= most else f"{begins} … (cut off: it has {len(raw):,} characters)"


def use(given: Mapping[str, Any]) -> dict[str, Any]:
    """What a run wants to give a tool: commands as they are, of texts that are to be written only the beginning."""
    return {cut(key, WRITTEN_CHARS): value if key == "command" else _shortened(value) for key, value in given.items()}


def tool_input(given: object) -> object:
    """What an agent gives a tool, its texts repaired. Raises TooMuch."""
    if sum(len(part) if isinstance(part, str) else 1 for part in _parts(given)) > TOOL_INPUT_CHARS:
        raise TooMuch(f"the input has more than {TOOL_INPUT_CHARS:,} characters; say it in fewer")
    return _shortened(given, TOOL_INPUT_CHARS)


def data(raw: str | bytes | bytearray, most: int = MESSAGE_BYTES) -> Any:
    """JSON of others. Raises TooMuch, and ValueError for what is no JSON."""
    if len(raw) > most:
        raise TooMuch(f"it has more than {most:,} characters")
    try:
        found = json.loads(raw)
    except RecursionError:
        raise TooMuch(f"it is nested deeper than {NESTING} times") from None
    return shallow(found)


def id_(raw: str) -> str:
    """A name that others gave to something. Raises TooMuch: half of an id is another one."""
    return _whole_or_none(raw, ID_CHARS)


def context(raw: str) -> str:
    """What is given back as it came. Raises TooMuch."""
    return _whole_or_none(raw, CONTEXT_CHARS)


def _whole_or_none(raw: str, most: int) -> str:
    if len(raw) > most:
        raise TooMuch(f"a field has {len(raw):,} characters, more than {most:,}")
    return raw


def note(raw: str) -> str:
    """On one line."""
    return " ".join(text(raw, NOTE_CHARS).split())


def logged(value: Any, depth: int = 0) -> Any:
    """A value for a line of the log."""
    match value:
        case str() | bytes():
            short = text(value, LOG_CHARS)
            return short if len(value) <= LOG_CHARS else f"{short} … ({len(value):,} characters)"
        case bool() | int() | float() | None:
            return value
        case Mapping() if depth < 2:
            return {logged(str(key)): logged(inner, depth + 1) for key, inner in list(value.items())[:100]}
        case list() | tuple() if depth < 2:
            return [logged(inner, depth + 1) for inner in value[:100]]
        case _:
            shown = repr(value)
            return value if len(shown) <= LOG_CHARS else logged(shown)


def shallow(found: Any) -> Any:
    """Data that has been read elsewhere. Raises TooMuch for what is nested too deeply."""
    for _ in _parts(found):
        pass
    return found


class Answer:
    """The text of one answer, as it streams in."""

    def __init__(self) -> None:
        self._left = ANSWER_CHARS
        self._half = ""

    def take(self, delta: str) -> Iterator[str]:
        """What of it counts, in pieces that take no time; nothing, once the answer is too long."""
        delta, self._half = self._half + delta, ""
        if "\ud800" <= delta[-1:] <= "\udbff":  # its other half comes with the next
            delta, self._half = delta[:-1], delta[-1]
        delta = delta[: self._left]
        self._left -= len(delta)
        for at in range(0, len(delta), DELTA_CHARS):
            if piece := text(delta[at : at + DELTA_CHARS], DELTA_CHARS):
                yield piece


def _whole(raw: str) -> str:
    """Two halves of a sign become that sign, one alone a question mark."""
    try:
        raw.encode()
    except UnicodeEncodeError:
        joined = raw.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
        return joined.encode("utf-8", "replace").decode()
    return raw


def _few_marks(raw: str) -> str:
    """To put thousands of marks in order takes quadratic time."""
    if not any(map(unicodedata.combining, set(raw))):
        return raw
    row, kept = 0, list[str]()
    for character in raw:
        row = row + 1 if unicodedata.combining(character) else 0
        if row <= MARKS:
            kept.append(character)
    return "".join(kept)


def _parts(found: object) -> Iterator[object]:
    """All that is in it, without recursion. Raises TooMuch for what is nested too deeply."""
    level = [found]
    for _ in range(NESTING + 1):
        inner = list[object]()
        for part in level:
            yield part
            if isinstance(part, Mapping):
                inner += part.values()
            elif isinstance(part, list | tuple):
                inner += part
        if not inner:
            return
        level = inner
    raise TooMuch(f"it is nested deeper than {NESTING} times")


def _shortened(value: object, most: int = WRITTEN_CHARS, depth: int = 0) -> Any:
    if depth > NESTING:
        return "…"
    match value:
        case str():
            return cut(value, most)
        case Mapping():
            return {text(str(key), most): _shortened(inner, most, depth + 1) for key, inner in value.items()}
        case list() | tuple():
            return [_shortened(inner, most, depth + 1) for inner in value]
        case _:
            return value
