"""Who is addressed by name: a name in the right place, however the recogniser spelt it. A name merely mentioned is none.

A sentence is read as words and commas, in which each agent's name is a mark (`@0`); the patterns are about where marks stand.
They are strict, because a wrong agent is worse than asking Claude.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from agents.folding import spelt
from agents.linear import Expression, Match
from agents.roster import Roster
from orchestrator.phrases import Address, Words, one_of, plain
from orchestrator.sound_alike import sound, tellable

LONGEST_SLIP: Final = 3  # words that one name is heard as: "arch a tect"
_PARTS: Final = re.compile(r"[\w'-]+(?:[.,]\d+)*|[,.;:!?…]")
_ENDS: Final = frozenset(".;:!?…")
_MORE_NAMES: Final = r"@\d+(?:(?: ,)?(?: and| or)?(?: the)? @\d+)*"
_NAMES: Final = rf"(?P<names>(?:both )?(?:the )?{_MORE_NAMES})"
_BARE_NAMES: Final = rf"(?P<names>(?:both )?{_MORE_NAMES})"  # "the engineer" is not at the front
_TITLES: Final = {"dr": "doctor", "mr": "mister", "mrs": "missus", "prof": "professor", "st": "saint"}
_MARK: Final = re.compile(r"@(\d+)")
_LAST: Final = "at the end"
_NOT_THEM: Final = re.compile(r"\bnot (?:the )?@\d+(?: ,)? ?")


@dataclass(frozen=True, slots=True)
class Addressed:
    agents: tuple[str, ...]
    """Their ids, in the order of their names."""
    heard: tuple[str, ...]
    """What stood for each name."""
    how: str
    """In plain words."""


@dataclass(frozen=True, slots=True)
class _Sentence:
    text: str
    asks: bool
    """It ends with a question mark."""
    marks: list[tuple[str, str]]
    """Of each `@n`: the agent's id, and what was heard."""


class Names:
    """All names on one line."""

    def __init__(self, roster: Roster, words: Words) -> None:
        called = [(name, agent.id) for agent in roster.agents for name in (agent.name, *agent.aliases)]
        self._owner = {plain(name): agent for name, agent in called}
        for name, agent in called:
            for heard in _as_heard(plain(name)):
                self._owner.setdefault(heard, agent)
        self._dotted = frozenset(word for name, _ in called for word in spelt(name).casefold().split() if "." in word)
        self._sounds = _told_apart((sound(name), agent) for name, agent in called)
        self._longest = max(LONGEST_SLIP, *(len(name.split()) for name in self._owner))
        self._small, self._address = words.small_words, words.address
        self._not_last = tuple(f" {last}" for last in words.address.not_before_the_last)
        self._places, self._apposition = tuple(_places(words)), _apposition(words.address)

    def addressed(self, text: str) -> Addressed | None:
        """Who is spoken to; None when nobody is. In several sentences the last one that names somebody decides."""
        for sentence in reversed([*self._sentences(text)]):
            for pattern, how in self._places if sentence.marks else ():
                found = pattern.search(sentence.text)
                if found and self._said_to_them(found, sentence) and not (how == _LAST and self._told_of_last(found, sentence)):
                    marks = [sentence.marks[int(at)] for at in _MARK.findall(found["names"])]
                    agents, heard = zip(*marks, strict=True)
                    return Addressed(tuple(dict.fromkeys(agents)), heard, how)
        return None

    def mentioned(self, text: str) -> bool:
        """Whether there is any name in it, addressed or not."""
        return bool(self.mentions(text))

    def mentions(self, text: str) -> tuple[str, ...]:
        """All whose name is in it, addressed or not."""
        return tuple(agent for sentence in self._sentences(text) for agent, _ in sentence.marks)

    def _sentences(self, text: str) -> Iterator[_Sentence]:
        parts = list[str]()
        for part in [*_PARTS.findall(self._without_stops(spelt(text))), "."]:
            if part in _ENDS:
                yield self._read(parts, asks=part == "?")
                parts = []
            else:
                parts.append(part)

    def _without_stops(self, text: str) -> str:
        """Without the full stops of names, which end no sentence: Dr. No."""
        if not self._dotted:
            return text
        return " ".join(word.replace(".", "") if word.casefold() in self._dotted else word for word in text.split())

    def _read(self, words: list[str], *, asks: bool) -> _Sentence:
        parts = [part.casefold() for part in words]
        read, marks, at = list[str](), list[tuple[str, str]](), 0
        while at < len(parts):
            agent, length = self._name_at(parts, at)
            heard = " ".join(parts[at : at + length])
            if agent is None or self._surname(words, parts, at + length):
                read.append(heard)
            else:
                read += [f"@{len(marks)}", *(["'s"] if heard.endswith("'s") else [])]
                marks.append((agent, heard.removesuffix("'s")))
            at += length
        return _Sentence(_NOT_THEM.sub("", " ".join(read)).strip(" ,"), asks, marks)

    def _name_at(self, parts: list[str], at: int) -> tuple[str | None, int]:
        """The agent whose name begins there, and how many words that is: as it is written, else as it sounds."""
        spans = [parts[at : at + length] for length in range(self._longest, 0, -1) if at + length <= len(parts)]
        for span in spans:
            if agent := self._owner.get(" ".join(span).removesuffix("'s")):
                return agent, len(span)
        for span in spans:
            wordy = self._small.isdisjoint((span[0], span[-1])) and "," not in span
            if wordy and (agent := self._sounds.get(sound("".join(span).removesuffix("'s")))):
                return agent, len(span)
        return None, 1

    def _surname(self, words: list[str], parts: list[str], at: int) -> bool:
        """A capital after a name, where the recogniser writes capitals: Ava Gardner is not on the line."""
        return at < len(parts) and words[at][0].isupper() and parts[at] not in self._small and not self._name_at(parts, at)[0]

    def _told_of_last(self, found: Match, sentence: _Sentence) -> bool:
        """Whether the words before the names at the end tell of them: "is it Kai"."""
        return f" {sentence.text.removesuffix(found['names']).rstrip()}".endswith(self._not_last)

    def _said_to_them(self, found: Match, sentence: _Sentence) -> bool:
        """Whether what follows the names goes on to them, rather than tells of them."""
        near, places = self._address, found.groupdict()
        follows = places.get("next") or places.get("little") or ""
        after = follows.split()
        if not after or after[0] == ",":
            return not self._apposition.match(follows)
        if after[0] == "'s" or (after[0] in near.part_of and not self._small.issuperset(after)):
            return False
        return after[0] in self._small if "little" in places else self._opens(after, asks=sentence.asks)

    def _opens(self, words: list[str], *, asks: bool) -> bool:
        """Whether a question, an order or a statement to somebody can begin so."""
        near = self._address
        first, second, third = (*words, "", "")[:3]
        if first in near.verbs:
            return second in near.subjects or (asks and second in near.articles)
        if first not in self._small and (second in near.told or (second in near.verbs and third not in near.subjects)):
            return False
        return first not in near.tells_of | near.told | near.part_of and not self._inflected(first)

    def _inflected(self, word: str) -> bool:
        """A plural ("salaries") or a verb that tells ("likes", "called"): nobody is asked or told to with one."""
        plural = word.endswith("s") and not word.endswith(("ss", "us", "'s"))
        past = word.endswith("ed") and not word.endswith("eed")
        return (plural or past) and len(word) > 3 and word not in self._small


def _as_heard(name: str) -> Iterator[str]:
    """As recognisers write it as well: "Doctor No" for "Dr. No", "O Neill" and "ONeill" for "O'Neill"."""
    first, blank, rest = name.partition(" ")
    if blank and (title := _TITLES.get(first)):
        yield f"{title} {rest}"
    if "'" in name:
        yield from (name.replace("'", " "), name.replace("'", ""))


def _told_apart(sounds: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Those long enough to mean a name, and only one agent's."""
    owners = dict[str, set[str]]()
    for heard, agent in sounds:
        if tellable(heard):
            owners.setdefault(heard, set()).add(agent)
    return {heard: agents.pop() for heard, agents in owners.items() if len(agents) == 1}


def _places(words: Words) -> Iterator[tuple[Expression, str]]:
    """Where names are an address, and how to call that place. `next` is what follows names that may open any sentence, `little`
    what follows names that take only a clause of small beginnings ("ask the engineer how …", not "call the engineer office")."""
    near, opinion = words.address, "asked for an opinion"
    lead = rf"(?:{one_of(near.lead_in)}(?: ,)? ){{0,6}}"  # bounded, as are wishes: else a row of them takes quadratic time
    # Also after another's name: "Kai, can I talk to the engineer?"
    wish = rf"(?:^|, )(?:@\d+ )?{lead}(?:{one_of(near.wishes)} ){{0,6}}"
    is_so = (
        rf"(?:{one_of(near.copulas)} {one_of(near.things)}|{one_of(near.states)})(?: so| very| too)? {one_of(words.qualities)}"
    )
    places = {
        rf"{wish}{one_of((*near.call_in, *near.asks_for))} {_NAMES} 's {one_of(near.opinion)}\b": opinion,
        rf"{wish}(?:what|how)? ?(?:do|does|would|will|might) {_NAMES} {one_of(near.thinks)}\b": opinion,
        rf"{wish}{one_of(near.wonders)} what {_NAMES} (?:would |has to |have to )?{one_of(near.thinks)}s?\b": opinion,
        rf"{wish}{one_of(near.have_do)} {_NAMES}(?P<next> [^,]+.*)$": "asked to do it",
        rf"{wish}{one_of(near.call_in)} {_NAMES}(?P<little>.*)$": "asked for",
        rf"{wish}(?:is|are) {_NAMES} {one_of(near.present)}$": "asked for",
        rf"^{lead}{_BARE_NAMES}(?P<next>.*)$": "at the front",
        rf"^{lead}{_NAMES}(?: ,)?(?: please| now| then| again)?$": "all that is said",
        rf"^{lead}{one_of(near.asks)}\b.* , {_NAMES} ,(?P<next>.*)$": "between commas",
        # Not in a list of single names: "I know Anna, Tom, Kai".
        rf"(?:^[^,]+|, [^ ,]+ [^,]+) , {_NAMES}(?: ,)?(?: please)?$": _LAST,
        rf"(?:^| )(?:{one_of(near.before_the_last)}|your {one_of(near.opinion)}|{is_so}) {_NAMES}$": _LAST,
    }
    for pattern, how in places.items():
        yield Expression(pattern), how


def _apposition(near: Address) -> re.Pattern[str]:
    """After "Kai", of "Kai, my nephew, is late"."""
    what = one_of((*near.articles, "a", "an", "who", "whose", "which"))
    return re.compile(rf" , {what} [^,]+ , {one_of((*near.verbs, *near.told))} (?!{one_of(near.subjects)}\b)")
