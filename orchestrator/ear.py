"""The ear of a call: frames and keys come in; signs for the turn table, and utterances for the recogniser, go out."""

from __future__ import annotations

from collections import deque
from contextlib import aclosing
from typing import Final, Protocol

import anyio

from orchestrator.echo import is_echo
from orchestrator.events import SpeechEnded, SpeechStarted
from orchestrator.journal import CallerClock, Journal
from orchestrator.turns import Sign
from telephony.line import Digit, Line
from voices.audio import FRAME_S, Frame
from voices.endpoint import LONGEST_SPEECH_S, Began, Ended, Endpointer, Paused, Resumed, Segmenter, SpeechFact
from voices.recognition import Heard, RecognitionError, Recognizer, RecognizerFailed
from voices.vad import Vad

PRE_ROLL_S: Final = 0.3
NOTICE_S: Final = 0.08
INSIST_S: Final = 0.12  # with detection and fade the agent is silent within 250 ms of the caller's onset
SHORTEST_TURN_S: Final = 0.25
SHORTEST_BID_S: Final = 0.35
BRIEF_PATIENCE_S: Final = 0.25  # "wait … stop" is one bid, but after a cough we go on within 400 ms
ECHO_WINDOW_S: Final = 0.25  # the last of what was said: where we began to speak only after it began, its onset is no echo
ECHO_REACH_S: Final = 1.0  # how long ago our own voice may have left and still come back


class Recognition:
    """One run of the recogniser over one utterance, fed while the caller speaks."""

    def __init__(self) -> None:
        # All of the longest utterance with its pre-roll: a recogniser that has not begun yet must lose nothing.
        size = int((LONGEST_SPEECH_S + 2) / FRAME_S)
        self._frames, self._speech = anyio.create_memory_object_stream[Frame](size)
        self._done = anyio.Event()
        self._scope = anyio.CancelScope()
        self.finished = False
        """All of the utterance has been fed."""
        self._heard: Heard | RecognitionError | None = None

    def feed(self, frame: Frame) -> None:
        try:
            self._frames.send_nowait(frame)
        except (anyio.WouldBlock, anyio.BrokenResourceError, anyio.ClosedResourceError):
            return  # the run is over or was given up

    def finish(self) -> None:
        self.finished = True
        self._frames.close()

    def give_up(self) -> None:
        """Its text is not wanted any more."""
        self._scope.cancel()

    async def run(self, recognizer: Recognizer, hints: tuple[str, ...]) -> None:
        try:
            with self._scope:
                async with aclosing(recognizer.transcribe(self._speech, hints=hints)) as texts:
                    async for heard in texts:
                        self._heard = heard
        except RecognitionError as error:
            self._heard = error
        finally:
            self._speech.close()
            self._frames.close()
            self._done.set()

    async def text(self, within_s: float) -> Heard:
        """The final text; ask after `finish`. Raises RecognitionError, also when it takes longer than that."""
        with anyio.move_on_after(within_s) as patience:
            await self._done.wait()
        if patience.cancelled_caught:
            raise RecognizerFailed(f"no text within {within_s:g} s of the end of speech")
        match self._heard:
            case Heard() as heard:
                return heard
            case RecognitionError() as error:
                raise error
            case None:
                return Heard("", final=True, engine="none")


class Utterance:
    """What the caller has said since a segment opened, and the recogniser's run over it."""

    def __init__(self, frames: list[Frame], from_s: float, *, late: bool = False) -> None:
        self.frames = frames  # with the pre-roll
        self.late = late
        """It began while the one before was being judged."""
        self.from_s = from_s
        self.to_s = from_s
        self.recognition: Recognition | None = None
        self.worded = False
        """There are words in it."""
        self.noise = False
        """It has gone on for long without any."""
        self.told = False
        """The journal knows that it began."""
        self.echoes = False
        """It is our own voice, at least in part: what we say or play comes back."""


class Attention(Protocol):
    """What the ear needs from the rest of its call."""

    async def sign(self, sign: Sign) -> bool:
        """Tell the turn table; returns when its acts are done. False: it means nothing now."""
        ...

    async def key(self, key: str) -> None: ...

    def played(self, length_s: float) -> bytes:
        """The latest sound that the caller heard from us, to know its echo."""
        ...

    @property
    def protected(self) -> bool:
        """What we are saying may not be interrupted by sound right now."""
        ...

    @property
    def yielded(self) -> bool:
        """We stopped speaking for what the caller is saying now."""
        ...

    @property
    def judging(self) -> bool:
        """And it has been said, but what it is is not known yet."""
        ...


class Ear:
    """Reads the line, and owns the segment that is open."""

    def __init__(self, line: Line, vad: Vad, endpointer: Endpointer, journal: Journal, attention: Attention) -> None:
        self._line, self._vad, self._endpointer, self._journal = line, vad, endpointer, journal
        self._attention = attention
        self._clock = CallerClock()
        self._segmenter = Segmenter(vad.window_s)
        self._recent: deque[Frame] = deque(maxlen=int(PRE_ROLL_S / FRAME_S))
        self._axis_s = 0.0
        self._noticed = self._insisted = False
        self._waits = False
        self.utterance: Utterance | None = None
        self.frames = 0

    @property
    def talking(self) -> bool:
        """The caller is speaking right now."""
        return self._segmenter.talking

    @property
    def onset_s(self) -> float:
        """When the open utterance began, on the call's axis; now, if there is none."""
        return self._journal.now_s() if self.utterance is None else self.utterance.from_s

    @property
    def patience_s(self) -> float:
        return self._segmenter.patience_s

    def forget(self) -> None:
        """Whatever the caller says next is a new utterance."""
        self._segmenter.close()
        self._leave()

    def _leave(self) -> None:
        self._waits = False
        utterance, self.utterance = self.utterance, None
        if utterance is not None and utterance.recognition is not None and not utterance.recognition.finished:
            utterance.recognition.give_up()  # nobody took it for a turn: a recogniser that waits for its end would wait for ever

    async def run(self) -> None:
        """Until the line ends."""
        async with aclosing(self._line.hear()) as sounds:
            async for sound in sounds:
                if isinstance(sound, Digit):
                    await self._attention.key(sound.key)
                else:
                    await self._frame(sound)

    async def _frame(self, frame: Frame) -> None:
        at_s = self._clock.stamp(self._journal.now_s())
        self._journal.hear(frame, at_s)
        self.frames += 1
        self._axis_s = at_s + FRAME_S - self.frames * FRAME_S
        self._recent.append(frame)
        if self.utterance is not None:
            self.utterance.frames.append(frame)
            if self.utterance.recognition is not None:
                self.utterance.recognition.feed(frame)
        for probability in self._vad.feed(frame):
            fact = self._segmenter.feed(probability)
            if fact is not None:
                await self._speech(fact)
            if self._segmenter.talking and not self._insisted:
                await self._press()
        if self._waits and not self._segmenter.speech_s and not self._attention.judging:
            await self._end()

    async def _speech(self, fact: SpeechFact) -> None:
        match fact:
            case Began(at_s):
                self._noticed = self._insisted = False
                if self.utterance is None:  # else it waits, and this belongs to it
                    self.utterance = Utterance(list(self._recent), self._axis_s + at_s, late=self._attention.judging)
                await self._attention.sign(Sign.SPEECH_BEGAN)
            case Paused(at_s):
                await self._paused(self._axis_s + at_s)
            case Resumed(pause_s):
                self._endpointer.learn(pause_s)
                self._insisted = False  # what came before the pause may have been judged to be no bid
                await self._attention.sign(Sign.SPEECH_RESUMED)
            case Ended(_, speech_s) if self._is_brief(speech_s):
                await self._attention.sign(Sign.SPEECH_BRIEF)
                self._leave()
            case Ended():
                if self._attention.judging:
                    self._wait()
                else:
                    await self._end()

    def _wait(self) -> None:
        """What was said before is still being judged: this is an interruption of whatever comes of it, and is judged next."""
        self._waits = True
        if self.utterance is not None and self.utterance.recognition is not None:
            self.utterance.recognition.finish()

    async def _end(self) -> None:
        if self.utterance is not None and self.utterance.late:
            await self._attention.sign(Sign.SPEECH_INSISTS)
        await self._attention.sign(Sign.SPEECH_ENDED)
        self._leave()

    async def _paused(self, ended_s: float) -> None:
        if self.utterance is None:
            return
        self.utterance.to_s = ended_s
        if self._segmenter.speech_s >= NOTICE_S:  # less is a click, or the tail of an echo
            self._tell_start(self.utterance)
            self._journal.write(SpeechEnded(), ended_s)
        if self._is_brief(self._segmenter.speech_s):
            self._segmenter.patience_s = BRIEF_PATIENCE_S
            return
        self.utterance.echoes = self.utterance.echoes or self._ends_as_echo(self.utterance, ended_s)
        self._segmenter.patience_s = await self._endpointer.patience_s(self.utterance.frames)
        await self._attention.sign(Sign.SPEECH_PAUSED)

    def _is_brief(self, speech_s: float) -> bool:
        """Too short to be words; after an interruption, too short to be a bid for the floor; unless it goes on with one."""
        return not self._waits and speech_s < (SHORTEST_BID_S if self._attention.yielded else SHORTEST_TURN_S)

    async def _press(self) -> None:
        """The caller has been speaking for a while: enough to lower our voice, enough to stop it?"""
        speech_s = self._segmenter.speech_s
        if self._attention.protected or speech_s < NOTICE_S:
            return
        if not self._noticed:
            self._noticed = True
            if self._is_echo():
                self.forget()
                await self._attention.sign(Sign.SPEECH_BRIEF)
                return
            if self.utterance is not None:
                self._tell_start(self.utterance)
            await self._attention.sign(Sign.SPEECH_NOTICED)
        if speech_s >= INSIST_S:
            # While nobody of ours speaks it means nothing, but somebody may begin to: then it does.
            self._insisted = await self._attention.sign(Sign.SPEECH_INSISTS)

    def _tell_start(self, utterance: Utterance) -> None:
        """Once it is certain that it is the caller who speaks."""
        if not utterance.told:
            utterance.told = True
            self._journal.write(SpeechStarted(), utterance.from_s)

    def _ends_as_echo(self, utterance: Utterance, ended_s: float) -> bool:
        pause_s = self._axis_s + self.frames * FRAME_S - ended_s
        last = len(utterance.frames) - round(pause_s / FRAME_S)
        window = utterance.frames[max(0, last - round(ECHO_WINDOW_S / FRAME_S)) : max(0, last)]
        return is_echo(b"".join(window), self._attention.played(pause_s + ECHO_WINDOW_S + ECHO_REACH_S))

    def _is_echo(self) -> bool:
        length_s = NOTICE_S + 0.06
        recent = b"".join(list(self._recent)[-int(length_s / FRAME_S) :])
        return is_echo(recent, self._attention.played(ECHO_REACH_S + length_s))
