"""Words that voices say wrong, and how to write them so that they are said right.

Two formats are read. Ours, `pronunciation.yaml`:

    words:
      PAI: pie
      Kai: {say: kye, case: exact}
      Nguyen: {say: win, language: en}

and PAI's `pronunciations.json`: `{"replacements": [{"term": "PAI", "phonetic": "pie"}]}`, or the flat `{"PAI": "pie"}`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Final, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agents.yaml_file import PlainLoader, TooDeep

SHIPPED: Final = Path(__file__).resolve().parents[2] / "pronunciation.yaml"
FILE_NAMES: Final = ("pronunciation.yaml", "pronunciations.json")
"""Looked for in each folder of voices, in this order."""
_MOST_WORDS: Final = 2_000
_LARGEST_BYTES: Final = 500_000
_FIRST: Final = re.compile(r"\w+|[^\w\s]")


class PronunciationError(Exception):
    """A file that cannot be used; says which, in which line, and what to do."""

    code: ClassVar[str] = "pronunciation_file"
    retryable: ClassVar[bool] = False


class _Word(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    say: str = Field(min_length=1, max_length=100, pattern=r"^[^\W\d_][^\d<>\[\]{}|\x00-\x1f]*$")
    case: Literal["any", "exact"] = "any"
    language: str | None = Field(None, pattern=r"^[a-z]{2,3}$")


@dataclass(frozen=True, slots=True)
class _Term:
    term: str
    say: str
    exact: bool
    language: str | None

    def at(self, text: str, at: int, language: str) -> bool:
        end = at + len(self.term)
        written = text[at:end]
        if written != self.term if self.exact else written.casefold() != self.term.casefold():
            return False
        if self.language not in (None, language):
            return False
        return not (_is_word(self.term[-1]) and end < len(text) and _is_word(text[end]))


@dataclass(frozen=True, slots=True)
class Pronunciation:
    """Whole words and phrases, each with its respelling. The longest that fits is taken."""

    terms: Mapping[str, tuple[_Term, ...]] = field(default_factory=dict[str, "tuple[_Term, ...]"])
    """By their first word or sign, lower case, the longest first."""

    def at(self, text: str, at: int, language: str) -> tuple[str, int] | None:
        """How to write what stands at `at`, where a word starts, and where it ends."""
        first = _FIRST.match(text, at, at + 100)
        for term in self.terms.get(first[0].casefold(), ()) if first else ():
            if term.at(text, at, language):
                return term.say, at + len(term.term)
        return None

    def over(self, other: Pronunciation) -> Pronunciation:
        """Both; where they differ, this one's."""
        mine = {(term.term.casefold(), term.language) for terms in self.terms.values() for term in terms}
        rest = [term for terms in other.terms.values() for term in terms if (term.term.casefold(), term.language) not in mine]
        return _indexed([*(term for terms in self.terms.values() for term in terms), *rest])


def load_pronunciation(*folders: Path) -> Pronunciation:
    """The shipped one and those of the folders, the last over the others. Raises PronunciationError at the first broken file."""
    found = read_pronunciation(SHIPPED)
    for folder in folders:
        for name in reversed(FILE_NAMES):
            if (path := folder / name).is_file():
                found = read_pronunciation(path).over(found)
    return found


def read_pronunciation(path: Path) -> Pronunciation:
    """One file, in either format. Raises PronunciationError."""
    source, content = _content(path)
    try:
        words = _entries(content)
    except ValueError as error:
        raise PronunciationError(f"{path}:1: {error}") from error
    if len(words) > _MOST_WORDS:
        raise PronunciationError(f"{path}:1: {len(words)} words are too many; leave at most {_MOST_WORDS}")
    return _indexed([_term(path, source, term, word) for term, word in words.items()])


def _content(path: Path) -> tuple[str, Any]:
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise PronunciationError(
                f"{path}:1: the file is over {_LARGEST_BYTES // 1000} kB; leave the words that are said wrong"
            )
        source = path.read_text("utf-8-sig")
        return source, json.loads(source) if path.suffix == ".json" else yaml.load(source, PlainLoader)
    except (RecursionError, TooDeep):
        raise PronunciationError(f"{path}:1: this is nested too deeply; write one line for each word") from None
    except json.JSONDecodeError as error:
        raise PronunciationError(f"{path}:{error.lineno}: this is not JSON: {error.msg}; check commas and quotes") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise PronunciationError(f"{path}:{line}: this is not YAML: {error.problem}; put signs into quotes") from error
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise PronunciationError(
            f"{path}:1: this cannot be read ({type(error).__name__}); write it anew, as UTF-8 text"
        ) from error


def _entries(content: Any) -> dict[str, Any]:
    """Terms and what stands for each, whatever the format. Raises ValueError."""
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ValueError("expected `words:` with one `word: how to write it` a line")  # noqa: TRY004
    if isinstance(words := content.get("words"), dict) and len(content) == 1:
        return {str(term): word if isinstance(word, dict) else {"say": word} for term, word in words.items()}
    if isinstance(replacements := content.get("replacements"), list):
        if not all(isinstance(one, dict) and isinstance(one.get("term"), str) for one in replacements):
            raise ValueError('each of `replacements` needs "term" and "phonetic"')
        return {one["term"]: {"say": one.get("phonetic"), "case": "exact"} for one in replacements}
    flat = {str(term): word for term, word in content.items() if not str(term).startswith(("_", "$"))}
    return {term: word if isinstance(word, dict) else {"say": word} for term, word in flat.items()}


def _term(path: Path, source: str, term: str, content: Any) -> _Term:
    line = source.count("\n", 0, max(source.find(term), 0)) + 1
    if not 1 <= len(term) <= 100 or term != term.strip() or not any(character.isalnum() for character in term):
        raise PronunciationError(f"{path}:{line}: {term!r} is not a word; write a word or a phrase of at most 100 characters")
    try:
        word = _Word.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the word"
        known = f"; known: {', '.join(_Word.model_fields)}" if first["type"] == "extra_forbidden" else ""
        raise PronunciationError(
            f"{path}:{line}: {term!r}, {where}: {first['msg']}{known}; write how it sounds in letters, as in `PAI: pie`"
        ) from error
    return _Term(term, word.say, word.case == "exact", word.language)


def _indexed(terms: list[_Term]) -> Pronunciation:
    found: dict[str, list[_Term]] = {}
    for term in sorted(terms, key=lambda one: -len(one.term)):
        if first := _FIRST.match(term.term):
            found.setdefault(first[0].casefold(), []).append(term)
    return Pronunciation({first: tuple(group) for first, group in found.items()})


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"
