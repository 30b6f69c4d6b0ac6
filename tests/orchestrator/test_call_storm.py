"""Calls in which anything may happen at any moment: whatever it is, the call stays sane and comes to its end."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import anyio
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from agents.brain import CALLER
from agents.script import Fault, ToolUse
from orchestrator.events import BargeIn, SaidText
from orchestrator.testing.virtual_time import VirtualLoop
from orchestrator.turns import State
from telephony.rehearsal import RehearsalLine
from tests.orchestrator.stage import LOUD, Rehearsal, answer, on_the_phone, route_to
from voices.audio import Frame
from voices.engines.tones import tone
from voices.recognition import Heard, RecognizerFailed

pytestmark = pytest.mark.timeout(120)  # many calls, each played twice; virtual time, but real computing

BROKEN: Final = "(the recogniser breaks)"
PANEL: Final = ("researcher", "engineer", "architect")
WATCH_S: Final = 0.05
LONG: Final = "First, store the photos as plain files. Then keep an index beside them, and never the other way round. That is it."
WORDS: Final = (
    "Engineer, why does thing {} fail",
    "tell me of subject {}",
    "all of you on panel {}",
    "somebody else on subject {}",
    "hand number {} over",
    "the time of {}",
    "slowly number {}",
    "overloaded number {}",
    "cut off number {}",
    "end the call number {}",
    "uh-huh",
    "",
    BROKEN,
    "stop",
    "goodbye",
)
ANSWERS: Final = (
    route_to(*PANEL, heard="panel"),
    route_to("architect", heard="somebody else"),
    route_to("kai", heard="slowly").model_copy(update={"first_token_s": 2.0}),
    route_to("engineer", heard="the time").model_copy(update={"first_token_s": 1.5}),
    route_to("kai"),
    answer("kai", "", "hand number", calls=(ToolUse(tool="bring_in", input={"agent": "engineer", "why": "he knows"}),)),
    answer("kai", "", "end the call", calls=(ToolUse(tool="end_call"),)),
    answer("kai", "I am cut off in the middle of this sentence.", "cut off", fault=Fault(kind="cut", after_words=4)),
    answer("kai", "Never.", "overloaded", fault=Fault(kind="status", status=529)),
    answer("kai", "That took a while. But here it is.", "slowly", first_token_s=4.0),
    *(answer(who, LONG) for who in ("kai", *PANEL)),
)


@dataclass(frozen=True)
class Say:
    seconds: float


@dataclass(frozen=True)
class Pause:
    seconds: float


@dataclass(frozen=True)
class Press:
    keys: str


Deed = Say | Pause | Press


class MoodyRecognizer:
    """Takes its time, breaks, and hears something else each time; counts what is open."""

    name = "moody"

    def __init__(self, moods: Sequence[tuple[str, float]]) -> None:
        self._moods, self._heard = moods, 0
        self.open = self.most = 0

    async def warm(self) -> None:
        """Nothing to load."""

    async def transcribe(self, speech: AsyncIterable[Frame], *, hints: tuple[str, ...] = ()) -> AsyncGenerator[Heard, None]:
        self.open += 1
        self.most = max(self.most, self.open)
        try:
            async for _ in speech:
                pass
            text, delay_s = self._moods[self._heard % len(self._moods)]
            self._heard += 1
            await anyio.sleep(delay_s)
            if text == BROKEN:
                raise RecognizerFailed("as it was told to")
            yield Heard(text.format(self._heard), final=True, engine=self.name)
        finally:
            self.open -= 1

    async def aclose(self) -> None:
        """Nothing to close."""


deeds = st.one_of(
    st.builds(Say, st.sampled_from([0.07, 0.1, 0.14, 0.2, 0.3, 0.4, 0.7, 1.5])),
    st.builds(Pause, st.sampled_from([0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 2.0, 5.0, 8.0])),
    st.builds(Press, st.sampled_from(["1", "#", "42#", "*"])),
)
moods = st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from([0.0, 0.1, 0.3, 1.0])), min_size=1, max_size=6)


async def storm(acts: Sequence[Deed], ears: MoodyRecognizer, *, leaves: bool, greeted: bool) -> None:
    line = RehearsalLine()
    async with on_the_phone([], *ANSWERS, ears=ears, line=line, greeted=greeted) as call, anyio.create_task_group() as tasks:
        wrong: list[str] = []
        tasks.start_soon(watch, call.call, wrong)
        for act in acts:
            match act:
                case Say(seconds):
                    line.say(tone(200, seconds, LOUD))
                    await anyio.sleep(seconds)
                case Pause(seconds):
                    await anyio.sleep(seconds)
                case Press(keys):
                    line.press(keys)
        if leaves:
            line.leave()
        with anyio.fail_after(150):  # a caller who says no more is asked, then left
            await line.over.wait()
        tasks.cancel_scope.cancel()
        assert not wrong
    assert call.call.why in ("caller_hung_up", "goodbye", "silence")
    assert ears.open == 0
    assert ears.most <= 3
    check(call)


async def watch(call: Any, wrong: list[str]) -> None:
    """No dead air over 3 s while an answer is due; and a voice that is held or lowered is so for somebody."""
    silent_s = stuck_s = 0.0
    while True:
        await anyio.sleep(WATCH_S)
        due = call._reply is not None or call._state not in (State.LISTENING, State.SPEAKING)
        quiet = (call._mixer.idle or call._mixer.held) and not call._ear.talking
        silent_s = silent_s + WATCH_S if due and quiet and not call.why else 0.0
        alone = call._state is State.LISTENING and call._ear.utterance is None and not call.why
        stuck_s = stuck_s + WATCH_S if alone and (call._mixer.held or call._mixer.ducked) else 0.0
        if silent_s > 3.0 or stuck_s > 0.2:
            wrong.append(f"{call._state} at {call._journal.now_s():.2f}: silent {silent_s:.2f} s, stuck {stuck_s:.2f} s")


def check(call: Rehearsal) -> None:
    """What the journal says: one voice at a time, nothing of a dropped turn, each of the caller's words once in the history."""
    entries = call.entries
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
    for before, after in pairwise(call.facts(SaidText)):
        assert before.to_s <= after.from_s + 0.001
    for at, entry in enumerate(entries):
        if isinstance(entry.event, BargeIn):
            later = [other.event for other in entries[at:] if isinstance(other.event, SaidText)]
            assert all(said.aside for said in later if said.turn == entry.event.turn)
    inside: Any = call.call
    history = [
        line.text for line in inside._mind.history.lines if line.speaker == CALLER and not line.text.startswith("(pressed")
    ]
    assert sorted(history) == sorted(call.heard)


# No shrinking: each step of it is a whole call. More than 1,000 random ones have passed; these are always the same ones.
@settings(max_examples=20, deadline=None, derandomize=True, phases=[Phase.generate])
@given(st.lists(deeds, max_size=14), moods, st.booleans(), st.booleans())
def test_whatever_happens_the_call_stays_sane_and_ends(
    acts: list[Deed], heard: list[tuple[str, float]], leaves: bool, greeted: bool
) -> None:
    async def run() -> None:
        await storm(acts, MoodyRecognizer(heard), leaves=leaves, greeted=greeted)

    anyio.run(run, backend_options={"loop_factory": VirtualLoop})
