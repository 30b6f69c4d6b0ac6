"""A house keeps its voices' connections warm while it is open, and hides no error by doing so."""

from __future__ import annotations

from contextlib import AsyncExitStack

import pytest
from anyio import lowlevel

from orchestrator.engines import open_voices
from telephony.serving import served
from tests.kit.commands import eventually
from voices.catalogue import Catalogue
from voices.imitations.elevenlabs import KEY, ElevenLabsImitation
from voices.imitations.elevenlabs_sound import VOICES
from voices.settings import VoiceSettings
from voices.spoken_form import SpokenWords
from voices.synthesis import Rendering
from voices.voice import Voice

KAI = Voice("kai", "", {"elevenlabs": Rendering("kai", "elevenlabs", options={"voice_id": VOICES[0]})})


async def opened(service: ElevenLabsImitation, stack: AsyncExitStack) -> Catalogue:
    section = {"key": KEY, "base_url": service.url}
    settings = VoiceSettings.model_validate({"engines": ["elevenlabs"], "elevenlabs": section})
    return (await open_voices(settings, {"kai": KAI}, SpokenWords(), stack))[0]


async def test_a_lost_connection_is_opened_again_before_it_is_needed() -> None:
    service = ElevenLabsImitation(drops_after=0)
    async with served(lambda _url: service) as service.url:
        async with AsyncExitStack() as stack:
            catalogue = await opened(service, stack)
            assert [part async for part in catalogue.speak("Hello there.", "kai")]
            await eventually(lowlevel.checkpoint, lambda _: (service.opened, service.sockets) == (2, 1))
        await eventually(lowlevel.checkpoint, lambda _: service.sockets == 0)


async def test_an_error_in_the_house_is_raised_as_it_is() -> None:
    service = ElevenLabsImitation()
    async with served(lambda _url: service) as service.url:

        async def house() -> None:
            async with AsyncExitStack() as stack:
                await opened(service, stack)
                raise KeyError("a defect")

        with pytest.raises(KeyError, match="a defect"):
            await house()
