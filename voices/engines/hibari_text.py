"""Written English to hibari's phonemes, and which phoneme each written word begins with. hibari reads text without espeak-ng."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Literal
from unicodedata import digit

from voices.engines.word_table import WordTable
from voices.synthesis import SynthesizerUnavailable

Accent = Literal["american", "british"]

_LONG_WORD: Final = re.compile(r"(\S{60})(\S+)")
_LONG_NUMBER: Final = re.compile(r"[\d,]{15,}")
_AMERICAN: Final = str.maketrans({"Q": "O", "ɒ": "ɔ", "a": "æ"})
"""A voice that was trained on American speech knows no British phonemes; these are the nearest that it has."""


@dataclass(frozen=True, slots=True)
class Word:
    """A written word: where it starts in its text, and its phonemes, from `first` up to `last`."""

    char: int
    first: int
    last: int


class Reader:
    """Reads English aloud, in phonemes. Loaded once; may be used by several threads."""

    def __init__(self) -> None:
        """Raises SynthesizerUnavailable."""
        try:
            from hibari import g2p
        except ImportError as error:
            raise SynthesizerUnavailable("hibari-tts is not installed: pip install hibari-tts") from error
        self._hibari: Any = g2p

    @cached_property
    def _american(self) -> Any:
        model = _asset("tagger")
        tagger = self._hibari.Tagger({**model, "weights": WordTable(model["weights"])})
        return self._accent("us", self._hibari.Tokenizer(_asset("tokenizer_exceptions")), tagger)

    @cached_property
    def _british(self) -> Any:
        return self._accent("gb", self._american.tokenizer, self._american.tagger)

    def _accent(self, name: str, tokenizer: Any, tagger: Any) -> Any:
        """hibari's G2P as it makes itself, but for its tables: they would take 200 MB for two accents."""
        g2p = self._hibari.G2P.__new__(self._hibari.G2P)
        g2p.lexicon = self._hibari.Lexicon({}, {}, name == "gb")
        g2p.lexicon.golds.d = WordTable(_asset(f"lexicon_{name}_gold"))
        g2p.lexicon.silvers.d = WordTable(_asset(f"lexicon_{name}_silver"))
        g2p.tokenizer, g2p.tagger, g2p.british = tokenizer, tagger, name == "gb"
        g2p._oov, g2p.unk = None, ""
        return g2p

    def read(self, piece: str, accent: Accent, *, native: bool = True) -> tuple[str, tuple[Word, ...]]:
        """A piece's phonemes, and its words that have some. `native`: the voice knows the accent's own phonemes."""
        from hibari.g2p.normalize import normalize

        plain = "".join(str(digit(char)) if char.isdigit() else char for char in piece)  # some of them are no numbers to hibari
        plain = plain.replace("](", "] (")  # it would be read as markup: [word](/phonemes/)
        plain = _LONG_NUMBER.sub(lambda found: " ".join(found[0]), plain)  # and it counts up to trillions
        g2p = self._british if accent == "british" else self._american
        text = normalize(plain)
        tokens = g2p.phonemize_tokens(g2p.tokenize(text))
        if not native:
            for token, known in zip(tokens, self._american.phonemize_tokens(self._american.tokenize(text)), strict=False):
                token.phonemes = _americanized(token.phonemes or "", known.phonemes or "")
        phonemes, spoken, starts = "", [""], [0]
        for token in tokens:
            phonemes += token.phonemes or ""
            spoken[-1] += token.text
            if token.whitespace:
                phonemes += " "
                spoken.append("")
                starts.append(len(phonemes))
        ends = [*starts[1:], len(phonemes)]
        written = list(_words(piece))
        heard = _aligned([word for _, word in written], spoken)
        return phonemes, tuple(
            Word(char, starts[at], ends[at])
            for (char, word), at in zip(written, heard, strict=True)
            if at is not None and any(map(str.isalnum, word)) and phonemes[starts[at] : ends[at]].strip()
        )


def _asset(name: str) -> Any:
    from hibari.tts import ASSETS

    plain, packed = Path(ASSETS, f"{name}.json"), Path(ASSETS, f"{name}.json.gz")
    return json.loads(plain.read_bytes() if plain.exists() else gzip.decompress(packed.read_bytes()))


def _americanized(british: str, american: str) -> str:
    """A long vowel keeps the r that an American says after it: without one nor length, "garden" would be heard as "godden"."""
    for vowel in "ɑɔɜ":
        british = british.replace(f"{vowel}ː", f"{vowel}ɹ" if f"{vowel}ɹ" in american else vowel)
    return british.replace("ː", "").translate(_AMERICAN)


def pieces(text: str, longest: int) -> Iterator[tuple[int, str]]:
    """A text of any length in pieces of at most `longest` characters: sentences, else clauses, else words; where each starts.

    All but printable characters become spaces, so that every character keeps its place.
    """
    from hibari.tts import Hibari

    plain = "".join(char if char.isprintable() or char == "\n" else " " for char in text)
    plain = _LONG_WORD.sub(lambda found: found[1] + " " * len(found[2]), plain)  # what is no word would be spelt for minutes
    at = 0
    for sentence in Hibari.split_sentences(plain):
        at = plain.index(sentence, at)
        for start, end in _cuts(sentence, longest):
            yield at + start, sentence[start:end]
        at += len(sentence)


def _cuts(sentence: str, longest: int) -> Iterator[tuple[int, int]]:
    start = 0
    while len(sentence) - start > longest:
        window = sentence[start : start + longest]
        clause = max(window.rfind(mark) + 1 for mark in (", ", "; ", ": ", "— ", "– "))
        end = start + (clause if clause > longest // 4 else window.rfind(" ") + 1 or longest)
        yield start, end
        start = end
    yield start, len(sentence)


def _words(piece: str) -> Iterator[tuple[int, str]]:
    at = 0
    for word in piece.split():
        at = piece.index(word, at)
        yield at, word
        at += len(word)


def _aligned(written: list[str], spoken: list[str]) -> list[int | None]:
    """Which spoken word each written word begins with: `5pm.` is read as "five P.M.", and some are not read at all."""
    found: list[int | None] = []
    for _, first, last, first_spoken, last_spoken in SequenceMatcher(None, written, spoken, autojunk=False).get_opcodes():
        share = (last_spoken - first_spoken) / max(1, last - first)
        found += [first_spoken + int(number * share) if share else None for number in range(last - first)]
    return found
