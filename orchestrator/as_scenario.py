"""A recorded call as a scenario of the test kit: what the caller did, what Claude answered, what came of it. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from agents import linear
from agents.outside import MCP, PYTHON
from agents.prompting import of_the_caller
from agents.roster import Roster
from agents.script import Entry as Answer
from agents.strict import Strict
from agents.tools import KNOWN
from orchestrator.as_worked import literal, worked
from orchestrator.as_written import Thought, answers, routing, tellings, thoughts
from orchestrator.events import (
    Asked,
    CallEnded,
    DigitPressed,
    Entry,
    HeardText,
    HoldEnded,
    Narrated,
    Routed,
    SaidText,
    SpeechResumed,
    TaskDone,
    TaskStarted,
    TurnEnded,
)
from orchestrator.exchanges import exchange, split
from orchestrator.hold import ANSWER_S
from orchestrator.moves import Move, moves, own_lines, without_pin
from orchestrator.patience import FILLER_S
from orchestrator.pin_filter import HIDDEN
from orchestrator.replayed_tools import Use, uses
from orchestrator.testing.cast import CHAR_S, Cast
from orchestrator.testing.speeches import Said, speeches

USUAL_AGENTS: Final = "agents"
NEVER_S: Final = 600  # a tool that was stopped before it was done
LONGEST_COUGH_S: Final = 10.0
LONGEST_SILENCE_S: Final = 600.0
LINES_AT_ONCE: Final = 3  # a reader, and a pattern, can take in no more
AFTER_S: Final = 0.5  # between two silent turns, so that a line is not cut in two
LONGEST_PATTERN: Final = 60  # characters of what is expected to be said: enough to know it by
SHORTEST_PATTERN: Final = 12
_SENTENCE: Final = re.compile(rf".{{{SHORTEST_PATTERN},}}?[.!?…](?=\s)")
ANYTHING: Final = ".*"  # between two lines that one speaker says; no pattern has it in it
ENDS: Final = ("caller_hung_up", "goodbye", "silence", "call_back")  # that a rehearsal comes to by itself


@dataclass
class Draft:
    """A scenario as plain data, in the order in which it is to be written."""

    agents: str
    tools: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    """Those of others, as an agent's file writes them, and what they return."""
    turns: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    answers: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    works: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """Long work, and what it does."""
    left_out: list[str] = field(default_factory=list[str])
    """What of the call is not in it, a sentence each; with what to fill in, if a person can put it there."""
    hidden: bool = False
    """The PIN was given, and is not in it."""

    def data(self) -> dict[str, Any]:
        parts = {
            "agents": "" if self.agents == USUAL_AGENTS else self.agents,
            "tools": self.tools,
            "claude": {"entries": self.answers} if self.answers else {},
            "work": {"works": self.works} if self.works else {},
            "turns": self.turns,
        }
        return {key: value for key, value in parts.items() if value}


def drafted(entries: Sequence[Entry], players: Cast, agents: str = USUAL_AGENTS) -> Draft:
    """The whole call; `agents` is the folder that the scenario takes its own from. Without turns if the caller did nothing."""
    lines, roster = players.lines, players.roster
    own = own_lines(lines)
    plan = moves(entries, own)
    talk = without_pin(entries, lines)
    draft = Draft(agents)
    _tools(draft, uses(entries), roster)
    if any(isinstance(entry.event, HeardText | DigitPressed) and entry not in talk for entry in entries):
        draft.hidden = True
        behind = "the call begins behind it; to fill in: `pin`, and a turn that gives it"
        draft.left_out.append(f"what a journal hides ({HIDDEN}), as the PIN: {behind}")
    _works(draft, entries)
    parts = split(talk, [move.from_s for move in plan])
    why = next((entry.event.why for entry in entries if isinstance(entry.event, CallEnded)), "caller_hung_up")
    _Writer(draft, players, own, plan, parts).write(why)
    draft.answers += [_entry(answer) for answer in tellings(entries, players.hold.for_claude)]
    _script(draft, plan, thoughts(entries))
    return draft


@dataclass
class _Writer:
    """The turns: each is a move of the caller's, with the one that cut in on its answer."""

    draft: Draft
    players: Cast
    own: frozenset[str]
    plan: Sequence[Move]
    parts: Sequence[list[Entry]]
    facts: list[list[Entry]] = field(default_factory=list[list[Entry]])
    """What came of each turn."""
    answered: Sequence[Entry] = ()
    """What came of the last move: what the next one may cut in on."""

    def write(self, why: str) -> None:
        self._turn({}, self.parts[0])
        self.answered = self.parts[0]
        for at, move in enumerate(self.plan):
            if self._went_on(at):
                self._omit(move, "the caller went on before it was answered")
            else:
                self._move(move, self.parts[at + 1])
                self._silences(at)
        for turn, facts in zip(self.draft.turns, self.facts, strict=True):
            turn.update(self._expected(turn, facts))
        if why in ENDS:
            self.draft.turns[-1]["ended"] = why
        else:
            self.draft.left_out.append(f"that the call ended by itself ({why.replace('_', ' ')}); to fill in: what leads to it")
        if not self.draft.turns[0]:
            del self.draft.turns[0]

    def _turn(self, deed: dict[str, Any], facts: Sequence[Entry]) -> None:
        self.draft.turns.append(deed)
        self.facts.append(list(facts))

    def _omit(self, move: Move, why: str) -> None:
        what = f"{move.words!r}" if move.words else "a sound without words"
        self.draft.left_out.append(f"{what} at {move.from_s:.1f} s: {why}")

    def _went_on(self, at: int) -> bool:
        """An answer was being made, and nobody heard of it."""
        facts = [entry.event for entry in self.parts[at + 1]]
        routed, said = (any(isinstance(fact, kind) for fact in facts) for kind in (Routed, SaidText))
        return routed and not said and at + 1 < len(self.plan) and self.plan[at + 1].did != "hung_up"

    def _move(self, move: Move, facts: Sequence[Entry]) -> None:
        deed = _deed(move, facts)
        if not move.cue.cuts_in or "silence_s" in self.draft.turns[-1]:  # who speaks after a silence may cut in, too
            if "cough_s" in deed:
                self._omit(move, "nobody was interrupted by it")
                self.facts[-1] += facts
                return
            self._turn(deed, facts)
        elif self.draft.turns[-1].keys() & {"say", "press"} and "barge_in" not in self.draft.turns[-1]:
            self.draft.turns[-1]["barge_in"] = {**deed, "after_s": _after_s(move, self.answered)}
            self.facts[-1] += facts
        else:
            self._omit(move, "it cut in where a scenario cannot; here it waits for its turn")
            if "cough_s" not in deed:
                self._turn(deed, facts)
        self.answered = list(facts)

    def _silences(self, at: int) -> None:
        """After the turn, turns for what the phone said by itself until the next move."""
        facts = self.parts[at + 1]
        first = _unasked(facts, self.own)
        answer, told = facts[:first], facts[first:]
        if not any(isinstance(entry.event, SaidText) for entry in told):
            return
        self.facts[-1] = [entry for entry in self.facts[-1] if entry not in told]
        since_s = max((entry.at_s for entry in answer if isinstance(entry.event, SaidText)), default=self.plan[at].to_s)
        until_s = self.plan[at + 1].from_s if at + 1 < len(self.plan) else told[-1].at_s + 1
        parts = list(_in_parts(told))
        for part in parts:
            to_s = until_s if part is parts[-1] else _sentences(part)[-1].to_s + AFTER_S
            self._turn({"silence_s": round(min(LONGEST_SILENCE_S, max(AFTER_S, to_s - since_s)), 1)}, part)
            since_s = to_s

    def _lines_in(self, said: Said, facts: Sequence[Entry], phones: Collection[str]) -> list[str]:
        """Those that can be expected to be said again: what is said only because an answer takes long cannot."""
        if not said.aside:
            return [said.text]
        lines = [fact.text for fact in _sentences(facts) if fact.agent == said.agent and said.from_s <= fact.from_s < said.to_s]
        passing = self.own | _passing(self.players)
        return [line for line in lines if line in phones or (self.draft.works and line not in passing)][:LINES_AT_ONCE]

    def _expected(self, turn: dict[str, Any], facts: Sequence[Entry]) -> dict[str, Any]:
        found = exchange(facts)
        codes = [code for code in found.failed if code.startswith(("claude_", "recognition_"))]
        phones = {self.players.lines.for_error(code) for code in codes} | (self.own if "silence_s" in turn else frozenset())
        expect = [_saying(one, lines) for one in speeches(facts) if (lines := self._lines_in(one, facts, phones))]
        wanted: dict[str, Any] = {
            "routed": list(found.routed),
            "by": found.by.rpartition(" ")[2],
            "tools": list(found.tools),
            "failed": codes,
            "interrupted": found.interrupted and "barge_in" in turn,
            "resumed": any(isinstance(entry.event, SpeechResumed) for entry in facts),
            "expect": expect[0] if len(expect) == 1 else expect,
        }
        return {key: value for key, value in wanted.items() if value}


def _unasked(facts: Sequence[Entry], own: Collection[str]) -> int:
    """Where the phone begins to speak by itself: of long work, or because nobody said anything."""
    ends = any(isinstance(entry.event, HoldEnded) and entry.event.why == "done" for entry in facts)
    for at, entry in enumerate(facts):
        match entry.event:
            case Asked(again=True) if _answers(facts, at):
                pass
            case Narrated() | Asked() | HoldEnded(why="done"):
                return at
            case TaskDone(why="") if not ends:
                return at
            case SaidText(text=text) if text in own:
                return at
            case _:
                pass
    return len(facts)


def _answers(facts: Sequence[Entry], at: int) -> bool:
    """The question is put once more because the caller asked for it: at once, and before anything else is said."""
    turn = next((entry for entry in reversed(facts[:at]) if isinstance(entry.event, TurnEnded | SaidText)), None)
    return turn is not None and isinstance(turn.event, TurnEnded) and facts[at].at_s - turn.at_s < ANSWER_S


def _in_parts(facts: Sequence[Entry]) -> Iterator[list[Entry]]:
    """A few lines each, and never within an agent's own words; without lines that the caller cut in on."""
    part: list[Entry] = []
    for entry in facts:
        if not isinstance(entry.event, SaidText):
            part.append(entry)
        elif not entry.event.interrupted:
            if len(_sentences(part)) >= LINES_AT_ONCE and entry.event.aside:
                yield part
                part = []
            part.append(entry)
    yield part


def _passing(players: Cast) -> frozenset[str]:
    """What the phone says while an answer is made, if it takes long."""
    lines, fillers = players.lines, (filler for agent in players.roster for filler in agent.speech.fillers)
    return frozenset([*lines.fillers, *fillers, lines.still_thinking, lines.still_working, lines.slow, lines.slow_offer])


def _deed(move: Move, facts: Sequence[Entry]) -> dict[str, Any]:
    match move.did:
        case "hung_up":
            return {"hang_up": True}
        case "pressed":
            return {"press": "".join(key for key, _ in move.keys)}
        case "spoke" if move.heard:
            return {"say": move.heard}
        case "spoke" if "recognition_failed" in exchange(facts).failed:
            return {"say": "mumble", "heard_as": "!"}
        case _:
            return {"cough_s": min(LONGEST_COUGH_S, max(0.1, round(move.to_s - move.from_s, 2)))}


def _after_s(move: Move, facts: Sequence[Entry]) -> float:
    """How long after the first word, with the rehearsal's voices: they take so long for a character, whatever they say."""
    said = [entry.event for entry in facts if isinstance(entry.event, SaidText) and entry.event.from_s < move.from_s]
    spoken_s = sum(fact.to_s - fact.from_s for fact in said)
    pace = CHAR_S * sum(len(fact.text) for fact in said) / spoken_s if spoken_s else 1.0
    return max(0.1, round(pace * (move.from_s - said[0].from_s), 1)) if said else 0.1


def _saying(said: Said, lines: Sequence[str]) -> dict[str, Any]:
    """Who, and a pattern for the beginning of each line."""
    text = ANYTHING.join(pattern for line in lines if (pattern := _beginning(line, cut=said.interrupted)))
    return {"agent": said.agent, **({"text": text} if text else {})}


def _sentences(facts: Sequence[Entry]) -> list[SaidText]:
    return [entry.event for entry in facts if isinstance(entry.event, SaidText)]


def _beginning(said: str, *, cut: bool) -> str:
    """Found in that text, as a person would write it: its first sentence, unless that says little."""
    text = said.partition(" — ")[0]
    if cut or text != said:
        words = text.split()
        text = " ".join(words[: (len(words) + 1) // 2])
    if sentence := _SENTENCE.match(text):
        text = sentence[0]
    if len(text) > LONGEST_PATTERN:
        text = text[:LONGEST_PATTERN].rpartition(" ")[0]
    return _escaped(text)


def _escaped(text: str) -> str:
    return literal(text.strip(" .,;:!?…—"))


def _works(draft: Draft, entries: Sequence[Entry]) -> None:
    """Long work, by what was asked of it; the same asked again does what it did first, which is told."""
    begun = [one for one in worked(entries) if isinstance(one.began, TaskStarted)]
    asked = [one.began.what for one in begun]
    for at, (what, one) in enumerate(zip(asked, begun, strict=True)):
        when = _heard(what, asked[at + 1 :])
        if any(known["when"] == when for known in draft.works):
            draft.left_out.append(f"how the work {what!r} went the second time: it goes as at first; to fill in: two `when`")
        else:
            steps = (step.model_copy(update={"after_s": round(step.after_s, 1)}) for step in one.work().steps)
            draft.works.append({"when": when, "steps": [_dumped(step) for step in steps]})


def _tools(draft: Draft, used: Sequence[Use], roster: Roster) -> None:
    """What tools of others returned first; that they return something else later is told."""
    for use in used:
        if use.name in KNOWN:
            continue
        does: dict[str, Any] = {"after_s": NEVER_S}
        if use.returned is not None:
            slow = {"after_s": round(use.took_s, 1)} if use.took_s >= FILLER_S else {}
            does = {"fails" if use.returned.failed else "says": use.returned.result or "Done.", **slow}
        if draft.tools.setdefault(_written(use, roster), does) != does:
            draft.left_out.append(f"what {use.name} returned at {use.at_s:.1f} s: it returns the same each time")


def _written(use: Use, roster: Roster) -> str:
    """The tool as an agent's file names it."""
    if use.agent in roster and f"{PYTHON}{use.name}" in roster[use.agent].tools:
        return f"{PYTHON}{use.name}"
    server, _, tool = use.name.partition("__")
    return f"{MCP}{server}/{tool}"


def _script(draft: Draft, plan: Sequence[Move], thought: dict[int, Thought]) -> None:
    """What Claude says to which words; the same words asked again get the first answer, which is told."""
    asked = {move.turn: move.words for move in plan if move.turn in thought and move.words}
    known: dict[str, str] = {}
    for move in plan:
        if move.turn not in asked:
            continue
        heard = _heard(asked[move.turn], [words for turn, words in asked.items() if turn > move.turn])
        found = [_entry(answer) for answer in _lines_of(thought[move.turn], heard)]
        if known.setdefault(heard, str(found)) != str(found):
            draft.left_out.append(
                f"the second answer to {asked[move.turn]!r}: the first one is given again; to fill in: `turn` in both"
            )
        draft.answers += [entry for entry in found if not any(entry["when"] == other["when"] for other in draft.answers)]


def _heard(words: str, later: Sequence[str]) -> str:
    """A pattern for these words, as Claude is told them, and for none that are said later."""
    words, *later = map(of_the_caller, (words, *later))
    pattern = _escaped(words.removeprefix("(pressed the ").removesuffix(")"))
    others = [other for other in later if other != words]
    return rf"^{pattern}\W*$" if any(linear.found(pattern, other) for other in others) else pattern


def _lines_of(thought: Thought, heard: str) -> Iterator[Answer]:
    if thought.asked_router and thought.route:
        yield routing(thought, heard)
    yield from answers(replace(thought, guessed={}), heard)


def _entry(answer: Answer) -> dict[str, Any]:
    """As one writes it by hand: no times but those that a caller would notice."""
    if (first_s := answer.first_token_s or 0.0) >= FILLER_S:
        return _dumped(answer.model_copy(update={"first_token_s": round(first_s, 1)}))
    return _dumped(answer.model_copy(update={"first_token_s": None, "tokens_per_s": None}))


def _dumped(part: Strict) -> dict[str, Any]:
    return part.model_dump(mode="json", exclude_defaults=True)
