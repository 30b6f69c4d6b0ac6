"""The bench's table, beside what the peers were measured with."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import nan
from pathlib import Path
from typing import Final

from tests.bench.house import FIRST_BYTE_S, RECOGNITION_S, Routing
from tests.bench.thinker import ANSWER, FIRST_TOKEN_S, ROUTE_TOKENS, TOKENS_PER_S
from voices.audio import duration_s

FIXED_MS: Final = 1_000 * (RECOGNITION_S + FIRST_TOKEN_S + FIRST_BYTE_S)
HEADER: Final = (
    "calls  route   response ms   over 550 ms   barge-in ms      core      MB    pacer  turns  lost  load  load  others  calib.\n"
    "                p50    p95    p50    p95    p50    p95  per call  p.call  late p99       torn  core  late  on core     ms"
)


@dataclass(frozen=True)
class Peer:
    name: str
    overhead_ms: int
    barge_in_ms: int
    cpu_per_call: float
    mb_per_call: int
    calls: int


# Medians of the runs in voice-frameworks.md, 1.2, on such a machine; LiveKit's cost at ten calls.
PEERS: Final = (
    Peer("Pipecat 1.14", overhead_ms=391, barge_in_ms=370, cpu_per_call=0.16, mb_per_call=70, calls=4),
    Peer("LiveKit Agents 1.8.9", overhead_ms=490, barge_in_ms=540, cpu_per_call=0.052, mb_per_call=31, calls=15),
)


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
    load: float
    load_late_ms: float
    others_on_core: float
    calibration_ms: tuple[float, float]

    def overhead_ms(self, which: str) -> float:
        return self.response_ms.get(which, nan) - FIXED_MS

    def line(self) -> str:
        delays = [self.response_ms.get(which, nan) for which in ("p50", "p95")]
        delays += [self.overhead_ms(which) for which in ("p50", "p95")]
        delays += [self.barge_in_ms.get(which, nan) for which in ("p50", "p95")]
        return (
            f"{self.calls:5}  {self.routing:6}{''.join(f'{delay:7.0f}' for delay in delays)}"
            f"{self.cpu_per_call:10.4f}{self.rss_mb_per_call:8.2f}{self.pacer_late_p99_ms:7} ms"
            f"{self.turns:6}  {self.unanswered:2}/{self.torn:<2}{100 * self.load:4.0f} %{self.load_late_ms:6.0f}"
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
    """How the peers compare: in delay with our first row, in cost with the one that has as many calls as they bear, or more."""
    lines = ["", "The peers, measured in the same way: delays at one call, cost at the most calls that a core bears (times ours)"]
    for peer in PEERS:
        delay, cost = rows[0], next((row for row in rows if row.calls >= peer.calls), rows[-1])
        lines.append(
            f"  {peer.name:21} overhead {peer.overhead_ms} ms ({peer.overhead_ms / delay.overhead_ms('p50'):.1f}x)"
            f"  barge-in {peer.barge_in_ms} ms ({peer.barge_in_ms / delay.barge_in_ms.get('p50', nan):.1f}x)"
            f"  core per call {peer.cpu_per_call} ({peer.cpu_per_call / cost.cpu_per_call:.1f}x)"
            f"  MB per call {peer.mb_per_call} ({peer.mb_per_call / cost.rss_mb_per_call:.0f}x)  {peer.calls} calls a core"
        )
    return "\n".join(lines)


def write(path: Path, rows: Sequence[Row]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"fixed_ms": FIXED_MS, "rows": [asdict(row) for row in rows]}, indent=2) + "\n", encoding="utf-8")
