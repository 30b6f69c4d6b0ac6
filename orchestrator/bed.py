"""The music under a call: it fades in and out, gives way to whoever speaks, and can be taken back like all sound that was sent.

Everything is counted in frames; no clock.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from orchestrator.music.loop import Music
from voices.audio import FRAME_S, FRAME_SAMPLES

DUCK_DB: Final = -12.0  # from -34 dBFS to -46, under speech at -20
STEP_DB: Final = 3.0
SOFTEST: Final = -4
LOUDEST: Final = 2  # under speech it is then still 20 dB lower
FADE_FRAMES: Final = int(1.0 / FRAME_S)
DUCK_FRAMES: Final = 1  # that somebody speaks is known after 60-84 ms, and after 100 ms it is low
RISE_FRAMES: Final = int(0.6 / FRAME_S)
LULL_FRAMES: Final = int(0.4 / FRAME_S)  # between two sentences it stays low

Wave = npt.NDArray[np.float32]
_STEPS: Final = np.arange(1, FRAME_SAMPLES + 1, dtype=np.float32) / FRAME_SAMPLES


@dataclass(frozen=True, slots=True)
class Moment:
    """Where the bed is: which frame comes next, how loud it is, what it is on the way to, and since when nobody speaks."""

    music: Music | None = None
    frame: int = 0
    gain: float = 0.0
    target: float = 0.0
    frames_left: int = 0
    lull: int = LULL_FRAMES


class Bed:
    """What is wanted holds from the next frame on; `moment` is what was done so far, and can be set back."""

    def __init__(self) -> None:
        self.moment = Moment()
        self.ducked = False
        """The caller speaks, so it stays low."""
        self._wanted: Music | None = None
        self._step = 0

    # --- what is wanted -----------------------------------------------------------------------------------------------

    def play(self, music: Music) -> None:
        """Fade in, where the same music stopped; other music that still sounds fades out first."""
        self._wanted = music

    def stop(self) -> None:
        """Fade out."""
        self._wanted = None

    def turn(self, steps: int) -> bool:
        """So many steps of 3 dB louder; False if it was as loud, or as soft, as it gets."""
        before, self._step = self._step, max(SOFTEST, min(self._step + steps, LOUDEST))
        return self._step != before

    @property
    def on(self) -> bool:
        """It is wanted, whether it sounds yet or not."""
        return self._wanted is not None

    @property
    def sounding(self) -> bool:
        """The next frame has music in it."""
        return self._wanted is not None or self.moment.gain > 0

    # --- frames out ---------------------------------------------------------------------------------------------------

    def next(self, *, speaking: bool) -> Wave | None:
        """The next 320 samples, in 16-bit units; None without music. `speaking`: they lie under a voice of ours."""
        if not self.sounding:
            return None
        now = self._steered(speaking or self.ducked)
        gain = now.gain
        if now.frames_left:
            gain += (now.target - gain) / now.frames_left
        music = now.music
        self.moment = Moment(now.music, now.frame + 1, gain, now.target, max(0, now.frames_left - 1), now.lull)
        if music is None:
            return None
        sound = music.frame(now.frame)
        return sound * (np.float32(gain) if gain == now.gain else now.gain + np.float32(gain - now.gain) * _STEPS)

    def _steered(self, someone_speaks: bool) -> Moment:
        """On the way to how loud it should be now."""
        now = self.moment
        if now.gain == 0 and self._wanted is not None and self._wanted is not now.music:
            now = replace(now, music=self._wanted, frame=0)
        lull = 0 if someone_speaks else min(now.lull + 1, LULL_FRAMES + 1)
        wished = self._wished(now.music, low=lull <= LULL_FRAMES)
        if wished != now.target:
            return replace(now, lull=lull, target=wished, frames_left=_ramp(now.gain, wished))
        return now if lull == now.lull else replace(now, lull=lull)

    def _wished(self, music: Music | None, *, low: bool) -> float:
        if music is None or music is not self._wanted:
            return 0.0
        return 10 ** ((STEP_DB * self._step + DUCK_DB * low) / 20)


def _ramp(gain: float, wished: float) -> int:
    """How many frames the way takes."""
    if wished == 0 or gain == 0:
        return FADE_FRAMES
    return DUCK_FRAMES if wished < gain else RISE_FRAMES
