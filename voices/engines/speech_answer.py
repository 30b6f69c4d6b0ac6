"""What a speech server answers: sound in one of a few shapes, or a refusal in one of many."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator
from functools import partial
from typing import Any, Final

import httpx2
from anyio import to_thread

from agents import bounds
from voices.audio import RATE, duration_s, level_dbfs
from voices.engines.finishing import Finisher, finish
from voices.engines.wav_stream import WavError, WavStream
from voices.synthesis import Mark, Rendering, Sound, SynthesisError, SynthesizerFailed, SynthesizerUnavailable, UnknownVoice

_LONGEST_REFUSAL: Final = 8_192  # bytes that are read
_LARGEST_RATE_BYTES: Final = 96_000 * 4 * 2
_NOISE_DBFS: Final = -9.0  # speech that is this loud on average does not exist; wrongly decoded sound does
_JUDGED_S: Final = 0.1
_LONGEST_PAUSE_S: Final = 2.0
_FEWEST_CHAR_S, _MOST_CHAR_S, _DIGIT_S, _SLACK_S = 0.015, 0.15, 0.4, 2.5
"""Of speech per character: a slow voice takes 0.1 s, a quick one 0.04; of a number each digit may be a word."""


async def sounds(response: httpx2.Response, text: str, rendering: Rendering, usual_rate: int) -> AsyncGenerator[Sound, None]:
    """The sentence: whole, if the server said how long it is; else as it comes. Raises SynthesizerFailed, httpx2.HTTPError."""
    gain_db = rendering.gain_db
    most_s = _SLACK_S + (_MOST_CHAR_S * len(text) + _DIGIT_S * sum(map(str.isdigit, text))) / rendering.speed
    source = _Source(response, usual_rate, most_s)
    try:
        async for pcm in source.pieces():
            if source.whole:
                source.kept += pcm
            elif ready := source.stream(pcm, gain_db):
                yield Sound(ready)
    except WavError as error:
        raise SynthesizerFailed(f"{response.url} sends a WAV file that cannot be read: {error}") from error
    if not source.whole:
        if ready := source.stream(b"", gain_db, last=True):
            yield Sound(ready)
        source.judge_length(text)
        return
    _refuse_noise(bytes(source.kept), source.rate, response)
    sound = await to_thread.run_sync(partial(finish, bytes(source.kept), source.rate, gain_db=gain_db))
    source.said_s = duration_s(sound.pcm)
    source.judge_length(text)
    yield Sound(sound.pcm, _spread(text, source.said_s))


class _Source:
    """The bytes of one answer as s16 mono, whatever wraps them."""

    def __init__(self, response: httpx2.Response, usual_rate: int, most_s: float) -> None:
        self._response, self._most_s = response, most_s
        self._wav: WavStream | None = None
        self._rate = _declared_rate(response) or usual_rate
        self._streamed: Finisher | None = None
        self._unjudged = b""
        self.kept = bytearray()
        self.said_s = 0.0

    @property
    def rate(self) -> int:
        return self._wav.rate if self._wav else self._rate

    @property
    def whole(self) -> bool:
        """The server knew the length before it sent, so the sentence is all made, and comes at the network's pace."""
        return "content-length" in self._response.headers or bool(self._wav and self._wav.size)

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        kind = self._response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind and not re.match(r"audio/(x-|vnd\.)?(wave?|pcm|l16|basic)$|application/octet-stream$", kind):
            raise SynthesizerFailed(f"{self._response.url} answers {_shown(kind)} instead of wav or pcm; {_hint(kind)}")
        begun, taken = b"", 0
        async for data in self._response.aiter_bytes():
            taken += len(data)
            if taken > self._most_s * _LARGEST_RATE_BYTES:
                raise SynthesizerFailed(f"{self._response.url} sends without end")
            if begun is not None:
                begun += data
                if len(begun) < 4:
                    continue
                data, begun = begun, None
                self._wav = WavStream() if data[:4] == b"RIFF" else None
                if self._wav is None and "wav" in kind:
                    raise WavError("it does not begin like a WAV file")
            if pcm := self._wav.push(data) if self._wav else data:
                yield pcm
        if self._wav and not self._wav.complete:
            raise SynthesizerFailed(f"{self._response.url} broke off: its WAV file is shorter than it says")

    def stream(self, pcm: bytes, gain_db: float, *, last: bool = False) -> bytes:
        """16 kHz sound that is ready. Raises SynthesizerFailed for what is no speech."""
        if self._streamed is None:
            self._unjudged += pcm
            if len(self._unjudged) < _JUDGED_S * self.rate * 2 and not last:
                return b""
            _refuse_noise(self._unjudged, self.rate, self._response)
            self._streamed, pcm = Finisher(self.rate, gain_db=gain_db), self._unjudged
        ready = self._streamed.push_pcm(pcm, last=last)
        self.said_s += len(ready) / 2 / RATE
        if self._streamed.quiet_s > _LONGEST_PAUSE_S and not last:
            raise SynthesizerFailed(f"{self._response.url} sends silence")
        if self.said_s > self._most_s:
            raise SynthesizerFailed(f"{self._response.url} goes on after {self.said_s:.0f} s, which no such sentence takes")
        return ready

    def judge_length(self, text: str) -> None:
        """Raises SynthesizerFailed when it cannot be that sentence: silence, a wrong rate, babble."""
        if not self.said_s:
            raise SynthesizerFailed(f"{self._response.url} sends silence")
        if not _FEWEST_CHAR_S * len(text) - 0.2 <= self.said_s <= self._most_s:
            said = f"{self.said_s:.1f} s for {len(text)} characters"
            raise SynthesizerFailed(f"{self._response.url} sends {said}: another text, or a wrong rate ({self.rate} Hz)")


def _refuse_noise(pcm: bytes, rate: int, response: httpx2.Response) -> None:
    if level_dbfs(pcm[: len(pcm) // 2 * 2]) > _NOISE_DBFS:
        raise SynthesizerFailed(f"{response.url} sends noise at full level: is it 16-bit sound at {rate} Hz?")


def _declared_rate(response: httpx2.Response) -> int | None:
    said = response.headers.get("x-sample-rate") or response.headers.get("content-type", "")
    found = re.search(r"(?:^|rate=)\s*(\d{4,6})", said)
    return rate if found and 8_000 <= (rate := int(found[1])) <= 96_000 else None


def _spread(text: str, length_s: float) -> tuple[Mark, ...]:
    """A guess at where each word begins, as good as its sentence is even: the engine marks none."""
    spoken = text.rstrip()
    starts = [at for at, char in enumerate(spoken) if not char.isspace() and (not at or spoken[at - 1].isspace())]
    first = starts[0] if starts else 0
    return tuple(Mark(at, length_s * (at - first) / max(1, len(spoken) - first)) for at in starts)


async def refusal(response: httpx2.Response, name: str, voice: str) -> SynthesisError:
    """The error that an answer other than 200 is, with what to do."""
    said = await _said(response)
    where, status = response.url, response.status_code
    about_voice = "voice" in said.lower()
    match status:
        case 401 | 403:
            return SynthesizerUnavailable(f"{where} refuses the key ({status}): set key in [voices.chatterbox]")
        case 404 | 400 | 422 if about_voice:
            fix = f"give its name there as engines.chatterbox.voice in voices/{voice}.yaml, or add the voice to the server"
            return UnknownVoice(f"{where} has no voice {name!r} ({said}); {fix}")
        case 404 | 405:
            return SynthesizerUnavailable(f"{where} is no speech server ({status}): correct url in [voices.chatterbox]")
        case 429:
            return SynthesizerFailed(f"{where} has too much to do ({said})")
        case _:
            return SynthesizerFailed(f"{where} answers {status}: {said}")


async def _said(response: httpx2.Response) -> str:
    """Its reason in one short line, from any of the shapes that servers give it."""
    body = b""
    async for data in response.aiter_bytes():
        body += data
        if len(body) > _LONGEST_REFUSAL:
            break
    text = body[:_LONGEST_REFUSAL].decode("utf-8", "replace")
    try:
        found: Any = bounds.data(text)
    except ValueError:
        return "an HTML page" if "<" in text[:200] else _shown(text)
    for key in ("error", "detail", "message"):
        if isinstance(found, dict):
            found = found.get(key, found)
    return _shown(found if isinstance(found, str) else json.dumps(found))


def _shown(text: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in text[:400]).split())[:200] or "no reason"


def _hint(kind: str) -> str:
    if kind.startswith("audio/"):
        return "it ignores response_format, so it cannot be used"
    return "correct url in [voices.chatterbox]"
