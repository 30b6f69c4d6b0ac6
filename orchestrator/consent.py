"""What a caller means by their words to a question of the work, and from which moment a yes counts. Pure.

A yes is an utterance made of known parts in a known order, and nothing else: what is not on the list is none. The parts are in
prompts/phrases.yaml, the orders below as tables of states. An utterance is read once from left to right, so the time is linear.
A no is understood more widely, and always counts: a wrong no is asked for again, a wrong yes cannot be taken back.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

MOST_WORDS: Final = 60  # of an utterance that are looked at; a longer one is no yes
MOST_CHARS: Final = 600
DOUBTFUL: Final = 0.5  # noise that Whisper takes for words has more (voices/engines/whisper_guard)
ONE_BREATH_S: Final = 1.0  # what is said so soon after a yes belongs to it

Meaning = Literal["yes", "no", "again", "options", "patience", "room", "open", "unclear", "other"]
"""`again`: the question once more. `options`: what one can answer. `patience`: a moment to think. `room`: to somebody beside the
phone. `open`: the beginning of a yes. `unclear`: a yes with something more. `other`: nothing of these."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """An utterance, with when it was said and how sure the recogniser is."""

    text: str
    from_s: float = 0.0
    to_s: float = 0.0
    doubt: float = 0.0


@dataclass(frozen=True, slots=True)
class Asking:
    """A yes-or-no question, or one of the run's own, as far as the caller has heard it."""

    question: str
    asker: tuple[str, ...]
    """What the agent who asks is called."""
    heard_s: float | None
    """When what it allows had been heard to its end; None if it has not been."""
    nearly: bool = False
    """It was heard but for its last moment."""
    free: bool = False
    """Any words answer it."""


Table = Mapping[str, Mapping[str, str]]
_YES: Final[Table] = {
    "start": {
        "hesitate": "start", "asker": "start", "open_before": "opened", "said": "opened", "agree": "agreed",
        "affirm": "yes", "act": "act", "thank": "opened",
    },
    "opened": {
        "hesitate": "opened", "asker": "opened", "open_before": "opened", "thank": "opened", "agree": "opened", "join": "opened",
        "affirm": "yes", "act": "act",
    },
    "agreed": {"agree": "agreed", "polite": "settled", "asker": "settled", "join": "joined", "affirm": "yes", "act": "act"},
    "settled": {"polite": "settled", "asker": "settled", "affirm": "yes", "act": "act"},
    "yes": {
        "affirm": "yes", "agree": "yes", "act": "act", "polite": "yes", "thank": "yes", "close": "yes", "asker": "yes",
        "join": "joined", "open_before": "joined",
    },
    "act": {
        "affirm": "yes", "agree": "act", "act": "act", "polite": "act", "thank": "act", "close": "act", "close_act": "act",
        "asker": "act", "join": "joined",
    },
    "joined": {"join": "joined", "open_before": "joined", "affirm": "yes", "act": "act"},
}  # fmt: skip
_WHOLE: Final = frozenset({"agreed", "settled", "yes", "act"})
_BEFORE_NO: Final = (
    "hesitate", "asker", "named", "open_before", "agree", "affirm", "act", "join", "polite", "turn", "said", "hedge",
)  # fmt: skip
_AFTER_NO: Final = ("refuse", "polite", "thank", "asker", "named", "for_now", "close", "close_act", "hesitate", "join", "turn")
_NO: Final[Table] = {"start": {**dict.fromkeys(_BEFORE_NO, "start"), "refuse": "no"}, "no": dict.fromkeys(_AFTER_NO, "no")}
_ASIDES: Final[tuple[Meaning, ...]] = ("again", "options", "patience")


class Consent:
    """The rules, for a line on which `names` may be called."""

    def __init__(self, words: Mapping[str, tuple[str, ...]], names: Iterable[str] = ()) -> None:
        """`words`: the parts of a yes and of a no, `consent` in prompts/phrases.yaml."""
        self._words = words
        kinds = {kind: said for kind, said in words.items() if kind not in ("condition", "people", "tail", "act_on", "really")}
        self._parts = _Parts(_keyed({**kinds, "said": ("i said", "i say", "i mean"), "named": tuple(names)}))

    def meaning(self, text: str, asker: Collection[str] = (), question: str = "") -> Meaning:
        """Of words to a question; `asker` are the names of whoever asks."""
        words, marks = read(text)
        if not words:
            return "other"
        parts = self._with(asker, question)
        asks, long = "?" in marks, len(words) > MOST_WORDS or len(text) > MOST_CHARS
        if not asks and not long and self._refuses(words, marks, parts):
            return "no"
        if aside := self._aside(words, parts):
            return aside
        if self._for_the_room(words, parts):
            return "room"
        if asks or '"' in marks:
            return "other"
        if not long and _ends(words, parts, _YES) & _WHOLE:
            return "open" if marks[-1] in (",", "…") else "yes"
        if self._refuses_first(words, marks, parts):
            return "no"
        begun = _reaches(words, parts, _YES)
        if not begun:
            return "other"
        return "open" if self._is_open(words, parts) else "unclear"

    def takes_back(self, text: str) -> bool:
        """Whether it withdraws a yes that was just given."""
        words, _ = read(text)
        first = next(iter(words), "")
        takes = {
            "start": {**dict.fromkeys(_BEFORE_NO, "start"), "take_back": "no", "refuse": "no"},
            "no": _NO["no"] | {"take_back": "no"},
        }
        parts = self._with((), "")
        whole = "no" in _ends(words, parts, takes)
        return whole or first in self._words["condition"] or self.meaning(text) == "no" or self._begins(words, parts, "take_back")

    def thanks(self, text: str) -> bool:
        """Only thanks, agreement or a name: it goes with a yes that was just given."""
        words, _ = read(text)
        goes = ("thank", "polite", "agree", "affirm", "act", "named", "close", "close_act", "open_before")
        return bool(words) and "start" in _ends(words, self._with((), ""), {"start": dict.fromkeys(goes, "start")})

    def answers(self, text: str) -> bool:
        """Whether words may answer a question of the run's own: they are not a question back."""
        words, marks = read(text)
        parts = self._with((), "")
        if self._begins(words, parts, "suggests"):
            return True
        return "?" not in marks and not self._begins(words, parts, "asks_back")

    def vital(self, question: str) -> int:
        """Up to which character a question must have been heard before a yes counts: all but "Yes or no?"."""
        end = question.rstrip(" ?.!")
        tail = next((tail for tail in self._words["tail"] if end.lower().endswith(tail)), "")
        return len(end) - len(tail) if tail and len(end) > len(tail) else len(question)

    def judge(self, said: Spoken, asking: Asking) -> Meaning | Literal["early", "doubtful", "words"]:
        """What it is to that question, at the moment it was said: a yes may be too early, or too doubtful, to count."""
        meaning = self.meaning(said.text, asking.asker, asking.question)
        if asking.free and meaning in ("other", "unclear") and self.answers(said.text):
            meaning = "words"
        if meaning not in ("yes", "words"):
            return meaning
        heard = asking.heard_s is not None and said.from_s >= asking.heard_s
        if not heard and not (meaning == "words" and asking.nearly):
            return "early"
        return "doubtful" if said.doubt > DOUBTFUL else meaning

    def _with(self, asker: Collection[str], question: str) -> _Parts:
        asked = set(read(question)[0])
        verbs = [verb for verb in self._words["act_on"] if verb in asked]
        acts = [f"{verb} {what}" for verb in verbs for what in ("it", "that", "them")]
        return self._parts.more({"asker": asker, "act": acts, "close": verbs})

    def _aside(self, words: Sequence[str], parts: _Parts) -> Meaning | None:
        around = ("hesitate", "open_before", "asker", "named", "polite", "thank", "agree", "join")
        for kind in _ASIDES:
            table = {
                "start": {**dict.fromkeys(around, "start"), kind: "said"},
                "said": {**dict.fromkeys(around, "said"), kind: "said"},
            }
            if "said" in _ends(words, parts, table):
                return kind
        only: Table = {"start": {"hesitate": "start", "asker": "start"}}
        return "patience" if "start" in _ends(words, parts, only) and not parts.are(words, "asker") else None

    def _for_the_room(self, words: Sequence[str], parts: _Parts) -> bool:
        near = {*words[:2], words[-1]}
        return not near.isdisjoint(self._words["people"]) or self._begins(words, parts, "room")

    def _begins(self, words: Sequence[str], parts: _Parts, kind: str) -> bool:
        """After words that may open any sentence."""
        opens = ("hesitate", "open_before", "asker", "named", "polite", "agree")
        return bool(_reaches(words, parts, {"start": {**dict.fromkeys(opens, "start"), kind: "said"}}, at="said"))

    def _refuses(self, words: Sequence[str], marks: Sequence[str], parts: _Parts) -> bool:
        """Whether the text means no: as a whole, as a whole without intensifiers, or by its last word."""
        if self._twists(words):
            return False
        plain = [word for word in words if word not in self._words["really"]]
        if any("no" in _ends(each, parts, _NO) for each in (words, plain)):
            return True
        last = max((at for at in range(1, len(words)) if marks[at - 1]), default=0)
        own = words[0] in ("i", "i'm", "i'd", "we", "we'd", "i've", "i'll")
        return own and bool(last) and "no" in _ends(words[last:], parts, _NO)

    def _refuses_first(self, words: Sequence[str], marks: Sequence[str], parts: _Parts) -> bool:
        """It begins with a no and goes on, but not to a yes: "no, I want to look at it first"."""
        opens = dict.fromkeys(("hesitate", "open_before", "asker", "named", "polite", "agree", "turn"), "start")
        reached = _reaches(words, parts, {"start": {**opens, "refuse_first": "said"}}, at="said")
        if not reached or self._twists(words[: next((at for at, mark in enumerate(marks, 1) if mark), len(words))]):
            return False
        breaks = [at for at in range(1, len(words)) if marks[at - 1] or words[at - 1] in self._words["turn"]]
        return not any(_ends(words[at:], parts, _YES) & _WHOLE for at in breaks[:8])

    def _twists(self, words: Sequence[str]) -> bool:
        """A no in it means something else: "no problem", "don't worry"."""
        return any("refuse_not" in kinds for at in range(len(words)) for _, kinds in self._parts.at(words, at))

    def _is_open(self, words: Sequence[str], parts: _Parts) -> bool:
        """It ends as if it went on: "yes, but"."""
        last = ("join", "hesitate", "open_before", "turn")
        return any(parts.are(words[-length:], kind) for length in (1, 2) for kind in last)


class _Parts:
    """Known phrases by their words."""

    def __init__(self, kinds: Mapping[tuple[str, ...], frozenset[str]]) -> None:
        self._kinds = kinds
        self.longest = max(map(len, kinds), default=0)

    def more(self, said: Mapping[str, Iterable[str]]) -> _Parts:
        return _Parts({**self._kinds, **{key: kinds | self._kinds.get(key, frozenset()) for key, kinds in _keyed(said).items()}})

    def at(self, words: Sequence[str], at: int) -> Iterable[tuple[int, frozenset[str]]]:
        """The lengths and kinds of the phrases that begin there."""
        for length in range(1, min(self.longest, len(words) - at) + 1):
            if kinds := self._kinds.get(tuple(words[at : at + length])):
                yield length, kinds

    def are(self, words: Sequence[str], kind: str) -> bool:
        return kind in self._kinds.get(tuple(words), frozenset())


def _keyed(said: Mapping[str, Iterable[str]]) -> dict[tuple[str, ...], frozenset[str]]:
    keyed: dict[tuple[str, ...], frozenset[str]] = {}
    for kind, phrases in said.items():
        for phrase in phrases:
            words = tuple(read(phrase)[0])
            keyed[words] = keyed.get(words, frozenset()) | {kind}
    return keyed


def _states(words: Sequence[str], parts: _Parts, table: Table) -> list[set[str]]:
    """By position: the states in which the words before it can be read."""
    reached: list[set[str]] = [{"start"}, *(set[str]() for _ in words)]
    for at in range(len(words)):
        if not reached[at]:
            continue
        for length, kinds in parts.at(words, at):
            reached[at + length] |= {to for state in reached[at] for kind, to in table.get(state, {}).items() if kind in kinds}
    return reached


def _ends(words: Sequence[str], parts: _Parts, table: Table) -> set[str]:
    """In which states all of it can be read."""
    return _states(words, parts, table)[-1] if words else set()


def _reaches(words: Sequence[str], parts: _Parts, table: Table, at: str = "") -> bool:
    """Whether a beginning of it can be read to that state; without one, to a whole yes."""
    wanted = {at} if at else _WHOLE
    return any(states & wanted for states in _states(words, parts, table))


def _plain(word: str) -> str:
    """ "nooo" is "no"."""
    short = word.rstrip(word[-1:])
    return short + word[-1] if len(word) - len(short) > 2 and word[-1].isalpha() and short else word


def read(text: str) -> tuple[list[str], list[str]]:
    """Its words in lower case, and the punctuation after each."""
    words: list[str] = []
    marks: list[str] = []
    word = ""
    for char in unicodedata.normalize("NFKC", text[:MOST_CHARS]).replace("’", "'").lower() + " ":
        if char.isalnum() or (char in "'-" and word) or unicodedata.combining(char):
            word += char
            continue
        if word:
            words.append(_plain(word.strip("'-")))
            marks.append("…" if word.endswith("-") else "")
            word = ""
        if marks and not char.isspace():
            marks[-1] = _mark(marks[-1], char)
        elif char in '"“”«»„':
            marks.append('"')
            words.append("")
    kept = [(word, mark) for word, mark in zip(words, marks, strict=True) if word or mark == '"']
    return [word for word, _ in kept[: MOST_WORDS + 1]], [mark for _, mark in kept[: MOST_WORDS + 1]]


def _mark(before: str, char: str) -> str:
    if char in '"“”«»„':
        return '"'
    if before in ("?", '"'):
        return before
    if char == "." and before in (".", "…"):
        return "…"
    return {"…": "…", "—": "…", "–": "…", "-": "…", "?": "?", "¿": "?"}.get(char, char)
