"""One call's sound in virtual time: order, loss, lead, clearing, sockets that go and come back."""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
import anyio.lowlevel
import numpy as np
import pytest
from anyio.abc import TaskGroup

from telephony.acs_media import AWAY_S, DEAD_S, DRAIN_S, HEARD_LIMIT, SENT_LIMIT, Media, Ring
from telephony.acs_wire import AudioData, decode, incoming_audio, incoming_digit, incoming_metadata
from telephony.line import LEAD_S, Digit, LineClosed
from voices.audio import FRAME_S, SILENCE, Frame, level_dbfs, samples, to_pcm

CALLER = "4:+16041234567"


@pytest.fixture
def anyio_backend(virtual_backend: Any) -> Any:
    return virtual_backend


def frame(number: int) -> Frame:
    return Frame(np.full(320, number, "<i2").tobytes())


def number(pcm: bytes) -> int:
    return int(samples(pcm)[0])


class Socket:
    """ACS at the other end of a socket: what it sends is heard, what it gets is kept with its time."""

    def __init__(self) -> None:
        self._to_us, self._from_acs = anyio.create_memory_object_stream[dict[str, Any]](1_000)
        self.got: list[tuple[float, Any]] = []
        self.closed: int | None = None
        self.stalled: anyio.Event | None = None

    async def receive(self) -> Any:
        return await self._from_acs.receive()

    async def send(self, event: dict[str, Any]) -> None:
        if self.stalled is not None:
            await self.stalled.wait()
        match event["type"]:
            case "websocket.send":
                self.got.append((anyio.current_time(), decode(event["text"])))
            case "websocket.close":
                self.closed = event["code"]
            case _:
                pass

    def say(self, *texts: str) -> None:
        for text in texts:
            self._to_us.send_nowait({"type": "websocket.receive", "text": text})

    def bytes(self, data: bytes) -> None:
        self._to_us.send_nowait({"type": "websocket.receive", "bytes": data})

    def drop(self) -> None:
        self._to_us.send_nowait({"type": "websocket.disconnect", "code": 1006})

    def heard(self) -> list[int | None]:
        """What the caller would hear: the numbers of the frames, None for a stop."""
        return [number(message.data) if isinstance(message, AudioData) else None for _, message in self.got]

    def close(self) -> None:
        self._to_us.close()
        self._from_acs.close()


@asynccontextmanager
async def carried(media: Media, rate: int = 16_000) -> AsyncGenerator[tuple[Socket, TaskGroup]]:
    socket = Socket()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(media.serve, socket.receive, socket.send)
        socket.say(incoming_metadata(rate, "s"))
        await media.flowing.wait()
        yield socket, tasks
        media.close()
    socket.close()


def said(pcm: bytes | None, who: str | None = CALLER, *, silent: bool = False) -> str:
    return incoming_audio(pcm, "2024-11-15T19:16:12.925Z", who, silent=silent)


async def heard(media: Media) -> list[Frame | Digit]:
    return [item async for item in media.hear()]


async def test_what_the_caller_says_comes_in_order_with_silence_as_zeros() -> None:
    media = Media("c", CALLER)
    async with carried(media) as (socket, _):
        socket.say(
            said(frame(1)), said(None, silent=True), incoming_digit("5"), said(frame(9), silent=True), said(b""), said(frame(2))
        )
        await anyio.sleep(0.1)
    assert await heard(media) == [frame(1), SILENCE, Digit("5"), SILENCE, SILENCE, frame(2)]


async def test_packets_of_other_lengths_are_cut_into_frames() -> None:
    media = Media("c", CALLER)
    three = frame(1) + frame(2) + frame(3)
    async with carried(media) as (socket, _):
        socket.say(said(three[:100]), said(three[100:1_700]), said(three[1_700:]))
        await anyio.sleep(0.1)
    assert await heard(media) == [frame(1), frame(2), frame(3)]


async def test_nothing_malformed_is_heard_and_nothing_stops() -> None:
    media = Media("c", CALLER)
    async with carried(media) as (socket, _):
        socket.say(
            "{",
            "Connection authenticated.",
            '{"kind":"MarkData"}',
            '{"kind":"AudioMetadata","audioMetadata":{"sampleRate":8000}}',
        )
        socket.bytes(bytes(640))
        socket.bytes(b"")
        socket.say(said(frame(1)))
        await anyio.sleep(0.1)
    assert await heard(media) == [frame(1)]


async def test_only_the_caller_is_heard_however_acs_spells_him() -> None:
    media = Media("c", CALLER)
    async with carried(media) as (socket, _):
        socket.say(said(frame(1), "4:+16041234567_x"), said(frame(2), "8:acs:bot"), said(frame(3), None))  # the first is followed
        socket.say(said(frame(4), CALLER), said(frame(5), "4:+16041234567_x"))  # until the caller himself is there
        await anyio.sleep(0.1)
    assert await heard(media) == [frame(1), frame(3), frame(4)]


async def test_a_slow_reader_loses_the_oldest_sound_but_no_key() -> None:
    media = Media("c", CALLER)
    async with carried(media) as (socket, _):
        socket.say(incoming_digit("1"), *(said(frame(n)) for n in range(HEARD_LIMIT + 20)), incoming_digit("2"))
        await anyio.sleep(0.1)
    kept = await heard(media)
    assert len(kept) == HEARD_LIMIT
    assert kept == [Digit("1"), *(frame(n) for n in range(22, HEARD_LIMIT + 20)), Digit("2")]


async def test_24_khz_is_converted_both_ways() -> None:
    media = Media("c", CALLER)
    tone = to_pcm(8_000 * np.sin(2 * np.pi * 440 * np.arange(24_000) / 24_000))
    async with carried(media, 24_000) as (socket, _):
        socket.say(*(said(tone[at : at + 960]) for at in range(0, len(tone), 960)))
        await anyio.sleep(0.1)
        for _ in range(50):
            await media.play(Frame(to_pcm(8_000 * np.ones(320))), 2.0)
        await anyio.sleep(0.1)
    pcm = b"".join(item for item in await heard(media) if isinstance(item, Frame))
    assert len(pcm) == pytest.approx(32_000, abs=1_280)
    assert level_dbfs(pcm[6_400:]) == pytest.approx(level_dbfs(tone), abs=0.2)
    sent = b"".join(message.data for _, message in socket.got)
    assert len(sent) == pytest.approx(48_000, abs=1_920)
    assert samples(sent)[12_000] == pytest.approx(8_000, abs=20)


async def test_play_keeps_its_lead_and_does_not_drift() -> None:
    media = Media("c", CALLER)
    async with carried(media) as (socket, _):
        start_s = anyio.current_time()
        times = [await media.play(frame(n)) for n in range(500)]
        assert times == pytest.approx([start_s + n * FRAME_S for n in range(500)])
        assert anyio.current_time() - start_s == pytest.approx(499 * FRAME_S - LEAD_S, abs=1e-6)
        await anyio.lowlevel.checkpoint()
        leads = [start_s + n * FRAME_S - sent_s for n, (sent_s, _) in enumerate(socket.got)]
    assert socket.heard() == list(range(500))
    assert max(leads) <= LEAD_S + 1e-6
    assert leads[100:] == pytest.approx([LEAD_S] * 400)


async def test_a_late_pacer_starts_anew_and_catches_up_to_nothing() -> None:
    media = Media("c", CALLER)
    async with carried(media):
        await media.play(frame(1))
        await anyio.sleep(3)
        now_s = anyio.current_time()
        assert await media.play(frame(2)) == now_s
        assert await media.play(frame(3)) == pytest.approx(now_s + FRAME_S)


async def test_nothing_from_before_a_clear_is_sent_after_it() -> None:
    media = Media("c", CALLER)
    waited: list[float] = []

    async def pace() -> None:
        for n in range(1, 21):
            waited.append(await media.play(frame(n)))  # noqa: PERF401

    async with carried(media) as (socket, tasks):
        tasks.start_soon(pace)
        await anyio.sleep(0.055)
        now_s = anyio.current_time()
        assert media.clear() == now_s
        assert await media.play(frame(100)) == now_s  # heard at once, whatever had been sent
        await anyio.lowlevel.checkpoint()
        before, after = socket.heard()[: socket.heard().index(None)], socket.heard()[socket.heard().index(None) + 1 :]
        assert before == list(range(1, len(before) + 1))
        await anyio.sleep(1)
        assert waited[len(before)] == math.inf  # the one that waited for its turn is never heard
        assert len(before) + 1 not in socket.heard()
        assert after == [100]


async def test_a_frame_far_ahead_waits_neither_for_a_clear_nor_for_the_end() -> None:
    media = Media("c", CALLER)
    async with carried(media) as (_, tasks):
        for ends in (media.clear, media.close):
            for n in range(100):
                await media.play(frame(n), 5)
            start_s = anyio.current_time()
            tasks.start_soon(_later, ends)
            if ends == media.close:
                with pytest.raises(LineClosed):
                    await media.play(frame(101))
            else:
                assert await media.play(frame(101)) == math.inf
            assert anyio.current_time() - start_s == pytest.approx(0.5, abs=FRAME_S)


async def _later(do: Callable[[], object]) -> None:
    await anyio.sleep(0.5)
    do()


async def test_a_clear_overtakes_what_a_stalled_network_holds() -> None:
    media = Media("c", CALLER)
    async with carried(media) as (socket, _):
        socket.stalled = anyio.Event()
        for n in range(3 * SENT_LIMIT):
            await media.play(frame(n))  # does not wait for the network
        media.clear()
        await media.play(frame(100))
        socket.stalled.set()
        await anyio.sleep(0.01)
        assert socket.heard() == [0, None, 100]


async def test_a_second_socket_replaces_the_first_and_the_clock_goes_on() -> None:
    media = Media("c", CALLER)
    async with carried(media) as (first, tasks):
        await media.play(frame(1))
        second = Socket()
        tasks.start_soon(media.serve, second.receive, second.send)
        await anyio.sleep(0.001)
        assert first.closed == 1000
        second.say(incoming_metadata(16_000, "s2"), said(frame(7)))
        heard_s = await media.play(frame(2))
        assert heard_s == pytest.approx(FRAME_S)
        await anyio.sleep(0.001)
        assert (first.heard(), second.heard()) == ([1], [2])
    assert await heard(media) == [frame(7)]
    assert second.closed == 1000
    second.close()


async def test_while_the_socket_is_away_sound_is_lost_and_time_is_not() -> None:
    media = Media("c", CALLER)
    async with carried(media) as (first, tasks):
        first.drop()
        await anyio.lowlevel.checkpoint()
        start_s = anyio.current_time()
        times = [await media.play(frame(n)) for n in range(50)]
        assert times == pytest.approx([start_s + n * FRAME_S for n in range(50)])
        media.clear()
        second = Socket()
        tasks.start_soon(media.serve, second.receive, second.send)
        await anyio.lowlevel.checkpoint()
        await media.play(frame(50))
        await anyio.sleep(0.001)
        assert second.heard() == [None, 50]  # ACS may still hold what was sent before
    assert first.heard() == []
    second.close()


@pytest.mark.parametrize(
    ("drops", "expected_s", "why"), [(False, DEAD_S, "no sound from the carrier"), (True, AWAY_S, "did not come back")]
)
async def test_a_dead_line_is_noticed(drops: bool, expected_s: float, why: str) -> None:
    media = Media("c", CALLER)
    async with carried(media) as (socket, _):
        for _ in range(200):  # four seconds of silence are a sign of life
            socket.say(said(None, silent=True))
            await anyio.sleep(FRAME_S)
        last_s = anyio.current_time() - FRAME_S
        if drops:
            socket.drop()
            last_s += FRAME_S
        assert why in await media.lost()
        assert anyio.current_time() - last_s == pytest.approx(expected_s, abs=0.03)


async def test_drain_waits_for_the_last_sample_and_not_for_a_caller_who_left() -> None:
    media = Media("c", CALLER)
    async with carried(media) as (_, tasks):
        for n in range(8):
            await media.play(frame(n))
        start_s = anyio.current_time()
        await media.drain()
        assert anyio.current_time() - start_s == pytest.approx(8 * FRAME_S + DRAIN_S)
        await media.play(frame(9), 10)
        tasks.start_soon(media.drain)
        await anyio.lowlevel.checkpoint()
        media.close()
        start_s = anyio.current_time()
    assert anyio.current_time() == start_s


async def test_a_closed_line_refuses_sound() -> None:
    media = Media("c", CALLER)
    async with carried(media):
        pass
    with pytest.raises(LineClosed):
        await media.play(frame(1))
    assert media.clear() == anyio.current_time()


async def test_others_run_between_sounds_that_came_at_once() -> None:
    media, turns = Media("c", CALLER), list[str]()

    async def other() -> None:
        for _ in range(3):
            turns.append("other")
            await anyio.lowlevel.checkpoint()

    for n in range(3):
        vars(media)["_heard"].put(frame(n))
    vars(media)["_heard"].close()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(other)
        async for _ in media.hear():
            turns.append("sound")
    assert turns[:4] == ["sound", "other", "sound", "other"]


async def test_a_ring_without_anything_to_drop_drops_the_oldest() -> None:
    ring: Ring[int] = Ring(2, lambda _: False)
    for n in range(3):
        ring.put(n)
    ring.close()
    assert [await ring.get() for _ in range(3)] == [1, 2, None]
    assert ring.dropped == 1
