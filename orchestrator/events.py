"""What can happen in a call: the only vocabulary of journal, page, ledger and replay.

Facts are past tense. An `Entry` puts a fact on the call's one time axis: `at_s` is when it was true, in seconds since the call
started (for sound: in the sound's own time), `seq` the order of writing.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal, Self

import msgspec
from pydantic import BaseModel, ConfigDict

from agents.brain import Repair
from orchestrator.fact import KINDS, CallEvent

# isort: off
from orchestrator.work_facts import (
    Answered as Answered,
    Asked as Asked,
    CallbackDelivered as CallbackDelivered,
    CallbackDialing as CallbackDialing,
    HoldEnded as HoldEnded,
    HoldStarted as HoldStarted,
    Narrated as Narrated,
    TaskAsked as TaskAsked,
    TaskAttended as TaskAttended,
    TaskDone as TaskDone,
    TaskProgress as TaskProgress,
    TaskStarted as TaskStarted,
)
# isort: on


class CallStarted(CallEvent, kind="call_started"):
    call: str
    line: str
    caller: str
    called: str
    began: str
    """Wall clock, ISO 8601 with zone."""
    outbound: bool = False
    """We called; `caller` is who was rung all the same."""


class CallRefused(CallEvent, kind="call_refused"):
    why: str
    """What the carrier was told: forbidden or busy."""
    reason: str
    """What the owner is told."""


class CallAnswered(CallEvent, kind="call_answered"):
    recognizer: str
    synthesizers: tuple[str, ...]


class SoundPaced(CallEvent, kind="sound_paced"):
    """How our own sound was sent, told once, at the end of a call."""

    frames: int
    late_p99_ms: int
    """How late a frame was sent, at most, in 99 of 100."""


class EarconPlayed(CallEvent, kind="earcon"):
    """The caller began to hear one of the small sounds that are no speech."""

    name: str
    """connected, heard, on_hold or back."""
    from_s: float


class SpeechStarted(CallEvent, kind="speech_started"):
    """The caller begins to speak."""


class SpeechEnded(CallEvent, kind="speech_ended"):
    """The caller's last speech before a pause; the turn may go on."""


class TurnEnded(CallEvent, kind="turn_ended"):
    turn: int
    patience_s: float
    """The silence that was waited for."""


class HeardText(CallEvent, kind="heard"):
    turn: int
    text: str
    from_s: float
    to_s: float
    engine: str


class Routed(CallEvent, kind="routed"):
    turn: int
    speakers: tuple[str, ...]
    by: Literal["name", "floor", "claude"]


class FirstToken(CallEvent, kind="first_token"):
    turn: int
    agent: str


class FirstSentence(CallEvent, kind="first_sentence"):
    turn: int
    agent: str
    text: str


class FirstAudio(CallEvent, kind="first_audio"):
    """The first sound of a speaker was ready (perhaps held back, because the caller might go on)."""

    turn: int
    agent: str


class Played(CallEvent, kind="played"):
    """The caller heard a speaker's first sound in this turn."""

    turn: int
    agent: str


class SaidText(CallEvent, kind="said"):
    """A sentence, or the part of it, that the caller heard."""

    turn: int
    agent: str
    voice: str
    text: str
    from_s: float
    to_s: float
    interrupted: bool = False
    aside: bool = False
    """The phone's own words (a filler, a greeting, an error line): not part of what Claude is told was said."""


class SpeculationDropped(CallEvent, kind="speculation_dropped"):
    """An answer was begun on a guess, and not used."""

    turn: int
    why: Literal["went_on", "routed_elsewhere", "not_words"]


class BargeIn(CallEvent, kind="barge_in"):
    """The caller took the floor from `agent`; speech began at `onset_s`."""

    turn: int
    agent: str
    onset_s: float


class SpeechResumed(CallEvent, kind="speech_resumed"):
    """What interrupted was no bid for the floor: the agent went on."""

    turn: int
    agent: str


class DigitPressed(CallEvent, kind="digit"):
    key: str
    """0-9, `*`, `#`, A-D; hidden while the PIN is asked for."""


class ToolUsed(CallEvent, kind="tool_used"):
    turn: int
    agent: str
    name: str
    input: dict[str, Any]


class ToolReturned(CallEvent, kind="tool_returned"):
    """What came of it; there is none of these for a tool that was stopped before it was done."""

    turn: int
    agent: str
    name: str
    result: str
    """As Claude was told."""
    failed: bool = False


class Written(CallEvent, kind="written"):
    """What Claude wrote for an agent, up to a tool or its end, heard or not: a replay needs what an interruption kept unsaid."""

    turn: int
    agent: str
    text: str
    task: str = ""
    """The long work whose end it tells; empty for an answer."""


class MoneySpent(CallEvent, kind="spent"):
    turn: int
    on: str
    """An agent's id, `router`, `warm` (the first request, while it rings), `voice` or `line`."""
    model: str
    """Whatever was paid for; of a line its kind, of a voice its engine."""
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    usd: Decimal
    estimated: bool = False
    """Nobody counted it: by length, or by the minutes and the price list."""


class Failed(CallEvent, kind="failed"):
    turn: int = 0
    where: str
    """line, recognition, router, voice, call, or an agent's id."""
    code: str
    sentence: str
    retryable: bool = False


class Repaired(CallEvent, kind="repaired"):
    """What Claude gave was not as it should be, and the turn went on all the same."""

    turn: int
    where: str
    """router, or an agent's id."""
    what: Repair


class VoiceChanged(CallEvent, kind="voice_changed"):
    """A voice engine failed, or still rested from a failure, and another one went on; once per engine and call."""

    turn: int = 0
    agent: str
    engine: str
    """Which one failed."""
    code: str
    sentence: str
    """Why."""
    to_engine: str
    to_voice: str
    """Whose voice is heard now: the agent's own, or the nearest that the other engine has."""


class CallEnded(CallEvent, kind="call_ended"):
    why: str
    """goodbye, caller_hung_up, silence, limit, locked, refused, failed, server_stopped; busy, no_answer, rejected,
    machine; no_person (a menu or a fax), nobody."""
    duration_s: float
    cost_usd: Decimal


class UnknownKind(ValueError):
    """A line of a journal tells of something that this version has no fact for."""


class Entry(BaseModel):
    """One line of a journal."""

    model_config = ConfigDict(frozen=True)

    seq: int
    at_s: float
    event: CallEvent

    def line(self) -> str:
        """JSON: `seq at_s kind` first, then the fact's own fields."""
        begins = {"seq": self.seq, "at_s": round(self.at_s, 3), "kind": self.event.kind}
        return msgspec.json.encode({**begins, **self.event.model_dump(mode="json")}).decode()

    @classmethod
    def parse(cls, line: str | bytes) -> Self:
        """Raises UnknownKind for a kind that this version does not know, and ValueError for any other bad line."""
        fields = msgspec.json.decode(line, type=dict[str, Any])
        seq, at_s, kind = (fields.pop(name, None) for name in ("seq", "at_s", "kind"))
        if (fact := KINDS.get(str(kind))) is None:
            raise UnknownKind(f"a fact of the kind `{kind}`, which this version does not know; a newer one wrote it")
        return cls.model_validate({"seq": seq, "at_s": at_s, "event": fact.model_validate(fields)})
