"""What the caller of the demonstration says, when: recorded lines, and the moments they wait for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from orchestrator.errors import DemoBroke
from orchestrator.events import Entry, TaskDone
from telephony.dial import Manners, Utterance
from voices.audio import read_wav

HERE: Final = Path(__file__).parent
MANNERS: Final = Manners(quiet_s=1.5, max_s=600.0)  # lets a filler pass without taking it for the answer
CALLED_BACK: Final = Manners(quiet_s=1.5, ring_s=300.0, max_s=120.0)  # the phone lies there until the work is done
SLOW_MS: Final = 2_500  # from here on a caller who waits for an answer may take it that none comes
# The number is when a line interrupts, in seconds after the agent began to speak.
TALK: Final[tuple[tuple[str, float | None], ...]] = (
    ("question", None),
    ("engineer", None),
    ("follow_up", None),
    ("research", None),
    ("panel", None),
    ("architect", None),
    ("barge_in", 3.0),
    ("goodbye", None),
)


class Happened:
    """What has happened in the house so far, by kind of fact.

    A caller cannot know otherwise whose turn it is: on hold, or where a slow machine lets a filler stand alone for long.
    """

    def __init__(self) -> None:
        self.facts: Counter[str] = Counter()
        self.failure = ""
        """The code of the error with which work ended."""

    def count(self, entry: Entry) -> None:
        self.facts[entry.event.kind] += 1
        if isinstance(entry.event, TaskDone):
            self.failure = entry.event.why

    def routed(self, turns: int) -> bool:
        """It is settled who answers so many turns; what is heard from then on is the last one's answer."""
        return self.facts["routed"] >= turns

    def left_for_the_call_back(self, home: Path) -> None:
        """Raises DemoBroke unless the work goes on when its caller has hung up."""
        if self.failure:
            raise DemoBroke(f"the work failed: {self.failure}", f"PAI_VOICE_HOME={home} pai-voice tasks show last tells why")
        if self.facts["task_done"]:
            raise DemoBroke("the result was told before the caller hung up")

    def more(self, kind: str, times: int, than: Counter[str]) -> bool:
        return self.facts[kind] >= than[kind] + times


def talk(wavs: Sequence[Path], happened: Happened) -> list[Utterance]:
    """A conversation, in which each line waits for the answer to the one before; or these lines, one after the other.

    Raises AudioError.
    """
    if wavs:
        return [Utterance(read_wav(wav)) for wav in wavs]
    return [
        Utterance(_line(name), barge_in_after_s=after_s, once=partial(happened.routed, number))
        for number, (name, after_s) in enumerate(TALK)
    ]


def check_turns(turns: int, p95_ms: float) -> None:
    """Raises DemoBroke when the first call ended before all was said."""
    if turns < len(TALK):
        slow = f"; its answers took up to {p95_ms / 1_000:.1f} s, so this machine was too busy" if p95_ms > SLOW_MS else ""
        raise DemoBroke(f"the first call had {turns} turns, and {len(TALK)} were planned{slow}")


def hold(happened: Happened) -> list[Utterance]:
    """Work is ordered, waited for, asked about and allowed; then the caller has had enough of waiting."""
    answered = Counter[str]()

    def told_more() -> bool:
        """Two lines of news since the answer to the question."""
        if happened.facts["answered"] and not answered:
            answered.update(happened.facts)
        return bool(answered) and happened.more("narrated", 2, answered)

    return [
        Utterance(_line("task")),
        Utterance(_line("progress"), once=lambda: happened.facts["narrated"] >= 2),
        Utterance(_line("allow"), once=lambda: happened.facts["asked"] >= 1),
        Utterance(_line("call_back"), once=told_more),
    ]


def called_back() -> list[Utterance]:
    return [Utterance(_line("hello"), unasked=True), Utterance(_line("okay_goodbye"))]


def _line(name: str) -> bytes:
    return read_wav(HERE / f"{name}.wav")
