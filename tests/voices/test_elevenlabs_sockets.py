"""ElevenLabs' sockets: shared, kept warm, renewed, never overfilled, and none left behind."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager

import anyio
import anyio.lowlevel
import pytest

from tests.kit.commands import eventually
from tests.voices.test_elevenlabs import SENTENCE, rendering, said, speaking, whole
from voices.audio import duration_s
from voices.engines.elevenlabs import ElevenLabsSynthesizer
from voices.engines.elevenlabs import socket as one_socket
from voices.engines.elevenlabs import sockets as all_sockets
from voices.engines.elevenlabs.wire import DialogueContexts, SpeechContexts
from voices.imitations.elevenlabs import Trouble
from voices.imitations.elevenlabs_sound import CHAR_S, VOICES
from voices.synthesis import SynthesizerFailed

FLASH, V4, TURBO = "eleven_flash_v2_5", "eleven_v4", "eleven_v4_turbo"


@asynccontextmanager
async def maintained(engine: ElevenLabsSynthesizer) -> AsyncGenerator[None]:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(engine.maintain)
        yield
        tasks.cancel_scope.cancel()


async def interrupted(engine: ElevenLabsSynthesizer, voice: str = VOICES[0], *, after_s: float | None = None) -> None:
    """A barge-in: at the first sound, or after a time."""
    with anyio.move_on_after(5 if after_s is None else after_s):
        async with aclosing(engine.speak(SENTENCE, rendering({"voice_id": voice}))) as sounds:
            async for _ in sounds:
                if after_s is None:
                    return


@pytest.mark.parametrize("model", [FLASH, V4, TURBO])
@pytest.mark.parametrize("after_s", [None, 0.0, 0.003, 0.02])
async def test_a_storm_of_barge_ins(model: str, after_s: float | None) -> None:
    async with speaking(model=model, transport="websocket", first_s=0.005, closing_s=0.01) as (engine, service):
        await said(engine)
        for _ in range(100):
            await interrupted(engine, after_s=after_s)
        assert whole(await said(engine))
        assert service.sockets <= 2
        kept = 0 if model == FLASH else 1  # a context that keeps a socket of dialogue open
        assert service.most_contexts <= 3 + kept
        await eventually(anyio.lowlevel.checkpoint, lambda _: service.contexts == kept * service.sockets)


@pytest.mark.parametrize("model", [FLASH, V4])
async def test_a_storm_of_calls_at_the_same_time(model: str) -> None:
    async with speaking(model=model, transport="websocket", sessions=3, first_s=0.005) as (engine, service):
        heard: list[float] = []

        async def call(number: int) -> None:
            if number % 2:
                await interrupted(engine)
            else:
                heard.append(duration_s(whole(await said(engine))))

        async with anyio.create_task_group() as tasks:
            for number in range(10):
                tasks.start_soon(call, number)
        assert heard == pytest.approx([CHAR_S * len(SENTENCE) + 0.04] * 5, abs=0.02)
        assert service.sockets <= 2
        assert service.most_contexts <= (3 if model == FLASH else 4)


async def test_late_sound_of_an_interrupted_sentence_is_not_heard() -> None:
    async with speaking(first_s=0.01, faster=5, transport="websocket") as (engine, _):
        await interrupted(engine)
        assert duration_s(whole(await said(engine, "Two words."))) == pytest.approx(10 * CHAR_S + 0.04, abs=0.02)


@pytest.mark.parametrize("model", [FLASH, TURBO])
async def test_a_socket_that_dies_between_two_sentences_is_replaced_unheard(model: str) -> None:
    async with speaking(model=model, transport="websocket") as (engine, service):
        service.drops_after = 0
        await said(engine)
        await eventually(anyio.lowlevel.checkpoint, lambda _: not service.sockets)
        assert duration_s(whole(await said(engine))) == pytest.approx(CHAR_S * len(SENTENCE) + 0.04, abs=0.02)
        assert service.opened == 2
        assert service.heard == [SENTENCE] * 2


async def test_a_room_that_never_gets_free_does_not_block_for_ever() -> None:
    async with speaking(transport="websocket", closing_s=60) as (engine, service):
        for _ in range(6):
            await interrupted(engine)
        assert service.opened == 2
        with pytest.raises(SynthesizerFailed, match="sentences that were given up are still open there"):
            await said(engine)
        service.closing_s = 0
        assert await said(engine)


async def test_upkeep_opens_what_was_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(all_sockets, "_LOOK_S", 0.02)
    async with speaking(transport="websocket") as (engine, service), maintained(engine):
        service.drops_after = 0
        await said(engine)
        await eventually(anyio.lowlevel.checkpoint, lambda _: (service.opened, service.sockets) == (2, 1))


@pytest.mark.parametrize("model", [FLASH, TURBO])
async def test_upkeep_keeps_alive_and_renews(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(all_sockets, "_LOOK_S", 0.02)
    monkeypatch.setattr(one_socket, "OLDEST_S", 0.5)
    for dialect in (SpeechContexts, DialogueContexts):
        monkeypatch.setattr(dialect, "silent_s", 5.15)
    async with speaking(model=model, transport="websocket") as (engine, service), maintained(engine):
        await said(engine)
        await eventually(anyio.lowlevel.checkpoint, lambda _: (service.opened, service.sockets) == (2, 1))
        monkeypatch.setattr(one_socket, "OLDEST_S", 600.0)  # else a busy machine sees it renewed once more
        assert await said(engine)
        assert service.opened == 2


async def test_without_upkeep_a_socket_that_was_silent_for_long_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SpeechContexts, "silent_s", 5.0)  # a little less than what is spared
    async with speaking(transport="websocket") as (engine, service):
        await said(engine)
        assert await said(engine)
        assert (service.opened, service.sockets) == (2, 1)


async def test_upkeep_rests_longer_and_longer_when_nothing_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(all_sockets, "_LOOK_S", 0.02)
    async with speaking(transport="auto") as (engine, service):
        service.drops_after = 0
        await said(engine)
        service.trouble = "no_socket"
        async with maintained(engine):
            await anyio.sleep(1.0)
        assert service.sockets == 0
        assert 3 <= service.refused <= 6  # after 0.02, 0.04, 0.08, 0.16, 0.32 s


async def test_a_panel_speaks_on_one_socket() -> None:
    async with speaking(model=TURBO, transport="websocket", sessions=1) as (engine, service):
        for voice in (*VOICES, *VOICES):
            await said(engine, how=rendering({"voice_id": voice}))
        assert service.opened == 1


async def test_an_open_dialogue_is_a_session_and_gives_way() -> None:
    async with speaking(model=V4, transport="websocket", sessions=1) as (engine, service):
        await said(engine)
        await said(engine, how=rendering(language="de"))  # another socket
        assert (service.opened, service.sockets) == (2, 1)
        await said(engine, how=rendering({"model": FLASH}))
        assert service.sockets == 1


# --- text-to-dialogue without contexts --------------------------------------------------------------------------------


async def test_where_contexts_are_refused_a_barge_in_closes_and_a_spare_takes_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(all_sockets, "_LOOK_S", 0.02)
    trouble: Trouble = "no_contexts"
    async with speaking(model=V4, transport="websocket", trouble=trouble, sessions=5) as (engine, service), maintained(engine):
        await said(engine)
        await eventually(anyio.lowlevel.checkpoint, lambda _: service.sockets == 2)  # a spare
        opened = service.opened
        await interrupted(engine)
        assert await said(engine)
        assert service.opened == opened or service.sockets == 2
        await eventually(anyio.lowlevel.checkpoint, lambda _: service.sockets == 2)


async def test_a_panel_without_contexts_is_still_one_socket() -> None:
    async with speaking(model=V4, transport="websocket", trouble="no_contexts", sessions=1) as (engine, service):
        await said(engine)
        await said(engine, how=rendering({"voice_id": VOICES[1]}))
        await said(engine)
        assert service.sockets == 1
        assert service.opened <= 2  # the second voice was not known when the first socket opened


async def test_two_sentences_at_once_without_contexts() -> None:
    async with speaking(model=V4, transport="websocket", trouble="no_contexts", sessions=2, faster=10) as (engine, service):
        async with anyio.create_task_group() as tasks:
            for voice in VOICES[:2]:
                tasks.start_soon(said, engine, SENTENCE, rendering({"voice_id": voice}))
        assert (service.opened, service.sockets) == (2, 2)


async def test_a_network_that_fails_for_a_moment_does_not_give_up_contexts() -> None:
    async with speaking(model=TURBO, transport="websocket") as (engine, service):
        service.trouble = "unreachable"
        with pytest.raises(SynthesizerFailed):
            await said(engine)
        service.trouble = None
        for voice in VOICES:
            await said(engine, how=rendering({"voice_id": voice}))
        assert service.sockets == 1


async def test_nothing_opens_after_the_end() -> None:
    async with speaking(transport="websocket") as (engine, service):
        await said(engine)
        await engine.aclose()
        with pytest.raises(SynthesizerFailed, match="sockets are closed"):
            await said(engine)
        assert service.opened == 1
