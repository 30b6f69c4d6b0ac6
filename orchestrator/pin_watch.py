"""What a caller says and keys, as all but the gate may know it. Pure.

The whole PIN is hidden wherever it is said, in one turn or in parts of it over several. Which parts are hidden before it is whole
never depends on the PIN, or trying them would find it half by half: all numbers are, where a secret is named or asked for, and
where nothing but digits is said that nobody asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from orchestrator.pin_filter import HIDDEN, PinFilter, without
from telephony.spoken_digits import Open, Said, how_many, numbers_in, spoken_keys, words_in

LASTS: Final = 3  # turns without a digit, after which no more of a secret is waited for
NEAR: Final = 4  # words between a secret's name, or a digit of it, and the next digit


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SECRETS: Final = frozenset(
    ["pin", "pins", "pincode", "passcode", "password", "passwort", "kennwort", "geheimzahl", "geheimnummer"]
)
_KINDS: Final = frozenset(["secret", "security", "access", "personal", "pin", "pass", "private"])
_CODES: Final = frozenset(["code", "number", "codes", "digits", "combination"])
_WHOSE: Final = frozenset(
    ["my", "your", "our", "the", "a", "this", "that", "his", "her", "their", "mein", "meine", "die", "of", "here's", "it's"]
)
_NAMED: Final = frozenset(["is", "was", "are", "code", "number", "ist", "digits", "would", "begins", "starts", "ends", "goes"])
_AROUND: Final = _words(
    """
    hi there take try use und dann ist die der das bitte äh ähm also think moment second sec just actually oh ah right
    followed by plus dash hey hello starts begins ends first last half rest comes next hang on hold let me see look now
    sorry no wait meant mean thanks thank you pressed keys key i said say with my the a pin code number digit digits is
    are was it's its it that's that this and then please um uh er erm hm hmm mm okay ok yes yeah well so sure here
    """
)
"""Words that make no more of digits than digits."""
_ALONE: Final = frozenset({"one", "eins"})  # by themselves no other words than digits
_ASKS: Final = _words(
    """
    number numbers digit digits tell give enter press type key dial say how which what when read spell date year
    """
)


@dataclass(frozen=True, slots=True)
class Shown:
    text: str
    """For everybody."""
    gives: str = field(default="", repr=False)
    """The PIN, where it was said to be it, or nothing else was said."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A secret was named."""

    after: int
    """The word after its name."""
    in_text: bool
    """Its digits may stand in the same text; else they may only come next."""


def asks_for_digits(text: str) -> bool:
    """Whether digits may well be the answer to what somebody said."""
    return "?" in text or any(word.word in _ASKS for word in words_in(text))


class PinWatch:
    """Over what one caller says and keys, all along a call."""

    def __init__(self, filter: PinFilter, names: Iterable[str] = ()) -> None:
        """`names` may be called before digits."""
        self._filter, self._around = filter, _AROUND.union(word for name in names for word in name.casefold().split())
        self._open: Open = frozenset()
        self._idle = 0
        self._left = 0
        self.strict = False
        """All that could be the PIN is hidden, whether it is or not."""
        self.proven = False
        """The caller knows it, so that what is hidden tells them nothing."""
        self.completed = 0
        """How many times it was made whole by a later turn: what came before is part of it."""
        self.turns = 0

    @property
    def begun(self) -> frozenset[int]:
        """How many of its digits may have been said before what comes next."""
        return frozenset(at for at, _ in self._open)

    def shown(self, text: str, prompt: str = "") -> Shown:
        """How that is told to others; `prompt` is what the caller heard last.

        It may be a guess that is dropped: call `heard` once it is certain.
        """
        if self._filter.digits is None:
            return Shown(text)
        words, numbers = words_in(text), numbers_in(text)
        spans, _ = self._filter.digits.found(text, self._open)
        claims = self._claims(words, prompt)
        told = [text, *(text[slice(*span)] for span in (*spans, *numbers) if claims and len(numbers) == 1)]
        right = next((keys for one in told if spans and self._filter.is_pin(keys := spoken_keys(one))), "")
        if claims:
            spans = [*spans, *numbers, *self._near(words)]
        elif self._is_part(words, prompt):
            spans = [*spans, *((word.start, word.end) for word in words if word.digits)]
        if self.strict:
            spans = [*spans, *(span for span in numbers if how_many(text[slice(*span)]) >= self._filter.length)]
        return Shown(without(text, spans), "" if self.strict else right)

    def heard(self, text: str, prompt: str = "") -> int:
        """That was said. Returns how many numbers in it could have been the PIN."""
        if self._filter.digits is None:
            return 0
        self.turns += 1
        words = words_in(text)
        digits = sum(word.digits for word in words)
        self._idle = 0 if digits else self._idle + 1
        self._count(words, digits, prompt)
        if digits or self._idle > LASTS:
            spans, opened = self._filter.digits.found(text, self._open)
            self.completed += spans != self._filter.digits.found(text)[0]
            self._open = opened if digits else frozenset()
        return max(0, how_many(text) - self._filter.length + 1)

    def _count(self, words: Sequence[Said], digits: int, prompt: str) -> None:
        """How many digits of a secret that was named are still to come."""
        claim = _claim(words)
        if claim is not None:
            after = words[claim.after :]
            said = sum(word.digits for word in after if word.sure)
            talk = sum(not word.digits for word in after)
            self._left = self._filter.length - said if said or talk <= LASTS else 0
        elif self._asked(prompt):
            self._left = self._filter.length - digits
        else:
            self._left -= digits
        if self._idle > LASTS:
            self._left = 0

    def _claims(self, words: Sequence[Said], prompt: str) -> bool:
        """Numbers in it are taken for a secret."""
        claim = _claim(words)
        if claim is not None and claim.in_text:
            return True
        others = sum(not word.digits and word.word not in self._around for word in words)
        return (self._left > 0 or self._asked(prompt)) and others <= max(LASTS, sum(word.digits > 0 for word in words))

    def _asked(self, prompt: str) -> bool:
        return any(word.word in _SECRETS for word in words_in(prompt))

    def _near(self, words: Sequence[Said]) -> list[tuple[int, int]]:
        """Words that are only sometimes digits ("one", "for"), soon after a secret's name or beside digits of it."""
        claim = _claim(words)
        last = claim.after if claim is not None else 0
        found: list[tuple[int, int]] = []
        for at, word in enumerate(words):
            if word.digits and (word.sure or 0 <= at - last < NEAR):
                last = at
                found.append((word.start, word.end))
        return found

    def _is_part(self, words: Sequence[Said], prompt: str) -> bool:
        """Nothing but digits, fewer than the PIN has, that nobody has asked for."""
        sure = sum(word.digits for word in words if word.sure or word.word in _ALONE)
        if not 0 < sure < self._filter.length or any(not word.digits and word.word not in self._around for word in words):
            return False
        if self.proven:
            return any(at > 1 for at in self._after(words))
        return not asks_for_digits(prompt)

    def _after(self, words: Sequence[Said]) -> list[int]:
        assert self._filter.digits is not None
        said = " ".join(word.word for word in words if word.digits)
        return [at for at, _ in self._filter.digits.found(said, self._open)[1]]


def _claim(words: Sequence[Said]) -> Claim | None:
    """Where the last secret is named: "my PIN is", "PIN 1234", "the secret code: 12"; "pin numpy to 1.26" names none."""
    for at in range(len(words) - 1, -1, -1):
        word = words[at].word
        before = words[at - 1].word if at else ""
        after = words[at + 1] if at + 1 < len(words) else None
        spelt = word == "n" and [one.word for one in words[max(0, at - 2) : at]] == ["p", "i"]
        code = word in _CODES and before in _KINDS
        if not (word in _SECRETS or word.removesuffix("'s") in _SECRETS or spelt or code):
            if word in _CODES and before == "my" and _ends_in_digits(words[at + 1 :]):
                return Claim(at + 1, in_text=True)
            continue
        if word.endswith("'s") or before in _WHOSE or code or spelt or (after and (after.digits or after.word in _NAMED)):
            return Claim(at + 1, in_text=True)
        if after is None:
            return Claim(at + 1, in_text=False)
    return None


def _ends_in_digits(words: Sequence[Said]) -> bool:
    return any(word.sure for word in words) and all(word.digits or word.word in _AROUND for word in words)


class KeyWatch:
    """Keys, told one by one, but for those that are the PIN or go on with it: each is known once it cannot be of it any more."""

    def __init__(self, filter: PinFilter, watch: PinWatch | None = None) -> None:
        """`watch`: over what is said; a PIN may be said and keyed in turns."""
        self._filter, self._watch = filter, watch or PinWatch(filter)
        self._held: list[tuple[str, float]] = []
        self._before: list[tuple[str, float]] = []
        """Of earlier turns: they may prove to be the PIN's beginning."""
        self._starts = frozenset[int]()
        self._turns = self._completed = 0

    def press(self, key: str, at_s: float) -> list[tuple[str, float]]:
        """What can be told now, with the time of each."""
        told = self._turn_over()
        if not self._held:
            self._starts = self._watch.begun
        self._held.append((key, at_s))
        if not self._filter.length:
            return self.rest()
        while self._held and not self._may_be(self._digits):
            told.append(self._held.pop(0))
        if self._filter.is_pin(self._digits) or any(self._filter.ends_with(self._digits, at) for at in self._starts):
            return [*told, *self.rest(hidden=True)]
        if not self._digits:
            told += self._held
            self._held = []
        if self._before:
            self._before += told
            return []
        return told

    def _turn_over(self) -> list[tuple[str, float]]:
        """What earlier turns left open, as far as it is known by now."""
        if self._watch.turns != self._turns:
            self._before, self._held = [*self._before, *self._held], []
            self._turns = self._watch.turns
        if self._watch.completed == self._completed and self._watch.begun:
            return []
        hidden = self._watch.completed != self._completed
        self._completed, before, self._before = self._watch.completed, self._before, []
        return [(HIDDEN if hidden else key, at_s) for key, at_s in before]

    def rest(self, *, hidden: bool = False) -> list[tuple[str, float]]:
        """What is still held back: no more keys come that could make it the PIN."""
        hidden = hidden or self._watch.completed != self._completed
        self._completed = self._watch.completed
        held, self._held, self._before = [*self._before, *self._held], [], []
        return [(HIDDEN if hidden else key, at_s) for key, at_s in held]

    def _may_be(self, digits: str) -> bool:
        return self._filter.starts_with(digits) or any(self._filter.starts_with(digits, at) for at in self._starts)

    @property
    def _digits(self) -> str:
        return "".join(key for key, _ in self._held if key.isdigit())
