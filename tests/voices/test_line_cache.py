"""Fixed lines are rendered once and kept: what is damaged, too much or of another voice is not said."""

from __future__ import annotations

import stat
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from decimal import Decimal
from pathlib import Path

import anyio
import pytest

from voices.catalogue import Catalogue, Charge
from voices.engines.tones import TonesSynthesizer
from voices.engines.troubled import Troubled
from voices.line_cache import LineCache, LineKey
from voices.synthesis import Mark, Rendering, Sound
from voices.voice import Voice

SOUND = Sound(b"\1\2" * 5_000, (Mark(0, 0.0), Mark(5, 0.25)))
KEY = LineKey("Let me see.", "Let me see.", Rendering("kai", "first", digest="1"), "1.0")


async def opened(folder: Path, limit: int = 1_000_000) -> LineCache:
    cache = LineCache(folder / "lines", limit)
    await cache.open()
    return cache


async def test_a_line_is_read_back_after_a_restart(tmp_path: Path) -> None:
    await (await opened(tmp_path)).put(KEY, SOUND)
    again = await opened(tmp_path)
    assert await again.get(KEY) == SOUND
    assert again.size(KEY) > len(SOUND.pcm)
    assert stat.S_IMODE((tmp_path / "lines").stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "other",
    [
        LineKey("Let me see!", "Let me see.", KEY.rendering, "1.0"),
        LineKey("Let me see.", "Let me sea.", KEY.rendering, "1.0"),
        LineKey("Let me see.", "Let me see.", Rendering("kai", "first", digest="2"), "1.0"),
        LineKey("Let me see.", "Let me see.", Rendering("kai", "second", digest="1"), "1.0"),
        LineKey("Let me see.", "Let me see.", Rendering("kai", "first", 1.0, digest="1"), "1.0"),
        LineKey("Let me see.", "Let me see.", Rendering("kai", "first", options={"pitch": 1}, digest="1"), "1.0"),
        LineKey("Let me see.", "Let me see.", KEY.rendering, "1.1"),
    ],
)
async def test_another_text_voice_or_version_is_another_line(tmp_path: Path, other: LineKey) -> None:
    cache = await opened(tmp_path)
    await cache.put(KEY, SOUND)
    assert await cache.get(other) is None


DAMAGES: tuple[Callable[[bytes], bytes], ...] = (
    lambda content: content[:-1],
    lambda content: content[: len(content) // 2],
    lambda _: b"",
    lambda content: content[:-1] + b"\7",
    lambda _: b"[" * 100_000,
    lambda content: content.replace(b'"format": 1', b'"format": 2'),
    lambda _: b'{"marks": 3}\n',
    lambda content: b"\xff" + content,
)


@pytest.mark.parametrize("damage", DAMAGES)
async def test_what_is_damaged_is_removed(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    await (await opened(tmp_path)).put(KEY, SOUND)
    (file,) = (tmp_path / "lines").iterdir()
    file.write_bytes(damage(file.read_bytes()))
    cache = await opened(tmp_path)
    assert await cache.get(KEY) is None
    assert cache.size(KEY) == 0
    assert not file.exists()
    await cache.put(KEY, SOUND)
    assert await cache.get(KEY) == SOUND


async def test_half_a_file_of_a_server_that_was_stopped_goes(tmp_path: Path) -> None:
    await opened(tmp_path)
    (tmp_path / "lines" / "tmpx.part").write_bytes(b"half")
    await opened(tmp_path)
    assert list((tmp_path / "lines").iterdir()) == []


async def test_it_keeps_what_was_used_last_within_its_limit(tmp_path: Path) -> None:
    cache = await opened(tmp_path, 25_000)
    keys = [LineKey(str(number), "", KEY.rendering, "") for number in range(3)]
    await cache.put(keys[0], SOUND)
    await cache.put(keys[1], SOUND)
    assert cache.size(keys[0])
    await cache.put(keys[2], SOUND)
    assert [bool(cache.size(key)) for key in keys] == [True, False, True]
    assert sum(file.stat().st_size for file in (tmp_path / "lines").iterdir()) <= 25_000
    await cache.put(KEY, Sound(bytes(30_000)))  # too large altogether
    assert [bool(cache.size(key)) for key in (KEY, *keys)] == [False, True, False, True]


async def test_a_folder_that_cannot_be_used_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "lines").write_text("a file")
    cache = await opened(tmp_path)
    await cache.put(KEY, SOUND)
    assert await cache.get(KEY) is None


class Paid(TonesSynthesizer):
    async def speak(self, text: str, rendering: Rendering) -> AsyncGenerator[Sound, None]:
        usd = Decimal("0.01")
        async for sound in super().speak(text, rendering):
            yield Sound(sound.pcm, sound.marks, usd)
            usd = Decimal(0)


def catalogue(engine: Troubled, lines: LineCache, digest: str = "1") -> Catalogue:
    voices = {"kai": Voice("kai", "A voice.", {engine.name: Rendering("kai", engine.name, digest=digest)})}
    return Catalogue(voices, [engine], lines=lines)


async def test_a_prepared_line_is_said_from_disk_and_costs_nothing(tmp_path: Path) -> None:
    lines, engine = await opened(tmp_path), Troubled(Paid(name="first"))
    prepared = await catalogue(engine, lines).prepare("Let me see.", "kai")
    assert (prepared.usd, prepared.done, prepared.new) == (Decimal("0.01"), True, True)
    assert prepared.size > 10_000
    again = await catalogue(engine, lines).prepare("Let me see.", "kai")
    assert (again.size, again.usd, again.new) == (prepared.size, 0, False)

    parts = [part async for part in catalogue(engine, await opened(tmp_path)).speak("Let me see.", "kai")]
    assert not any(isinstance(part, Charge) for part in parts)
    assert [mark.char for part in parts if isinstance(part, Sound) for mark in part.marks] == [0, 4, 7]
    assert len(engine.asked) == 1
    _ = [part async for part in catalogue(engine, lines, digest="2").speak("Let me see.", "kai")]
    assert len(engine.asked) == 2  # the voice's file has changed


async def test_a_line_that_fails_is_not_kept(tmp_path: Path) -> None:
    lines, engine = await opened(tmp_path), Troubled(TonesSynthesizer(name="first"), "stops", after_s=0.2)
    voices = catalogue(engine, lines)
    prepared = await voices.prepare("A longer line, which is cut short.", "kai")
    assert (prepared.size, prepared.done) == (0, False)
    asked = len(engine.asked)
    await voices.prepare("Another line.", "kai")
    assert len(engine.asked) == asked  # it rests


async def test_a_calls_sentence_comes_first(tmp_path: Path) -> None:
    lines = await opened(tmp_path)
    engine = Troubled(TonesSynthesizer(name="first", delay_s=0.0))
    voices = {name: Voice(name, "A voice.", {"first": Rendering(name, "first")}) for name in ("kai", "ada")}
    for_calls = Catalogue(voices, [engine], lines=lines)
    others = for_calls.with_voices({"kai": voices["kai"]})
    async with anyio.create_task_group() as tasks, aclosing(for_calls.speak("A sentence of a call.", "kai")) as sounds:
        await anext(sounds)
        tasks.start_soon(others.prepare, "Let me see.", "kai")
        await anyio.wait_all_tasks_blocked()
        assert engine.asked == ["A sentence of a call."]
        tasks.cancel_scope.cancel()


async def test_a_calls_sentence_stops_what_is_being_prepared(tmp_path: Path) -> None:
    lines = await opened(tmp_path)
    engine = Troubled(TonesSynthesizer(name="first"), "stalls", after_s=0.2)
    voices = catalogue(engine, lines)
    results: list[bool] = []
    heard: list[object] = []

    async def prepare() -> None:
        results.append((await voices.prepare("Let me see, and wait.", "kai")).done)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(prepare)
        while engine.troubled_s is None:
            await anyio.wait_all_tasks_blocked()
            await anyio.sleep(0.01)
        engine.trouble = "none"
        heard += [part async for part in voices.speak("Now it is a call's turn.", "kai")]
    assert results == [False]
    assert any(isinstance(part, Sound) for part in heard)
    assert engine.closed == 2
