"""What can happen in a call: the only vocabulary of journal, page, ledger and replay.

Facts are past tense. An `Entry` puts a fact on the call's one time axis: `at_s` is when it was true, in seconds since the call
started (for sound: in the sound's own time), `seq` the order of writing.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal, Self

import msgspec
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from agents.brain import Repair
from orchestrator.fact import Fact
from orchestrator.work_facts import (
    Answered,
    Asked,
    CallbackDelivered,
    CallbackDialing,
    HoldEnded,
    HoldStarted,
    Narrated,
    TaskAsked,
    TaskAttended,
    TaskDone,
    TaskProgress,
    TaskStarted,
)


class CallStarted(Fact):
    kind: Literal["call_started"] = "call_started"
    call: str
    line: str
    caller: str
    called: str
    began: str
    """Wall clock, ISO 8601 with zone."""
    outbound: bool = False
    """We called; `caller` is who was rung all the same."""


class CallRefused(Fact):
    kind: Literal["call_refused"] = "call_refused"
    why: str
    """What the carrier was told: forbidden or busy."""
    reason: str
    """What the owner is told."""


class CallAnswered(Fact):
    kind: Literal["call_answered"] = "call_answered"
    recognizer: str
    synthesizers: tuple[str, ...]


class SoundPaced(Fact):
    """How our own sound was sent, told once, at the end of a call."""

    kind: Literal["sound_paced"] = "sound_paced"
    frames: int
    late_p99_ms: int
    """How late a frame was sent, at most, in 99 of 100."""


class EarconPlayed(Fact):
    """The caller began to hear one of the small sounds that are no speech."""

    kind: Literal["earcon"] = "earcon"
    name: str
    """connected, heard, on_hold or back."""
    from_s: float


class SpeechStarted(Fact):
    kind: Literal["speech_started"] = "speech_started"


class SpeechEnded(Fact):
    """The caller's last speech before a pause; the turn may go on."""

    kind: Literal["speech_ended"] = "speech_ended"


class TurnEnded(Fact):
    kind: Literal["turn_ended"] = "turn_ended"
    turn: int
    patience_s: float
    """The silence that was waited for."""


class HeardText(Fact):
    kind: Literal["heard"] = "heard"
    turn: int
    text: str
    from_s: float
    to_s: float
    engine: str


class Routed(Fact):
    kind: Literal["routed"] = "routed"
    turn: int
    speakers: tuple[str, ...]
    by: Literal["name", "floor", "claude"]


class FirstToken(Fact):
    kind: Literal["first_token"] = "first_token"
    turn: int
    agent: str


class FirstSentence(Fact):
    kind: Literal["first_sentence"] = "first_sentence"
    turn: int
    agent: str
    text: str


class FirstAudio(Fact):
    """The first sound of a speaker was ready (perhaps held back, because the caller might go on)."""

    kind: Literal["first_audio"] = "first_audio"
    turn: int
    agent: str


class Played(Fact):
    """The caller heard a speaker's first sound in this turn."""

    kind: Literal["played"] = "played"
    turn: int
    agent: str


class SaidText(Fact):
    """A sentence, or the part of it, that the caller heard."""

    kind: Literal["said"] = "said"
    turn: int
    agent: str
    voice: str
    text: str
    from_s: float
    to_s: float
    interrupted: bool = False
    aside: bool = False
    """The phone's own words (a filler, a greeting, an error line): not part of what Claude is told was said."""


class SpeculationDropped(Fact):
    """An answer was begun on a guess, and not used."""

    kind: Literal["speculation_dropped"] = "speculation_dropped"
    turn: int
    why: Literal["went_on", "routed_elsewhere", "not_words"]


class BargeIn(Fact):
    """The caller took the floor from `agent`; speech began at `onset_s`."""

    kind: Literal["barge_in"] = "barge_in"
    turn: int
    agent: str
    onset_s: float


class SpeechResumed(Fact):
    """What interrupted was no bid for the floor: the agent went on."""

    kind: Literal["speech_resumed"] = "speech_resumed"
    turn: int
    agent: str


class DigitPressed(Fact):
    kind: Literal["digit"] = "digit"
    key: str
    """0-9, `*`, `#`, A-D; hidden while the PIN is asked for."""


class ToolUsed(Fact):
    kind: Literal["tool_used"] = "tool_used"
    turn: int
    agent: str
    name: str
    input: dict[str, Any]


class ToolReturned(Fact):
    """What came of it; there is none of these for a tool that was stopped before it was done."""

    kind: Literal["tool_returned"] = "tool_returned"
    turn: int
    agent: str
    name: str
    result: str
    """As Claude was told."""
    failed: bool = False


class Written(Fact):
    """What Claude wrote for an agent, up to a tool or its end, heard or not: a replay needs what an interruption kept unsaid."""

    kind: Literal["written"] = "written"
    turn: int
    agent: str
    text: str
    task: str = ""
    """The long work whose end it tells; empty for an answer."""


class MoneySpent(Fact):
    kind: Literal["spent"] = "spent"
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


class Failed(Fact):
    kind: Literal["failed"] = "failed"
    turn: int = 0
    where: str
    """line, recognition, router, voice, call, or an agent's id."""
    code: str
    sentence: str
    retryable: bool = False


class Repaired(Fact):
    """What Claude gave was not as it should be, and the turn went on all the same."""

    kind: Literal["repaired"] = "repaired"
    turn: int
    where: str
    """router, or an agent's id."""
    what: Repair


class VoiceChanged(Fact):
    """A voice engine failed, or still rested from a failure, and another one went on; once per engine and call."""

    kind: Literal["voice_changed"] = "voice_changed"
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


class CallEnded(Fact):
    kind: Literal["call_ended"] = "call_ended"
    why: str
    """goodbye, caller_hung_up, silence, limit, locked, refused, failed, server_stopped; busy, no_answer, rejected,
    machine; no_person (a menu or a fax), nobody."""
    duration_s: float
    cost_usd: Decimal


CallEvent = Annotated[
    CallStarted
    | CallRefused
    | CallAnswered
    | SoundPaced
    | EarconPlayed
    | SpeechStarted
    | SpeechEnded
    | TurnEnded
    | HeardText
    | Routed
    | FirstToken
    | FirstSentence
    | FirstAudio
    | Played
    | SaidText
    | SpeculationDropped
    | BargeIn
    | SpeechResumed
    | DigitPressed
    | ToolUsed
    | ToolReturned
    | TaskStarted
    | TaskAttended
    | TaskProgress
    | TaskAsked
    | HoldStarted
    | HoldEnded
    | Narrated
    | Asked
    | Answered
    | TaskDone
    | CallbackDialing
    | CallbackDelivered
    | Written
    | MoneySpent
    | Failed
    | Repaired
    | VoiceChanged
    | CallEnded,
    Field(discriminator="kind"),
]
_EVENT: TypeAdapter[CallEvent] = TypeAdapter(CallEvent)


class Entry(BaseModel):
    """One line of a journal."""

    model_config = ConfigDict(frozen=True)

    seq: int
    at_s: float
    event: CallEvent

    def line(self) -> str:
        """JSON: `seq at_s kind` first, then the fact's own fields."""
        fields = self.event.model_dump(mode="json")
        kind = fields.pop("kind")
        return msgspec.json.encode({"seq": self.seq, "at_s": round(self.at_s, 3), "kind": kind, **fields}).decode()

    @classmethod
    def parse(cls, line: str | bytes) -> Self:
        """Raises ValueError (pydantic's, or JSON's) for a line that is not one of ours."""
        fields = msgspec.json.decode(line, type=dict[str, Any])
        seq, at_s = fields.pop("seq", None), fields.pop("at_s", None)
        return cls.model_validate({"seq": seq, "at_s": at_s, "event": _EVENT.validate_python(fields)})
