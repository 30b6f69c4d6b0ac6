"""Text as pocket-tts reads it: SentencePiece's pieces, in parts short enough that it skips no word."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

MOST_TOKENS: Final = 50  # of one part: with more, words are skipped (Kyutai's own bound)
_FEW_WORDS: Final = 5  # with fewer, the model was trained with spaces before them
_PADDING: Final = " " * 8
_FRAMES_A_TOKEN: Final = 12.5 / 3  # Kyutai's estimate of the longest a sentence may take
_SPARE_FRAMES: Final = 25
_PLAIN: Final = str.maketrans("\u2018\u2019\u201c\u201d\u2013\u2014\u00a0", "''\"\"-- ") | {ord("\u2026"): "..."}


class TextError(Exception):
    """The tokenizer's files cannot be read."""


@dataclass(frozen=True, slots=True)
class Part:
    """What the model says in one go."""

    tokens: tuple[int, ...]
    last_frames: int
    """Frames of 80 ms that still follow when the model says that it is at the end."""

    @property
    def most_frames(self) -> int:
        """More would be babble: the model has missed its end."""
        return math.ceil(len(self.tokens) * _FRAMES_A_TOKEN) + _SPARE_FRAMES


class PocketText:
    """The tokenizer of `vocab.json` and `token_scores.json`. Raises TextError."""

    def __init__(self, folder: Path) -> None:
        from tokenizers import Tokenizer, models, pre_tokenizers

        try:
            ids: Any = json.loads((folder / "vocab.json").read_text("utf-8"))
            scores: Any = json.loads((folder / "token_scores.json").read_text("utf-8"))
            pieces = [(piece, float(scores[piece])) for piece in sorted(ids, key=ids.__getitem__)]
            whole = sorted(ids.values()) == list(range(len(pieces))) and ids["<unk>"] < len(pieces)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise TextError(f"{folder}: vocab.json and token_scores.json are no SentencePiece vocabulary: {error!r}") from error
        if not whole:
            raise TextError(f"{folder}: vocab.json is no SentencePiece vocabulary: its ids have gaps")
        unigram: Any = models.Unigram(pieces, ids["<unk>"], byte_fallback=True)
        self._tokenizer: Any = Tokenizer(unigram)
        self._tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=True)

    def tokens(self, text: str) -> tuple[int, ...]:
        return tuple(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def parts(self, text: str) -> Iterator[Part]:
        """A text in parts, cut behind sentences, else behind clauses, else between words. Nothing where there is no word."""
        words = [piece for word in _plain(text).split() for piece in self._bearable(word)]
        if not any(map(str.isalnum, "".join(words))):
            return
        start, counts = 0, [len(self.tokens(word)) for word in words]
        while start < len(words):
            end, used = start, 0
            while end < len(words) and used + counts[end] <= MOST_TOKENS:
                used += counts[end]
                end += 1
            end = end if end == len(words) else _good_end(words, start, max(end, start + 1))
            yield self._part(words[start:end])
            start = end

    def _part(self, words: list[str]) -> Part:
        text = " ".join(words)
        text = text[0].upper() + text[1:] + ("." if text[-1].isalnum() else "")
        few = len(words) < _FEW_WORDS
        return Part(self.tokens(_PADDING * few + text), 5 if few else 3)

    def _bearable(self, word: str) -> Iterator[str]:
        """A word that is too long for a part, in halves."""
        if len(word) < 2 or len(self.tokens(word)) <= MOST_TOKENS // 2:
            yield word
        else:
            yield from self._bearable(word[: len(word) // 2])
            yield from self._bearable(word[len(word) // 2 :])


def _plain(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text.translate(_PLAIN))


def _good_end(words: list[str], start: int, end: int) -> int:
    """Behind the last sentence in the second half of what fits, else behind the last clause, else where it no longer fits."""
    for marks in (".!?", ",;:-)"):
        for at in range(end, (start + end) // 2, -1):
            if words[at - 1].rstrip("\"')")[-1:] in marks and words[at - 1].rstrip("\"')"):
                return at
    return end
