"""What every source of hold music promises, wherever it has it from; and what each does for itself."""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
import numpy as np
import pytest
import respx
from anyio import to_thread
from anyio.lowlevel import checkpoint

from orchestrator.config import HoldSettings, Settings
from orchestrator.errors import MusicUnavailable
from orchestrator.music.loop import BED_DBFS, Music
from orchestrator.music.mood import Mood
from orchestrator.music.ordered import LENGTH_S, ElevenMusic, ordered_of
from orchestrator.music.own import OwnMusic
from orchestrator.music.source import Composed, Kept, MusicSource, Preferred, descriptions, open_music
from tests.kit.commands import eventually
from voices.audio import FRAME_SAMPLES, RATE, level_dbfs, stereo, to_pcm, write_wav

DESCRIBED = descriptions()
SOURCES = ["composed", "own", "own by ffmpeg", "ordered"]


def piece(hertz: float = 440, seconds: float = 12.0) -> bytes:
    return to_pcm(6_000 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE))


@pytest.fixture
def ffmpeg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program of that name which keeps its arguments, and writes what stands in `decoded`; without that file it fails."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "ffmpeg"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {folder}/asked\nexec cat {folder}/decoded\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder


@asynccontextmanager
async def opened(which: str, folder: Path, programs: Path) -> AsyncGenerator[MusicSource]:
    match which:
        case "composed":
            yield Composed()
        case "own":
            await to_thread.run_sync(write_wav, folder / "one.wav", piece())
            yield OwnMusic(folder)
        case "own by ffmpeg":
            (folder / "one.mp3").write_bytes(b"not really")
            (programs / "decoded").write_bytes(piece())
            yield OwnMusic(folder)
        case _:
            async with ElevenMusic.open(Orders(piece()), folder, DESCRIBED) as ordered:
                with pytest.raises(MusicUnavailable, match="not here yet"):
                    await ordered.bed(Mood.CALM, 1)
                await written(folder)
                yield ordered


class Orders:
    """What was ordered, and what comes, when it may."""

    def __init__(self, pcm: bytes | MusicUnavailable) -> None:
        self.words: list[str] = []
        self.may_come = anyio.Event()
        self.may_come.set()
        self._pcm = pcm

    async def __call__(self, words: str) -> bytes:
        self.words.append(words)
        await self.may_come.wait()
        if isinstance(self._pcm, MusicUnavailable):
            raise self._pcm
        return self._pcm


async def files(folder: Path) -> list[str]:
    return [path.name async for path in anyio.Path(folder).rglob("*.wav")]


async def written(folder: Path) -> None:
    await eventually(lambda: files(folder), bool)


@pytest.mark.parametrize("which", SOURCES)
async def test_a_bed_is_whole_frames_of_music_at_the_houses_level(which: str, tmp_path: Path, ffmpeg: Path) -> None:
    folder = tmp_path / "music"
    folder.mkdir()
    async with opened(which, folder, ffmpeg) as source:
        bed = await source.bed(Mood.CALM, 1)
        again = await source.bed(Mood.CALM, 1)
    assert bed.sound.size % FRAME_SAMPLES == 0
    assert bed.sound.size > 5 * RATE
    assert level_dbfs(bed.sound.tobytes()) == pytest.approx(BED_DBFS, abs=0.1)
    assert np.array_equal(bed.sound, again.sound)
    assert bed.title


# --- one's own --------------------------------------------------------------------------------------------------------


async def test_files_to_the_mood_come_first_and_the_seed_picks_among_them(tmp_path: Path) -> None:
    (tmp_path / "Calm").mkdir()
    for name in ("Calm/sea.wav", "Calm/wind.wav", "so bright.wav", "brighton.wav"):
        await to_thread.run_sync(write_wav, tmp_path / name, piece(seconds=2))
    own = OwnMusic(tmp_path)
    assert {(await own.bed(Mood.CALM, seed)).title for seed in range(4)} == {"sea", "wind"}
    assert {(await own.bed(Mood.BRIGHT, seed)).title for seed in range(4)} == {"so bright"}
    assert len({(await own.bed(Mood.TENDER, seed)).title for seed in range(4)}) == 4


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("notes.txt", b"", "there is no music"),
        ("broken.wav", b"RIFF1234WAVE", "has no sound in it"),
        ("short.wav", None, "less than 1 s of sound"),
        ("song.mp3", b"noise", "only ffmpeg can read it, and it is not installed"),
    ],
)
async def test_what_is_wrong_with_a_folder_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, content: bytes | None, said: str
) -> None:
    monkeypatch.setenv("PATH", "")
    file = tmp_path / name
    if content is None:
        await to_thread.run_sync(write_wav, file, piece(seconds=0.5))
    else:
        file.write_bytes(content)
    with pytest.raises(MusicUnavailable, match=said) as raised:
        await OwnMusic(tmp_path).bed(Mood.CALM, 0)
    assert raised.value.fix


async def test_ffmpeg_is_told_where_to_stop_and_its_failure_is_said(tmp_path: Path, ffmpeg: Path) -> None:
    (tmp_path / "-y.flac").write_bytes(b"")
    with pytest.raises(MusicUnavailable, match="ffmpeg cannot read it"):
        await OwnMusic(tmp_path).bed(Mood.CALM, 0)
    asked = (ffmpeg / "asked").read_text().split("\n")
    assert asked[asked.index("-i") + 1] == str(tmp_path / "-y.flac")
    assert asked[asked.index("-t") + 1] == "300.0"


# --- ordered ----------------------------------------------------------------------------------------------------------


async def test_each_mood_is_ordered_once_and_stays_on_disk(tmp_path: Path) -> None:
    orders = Orders(piece())
    orders.may_come = anyio.Event()
    async with ElevenMusic.open(orders, tmp_path, DESCRIBED) as source:
        for _ in range(3):
            with pytest.raises(MusicUnavailable):
                await source.bed(Mood.BRIGHT, 1)
        orders.may_come.set()
        await written(tmp_path)
    async with ElevenMusic.open(orders, tmp_path, DESCRIBED) as later:
        assert (await later.bed(Mood.BRIGHT, 2)).title == "bright, by ElevenLabs"
    assert orders.words == [DESCRIBED[Mood.BRIGHT]]


async def test_another_description_is_another_piece(tmp_path: Path) -> None:
    orders = Orders(piece())
    for words in ("one", "two"):
        async with ElevenMusic.open(orders, tmp_path / words, {Mood.CALM: words}) as source:
            with pytest.raises(MusicUnavailable):
                await source.bed(Mood.CALM, 1)
            await written(tmp_path / words)
    assert len(set(await files(tmp_path))) == 2


async def test_an_order_that_fails_leaves_the_music_that_is_composed(tmp_path: Path) -> None:
    orders = Orders(MusicUnavailable("no credit"))
    async with ElevenMusic.open(orders, tmp_path, DESCRIBED) as source:
        for _ in range(2):
            assert await Preferred(source, Given()).bed(Mood.CALM, 1) is Given.bed_
            await anyio.wait_all_tasks_blocked()
    assert len(orders.words) == 1
    assert not await files(tmp_path)


def test_every_mood_is_described() -> None:
    assert set(DESCRIBED) == set(Mood)


@pytest.fixture
def without_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "elevenlabs", None)


@pytest.mark.usefixtures("without_sdk")
async def test_without_the_sdk_it_says_how_to_get_it() -> None:
    with pytest.raises(MusicUnavailable, match="not installed") as raised:
        await ordered_of("key")("words")
    assert "pai-voice[cloud]" in raised.value.fix


SONG = to_pcm(np.random.default_rng(1).normal(0, 900, int(LENGTH_S * RATE)))


@pytest.mark.parametrize("sent", [SONG, stereo(SONG, SONG)], ids=["mono", "stereo"])
async def test_the_real_sdk_orders_what_is_asked(respx_mock: respx.MockRouter, sent: bytes) -> None:
    pytest.importorskip("elevenlabs", reason="needs the extra `cloud`")
    route = respx_mock.post("https://api.elevenlabs.io/v1/music", params={"output_format": "pcm_16000"})
    route.mock(return_value=httpx.Response(200, content=sent))
    assert await ordered_of("a-key")("Calm music.") == SONG
    request = route.calls.last.request
    assert request.headers["xi-api-key"] == "a-key"
    assert b'"prompt":"Calm music."' in request.content.replace(b": ", b":")
    assert b'"music_length_ms":120000' in request.content.replace(b": ", b":")


@pytest.mark.parametrize(
    "outcome", [httpx.Response(401, json={"detail": "a-key"}), httpx.ConnectError("down")], ids=["401", "down"]
)
async def test_what_the_sdk_raises_is_told_without_the_key(respx_mock: respx.MockRouter, outcome: Any) -> None:
    pytest.importorskip("elevenlabs", reason="needs the extra `cloud`")
    respx_mock.post("https://api.elevenlabs.io/v1/music").mock(side_effect=[outcome] * 3)
    with pytest.raises(MusicUnavailable, match="composed nothing") as raised:
        await ordered_of("a-key")("Calm music.")
    assert "a-key" not in str(raised.value)


# --- kept and chosen --------------------------------------------------------------------------------------------------


class Given:
    """A source that counts what it is asked."""

    bed_ = Music.of("given", np.sin(np.arange(2 * RATE)))

    def __init__(self) -> None:
        self.asked = 0

    async def bed(self, mood: Mood, seed: int) -> Music:
        self.asked += 1
        await checkpoint()
        return self.bed_


async def test_calls_share_a_bed_and_few_are_kept() -> None:
    given = Given()
    kept = Kept(given, beds=2)
    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(kept.bed, Mood.CALM, 1)
    assert given.asked == 1
    for mood in (Mood.BRIGHT, Mood.CALM, Mood.TENDER, Mood.CALM):
        await kept.bed(mood, 1)
    assert given.asked == 3
    await kept.bed(Mood.BRIGHT, 1)
    assert given.asked == 4


@pytest.mark.parametrize(
    ("hold", "kind"),
    [
        ({}, Kept),
        ({"music": "off"}, type(None)),
        ({"music": "./mine"}, Preferred),
        ({"music": "elevenlabs"}, Preferred),
    ],
)
async def test_the_settings_choose(tmp_path: Path, hold: dict[str, str], kind: type) -> None:
    async with AsyncExitStack() as stack:
        settings = Settings.model_validate({"home": tmp_path, "hold": hold, "voices": {"elevenlabs": {"key": "a-key"}}})
        source = await open_music(settings, stack)
        assert type(source) is kind


async def test_an_empty_folder_of_ones_own_still_has_music(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        source = await open_music(Settings(home=tmp_path, hold=HoldSettings(music=tmp_path)), stack)
        assert source is not None
        assert (await source.bed(Mood.CALM, 3)).title.startswith("calm, ")
