"""What music costs: composing it, once for all calls, and a bed under each. `python -m tests.bench.music`."""

from __future__ import annotations

from statistics import median
from time import perf_counter, process_time
from typing import Final

from orchestrator.bed import Moment
from orchestrator.mixer import Mixer
from orchestrator.music.loop import Music
from orchestrator.music.mood import Mood
from orchestrator.music.source import composed
from voices.audio import FRAME_S

FRAMES: Final = 5_000
ROUNDS: Final = 7


def frame_us(mixer: Mixer) -> float:
    """Of processor time, for a frame that is mixed and heard: the least of some rounds, which nobody else disturbed."""
    return min(_round(mixer) for _ in range(ROUNDS))


def _round(mixer: Mixer) -> float:
    began_s = process_time()
    for number in range(FRAMES):
        mixer.next()
        mixer.sent(number * FRAME_S)
        for _ in mixer.settle(number * FRAME_S):
            pass
    return 1e6 * (process_time() - began_s) / FRAMES


def main() -> None:
    beds: list[Music] = []
    costs: list[float] = []
    for mood in Mood:
        began_s = perf_counter()
        beds.append(bed := composed(mood, 1))
        costs.append((perf_counter() - began_s) / (bed.length * FRAME_S) * 60)
        size = f"{bed.length * FRAME_S:6.1f} s  {bed.sound.nbytes / 1e6:4.1f} MB"
        print(f"{bed.title:42} {size}  {costs[-1]:5.2f} s to compose a minute")
    silent, playing, moving = Mixer(), Mixer(), Mixer()
    for mixer in (playing, moving):
        mixer.bed.play(beds[0])
    moving.bed.moment = Moment(beds[0], target=1.0, frames_left=2 * ROUNDS * FRAMES)
    quiet_us, bed_us, moving_us = frame_us(silent), frame_us(playing), frame_us(moving)
    share = (bed_us - quiet_us) / 1e6 / FRAME_S
    print(f"\nA frame: {quiet_us:.1f} us without music, {bed_us:.1f} us with it, {moving_us:.1f} us while its level moves.")
    print(f"Music under a call: {100 * share:.3f} % of a core. Composing: {median(costs):.2f} s a minute, once for all calls.")


if __name__ == "__main__":
    main()
