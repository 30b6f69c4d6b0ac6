"""What stands ready beside an engine without marks: the next voice goes on at once, and an engine that lives keeps its sentence.

With real sound, made before; in virtual time, where a comparison takes as long as it may.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import anyio
import pytest

from tests.kit.cuts import TEXTS, rendering, spoken
from tests.voices.test_falling_back import Heard, hear
from voices.audio import RATE
from voices.catalogue import Catalogue
from voices.patience import COMPARE_S
from voices.synthesis import Mark, Rendering, Sound, SynthesizerFailed
from voices.voice import Voice

T = TypeVar("T")

TEXT: Final = TEXTS[1]
PIECE_S: Final = 0.1
VOICES: Final = {"kai": Voice("kai", "A voice.", {name: Rendering("kai", name) for name in ("server", "embedded")})}
PAUSES: Final = 4  # in that sound
STARTS: Final = [at for at in range(len(TEXT)) if TEXT[at] != " " and (at == 0 or TEXT[at - 1] == " ")]


@pytest.fixture
def anyio_backend(virtual_backend: Any) -> Any:
    return virtual_backend


@pytest.fixture(scope="module")
def said() -> dict[str, Sound]:
    """The text by either engine."""
    return dict(
        zip(("server", "embedded"), spoken([(TEXT, rendering(one, "kai")) for one in ("espeak", "embedded")]), strict=True)
    )


@pytest.fixture(autouse=True)
def comparisons(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """When each ended. There are no threads in virtual time."""
    ends_s: list[float] = []

    async def run_sync(work: Callable[..., T], *given: Any, **_: Any) -> T:
        await anyio.sleep(COMPARE_S)
        ends_s.append(anyio.current_time())
        return work(*given)

    monkeypatch.setattr("anyio.to_thread.run_sync", run_sync)
    return ends_s


@dataclass
class Recorded:
    """Gives a recording at a pace, times real time; with `waits` before some of its pieces."""

    name: str
    sound: Sound
    pace: float = 50.0
    waits: dict[int, float] = field(default_factory=dict[int, float])
    dies_at: float = 1e9
    delay_s: float = 0.0
    closed: int = 0
    asked: list[str] = field(default_factory=list[str])
    pieces: int = 0

    async def warm(self) -> None: ...

    async def aclose(self) -> None: ...

    async def speak(self, text: str, rendering: Rendering) -> AsyncGenerator[Sound, None]:
        self.asked.append(text)
        try:
            await anyio.sleep(self.delay_s)
            for number, piece in enumerate(self._pieces(TEXT.index(text))):
                await anyio.sleep(self.waits.get(number, 0.0) + PIECE_S / self.pace)
                if (number + 1) * PIECE_S > self.dies_at:
                    raise SynthesizerFailed("it is dead")
                self.pieces += 1
                yield piece
        finally:
            self.closed += 1

    def _pieces(self, char: int) -> Iterator[Sound]:
        from_s = next(mark.at_s for mark in self.sound.marks if mark.char >= char)
        pcm = self.sound.pcm[2 * round(from_s * RATE) :]
        marks = tuple(Mark(one.char - char, one.at_s - from_s) for one in self.sound.marks if one.char >= char)
        size = round(PIECE_S * RATE) * 2
        for at in range(0, len(pcm), size):
            yield Sound(pcm[at : at + size], () if self.name == "server" else marks if not at else ())


@dataclass
class Rig:
    server: Recorded
    embedded: Recorded

    async def hear(self) -> Heard:
        return await hear(Catalogue(VOICES, [self.server, self.embedded], aligns=True), TEXT)


def rig(said: dict[str, Sound], *, delay_s: float = 0.0, **server: Any) -> Rig:
    return Rig(Recorded("server", said["server"], **server), Recorded("embedded", said["embedded"], delay_s=delay_s))


@pytest.mark.parametrize("delay_s", [0.03, 0.15])
@pytest.mark.parametrize("pace", [0.97, 1.0, 1.6, 3.0])
@pytest.mark.parametrize("trouble", ["dies", "stops"])
async def test_the_next_voice_is_heard_at_once(said: dict[str, Sound], trouble: str, pace: float, delay_s: float) -> None:
    """When it is given up, the comparison and the next engine's first sound are there already."""
    at = {"dies_at": 2.0} if trouble == "dies" else {"waits": {20: 1e6}}
    one = rig(said, pace=pace, delay_s=delay_s, **at)
    heard = await one.hear()
    (fallback,) = heard.fallbacks
    assert heard.gap_s <= (COMPARE_S + delay_s + 0.11 if trouble == "dies" else 0.41)
    assert [mark.char for mark in heard.marks] == STARTS
    assert fallback.char in STARTS[1:]
    assert one.embedded.asked == [TEXT, TEXT[fallback.char :]]  # to be compared, and to be heard
    assert (one.server.closed, one.embedded.closed) == (1, 2)


async def test_a_server_that_dies_before_the_other_sound_is_made_is_followed_all_the_same(said: dict[str, Sound]) -> None:
    one = rig(said, dies_at=0.8, delay_s=1.5)
    heard = await one.hear()
    assert len(heard.fallbacks) == 1
    assert len(one.embedded.asked) == 2
    assert [mark.char for mark in heard.marks] == STARTS


@pytest.mark.parametrize(
    ("pace", "waits"),
    [
        (0.95, {}),
        (1.0, dict.fromkeys((7, 19, 31, 42), 0.3)),
        (0.95, dict.fromkeys((5, 23, 38), 0.25)),
        (1.6, dict.fromkeys((12, 30), 0.6)),
    ],
)
async def test_a_slow_server_that_lives_keeps_its_sentence(
    said: dict[str, Sound], comparisons: list[float], pace: float, waits: dict[int, float]
) -> None:
    one = rig(said, pace=pace, waits=waits)
    heard = await one.hear()
    assert heard.fallbacks == []
    assert heard.sound_s == pytest.approx(len(said["server"].pcm) / 2 / RATE)
    assert one.embedded.closed == len(one.embedded.asked)  # what it made ready was thrown away
    assert len(comparisons) <= len(waits) + PAUSES  # none for a server that is only slow


async def test_what_is_held_back_is_heard_while_the_engine_is_late(said: dict[str, Sound]) -> None:
    """Its sound is all there, so it must not be missed while it waits."""
    heard = await rig(said, pace=1.6, waits={25: 0.8}).hear()
    assert heard.fallbacks == []
    silent_s = 0.8 + 2.6 / 1.6 - 2.5  # that no engine could have filled
    assert heard.gap_s <= max(silent_s, 0) + 0.2


async def test_who_hangs_up_leaves_nothing_running(said: dict[str, Sound]) -> None:
    one = rig(said, pace=1.0, delay_s=9.0)
    sounds = Catalogue(VOICES, [one.server, one.embedded], aligns=True).speak(TEXT, "kai")
    for _ in range(3):
        await anext(sounds)
    began_s = anyio.current_time()
    await sounds.aclose()
    assert anyio.current_time() == began_s
    assert (one.server.closed, one.embedded.closed) == (1, 1)


async def test_a_fault_in_an_engine_is_raised_as_it_is(said: dict[str, Sound]) -> None:
    class Faulty(Recorded):
        async def speak(self, text: str, rendering: Rendering) -> AsyncGenerator[Sound, None]:
            async for sound in super().speak(text, rendering):
                yield sound
                raise ZeroDivisionError

    one = rig(said)
    with pytest.raises(ZeroDivisionError):
        await hear(Catalogue(VOICES, [Faulty("server", said["server"]), one.embedded], aligns=True), TEXT)
