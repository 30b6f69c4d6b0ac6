"""The bench's table, beside what the peers were measured with."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from tests.bench.house import FIRST_BYTE_S, RECOGNITION_S, Routing
from tests.bench.thinker import ANSWER, FIRST_TOKEN_S, ROUTE_TOKENS, TOKENS_PER_S
from voices.audio import duration_s

FIXED_MS: Final = 1_000 * (RECOGNITION_S + FIRST_TOKEN_S + FIRST_BYTE_S)
HEADER: Final = (
    "calls route   response ms      over 550 ms      barge-in ms       core   MB per    pacer  turns lost  load  others calibr.\n"
    "                p50    p95       p50    p95       p50    p95  per call     call  late p99       torn  late  on core     ms"
)
# Medians of the runs in voice-frameworks.md, 1.2: measured in the same way on such a machine, at one call unless it says more.
PEERS: Final = {
    "Pipecat 1.14": {"overhead": 391.0, "barge_in": 370.0, "cpu": 0.18, "mb": 96.0, "calls": "4 calls a core"},
    "LiveKit Agents 1.8.9": {"overhead": 490.0, "barge_in": 540.0, "cpu": 0.077, "mb": 59.0, "calls": "about 15 calls a core"},
}


@dataclass(frozen=True)
class Row:
    """One run. `others_on_core` is what ran on the server's core beside it; the calibration was done before and after."""

    calls: int
    routing: Routing
    seconds: float
    response_ms: dict[str, float]
    barge_in_ms: dict[str, float]
    turns: int
    barge_ins: int
    unanswered: int
    torn: int
    cpu_per_call: float
    rss_mb_per_call: float
    rss_mb: float
    pacer_late_p99_ms: int
    load_late_ms: float
    others_on_core: float
    calibration_ms: tuple[float, float]

    def overhead_ms(self, which: str) -> float:
        return self.response_ms.get(which, float("nan")) - FIXED_MS

    def line(self) -> str:
        response, barge_in, nan = self.response_ms, self.barge_in_ms, float("nan")
        return (
            f"{self.calls:5} {self.routing:6}{response.get('p50', nan):7.0f}{response.get('p95', nan):7.0f}   "
            f"{self.overhead_ms('p50'):7.0f}{self.overhead_ms('p95'):7.0f}   "
            f"{barge_in.get('p50', nan):7.0f}{barge_in.get('p95', nan):7.0f}  {self.cpu_per_call:8.4f}{self.rss_mb_per_call:9.2f}"
            f"{self.pacer_late_p99_ms:7} ms {self.turns:6}{self.unanswered:3}/{self.torn}{self.load_late_ms:6.0f}"
            f"{100 * self.others_on_core:7.0f} %  {self.calibration_ms[0]:.0f}/{self.calibration_ms[1]:.0f}"
        )


def preamble(speech: Sequence[bytes]) -> str:
    lengths = [duration_s(pcm) for pcm in speech]
    return (
        f"Fixed: recognition {RECOGNITION_S * 1_000:.0f} ms, first token {FIRST_TOKEN_S * 1_000:.0f} ms then {TOKENS_PER_S:.0f} "
        f"a second, synthesis {FIRST_BYTE_S * 1_000:.0f} ms to the first byte. Real: VAD, wire, mixer, pacer, journal on disk.\n"
        f"route `one`: one agent, no router (as the peers). `claude`: four agents, each turn routed by a request of its own "
        f"({ROUTE_TOKENS} tokens) beside the answer.\n"
        f"The answer: {ANSWER!r}\n"
        f"The callers: {len(speech)} sentences by espeak-ng, {min(lengths):.1f}-{max(lengths):.1f} s. MB per call: growth over "
        f"the server after one call came and went.\n\n{HEADER}"
    )


def conclusion(rows: Sequence[Row]) -> str:
    """How the peers compare with our first row."""
    lines = ["", "The peers, measured in the same way at one call, and how many times ours they are:"]
    ours = rows[0]
    for name, peer in PEERS.items():
        lines.append(
            f"  {name:21} overhead {peer['overhead']:.0f} ms ({peer['overhead'] / ours.overhead_ms('p50'):.1f}x)  "
            f"barge-in {peer['barge_in']:.0f} ms ({peer['barge_in'] / ours.barge_in_ms.get('p50', float('nan')):.1f}x)  "
            f"core {peer['cpu']} ({peer['cpu'] / ours.cpu_per_call:.1f}x)  {peer['mb']:.0f} MB  {peer['calls']}"
        )
    return "\n".join(lines)


def write(path: Path, rows: Sequence[Row]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"fixed_ms": FIXED_MS, "rows": [asdict(row) for row in rows]}, indent=2) + "\n", encoding="utf-8")
