"""One call's sound on one clock: what the caller says, what he hears, and the tape of both, exact to the sample.

The clock starts when the call is answered and counts windows of 20 ms. What arrives from our server in the middle of a window is
heard from that sample on, so that a measurement on the tape is not rounded to frames.
"""

from __future__ import annotations

import io
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from voices.audio import FRAME_BYTES, FRAME_SAMPLES, RATE, SILENCE, Frame, duration_s, stereo, write_wav

UNDERRUN_S: Final = 0.1  # a shorter gap between two sounds is not a pause that anybody meant
AFTER_STOP_S: Final = 0.1  # sound that still arrives so soon after StopAudio was on its way already
QUEUE_BYTES: Final = 300 * 2 * RATE  # five minutes: samples of Microsoft's dump whole answers at once
TAPE_BYTES: Final = 1_200 * 2 * RATE  # twenty minutes a side; a longer call goes on untaped
MOUTH_FRAMES: Final = 25  # half a second: a phone that is further ahead has a clock that runs too fast


@dataclass(slots=True)
class Stop:
    """One StopAudio: what it threw away, and when the next sound came."""

    at_s: float
    dropped_s: float
    resumed_s: float | None = None


@dataclass(slots=True)
class Figures:
    """What was measured of our server's sound, in the call's own time."""

    frames: int = 0
    first_s: float | None = None
    underruns: int = 0
    underrun_s: float = 0.0
    lead_max_s: float = 0.0
    bytes_after_stop: int = 0
    overflow_bytes: int = 0
    stops: list[Stop] = field(default_factory=list[Stop])


class Ear:
    """What the caller hears: a FIFO that plays from when sound arrives, and from where the sound before it ends."""

    def __init__(self) -> None:
        self.figures = Figures()
        self._queue = bytearray()  # from the start of the window that is next, silence between sounds included
        self._taken = 0  # samples already heard
        self._end = 0  # where the last sound ends

    def push(self, pcm: bytes, at_s: float) -> float:
        """Queue sound that arrives now; returns when it will have been heard to its end."""
        now = round(at_s * RATE)
        self._account(pcm, at_s, now)
        room = QUEUE_BYTES - len(self._queue)
        if len(pcm) > room:
            self.figures.overflow_bytes += len(pcm) - max(0, room)
            pcm = pcm[: max(0, room)]
        start = max(now, self._end, self._taken)
        self._queue.extend(bytes(2 * (start - self._taken) - len(self._queue)))
        self._queue.extend(pcm)
        self._end = start + len(pcm) // 2
        self.figures.lead_max_s = max(self.figures.lead_max_s, (self._end - now) / RATE)
        return self._end / RATE

    def _account(self, pcm: bytes, at_s: float, now: int) -> None:
        figures = self.figures
        figures.frames += 1
        if figures.first_s is None:
            figures.first_s = at_s
        stop = figures.stops[-1] if figures.stops else None
        if stop and at_s - stop.at_s < AFTER_STOP_S:
            figures.bytes_after_stop += len(pcm)
        if stop and stop.resumed_s is None:
            stop.resumed_s = at_s
        elif 0 < (gap_s := (now - self._end) / RATE) < UNDERRUN_S and figures.frames > 1:
            figures.underruns += 1
            figures.underrun_s += gap_s

    def stop(self, at_s: float) -> float:
        """At our server's word, drop what is not yet heard; returns how much that was."""
        keep = max(0, round(at_s * RATE) - self._taken) * 2
        dropped_s = max(0, len(self._queue) - keep) / 2 / RATE
        del self._queue[keep:]
        self._end = min(self._end, self._taken + keep // 2)
        self.figures.stops.append(Stop(at_s, dropped_s))
        return dropped_s

    def take(self) -> Frame:
        """The next 20 ms."""
        window = bytes(self._queue[:FRAME_BYTES])
        del self._queue[:FRAME_BYTES]
        self._taken += FRAME_SAMPLES
        if not window:
            return SILENCE
        return Frame(window.ljust(FRAME_BYTES, b"\0"))


class Mouth:
    """What the phone sends, against the call's clock: after a silence one window of slack absorbs the phone's own jitter."""

    def __init__(self) -> None:
        self.dropped = 0
        self._queue: deque[Frame] = deque()
        self._held = False

    def push(self, frame: Frame) -> None:
        if len(self._queue) == MOUTH_FRAMES:
            self._queue.popleft()
            self.dropped += 1
        self._queue.append(frame)

    def take(self) -> Frame | None:
        """The next 20 ms, or None: the phone sends nothing."""
        if not self._queue:
            self._held = False
            return None
        if not self._held and len(self._queue) == 1:
            self._held = True
            return None
        self._held = True
        return self._queue.popleft()


class Tape:
    """Both directions of one call, side by side."""

    def __init__(self) -> None:
        self._said = bytearray()
        self._heard = bytearray()

    def add(self, said: bytes, heard: bytes) -> None:
        if len(self._said) < TAPE_BYTES:
            self._said += said
            self._heard += heard

    @property
    def length_s(self) -> float:
        return duration_s(self._said)

    def wav(self) -> bytes:
        """Stereo, 16 kHz: left what the caller said, right what he heard."""
        out = io.BytesIO()
        write_wav(out, stereo(bytes(self._said), bytes(self._heard)), channels=2)
        return out.getvalue()
