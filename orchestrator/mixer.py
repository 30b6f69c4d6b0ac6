"""What the caller hears: clips of speech, one after the other, over comfort noise, music and earcons, a frame at a time.

The mixer knows which sample was sent and when it is heard, so it can take back what was sent and is not heard yet, and go on from
there: quieter (duck), fading out (hold), or from the start of the phrase that was cut (resume). It has no clock: times come in.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import inf
from typing import Final

import numpy as np
import numpy.typing as npt

from orchestrator.bed import Bed, Moment
from orchestrator.earcons import Earcon, Earcons, EarconSettings, Place
from voices.audio import FRAME_BYTES, FRAME_S, FRAME_SAMPLES, RATE, Frame, frames, samples, to_pcm
from voices.synthesis import Mark

DUCK_GAIN: Final = 10 ** (-12 / 20)
RAMP_SAMPLES: Final = 2 * FRAME_SAMPLES  # gain changes take 40 ms: no click, and still at once to the ear
FADE_SAMPLES: Final = FRAME_SAMPLES  # who is interrupted, and was lowered before, is gone sooner
LAST_S: Final = 1.0  # of a question, in which it may be answered
NOISE_RMS: Final = 14.0  # -67 dBFS: a live line, not a dead one
NOISE_FRAMES: Final = 61  # over a second, so that no pattern is heard
RESUME_BREAKS: Final = ",;:.!?—"

_NOISE: Final = [np.random.default_rng(7 + n).normal(0.0, NOISE_RMS, FRAME_SAMPLES).astype(np.int16) for n in range(NOISE_FRAMES)]
_NOISE_PCM: Final = [Frame(noise.astype("<i2").tobytes()) for noise in _NOISE]


@dataclass(eq=False, slots=True)
class Clip:
    """One sentence on its way to the caller. `pcm` and `marks` may still grow until `complete`."""

    turn: int
    agent: str
    voice: str
    text: str
    gap_s: float = 0.0
    """Silence before it, when it follows another clip."""
    aside: bool = False
    filler: bool = False
    released: bool = True
    """False while it is only a guess: it waits, and so does what follows."""
    pcm: bytearray = field(default_factory=bytearray)
    marks: list[Mark] = field(default_factory=list[Mark])
    complete: bool = False
    cursor: int = 0
    """The next sample to send."""
    begin: int = 0
    """Where this rendering begins: not 0 after a resume."""
    from_s: float | None = None
    """When the first sample of this rendering was heard."""
    vital: int | None = None
    """Up to which character it must be heard for an answer to count; None where that does not matter."""
    vital_s: float | None = None
    """When it had been heard up to there."""
    stands: Callable[[], bool] | None = None
    """Whether it is still so: asked before it begins, and where it is not, it does not."""

    @property
    def length(self) -> int:
        return len(self.pcm) // 2

    @property
    def left_s(self) -> float:
        """How much of it is left to say."""
        return (self.length - self.cursor) / RATE if self.complete else inf

    def passes(self, sample: int) -> bool:
        """Whether what is vital is over at that sample, as far as that is known by now."""
        if self.vital is None or not (self.complete or (self.marks and self.marks[-1].char >= self.vital)):
            return False
        end = self.length if self.vital >= len(self.text) else self._sample_of(self.vital)
        return sample >= end

    def words_before(self, sample: int) -> str:
        """The text from `begin` up to `sample`: whole words that were (nearly) spoken out."""
        return self.text[self._char_at(self.begin) : self._char_at(sample)].strip()

    def phrase_start(self, sample: int) -> int:
        """The sample at which the phrase around `sample` begins: after the last comma or stop before it."""
        upto = self.text[: self._char_at(sample)].rstrip()
        cut = max((upto.rfind(sign) for sign in RESUME_BREAKS), default=-1)
        return max(self.begin, self._sample_of(cut + 1)) if cut >= 0 else self.begin

    def _char_at(self, sample: int) -> int:
        if sample >= self.length and self.complete:
            return len(self.text)
        if not self.marks:
            share = sample / max(self.length, 1)
            space = self.text.rfind(" ", 0, int(share * len(self.text)) + 1)
            return max(space, 0)
        # A word counts as heard when the next one has begun; its own beginning is not enough.
        begun = bisect_right([mark.at_s for mark in self.marks], sample / RATE + 0.02)
        return 0 if begun == 0 else self.marks[begun - 1].char

    def _sample_of(self, char: int) -> int:
        for mark in self.marks:
            if mark.char >= char:
                return int(mark.at_s * RATE)
        return 0 if self.marks else int(char / max(len(self.text), 1) * self.length)


@dataclass(frozen=True, slots=True)
class ClipStarted:
    clip: Clip
    at_s: float


@dataclass(frozen=True, slots=True)
class ClipHeard:
    """A clip, or what was left of it, was heard: `text` from `from_s` to `to_s`."""

    clip: Clip
    text: str
    from_s: float
    to_s: float
    interrupted: bool


@dataclass(frozen=True, slots=True)
class EarconHeard:
    """It began to be heard then."""

    earcon: Earcon
    at_s: float


@dataclass(slots=True)
class _Sent:
    """A frame that was sent: whose samples, and when it is heard."""

    clip: Clip | None
    start: int
    heard_s: float = 0.0
    gap: bool = False
    bed: Moment | None = None
    """Where the music was before it."""
    earcon: Place | None = None
    """What of an earcon lies over it."""


class Mixer:
    def __init__(self, earcons: EarconSettings | None = None) -> None:
        self._queue: deque[Clip] = deque()
        self._sent: deque[_Sent] = deque()
        self._tail: deque[Frame] = deque()
        self._gap_left = 0
        self._gain = 1.0
        self._target = 1.0
        self._fade_in = False
        self._count = 0
        self.held = False
        self.waits = False
        """The caller has the word: nobody begins to speak."""
        self.bed = Bed()
        """The music, if any; to everything else here it is silence."""
        self.earcons = Earcons(earcons)
        """And so are these."""

    # --- what is to be said -------------------------------------------------------------------------------------------

    def add(self, clip: Clip, *, first: bool = False) -> None:
        """Queue a clip; `first` puts it before those that wait to be released."""
        if first:
            self._queue.appendleft(clip)
        else:
            self._gap_left = self._gap_left if self._queue else 0
            self._queue.append(clip)

    @property
    def backlog(self) -> int:
        """Clips that have not begun."""
        return sum(1 for clip in self._queue if clip.cursor == 0)

    @property
    def ducked(self) -> bool:
        return self._target != 1.0

    @property
    def talking(self) -> bool:
        """A clip is being said, or may be said next."""
        return any(clip.released for clip in self._queue)

    @property
    def idle(self) -> bool:
        """Nothing is left to say, and all that was said has been heard."""
        return not self._queue and not self._tail and not any(sent.clip for sent in self._sent)

    @property
    def sounding(self) -> Clip | None:
        """The clip that is being said."""
        return self._queue[0] if self._queue and self._queue[0].cursor > self._queue[0].begin else None

    @property
    def asking(self) -> bool:
        """The last moment of a question is being said, and nothing follows it yet."""
        clip = self.sounding
        return clip is not None and len(self._queue) == 1 and clip.text.rstrip().endswith("?") and clip.left_s <= LAST_S

    @property
    def flowing(self) -> bool:
        """The next frame carries a voice (or ends the one before), so it matters that it is not late."""
        return bool(self._tail) or self._ready() is not None

    # --- frames out ---------------------------------------------------------------------------------------------------

    def next(self) -> Frame:
        """The next 20 ms. Follow it with `sent`."""
        frame = self._foreground()
        sent = self._sent[-1]
        sent.bed = self.bed.moment
        music = self.bed.next(speaking=sent.clip is not None)
        sent.earcon = self.earcons.place
        over = [sound for sound in (music, self.earcons.next()) if sound is not None]
        return Frame(to_pcm(sum(over, samples(frame)))) if over else frame

    def _foreground(self) -> Frame:
        """All but music and earcons."""
        self._count += 1
        noise = self._count % NOISE_FRAMES
        if self._tail:
            self._sent.append(_Sent(None, 0))
            return self._tail.popleft()
        clip = self._ready()
        if clip is None:
            self._sent.append(_Sent(None, 0))
            return _NOISE_PCM[noise]
        if self._gap_left > 0 and clip.cursor == clip.begin:
            self._gap_left -= FRAME_SAMPLES
            self._sent.append(_Sent(None, 0, gap=True))
            return _NOISE_PCM[noise]
        return self._speech(clip, noise)

    def _ready(self) -> Clip | None:
        """The clip that is next, if it may be heard and its next frame is there."""
        clip = self._head()
        if clip is not None and self.waits and clip.cursor == 0:
            return None
        if clip is None or clip.complete or clip.length - clip.cursor >= FRAME_SAMPLES:
            return clip
        return None

    def _head(self) -> Clip | None:
        """The next that may be heard; what is no longer so by now never is."""
        while self._queue and not self.held and self._queue[0].released:
            clip = self._queue[0]
            if clip.cursor > 0 or clip.stands is None or clip.stands():
                return clip
            self._queue.popleft()
        return None

    def _speech(self, clip: Clip, noise: int) -> Frame:
        start = clip.cursor
        piece = bytes(clip.pcm[2 * start : 2 * start + FRAME_BYTES])
        clip.cursor = min(start + FRAME_SAMPLES, clip.length)
        self._sent.append(_Sent(clip, start))
        frame = self._shaped(piece.ljust(FRAME_BYTES, b"\0"), noise)
        if clip.complete and clip.cursor >= clip.length:
            self._queue.popleft()
            self._gap_left = int(self._queue[0].gap_s * RATE) if self._queue else 0
        return frame

    def _shaped(self, piece: bytes, noise: int) -> Frame:
        speech = samples(piece)
        if self._gain != self._target or self._fade_in:
            speech = speech * self._ramp()
        elif self._gain != 1.0:
            speech = speech * np.float32(self._gain)
        return Frame(to_pcm(speech + _NOISE[noise].astype(np.int32)))

    def _ramp(self) -> npt.NDArray[np.float32]:
        step = FRAME_SAMPLES / RAMP_SAMPLES
        start = 0.0 if self._fade_in else self._gain
        self._fade_in = False
        end = self._target if abs(self._target - start) <= step else start + step * (1 if self._target > start else -1)
        self._gain = end
        return np.linspace(start, end, FRAME_SAMPLES, dtype=np.float32)

    def sent(self, heard_s: float) -> None:
        """The frame from `next` went out, and is heard from `heard_s` on."""
        self._sent[-1].heard_s = heard_s

    def settle(self, now_s: float) -> Iterator[ClipStarted | ClipHeard | EarconHeard]:
        """What has become true by now: clips and earcons that began to be heard, and clips that were heard to their end."""
        while self._sent and self._sent[0].heard_s + FRAME_S <= now_s:
            sent = self._sent.popleft()
            if sent.earcon is not None and sent.earcon.frame == 0:
                yield EarconHeard(sent.earcon.earcon, sent.heard_s)
            clip = sent.clip
            if clip is None:
                continue
            if clip.from_s is None:
                clip.from_s = sent.heard_s
                yield ClipStarted(clip, sent.heard_s)
            if clip.vital_s is None and clip.passes(sent.start + FRAME_SAMPLES):
                clip.vital_s = sent.heard_s + FRAME_S
            if clip.complete and sent.start + FRAME_SAMPLES >= clip.length:
                end_s = sent.heard_s + (clip.length - sent.start) / RATE
                yield ClipHeard(clip, clip.words_before(clip.length), clip.from_s, end_s, interrupted=False)

    # --- taking back --------------------------------------------------------------------------------------------------

    def duck(self, now_s: float, *, on: bool = True) -> None:
        """Lower (or raise) the voice from what is heard next. The line's queue must be cleared just before."""
        self._take_back(now_s)
        self._target = DUCK_GAIN if on else 1.0

    def duck_bed(self, now_s: float, *, on: bool = True) -> None:
        """Lower the music from what is heard next, because the caller speaks, or let it rise again.

        The line's queue must be cleared just before.
        """
        self._take_back(now_s)
        self.bed.ducked = on

    def hold(self, now_s: float) -> ClipHeard | None:
        """Fade out within 20 ms from what is heard now, and say no more until `resume` or `drop`.

        The line's queue must be cleared just before. Returns what the caller heard of the clip that was cut.
        """
        self._take_back(now_s)
        self.held = True
        clip = self.sounding
        if clip is None:
            return None
        fading = samples(bytes(clip.pcm[2 * clip.cursor : 2 * (clip.cursor + FADE_SAMPLES)]))
        if fading.size:
            ramp = np.linspace(self._gain, 0.0, FADE_SAMPLES, dtype=np.float32)[: fading.size]
            self._tail.extend(frames(to_pcm(fading * ramp)))
        heard = clip.words_before(clip.cursor)
        from_s = now_s if clip.from_s is None else clip.from_s
        return ClipHeard(clip, heard, from_s, now_s + len(self._tail) * FRAME_S, interrupted=True)

    def resume(self) -> None:
        """Go on from the start of the phrase that was cut, at full level."""
        self.held = False
        self._gain = self._target = 1.0
        clip = self.sounding
        if clip is not None:
            clip.begin = clip.cursor = clip.phrase_start(clip.cursor)
            clip.from_s = None
            self._fade_in = True

    def release(self, turn: int) -> None:
        """The guess was right: let the clips of this turn be heard."""
        for clip in self._queue:
            clip.released |= clip.turn == turn

    def discard(self, turn: int) -> None:
        """The guess was wrong: forget the clips of this turn that wait."""
        self._queue = deque(clip for clip in self._queue if clip.released or clip.turn != turn)

    def drop(self) -> None:
        """Forget all that was to be said."""
        self._queue.clear()
        self._gain = self._target = 1.0
        self.held = False

    def _take_back(self, now_s: float) -> None:
        """Put the samples that were sent and are not heard back where they came from."""
        while self._sent and self._sent[-1].heard_s >= now_s:
            sent = self._sent.pop()
            self.bed.moment = sent.bed or self.bed.moment
            self.earcons.place = sent.earcon or self.earcons.place
            clip = sent.clip
            if clip is not None:
                clip.cursor = sent.start
                if not self._queue or self._queue[0] is not clip:
                    self._queue.appendleft(clip)
            elif sent.gap:
                self._gap_left += FRAME_SAMPLES
        self._tail.clear()
