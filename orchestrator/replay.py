"""`pai-voice replay`: the caller of a recorded call, by the sound of then, in a call of today.

Today's answers may take longer than those of then, so the recording is not simply played: each move of the caller's waits for its
cue (see `moves`) and then goes on as it was. Time is put in or taken out only between two moves, where the caller waits; a caller
who cut in cuts in again at the same place of the answer, and what was said in one breath is said in one breath.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream

from agents.script import Entry as Answer
from agents.scripted import ScriptedClaude
from orchestrator import events
from orchestrator.as_worked import all_known
from orchestrator.as_written import Thought, script_of, tellings, thoughts
from orchestrator.call import Call
from orchestrator.errors import CannotReplay
from orchestrator.events import Entry, SaidText
from orchestrator.journal import Journal, Memory
from orchestrator.moves import Cue, Move, moves, own_lines
from orchestrator.notes import NoteList
from orchestrator.parts import Parts
from orchestrator.patience import Rest
from orchestrator.recorded import Recorded
from orchestrator.replayed_tools import ReplayedToolbox
from orchestrator.replayed_work import replayed_work
from telephony.rehearsal import RehearsalLine
from voices.audio import FRAME_BYTES, FRAME_S

LEAD_S: Final = 0.3  # of the sound before a move: a soft first consonant, and what a voice detector needs to settle
UNANSWERED_S: Final = 1.0  # so long at rest, and nothing was said: nothing will be
UNTOLD_S: Final = 20.0  # later than it was told then: on hold, it will not be told any more
FEED: Final = 10_000  # facts: more than any call has in the 20 ms until they are looked at


@dataclass(frozen=True)
class Replayed:
    """The call of today, on its own axis."""

    entries: list[Entry]
    sound: bytes
    """Stereo, left the caller."""
    onsets_s: list[float]
    """When each of the recorded moves was made; fewer if the call ended before."""


@dataclass
class _Heard:
    """What the caller has been told since the last move, as the journal tells it."""

    feed: MemoryObjectReceiveStream[Entry]
    own: frozenset[str]
    said: list[SaidText] = field(default_factory=list[SaidText])

    def since(self, at_s: float) -> list[SaidText]:
        while True:
            try:
                fact = self.feed.receive_nowait().event
            except (anyio.WouldBlock, anyio.EndOfStream):
                return [said for said in self.said if said.to_s > at_s]
            if isinstance(fact, SaidText) and fact.text not in self.own:
                self.said.append(fact)


async def replay(recorded: Recorded, parts: Parts, claude: ScriptedClaude | None = None) -> Replayed:
    """To the end of the call, on the loop's own clock. `claude` says what it said then; without one, `parts` has its own.

    Nothing that is done in it has an effect: no note is kept, and tools of others return what they returned. Raises CannotReplay,
    NoSuchRecording.
    """
    check(recorded)
    own = own_lines(parts.minds.lines)
    plan, sound = moves(recorded.entries, own), recorded.caller()
    toolbox = ReplayedToolbox(parts.minds.toolbox, recorded.entries)
    line, onsets_s = RehearsalLine(recorded.name), list[float]()
    shelf, (out, feed) = Memory(), anyio.create_memory_object_stream[Entry](FEED)
    with out, feed:
        async with Journal(shelf, anyio.current_time(), watch=out) as journal, anyio.create_task_group() as tasks:
            work, errand = await replayed_work(parts.minds, recorded.entries, line.caller, tasks)
            minds = replace(parts.minds, notes=_no_notes, toolbox=toolbox, work=work)
            call = Call(replace(parts, minds=minds), line, journal, errand=errand)
            began = events.CallStarted(
                call=recorded.name, line=line.kind, caller=line.caller, called=line.called, began=_began(recorded)
            )
            journal.write(began)
            told = tuple(tellings(recorded.entries, work.words.for_claude)) if work else ()
            scripts = _Scripts(claude, thoughts(recorded.entries), told)
            caller = _Caller(call, line, journal, _Heard(feed, own), scripts, onsets_s)
            tasks.start_soon(journal.run)
            tasks.start_soon(caller.play, plan, sound, _answered_s(recorded))
            await call.run()
            tasks.cancel_scope.cancel()
            journal.write(events.CallEnded(why=call.why, duration_s=round(journal.now_s(), 3), cost_usd=journal.ledger.usd))
    return Replayed(shelf.entries, bytes(shelf.sound), onsets_s)


def check(recorded: Recorded) -> None:
    """Raises CannotReplay for a call that nobody talked in, or whose journal does not hold all that happened in it."""
    facts = [entry.event for entry in recorded.entries]
    why = ""
    if not any(isinstance(fact, events.CallAnswered) for fact in facts):
        why = "was not answered"
    elif any(isinstance(fact, events.CallEnded) and fact.why in ("locked", "given_up") for fact in facts):
        why = "ended before its PIN was right"
    elif any(isinstance(fact, events.CallEnded) and fact.why in ("machine", "no_person", "nobody") for fact in facts):
        why = "was taken by no person"
    if why:
        raise CannotReplay(f"the call {recorded.name} {why}", "take a call in which somebody talked")
    if not all_known(recorded.entries):
        raise CannotReplay(
            f"the journal of the call {recorded.name} does not hold how its long work went", "take a call that is not as old"
        )


def _no_notes(_caller: str) -> NoteList:
    """Empty ones, which are forgotten."""
    return NoteList()


def _began(recorded: Recorded) -> str:
    """As then: what is told of a call does not depend on when it is replayed."""
    return next((entry.event.began for entry in recorded.entries if isinstance(entry.event, events.CallStarted)), "")


def _answered_s(recorded: Recorded) -> float:
    return next(entry.at_s for entry in recorded.entries if isinstance(entry.event, events.CallAnswered))


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A move with its sound, from a little before it to a little before the next one."""

    move: Move
    pcm: bytes
    lead_s: float


def _stretches(plan: Sequence[Move], sound: bytes) -> Iterator[_Stretch]:
    """Cut between frames, so that each frame is one of the recording's."""
    leads = [
        min(LEAD_S, max(0.0, move.from_s - before)) for move, before in zip(plan, [0.0, *(m.to_s for m in plan)], strict=False)
    ]
    starts = [_frame(move.from_s - lead_s) for move, lead_s in zip(plan, leads, strict=True)]
    for move, (first, end) in zip(plan, pairwise([*starts, len(sound) // FRAME_BYTES + 1]), strict=True):
        yield _Stretch(move, sound[first * FRAME_BYTES : end * FRAME_BYTES], max(0.0, move.from_s - first * FRAME_S))


def _frame(at_s: float) -> int:
    return max(0, int(at_s / FRAME_S + 1e-6))


@dataclass(frozen=True)
class _Scripts:
    """What Claude says, turn by turn; where it is the real one, nothing."""

    claude: ScriptedClaude | None
    thought: dict[int, Thought]
    told: tuple[Answer, ...]

    def turn(self, turn: int) -> None:
        if self.claude is not None:
            self.claude.script = script_of(self.thought.get(turn), self.told)


class _Caller:
    """Makes the moves."""

    def __init__(
        self, call: Call, line: RehearsalLine, journal: Journal, heard: _Heard, scripts: _Scripts, onsets_s: list[float]
    ) -> None:
        self._call, self._line, self._journal, self._heard, self._scripts = call, line, journal, heard, scripts
        self._done_s = 0.0
        """When the last move ended, on the call's axis."""
        self._onsets_s = onsets_s

    async def play(self, plan: Sequence[Move], sound: bytes, answered_s: float) -> None:
        self._scripts.turn(0)
        await self._line.answered.wait()
        stretches = list(_stretches(plan, sound))
        before = _frame(stretches[0].move.from_s - stretches[0].lead_s) if stretches else len(sound) // FRAME_BYTES
        self._line.say(sound[_frame(answered_s) * FRAME_BYTES : before * FRAME_BYTES])
        for stretch in stretches:
            late_s = await self._cue(stretch.move.cue, stretch.lead_s)
            if self._line.over.is_set():
                return
            self._make(stretch, late_s)

    def _make(self, stretch: _Stretch, late_s: float) -> None:
        """What the caller did, from the lead on; of a lead that comes too late, the end."""
        move, skipped = stretch.move, min(_frame(late_s), _frame(stretch.lead_s))
        if move.turn:
            self._scripts.turn(move.turn)
        onset_s = self._journal.now_s() + stretch.lead_s - skipped * FRAME_S
        self._onsets_s.append(onset_s)
        self._done_s = onset_s + move.to_s - move.from_s
        self._line.hush()
        told = skipped * FRAME_BYTES
        for key, pressed_s in move.keys:
            upto = _frame(pressed_s - move.from_s + stretch.lead_s) * FRAME_BYTES
            self._line.say(stretch.pcm[told:upto])
            self._line.press(key)
            told = max(told, upto)
        if move.did == "hung_up":
            self._line.leave()
        else:
            self._line.say(stretch.pcm[told:])

    async def _cue(self, cue: Cue, lead_s: float) -> float:
        """Until the move's lead is due; returns for how long it has been due already."""
        await anyio.sleep(max(0.0, self._done_s - self._journal.now_s()))
        resting_s = 0.0
        while not self._line.over.is_set():
            now_s = self._journal.now_s()
            resting_s = resting_s + FRAME_S if self._call.rest in (Rest.CALLER, Rest.WORK) else 0.0
            due_s = self._due_s(cue, resting_s)
            if due_s is not None and due_s - lead_s <= now_s:
                return now_s - (due_s - lead_s)
            await anyio.sleep(FRAME_S)
        return 0.0

    def _due_s(self, cue: Cue, resting_s: float) -> float | None:
        """When the move is due, on the call's axis; None while that is open."""
        heard = self._heard.since(self._done_s)
        if cue.after == "self":
            return self._done_s + cue.since_s
        if cue.told:
            return self._told_s(cue, heard, resting_s)
        if cue.after == "sentence" and len(heard) >= cue.sentences:
            return heard[cue.sentences - 1].to_s + cue.wait_s
        if cue.after == "begin" and (loud_s := self._line.loud_since(self._done_s + self._journal.zero_s)) is not None:
            return self._journal.on_axis(loud_s) + cue.wait_s
        if heard and resting_s:
            return heard[-1].to_s + cue.wait_s
        return self._done_s + cue.since_s if resting_s >= UNANSWERED_S else None

    def _told_s(self, cue: Cue, heard: Sequence[SaidText], resting_s: float) -> float | None:
        """As `_due_s`, for a move that comes after a line about long work, which may be told earlier or later than then."""
        line = next((said for said in heard if said.text == cue.told), None)
        if line is None and self._scripts.claude is None and len(heard) >= cue.sentences and resting_s:
            line = heard[-1]  # in other words
        if line is not None:
            return line.to_s + cue.wait_s
        late_s = self._done_s + cue.since_s + UNTOLD_S
        return late_s if resting_s and self._journal.now_s() >= late_s else None
