"""The process in which pocketsphinx decodes, for it holds the GIL: `python -m voices.engines.pocketsphinx_worker`.

Its input is messages: a kind (one byte), a length (32 bits, big-endian) and that many bytes. Its output is lines of JSON.

    begin   {"id": number, "hints": [words]}; drops what was under way
    audio   PCM, 16 kHz mono s16
    end     nothing; answered by {"id": number, "text": words}

It ends when its stdin does, so it cannot outlive the server.
"""

from __future__ import annotations

import json
import signal
import struct
import sys
from collections.abc import Sequence
from typing import Any, BinaryIO, Final

from voices.engines.pronunciation import guess, known

HEADER: Final = struct.Struct(">cI")
BEGIN, AUDIO, END = b"b", b"a", b"e"

# A quarter less CPU than the defaults and 32 instead of 144 ms at the end of an utterance, for 3 points of word error rate.
_SETTINGS: Final = {"maxhmmpf": 5000, "pl_window": 5, "fwdflat": False, "loglevel": "FATAL"}
# Live cepstral mean normalisation starts from a fixed mean and takes 8 s to leave it, which ruins short utterances and
# telephone sound (76-95 % word error rate). So the mean is measured on the opening, before anything is decoded: 11-18 %.
_OPENING_BYTES: Final = int(1.2 * 32_000)
_PRIOR_FRAMES: Final = 20
_CMN_WINDOW: Final = 500  # CMN_WIN in pocketsphinx's cmn.h: how many frames a set mean weighs
_FRAME_BYTES: Final = 320  # one feature frame, 10 ms
_HINT_WEIGHT: Final = 100.0  # times a uniform word: an agent's name wins against "hi", and not against "high"
_MOST_HINTS: Final = 200


def pack(kind: bytes, body: bytes = b"") -> bytes:
    return HEADER.pack(kind, len(body)) + body


class Ear:
    """One decoder; one utterance at a time."""

    def __init__(self) -> None:
        import pocketsphinx

        self._decoder: Any = pocketsphinx.Decoder(**_SETTINGS)
        self._prior = _mean(self._decoder.get_cmn())
        self._decoder.add_jsgf_string("measure", "#JSGF V1.0; grammar measure; public <word> = hello ;")
        self._search = "_default"
        self._hints: set[str] = set()
        self._opening = bytearray()
        self._decoding = False

    def begin(self, hints: Sequence[str]) -> None:
        if self._decoding:
            self._decoder.end_utt()
        self._decoding = False
        self._opening.clear()
        self._expect(hints)

    def hear(self, pcm: bytes) -> None:
        if self._decoding:
            self._decoder.process_raw(pcm)
            return
        self._opening += pcm
        if len(self._opening) >= _OPENING_BYTES:
            self._open()

    def end(self) -> str:
        if not self._decoding:
            if len(self._opening) < 10 * _FRAME_BYTES:
                return ""
            self._open()
        self._decoder.end_utt()
        self._decoding = False
        best = self._decoder.hyp()
        return best.hypstr.replace("@", "") if best else ""

    def _open(self) -> None:
        opening = bytes(self._opening)
        self._decoder.set_cmn(",".join(f"{value:.4f}" for value in self._measure(opening)))
        self._decoder.activate_search(self._search)
        self._decoder.start_utt()
        self._decoder.process_raw(opening)
        self._decoding = True

    def _measure(self, pcm: bytes) -> list[float]:
        """The cepstral mean of `pcm`, with a little of the usual one; the search behind it is of one word, to cost nothing."""
        self._decoder.set_cmn(",".join(map(str, self._prior)))
        self._decoder.activate_search("measure")
        self._decoder.start_utt()
        self._decoder.process_raw(pcm)
        blended = _mean(self._decoder.get_cmn(True))
        self._decoder.end_utt()
        count = len(pcm) // _FRAME_BYTES
        moved = (_CMN_WINDOW + count) / (count + _PRIOR_FRAMES)  # undoes the window's weight, leaves the prior's
        return [prior + (mean - prior) * moved for prior, mean in zip(self._prior, blended, strict=True)]

    def _expect(self, hints: Sequence[str]) -> None:
        """Likely words get an entry of their own ("@kai"), heavier than the model's; 0.3-0.5 s when there are new ones."""
        words = {word for hint in hints for word in hint.lower().split()}
        new = sorted(words - self._hints)[: _MOST_HINTS - len(self._hints)]
        self._hints |= words
        spoken = {word: phones for word in new if (phones := known(word) or self._decoder.lookup_word(word) or guess(word))}
        if not spoken:
            return
        model = self._decoder.get_lm(self._search)
        for word, phones in spoken.items():
            # In this order: the decoder adds the word to the model too, with a weight of 1, and the first weight stays.
            model.add_word(f"@{word}", _HINT_WEIGHT)
            self._decoder.add_word(f"@{word}", phones, False)
        self._search = f"hints-{len(self._hints)}"
        self._decoder.add_lm(self._search, model)


def _mean(numbers: str) -> list[float]:
    return [float(number) for number in numbers.split(",")]


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer messages until the input ends."""
    ear = Ear()
    utterance = 0
    while len(header := source.read(HEADER.size)) == HEADER.size:
        kind, length = HEADER.unpack(header)
        body = source.read(length)
        if kind == BEGIN:
            request = json.loads(body)
            utterance = request["id"]
            ear.begin(request["hints"])
        elif kind == AUDIO:
            ear.hear(body)
        elif kind == END:
            sink.write(json.dumps({"id": utterance, "text": ear.end()}).encode() + b"\n")
            sink.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's to handle; it closes our stdin
    serve(sys.stdin.buffer, sys.stdout.buffer)
