"""A sentence is said once and whole, whichever engines fail on the way. In virtual time."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from typing import Any

import anyio
import pytest

from voices.audio import duration_s
from voices.catalogue import Catalogue, Fallback
from voices.engines.tones import TonesSynthesizer
from voices.synthesis import Rendering, Sound, SynthesizerFailed, SynthesizerUnavailable, UnknownVoice
from voices.voice import Owner, Voice

SENTENCE = "Keep the data in one place, and let everything else read from it."
WORDS = [word.start() for word in re.finditer(r"\S+", SENTENCE)]
VOICE = Voice("kai", "A voice.", {name: Rendering("kai", name) for name in ("first", "second", "third")})


@pytest.fixture
def anyio_backend(virtual_backend: Any) -> Any:
    return virtual_backend


class Odd(TonesSynthesizer):
    """An engine in some trouble: no marks, endless silence, or none of what it needs."""

    def __init__(self, name: str, trouble: str, *, breaks_after_s: float | None = None) -> None:
        super().__init__(name=name, breaks_after_s=breaks_after_s)
        self._trouble = trouble
        self.closed = False

    async def warm(self) -> None:
        if self._trouble == "missing":
            raise SynthesizerUnavailable("apt install something")

    async def speak(self, text: str, rendering: Rendering) -> AsyncGenerator[Sound, None]:
        try:
            async for sound in super().speak(text, rendering):
                if self._trouble == "hangs":
                    await anyio.sleep_forever()
                yield Sound(sound.pcm) if self._trouble == "no marks" else sound
        finally:
            self.closed = True


def catalogue(*engines: TonesSynthesizer) -> Catalogue:
    return Catalogue({"kai": VOICE}, engines)


async def say(voices: Catalogue, text: str = SENTENCE) -> tuple[Sound, list[Fallback]]:
    parts = [part async for part in voices.speak(text, "kai")]
    sounds = [part for part in parts if isinstance(part, Sound)]
    whole = Sound(b"".join(part.pcm for part in sounds), tuple(mark for part in sounds for mark in part.marks))
    return whole, [part for part in parts if isinstance(part, Fallback)]


@pytest.mark.parametrize("breaks_after_s", [0.0, 0.2, 0.4, 1.0, 2.2, 3.0, 3.8])
async def test_a_sentence_cut_by_a_failing_engine_goes_on_with_the_next_word(breaks_after_s: float) -> None:
    sound, (fallback,) = await say(
        catalogue(TonesSynthesizer(name="first", breaks_after_s=breaks_after_s), TonesSynthesizer(name="second"))
    )
    assert [mark.char for mark in sound.marks] == WORDS
    assert (fallback.engine, fallback.error.code) == ("first", "synthesis_failed")
    assert fallback.char in WORDS
    # Both speak equally fast, so the words are where one engine alone would have put them, and the sound is as long.
    whole, _ = await say(catalogue(TonesSynthesizer(name="first")))
    assert duration_s(sound.pcm) == pytest.approx(duration_s(whole.pcm), abs=0.01)
    assert [mark.at_s for mark in sound.marks] == pytest.approx([mark.at_s for mark in whole.marks], abs=0.01)


async def test_two_engines_may_fail_in_one_sentence() -> None:
    engines = [TonesSynthesizer(name=name, breaks_after_s=after) for name, after in (("first", 1.0), ("second", 1.0))]
    sound, fallbacks = await say(catalogue(*engines, TonesSynthesizer(name="third")))
    assert [fallback.engine for fallback in fallbacks] == ["first", "second"]
    assert [mark.char for mark in sound.marks] == WORDS
    assert fallbacks[0].char < fallbacks[1].char


async def test_an_engine_without_marks_is_followed_from_about_where_it_was() -> None:
    voices = catalogue(Odd("first", "no marks", breaks_after_s=2.0), TonesSynthesizer(name="second"))
    parts = [part async for part in voices.speak(SENTENCE, "kai")]
    (at,) = [number for number, part in enumerate(parts) if isinstance(part, Fallback)]
    fallback = parts[at]
    assert isinstance(fallback, Fallback)
    assert fallback.char in WORDS
    heard_s = sum(duration_s(part.pcm) for part in parts[:at] if isinstance(part, Sound))
    assert 1.0 <= heard_s <= 2.0
    assert fallback.char == pytest.approx(heard_s / 0.06, abs=8)  # a tone takes 0.06 s


async def test_an_engine_that_hangs_is_given_up_in_time_and_closed() -> None:
    hanging = Odd("first", "hangs")
    started_s = anyio.current_time()
    sound, (fallback,) = await say(catalogue(hanging, TonesSynthesizer(name="second")))
    assert str(fallback.error) == "no speech within 2.0 s"  # one, and 65 characters at 15 ms
    assert anyio.current_time() - started_s == pytest.approx(2.1, abs=0.05)
    assert [mark.char for mark in sound.marks] == WORDS
    assert hanging.closed


async def test_when_no_engine_is_left_it_fails() -> None:
    with pytest.raises(SynthesizerFailed):
        await say(catalogue(*(TonesSynthesizer(name=name, breaks_after_s=0.4) for name in ("first", "second"))))


async def test_sound_comes_while_the_engine_still_works() -> None:
    class Slow(TonesSynthesizer):
        async def speak(self, text: str, rendering: Rendering) -> AsyncGenerator[Sound, None]:
            async for sound in super().speak(text, rendering):
                await anyio.sleep(0.5)
                yield sound

    started_s = anyio.current_time()
    arrivals = [anyio.current_time() - started_s async for _ in catalogue(Slow(name="first")).speak(SENTENCE, "kai")]
    assert arrivals[0] == pytest.approx(1.1, abs=0.01)  # with the second piece, which shows that the first word is whole
    assert len(arrivals) >= len(WORDS)


async def test_short_lines_are_said_from_memory_the_second_time() -> None:
    voices = catalogue(TonesSynthesizer(name="first"))
    first, _ = await say(voices, "Let me see.")
    started_s = anyio.current_time()
    again, _ = await say(voices, "Let me see.")
    assert anyio.current_time() == started_s
    assert again == first


async def test_a_line_said_by_two_engines_is_not_remembered() -> None:
    voices = catalogue(TonesSynthesizer(name="first", breaks_after_s=1.0), TonesSynthesizer(name="second"))
    for _ in range(2):
        assert len((await say(voices))[1]) == 1


async def test_memory_is_bounded_and_keeps_the_latest() -> None:
    voices = Catalogue({"kai": VOICE}, [TonesSynthesizer(name="first")], cache_bytes=45_000)
    taken_s: dict[str, float] = {}
    for text in ("One line.", "Line two.", "One line.", "Line three.", "One line.", "Line two."):
        started_s = anyio.current_time()
        await say(voices, text)
        taken_s[text] = anyio.current_time() - started_s
    assert taken_s == pytest.approx({"One line.": 0.0, "Line two.": 0.1, "Line three.": 0.1})


async def test_giving_up_closes_the_engine() -> None:
    engine = Odd("first", "none")
    sounds = catalogue(engine).speak(SENTENCE, "kai")
    await anext(sounds)
    await sounds.aclose()
    assert engine.closed


@pytest.mark.parametrize(
    ("name", "says"),
    [("kay", "there is no voice 'kay'; did you mean 'kai'?"), ("zzz", "there is no voice 'zzz'; there are: kai")],
)
async def test_an_unknown_voice_is_said_with_the_nearest_one(name: str, says: str) -> None:
    with pytest.raises(UnknownVoice, match=re.escape(says)):
        await anext(catalogue(TonesSynthesizer(name="first")).speak("Hello.", name))


async def test_an_engine_with_the_voice_itself_comes_before_one_with_a_stand_in() -> None:
    def has(name: str, *engines: str, like: str | None = None, language: str = "en") -> Voice:
        return Voice(name, name, {engine: Rendering(name, engine) for engine in engines}, language, like)

    everyone = [
        has("mine", "third", like="alto"),
        has("alto", "second", "third", like="deep"),
        has("deep", "fourth"),
        has("german", "first", "fifth", language="de"),
        has("british", "first", language="en-GB"),
        has("caller", "sixth"),
    ]
    engines = [TonesSynthesizer(name=name) for name in ("first", "second", "third", "fourth", "fifth", "sixth")]
    voices = Catalogue({voice.id: voice for voice in everyone}, engines)
    assert [(rendering.engine, rendering.voice) for _, rendering in voices.renderings("mine")] == [
        ("third", "mine"),
        ("second", "alto"),
        ("fourth", "deep"),
        ("first", "british"),
        ("fifth", "german"),
    ]
    ranked = Catalogue({voice.id: voice for voice in everyone}, engines, nearest=lambda _, others: [*reversed(others)])
    assert [rendering.voice for _, rendering in ranked.renderings("mine")][3:] == ["british", "german"]


async def test_a_voice_without_a_part_for_an_engine_is_spoken_by_the_one_it_is_like() -> None:
    voices = {
        "mine": Voice("mine", "Mine.", {"first": Rendering("mine", "first")}, like="alto"),
        "alto": Voice("alto", "Alto.", {"second": Rendering("alto", "second")}),
        "bass": Voice("bass", "Bass.", {"second": Rendering("bass", "second")}),
        "other": Voice("other", "Other.", {"first": Rendering("other", "first")}),
        "circle": Voice("circle", "Circle.", {"first": Rendering("circle", "first")}, like="circle"),
    }
    both = Catalogue(voices, [TonesSynthesizer(name="first"), TonesSynthesizer(name="second")])
    assert [rendering.voice for _, rendering in both.renderings("mine")] == ["mine", "alto"]
    for name in ("other", "circle"):
        stand_in = both.renderings(name)[1][1].voice
        assert stand_in in {"alto", "bass"}
        assert both.renderings(name)[1][1].voice == stand_in  # always the same


async def test_a_persons_clone_speaks_for_nobody_else() -> None:
    ruth = Owner(name="Ruth", consent="I said yes.")
    voices = {
        "kai": Voice("kai", "Kai.", {"second": Rendering("kai", "second")}),
        "ruth": Voice("ruth", "Ruth.", {"first": Rendering("ruth", "first")}, owner=ruth),
    }
    both = Catalogue(voices, [TonesSynthesizer(name="first"), TonesSynthesizer(name="second")])
    assert [rendering.voice for _, rendering in both.renderings("kai")] == ["kai"]
    assert [rendering.voice for _, rendering in both.renderings("ruth")] == ["ruth", "kai"]


async def test_engines_that_no_voice_has_a_part_for_are_an_unknown_voice() -> None:
    with pytest.raises(UnknownVoice, match="no voice has a part for any of these engines: tones"):
        await anext(catalogue(TonesSynthesizer()).speak("Hello.", "kai"))


async def test_engines_that_are_not_installed_are_left_out() -> None:
    voices = catalogue(Odd("first", "missing"), TonesSynthesizer(name="second"))
    await voices.warm()
    assert voices.engines == ("second",)
    assert (await say(voices))[1] == []
    with pytest.raises(SynthesizerUnavailable, match="apt install something"):
        await catalogue(Odd("first", "missing")).warm()
    await voices.aclose()
