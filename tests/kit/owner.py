"""The owner of long work, with a telephone: asks for it by a key, is called back, and keeps on tape what was heard."""

from __future__ import annotations

import io
import wave
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Final

import anyio
import anyio.to_thread
import numpy as np
import numpy.typing as npt

from orchestrator.demo.plan import HERE
from telephony.acs_emulator.call import Call
from telephony.dial import DialEvent, DialResult, Manners, Utterance, dial, pick_up
from tests.kit.town import HOUSE, Town
from voices.audio import FRAME_SAMPLES, read_wav
from voices.catalogue import Catalogue
from voices.inventory import choose_synthesizers
from voices.settings import VoiceSettings
from voices.synthesis import Sound
from voices.voice import load_voices

BRIEF: Final = Manners(quiet_s=0.6, leave_after_s=1.0)
HELLO: Final = (Utterance(read_wav(HERE / "hello.wav"), unasked=True),)
ANSWERING: Final = Manners(patience_s=6.0, ring_s=900.0)
LINGERING: Final = replace(ANSWERING, leave_after_s=15.0)  # so that it is on the line when a summary of 8 s counts as told
ALIKE: Final = 0.65  # the same words come to over 0.8, others of the same voice to under 0.55
PIECE: Final = 25  # frames
Spectra = npt.NDArray[np.float64]

ESPEAK = VoiceSettings(engines=("espeak",))


@dataclass
class Owner:
    town: Town
    number: str
    ignores: bool = False
    """Lets it ring."""
    lingers: bool = False
    """Stays on the line when all has been said."""
    _phone: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    _happens: dict[str, anyio.Event] = field(default_factory=dict[str, anyio.Event])

    async def asks(self, key: str, *more: Utterance, manners: Manners = BRIEF) -> DialResult:
        """Calls, presses that key for what is wanted, does more, and hangs up."""
        return await dial(self.town.azure.url, self.number, HOUSE, [Utterance(keys=f"{key}#"), *more], manners=manners)

    async def answers(self) -> None:
        """Says hello to whoever rings, hears them out and hangs up; until cancelled."""
        while True:
            manners = LINGERING if self.lingers else ANSWERING
            with anyio.CancelScope() as self._phone:
                await pick_up(
                    self.town.azure.url,
                    self.number,
                    HELLO,
                    response="ignore" if self.ignores else "answer",
                    manners=manners,
                    on_event=self._note,
                )

    def puts_down(self) -> None:
        """Whatever rings or talks."""
        self._phone.cancel()

    async def happens(self, what: str) -> None:
        """Until the telephone does that next: `ringing`, `answered`, `hears`, `ended`."""
        await self._happens.setdefault(what, anyio.Event()).wait()

    def _note(self, event: DialEvent) -> None:
        if waited := self._happens.pop(event.what, None):
            waited.set()

    @property
    def calls(self) -> list[Call]:
        """Those that this telephone took, as Azure has them."""
        calls = self.town.azure.calls
        return [call for call in calls if call.outbound and call.called == self.number and call.was_answered]


async def in_kais_voice(text: str) -> bytes:
    """As a server in town says it."""
    catalogue = await anyio.to_thread.run_sync(lambda: Catalogue(load_voices(), choose_synthesizers(ESPEAK)[0]))
    await catalogue.warm()
    try:
        return b"".join([part.pcm async for part in catalogue.speak(text, "kai") if isinstance(part, Sound)])
    finally:
        await catalogue.aclose()


def heard(call: Call, words: bytes) -> bool:
    """Whether these words, to the last, came out of the telephone.

    By the look of each half second of them: no synthesiser says the same wave twice, and a busy machine tears holes between them.
    """
    with wave.open(io.BytesIO(call.tape.wav())) as tape:
        out = _spectra(np.frombuffer(tape.readframes(tape.getnframes()), "<i2").reshape(-1, 2)[:, 1])
    wanted = _spectra(np.frombuffer(words, "<i2"))
    pieces = [wanted[at : at + PIECE] for at in range(0, len(wanted) - PIECE // 2, PIECE)]
    alike = [_most_alike(out, piece) for piece in pieces]
    return min(median(alike), max(alike[-2:])) > ALIKE


def _most_alike(out: Spectra, wanted: Spectra) -> float:
    return max((_alike(out[at : at + len(wanted)], wanted) for at in range(len(out) - len(wanted))), default=0.0)


def _spectra(sound: npt.NDArray[np.int16]) -> Spectra:
    """Of each 20 ms, as loud as ears find it."""
    windows = sound[: sound.size // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES) * np.hanning(FRAME_SAMPLES)
    return np.abs(np.fft.rfft(windows)) ** 0.3


def _alike(one: Spectra, other: Spectra) -> float:
    one, other = one - one.mean(axis=0), other - other.mean(axis=0)
    return float((one * other).sum() / np.sqrt((one**2).sum() * (other**2).sum() + 1e-9))
