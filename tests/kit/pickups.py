"""Made recordings of whoever takes a call: persons, screeners, menus, machines, hold tones, faxes; and what must come of each.

Each is said in turns: the first at once, each later one when we have spoken and are quiet again. A turn is made of words (said
by a voice), silences and beeps. A bench makes speech of it with the embedded voices, over a telephone; `Oracle` makes tones of it
whose words it knows, which costs nothing.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import anyio
import numpy as np

from orchestrator import events
from orchestrator.delivery import Verdict
from orchestrator.phrases import plain
from orchestrator.testing.virtual_time import run
from telephony.rehearsal import Pickup, RehearsalLine
from tests.kit.cuts import rendering, spoken
from tests.kit.telephone import BANDS
from tests.orchestrator.desk import Desk, brought, desk, task
from voices.audio import FRAME_S, FRAME_SAMPLES, FULL_SCALE, RATE, Frame, samples, speech_level_dbfs, to_pcm
from voices.engines.tones import tone
from voices.recognition import Heard, Recognizer
from voices.vad import LevelVad, Vad

Kind = Literal["person", "screener", "menu", "machine", "hold", "fax"]
Part = tuple[str, str] | tuple[str, float] | tuple[str, float, float]
"""(voice, words), ("pause", s), ("beep", s, Hz)."""
Turn = Sequence[Part]


@dataclass(frozen=True)
class Recording:
    name: str
    kind: Kind
    turns: Sequence[Turn]
    owner: int | None = None
    """The turn from which the owner speaks; None: never."""
    noise_db: float | None = None
    """So far below the speech."""


def say(words: str, voice: str = "kai") -> Part:
    return (voice, words)


def pause(seconds: float) -> Part:
    return ("pause", seconds)


def beep(seconds: float = 0.4, hz: float = 1_000.0) -> Part:
    return ("beep", seconds, hz)


def _person(name: str, *turns: Turn, noise_db: float | None = None) -> Recording:
    return Recording(f"person, {name}", "person", turns, 0, noise_db)


SHORT: Final = (
    ("Hello?", "kai"), ("Yes?", "soprano"), ("Hi, this is Daniel.", "baritone"), ("Daniel Miller.", "tenor"),
    ("Hello, who is it?", "alto"), ("Yeah, hello?", "engineer"), ("Miller speaking.", "researcher"),
    ("Good morning.", "architect"),
)  # fmt: skip
LONG: Final = (
    ("Good morning, this is Daniel Miller speaking, who is calling please?", "kai"),
    ("Hello, Miller and Sons, what can I do for you today?", "soprano"),
    ("Hi there, sorry, I was just on the other line, who is this?", "baritone"),
    ("Yes, hello, I am in the car, so you will have to speak up a little.", "tenor"),
    ("Hello, hang on a second, I have to turn the radio down first, right, who is it?", "alto"),
)
GREETINGS: Final = (
    "Hi, this is Daniel. Leave me a message.",
    "Hello, you have reached Daniel Miller. I am not here at the moment, so please leave a message after the tone.",
    "The person you are trying to reach is not available. At the tone, please record your message.",
    "You've reached the Millers. We can't come to the phone right now. Leave your name and number after the beep.",
)
SCREENERS: Final = (
    "Hi, if you record your name and reason for calling, I will see if this person is available.",
    "Hi, the person you are calling is using a screening service. Go ahead and say your name, and why you are calling.",
    "Please state your name after the tone.",
)
MENUS: Final = (
    "Thank you for calling. For sales, press one. For billing, press two. To hear this again, press nine.",
    "To accept this call, press one. To reject it, press two.",
    "Please listen carefully, as our menu options have changed.",
    "For English, press one.",
    "If you know your party's extension, you may dial it now.",
    "Main menu. Say or press one for opening hours.",
)


def recordings() -> list[Recording]:
    """Sixty."""
    answers = [say("Hello? It's me.")]
    found = [_person(f"short {number}", [pause(0.3), say(*words)]) for number, words in enumerate(SHORT, 1)]
    found += [
        _person(f"long {number}", [pause(0.3), say(*words)], *([answers] if len(words[0]) > 75 else []))
        for number, words in enumerate(LONG, 1)
    ]
    found += [
        _person("silent", [pause(2.0)], answers),
        _person("silent, soft", [pause(2.0)], [pause(0.8), say("Yes, this is Daniel speaking.", "velvet")]),
        _person("late", [pause(2.2), say("Hello? Is anybody there?", "soprano")]),
        _person("two voices", [pause(0.3), say("Hello?", "soprano"), pause(0.2), say("Who is it?", "baritone")]),
        _person("two voices, far", [say("Hello?", "tenor"), pause(0.3), say("It's for you!", "alto")]),
    ]
    for number, (words, voice) in enumerate((*SHORT[:3], LONG[0]), 1):
        found.append(_person(f"noisy {number}", [pause(0.4), say(words, voice)], noise_db=15.0))
    for number, words in enumerate(GREETINGS, 1):
        greets = [pause(0.4), say(words, "researcher")]
        found += [
            Recording(f"machine {number}, beep", "machine", [[*greets, pause(0.6), beep()]]),
            Recording(f"machine {number}, late beep", "machine", [[*greets, pause(3.4), beep(0.25, 440.0)]]),
            Recording(f"machine {number}, no beep", "machine", [greets]),
        ]
    found += [
        Recording("machine, beep after a silence", "machine", [[pause(2.2), say(GREETINGS[1]), pause(0.7), beep()]]),
        Recording("machine, noisy", "machine", [[pause(0.4), say(GREETINGS[3], "alto"), pause(0.7), beep()]], noise_db=15.0),
        Recording("machine, in pieces", "machine", [[say("Hi."), pause(0.7), say(GREETINGS[0]), pause(0.7), beep()]]),
        Recording("machine, then the receiver is lifted", "person", [[say(GREETINGS[1]), pause(0.6), beep(), pause(1.5),
            say("Hello? Hello, I am here, who is it?", "tenor")]], 0),
    ]  # fmt: skip
    for number, words in enumerate(SCREENERS, 1):
        asks = [pause(0.5), say(words, "steel")]
        fetched = [say("Thank you. Please hold.", "steel"), pause(4.0), say("Hello? This is Daniel.", "tenor")]
        found += [
            Recording(f"screener {number}, put through", "screener", [asks, fetched], 1),
            Recording(f"screener {number}, nobody", "screener", [asks, [say("Thank you. Please hold.", "steel")]]),
            Recording(f"screener {number}, silent", "screener", [asks]),
        ]
    found += [Recording(f"menu {number}", "menu", [[pause(0.4), say(words, "steel")]]) for number, words in enumerate(MENUS, 1)]
    tones = [pause(0.5), beep(1.0, 425.0), pause(4.0)] * 5
    found += [
        Recording("hold, then nobody", "hold", [[say("Please hold the line."), *tones]]),
        Recording("hold, then the owner", "hold", [[say("Please hold."), *tones, say("Hello, who is it?", "tenor")]], 0),
        Recording("ringing tone only", "hold", [tones]),
        Recording("fax that answers", "fax", [[pause(0.8), beep(3.0, 2_100.0), *[beep(0.2, 1_650.0), beep(0.2, 1_850.0)] * 20]]),
        Recording("fax that calls", "fax", [[pause(0.4), *[beep(0.5, 1_100.0), pause(3.0)] * 8]]),
        Recording("hold tone", "hold", [[beep(30.0, 440.0)]]),
        Recording(
            "hold, music",
            "hold",
            [[say("Please stay on the line."), *[beep(0.7, hz) for hz in (523.0, 659.0, 784.0, 659.0)] * 10]],
        ),
    ]
    return found


# --- as sound ---------------------------------------------------------------------------------------------------------------

LOUD: Final = 6_000
CHAR_S: Final = 0.065
LOWEST_HZ: Final = 100.0
STEP_HZ: Final = 4.0
Speaks = Callable[[str, str], bytes]


def sound_of(turn: Turn, speaks: Speaks) -> bytes:
    pieces: list[bytes] = []
    for part in turn:
        match part:
            case ("pause", float(seconds)):
                pieces.append(bytes(2 * round(seconds * RATE)))
            case ("beep", float(seconds), float(hz)):
                pieces.append(tone(hz, seconds, LOUD))
            case (voice, str(words)):
                pieces.append(speaks(words, voice))
            case _:
                raise AssertionError(part)
    return b"".join(pieces)


def noisy(pcm: bytes, noise_db: float | None, seed: int = 3) -> bytes:
    if noise_db is None:
        return pcm
    values = samples(pcm).astype(np.float64)
    rms = 10 ** ((speech_level_dbfs(pcm) - noise_db) / 20) * FULL_SCALE
    return to_pcm(values + np.random.default_rng(seed).normal(0, rms, values.size))


def by_telephone(pcm: bytes) -> bytes:
    return BANDS["mu-law"](pcm)


class Oracle:
    """Ears for what `hums` says: each of its texts has a tone of its own, and a part of the tone is that part of the words."""

    name = "oracle"

    def __init__(self) -> None:
        self._texts: list[str] = []

    def hums(self, words: str, _voice: str) -> bytes:
        if words not in self._texts:
            self._texts.append(words)
        return tone(LOWEST_HZ + STEP_HZ * self._texts.index(words), CHAR_S * len(words), LOUD)

    async def warm(self) -> None:
        """Nothing to load."""

    async def aclose(self) -> None:
        """Nothing to close."""

    async def transcribe(self, speech: AsyncIterable[Frame], *, hints: tuple[str, ...] = ()) -> AsyncGenerator[Heard, None]:
        frames = [frame async for frame in speech]
        await anyio.sleep(0.2)
        yield Heard(self._words(frames), final=True, engine=self.name)

    def _words(self, frames: Sequence[Frame]) -> str:
        heard: list[tuple[str, int]] = []
        for at in range(0, len(frames) - 5, 5):
            piece = samples(b"".join(frames[at : at + 5])).astype(np.float64)
            if np.abs(piece).max() < LOUD / 4:
                continue
            power = np.abs(np.fft.rfft(piece * np.hanning(piece.size), 16_384))
            number = round((float(np.argmax(power)) * RATE / 16_384 - LOWEST_HZ) / STEP_HZ)
            if not 0 <= number < len(self._texts):
                continue
            if heard and heard[-1][0] == self._texts[number]:
                heard[-1] = (heard[-1][0], heard[-1][1] + 1)
            else:
                heard.append((self._texts[number], 1))
        said: list[str] = []
        for text, pieces in heard:
            words, share = text.split(), pieces * 5 * FRAME_SAMPLES / RATE / (CHAR_S * len(text))
            said += words[: round(len(words) * min(1.0, share + 0.1))]
        return " ".join(said)


# --- through the call-back --------------------------------------------------------------------------------------------------

CONTENT: Final = ("three parts", "in your drafts", "blog post")
STAYS_S: Final = 75.0


@dataclass(frozen=True)
class Outcome:
    verdict: Verdict
    delivered: bool
    said: tuple[str, ...]
    leaked: bool
    """Content was told before the owner had spoken, or at all where they never did."""

    def right(self, recording: Recording) -> bool:
        if self.leaked:
            return False
        if recording.owner is not None:
            return self.delivered
        wanted = Verdict.MACHINE if recording.kind == "machine" else Verdict.UNHEARD
        return not self.delivered and (self.verdict is wanted or recording.kind in ("fax", "hold", "menu"))

    def mistaken(self, recording: Recording) -> bool:
        """A person was taken for a machine."""
        return recording.kind == "person" and not self.delivered


def called(recording: Recording, speaks: Speaks, ears: Recognizer, *, real: bool) -> Outcome:
    """In virtual time. `real`: the sound is speech, over a telephone, and Silero listens to it."""
    turns = [noisy(sound_of(turn, speaks), recording.noise_db) for turn in recording.turns]
    vad: Callable[[], Vad] = LevelVad
    if real:
        from voices.vad import SileroVad, load_silero

        load_silero()
        turns, vad = [by_telephone(turn) for turn in turns], SileroVad
    outcomes: list[Outcome] = []

    async def play() -> None:
        async with desk(Pickup(1, says=turns[0]), ears=ears, vad=vad) as at:
            about = task()
            spoke_s: list[float] = []

            async def acts(at: Desk, line: RehearsalLine) -> None:
                await _acts(recording, turns, line, spoke_s)

            verdict = await brought(at, about, acts)
            said = [(fact.from_s, fact.text) for fact in at.facts(events.SaidText)]
            content = [from_s for from_s, text in said if any(part in text for part in CONTENT)]
            leaked = bool(content) and (not spoke_s or min(content) < spoke_s[0])
            outcomes.append(Outcome(verdict, about.delivered, tuple(text for _, text in said), leaked))

    run(play)
    return outcomes[0]


async def _acts(recording: Recording, turns: Sequence[bytes], line: RehearsalLine, spoke_s: list[float]) -> None:
    """Says each turn when it is due, then listens; `spoke_s` gets when the owner began to, since the pick-up."""
    began_s = anyio.current_time()
    if recording.owner == 0:
        spoke_s.append(0.0)
    with anyio.move_on_after(STAYS_S):
        for number, sound in enumerate(turns[1:], 1):
            await line.quiet(0.6)
            if recording.owner == number:
                spoke_s.append(anyio.current_time() - began_s)
            line.say(sound)
        if recording.owner is None:
            await line.over.wait()
            return
        await anyio.sleep(line.unsaid * FRAME_S)
        await line.quiet(3.0)
        await line.quiet(3.0)
    line.leave()


def said_as(recording: Recording) -> str:
    """All words of it, for a table."""
    return " ".join(plain(part[1]) for turn in recording.turns for part in turn if isinstance(part[1], str))


def voiced(engine: str = "embedded") -> Speaks:
    """Each text in its voice, made once. Not to be called within a loop."""
    made: dict[tuple[str, str], bytes] = {}

    def speaks(words: str, voice: str) -> bytes:
        if (words, voice) not in made:
            (sound,) = spoken([(words, rendering(engine, voice))])
            made[words, voice] = sound.pcm
        return made[words, voice]

    return speaks
