"""What the client adds to a speech server that begins at known times. `python -m tests.bench.speech_client`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator
from contextlib import aclosing, contextmanager
from statistics import median, quantiles
from time import process_time
from typing import Final, Literal

import anyio
import httpx2

from telephony.serving import served
from voices.engines.chatterbox import ChatterboxSettings, ChatterboxSynthesizer
from voices.imitations.openai_audio import AudioServer, Flavour
from voices.synthesis import Rendering

ROUNDS: Final = 60
WARM: Final = 5
SENTENCE: Final = "Keep the data in one place, and let everything else read from it."
RENDERING: Final = Rendering("kai", "chatterbox")
GOAL_MS: Final = 10
CASES: Final[tuple[tuple[Flavour, Literal["wav", "pcm"]], ...]] = (
    ("ours", "wav"), ("ours", "pcm"), ("devnen", "wav"), ("qwen3", "wav"), ("qwen3", "pcm"),
)  # fmt: skip


class Times:
    """Of one way to ask: the clock and the processor until the first sound, in ms, per sentence."""

    def __init__(self) -> None:
        self.clock: list[float] = []
        self.processor: list[float] = []

    @contextmanager
    def measured(self, delay_s: float) -> Generator[None]:
        began_s, worked_s = anyio.current_time(), process_time()
        yield
        self.clock.append(1_000 * (anyio.current_time() - began_s - delay_s))
        self.processor.append(1_000 * (process_time() - worked_s))


async def _rest(pieces: AsyncIterator[object]) -> None:
    async for _ in pieces:
        pass


async def compare(flavour: Flavour, wanted: Literal["wav", "pcm"]) -> tuple[Times, Times]:
    """The client's first sound, and an HTTP client's whole body or first bytes of the same answer, in turn."""
    server = AudioServer(flavour, delay_s=0.05)
    ours, bare = Times(), Times()
    asked = {"model": "x", "input": SENTENCE, "voice": "kai", "response_format": wanted}
    async with served(lambda _url: server) as url, httpx2.AsyncClient(base_url=url, trust_env=False) as http:
        engine = ChatterboxSynthesizer(ChatterboxSettings(url=url, format=wanted))
        for number in range(ROUNDS + WARM):
            if number == WARM:
                ours, bare = Times(), Times()
            async with aclosing(engine.speak(SENTENCE, RENDERING)) as sounds:
                with ours.measured(server.delay_s):
                    await anext(sounds)
                await _rest(sounds)
            with bare.measured(server.delay_s):
                request = http.build_request("POST", "/v1/audio/speech", json=asked)
                answer = await http.send(request, stream=True)
                pieces = answer.aiter_bytes()
                await anext(pieces)
                if flavour != "qwen3":
                    await _rest(pieces)
            await _rest(pieces)
            await answer.aclose()
        await engine.aclose()
    return ours, bare


async def main() -> None:
    print(f"First sound after the server's own time, ms; of an HTTP client that only reads, and of ours. Goal: +{GOAL_MS}.")
    print(f"{'server':12}{'reads p50':>10}{'ours p50':>10}{'p95':>8}{'adds':>8}{'of it processor':>17}")
    for flavour, wanted in CASES:
        ours, bare = await compare(flavour, wanted)
        adds = median(one - other for one, other in zip(ours.clock, bare.clock, strict=True))
        works = median(ours.processor) - median(bare.processor)
        row = (median(bare.clock), median(ours.clock), quantiles(ours.clock, n=20)[-1], adds, works)
        print(
            f"{flavour:7}{wanted:5}"
            + "".join(f"{value:{width}.1f}" for value, width in zip(row, (10, 10, 8, 8, 17), strict=True))
        )


if __name__ == "__main__":
    anyio.run(main)
