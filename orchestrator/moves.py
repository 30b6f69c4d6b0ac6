"""What the caller did in a call, move by move, and what each move waited for. A fold over a journal.

A caller does not speak at a time of day but at a moment of the talk: a second after the answer, or in the middle of its third
sentence. Each move has the cue for that, so that it can be made again at the same moment of a talk whose answers take longer.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from agents.lines import Lines
from orchestrator.call import KEYED
from orchestrator.events import (
    Asked,
    BargeIn,
    CallEnded,
    DigitPressed,
    Entry,
    HeardText,
    Narrated,
    SaidText,
    SpeechEnded,
    SpeechStarted,
    TaskDone,
    TurnEnded,
)
from orchestrator.keypad import ENTRY_ENDS_S
from orchestrator.parting import goodbyes as goodbyes_of
from orchestrator.patience import Prompt, prompt_lines
from orchestrator.pin_filter import HIDDEN

IN_ANSWERS: Final = (Prompt.STILL_THINKING, Prompt.STILL_WORKING, Prompt.SLOW)  # they are part of one, and the caller waits on
SAME_S: Final = 0.06  # two facts about one moment: a window of the VAD, and a frame


@dataclass(frozen=True, slots=True)
class Cue:
    """When a move comes: `wait_s` after what it waits for.

    `answer`: the end of what the caller was told. `begin`: its first sound, and the move cuts in. `sentence`: the end of its
    n-th sentence, cutting in as well. `self`: the caller's own last move, as nothing was heard since.
    """

    after: Literal["answer", "begin", "sentence", "self"]
    wait_s: float
    sentences: int = 0
    """That were heard to their end since the last move."""
    since_s: float = 0.0
    """How long after the caller's last move it came, whatever was heard."""
    told: str = ""
    """The line about long work that it comes after, by so much (`wait_s`); others may be told before."""

    @property
    def cuts_in(self) -> bool:
        return self.after in ("begin", "sentence")


@dataclass(frozen=True, slots=True)
class Move:
    """Times on the call's axis."""

    did: Literal["spoke", "pressed", "hung_up"]
    from_s: float
    to_s: float
    turn: int = 0
    """What it became; 0 where it was no turn: a cough, an uh-huh."""
    heard: str = ""
    """What the ears made of it."""
    keys: tuple[tuple[str, float], ...] = ()
    """Each with when it was pressed."""
    cue: Cue = Cue("self", 0.0)

    @property
    def words(self) -> str:
        """As Claude is told them."""
        return self.heard or (KEYED.format(digits=" ".join(key for key, _ in self.keys if key not in "*#")) if self.keys else "")


def own_lines(lines: Lines) -> frozenset[str]:
    """What the phone says by itself: no caller waits for it, it comes when the caller waits."""
    prompts = [
        line
        for goodbyes in (goodbyes_of(lines, None, withheld=True), lines.work_goes_on.called_back, lines.work_goes_on.told_later)
        for prompt, line in prompt_lines(lines, goodbyes).items()
        if prompt not in IN_ANSWERS
    ]
    return frozenset([*prompts, *dict(lines.pin).values()])


def moves(entries: Sequence[Entry], own: Collection[str]) -> list[Move]:
    """In order. What was said or pressed for the PIN is left out: a journal does not hold it."""
    told = about_work(entries)
    found = sorted([*_spoken(entries), *_pressed(entries), *_left(entries)], key=lambda move: move.from_s)
    turned = _with_turns(found, entries)
    said = _said(entries, own)
    cuts = [entry.event.onset_s for entry in entries if isinstance(entry.event, BargeIn)]
    ends = [0.0, *(move.to_s for move in turned)]
    cued = [replace(move, cue=_cue(move, since_s, said, cuts, told)) for move, since_s in zip(turned, ends, strict=False)]
    return [move for move in cued if HIDDEN not in (move.heard, *(key for key, _ in move.keys))]


def _spoken(entries: Sequence[Entry]) -> list[Move]:
    spoken: list[Move] = []
    heard = [entry.event for entry in entries if isinstance(entry.event, HeardText)]
    for entry in entries:
        match entry.event:
            case SpeechStarted():
                words = next((fact for fact in heard if abs(fact.from_s - entry.at_s) < SAME_S), None)
                turn, text = (words.turn, words.text) if words else (0, "")
                spoken.append(Move("spoke", entry.at_s, entry.at_s, turn, text))
            case SpeechEnded() if spoken:
                spoken[-1] = replace(spoken[-1], to_s=entry.at_s)
            case _:
                pass
    return spoken


def _pressed(entries: Sequence[Entry]) -> list[Move]:
    """Keys that make one entry are one move."""
    pressed: list[Move] = []
    for entry in entries:
        if isinstance(entry.event, DigitPressed):
            key = (entry.event.key, entry.at_s)
            last = pressed[-1] if pressed else None
            if last and last.keys[-1][0] not in "*#" and entry.at_s - last.to_s < ENTRY_ENDS_S:
                pressed[-1] = replace(last, to_s=entry.at_s, keys=(*last.keys, key))
            else:
                pressed.append(Move("pressed", entry.at_s, entry.at_s, keys=(key,)))
    return pressed


def _left(entries: Sequence[Entry]) -> list[Move]:
    """Unless we ended the call. A journal that breaks off is a call that did."""
    ended = next((entry for entry in entries if isinstance(entry.event, CallEnded)), None)
    if ended is None:
        at_s = entries[-1].at_s if entries else 0.0
    elif isinstance(ended.event, CallEnded) and ended.event.why == "caller_hung_up":
        at_s = ended.at_s
    else:
        return []
    return [Move("hung_up", at_s, at_s)]


def _with_turns(found: Sequence[Move], entries: Sequence[Entry]) -> list[Move]:
    """Turns in which no words were heard belong to the last move before they ended."""
    known = {move.turn for move in found}
    turned, ends = list(found), [move.to_s for move in found if move.did != "hung_up"]
    for entry in entries:
        if isinstance(entry.event, TurnEnded) and entry.event.turn not in known:
            at = bisect_right(ends, entry.at_s) - 1
            if at >= 0 and not turned[at].turn:
                turned[at] = replace(turned[at], turn=entry.event.turn)
    return turned


def _said(entries: Sequence[Entry], own: Collection[str]) -> list[SaidText]:
    facts = (entry.event for entry in entries if isinstance(entry.event, SaidText))
    return sorted((fact for fact in facts if fact.text not in own), key=lambda fact: fact.from_s)


def about_work(entries: Sequence[Entry]) -> frozenset[str]:
    """What was told of long work while it ran, what it asked, and how it ended: none of it answers the caller."""
    lines: set[str] = set()
    questions: list[str] = []
    over = False
    for entry in entries:
        match entry.event:
            case Narrated(text=text):
                lines.add(text)
            case Asked(question=question):
                questions.append(question)
            case TaskDone():
                over = True
            case TurnEnded():
                over = False
            case SaidText(text=text) if over or any(question in text for question in questions):
                lines.add(text)
            case _:
                pass
    return frozenset(lines)


def _cue(move: Move, since_s: float, said: Sequence[SaidText], cuts: Sequence[float], told: Collection[str] = ()) -> Cue:
    at_s, gap_s = move.from_s, round(move.from_s - since_s, 3)
    new = [fact for fact in said if fact.to_s > since_s and fact.from_s < at_s]
    sounding = next((fact for fact in new if fact.to_s > at_s), None)
    done = [fact for fact in new if fact.to_s <= at_s]
    cut = sounding is not None or any(abs(onset_s - at_s) < SAME_S for onset_s in cuts)
    if done:
        wait_s = round(at_s - done[-1].to_s, 3)
        if done[-1].text in told:
            return Cue("sentence" if cut else "answer", wait_s, len(done), gap_s, done[-1].text)
        return Cue("sentence", wait_s, len(done), gap_s) if cut else Cue("answer", wait_s, len(done), gap_s)
    if sounding is not None and sounding.from_s >= since_s:
        return Cue("begin", round(at_s - sounding.from_s, 3), 0, gap_s)
    return Cue("self", gap_s, 0, gap_s)


def without_pin(entries: Sequence[Entry], lines: Lines) -> list[Entry]:
    """The call as if nobody had been asked for a PIN, as a replay is."""
    hidden = {HIDDEN, *dict(lines.pin).values()}
    return [entry for entry in entries if hidden.isdisjoint((getattr(entry.event, "text", ""), getattr(entry.event, "key", "")))]
