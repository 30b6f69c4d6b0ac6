"""Whether narration is true when it is heard: `python -m tests.bench.narration [RUNS [FIRST]]`, 10,000 runs if left out.

Each run is adversarial work from a seed, through what reads the command line's messages (`agents.pai_reading`) and what tells
them (`orchestrator.hold`), in virtual time; a caller asks now and then how it goes, and answers questions. From a line to its
first sound it takes as long as voices and Claude may need. Exits 1 if a single line was wrong.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from agents.pai_reading import Reading
from agents.speakable import described
from agents.work import Asks, TaskEvent
from orchestrator.hold import Hold, HoldWords, Style, Telling
from tests.bench.narration_truth import Fault, Heard, Judge, fit
from tests.bench.narration_work import Ask, Work

WORDS: Final = HoldWords.read(Path(__file__).parents[2] / "prompts" / "hold.yaml")
RUNS: Final = 10_000
TICK_S: Final = 0.1
CHARS_S: Final = 15.0
STYLES: Final[tuple[Style, ...]] = ("brief", "brief", "podcast", "quiet")
MOST_BEHIND_S: Final = 200.0  # when the work has fallen silent, all is told by then, and a line later for each failure
LONGEST_GAP_S: Final = 640.0


@dataclass
class Run:
    """One, played to its end."""

    seed: int
    work: Work = field(init=False)
    lines: list[Heard] = field(default_factory=list[Heard])
    faults: list[tuple[Fault, str]] = field(default_factory=list[tuple[Fault, str]])
    dropped: int = 0

    def __post_init__(self) -> None:
        self.work = Work(self.seed)
        self._random = self.work.random
        self._todo = sorted(self.work.happenings, key=lambda one: one[0])
        self._reading = Reading()
        self._hold = Hold(WORDS, "a blog post", "Engineer", self._random.choice(STYLES))
        self.judge = Judge(self.work.truth)
        self._asked: Ask | None = None
        self._play()

    def _play(self) -> None:
        now_s = quiet_since_s = 0.0
        bad = sum(words.bad for words in self.work.truth.words)
        bad += sum(step.went in ("failed", "refused") for step in self.work.truth.steps)
        until_s = self.work.until_s + MOST_BEHIND_S + bad * (80.0 if self._hold.style == "quiet" else 16.0)
        while now_s < until_s:
            self._happen(now_s)
            if self._random.random() < 0.0005:
                self._ask_how(now_s)
            if now_s >= quiet_since_s and (telling := self._hold.due(now_s, now_s - quiet_since_s)):
                quiet_since_s = now_s = self._tell(telling, now_s)
            now_s = self._next(now_s, quiet_since_s)
        self.faults += self.judge.end()
        gaps = [after.at_s - before.at_s for before, after in zip(self.lines, self.lines[1:], strict=False)]
        if max(gaps, default=0.0) > LONGEST_GAP_S:
            self.faults.append(("missed", f"not a word for {max(gaps):.0f} s"))

    def _next(self, now_s: float, quiet_since_s: float) -> float:
        """In silence nothing can become due before something happens but by the clock, which is looked at every second."""
        idle = now_s - quiet_since_s > 25.0 and (not self._todo or self._todo[0][0] > now_s + 1.5)
        return now_s + (1.0 if idle else TICK_S)

    def _happen(self, upto_s: float) -> None:
        while self._todo and self._todo[0][0] <= upto_s:
            at_s, what = self._todo.pop(0)
            self._hold.happened(*self._read(what, at_s))

    def _read(self, what: object, at_s: float) -> Iterator[TaskEvent]:
        match what:
            case Ask(step=step, use=use, given=given):
                self._answer()
                self._asked = what
                yield Asks(use, f"The Engineer wants to use {step.tool}. Yes or no?", step.tool, step=described(step.tool, given))
            case (str(text), bool(passing)):
                yield from self._reading.says(text, passing=passing)
            case _:
                yield from self._reading.take(what)

    def _tell(self, telling: Telling, now_s: float) -> float:
        """Returns when it is quiet again."""
        begins_s = now_s + self._random.choice((0.1, 0.3, 0.8, 2.0, 6.0) if telling.why != "question" else (0.3,))
        if self._hold.style == "podcast" and telling.why == "news":
            facts = " ".join(self._hold.in_words(fact) for fact in telling.facts)  # type: ignore[arg-type]
            if not fit(facts, self.work.truth):
                self.faults.append(("unfit", facts))
        self._happen(begins_s)
        if not self._hold.stands(telling):
            self.dropped += 1
            self._hold.unheard(telling)
            return begins_s
        if telling.why == "question":
            self._hold.asking()
        heard = Heard(begins_s, telling.text, telling.why)
        for fault in self.judge.line(heard):
            self.faults.append((fault, f"{begins_s:.1f} {telling.text}"))
        self.lines.append(heard)
        ends_s = begins_s + len(telling.text) / CHARS_S
        if telling.why in ("question", "unanswered") and self._asked:
            self._settle(begins_s, lapsed=telling.why == "unanswered")
        return ends_s

    def _settle(self, now_s: float, *, lapsed: bool) -> None:
        """The caller answers, or does not."""
        asked, roll = self._asked, self._random.random()
        if asked is None or (not lapsed and roll < 0.2):
            return
        yes = not lapsed and roll < 0.6
        self._answer(now_s, yes=yes)

    def _answer(self, at_s: float = 0.0, *, yes: bool = False) -> None:
        if self._asked is None:
            return
        asked, self._asked = self._asked, None
        self._hold.answered()
        from claude_agent_sdk import ToolResultBlock, UserMessage

        if not yes:
            self._reading.answered(asked.use)
        asked.step.went, asked.step.ended_s = ("worked" if yes else "declined"), at_s
        result = UserMessage([ToolResultBlock(asked.use, "The user says no.", None if yes else True)])
        self._hold.happened(*self._reading.take(result))

    def _ask_how(self, now_s: float) -> None:
        latest = self._hold.asked_for()
        if not latest:
            return
        if not fit(latest, self.work.truth):
            self.faults.append(("unfit", latest))
        if fault := self.judge.news(Heard(now_s, latest, "news")):
            self.faults.append((fault, f"{now_s:.1f} asked: {latest}"))
        self.judge.asks(Heard(now_s, latest, "asked"))


def show(seed: int) -> None:
    """All of one run: what happened, and what was heard."""
    run = Run(seed)
    told = [(at_s, "    ", str(what)[:150]) for at_s, what in run.work.happenings]
    told += [(line.at_s, line.why, line.text) for line in (*run.lines, *run.judge.asked)]
    for at_s, why, what in sorted(told, key=lambda one: one[0]):
        print(f"{at_s:7.1f} {why:9} {what}")
    for fault, what in run.faults:
        print(fault, what)


def main() -> None:
    given = [int(word) for word in sys.argv[1:3]]
    runs, first = (given[0] if given else RUNS), (given[1] if len(given) > 1 else 0)
    faults, lines, dropped, wrong = Counter[str](), 0, 0, 0
    began_s = time.process_time()
    for seed in range(first, first + runs):
        run = Run(seed)
        lines, dropped = lines + len(run.lines), dropped + run.dropped
        faults.update(fault for fault, _ in run.faults)
        wrong += bool(run.faults)
        for fault, what in run.faults[: 3 if wrong <= 20 else 0]:
            print(f"run {seed}: {fault}: {what}")
    took_s = time.process_time() - began_s
    print(f"{runs:,} runs, {lines:,} lines heard, {dropped:,} taken back before they were; {1_000 * took_s / runs:.0f} ms a run.")
    kinds = ("unsupported", "stale", "unfit", "missed")
    print(", ".join(f"{faults[kind]:,} {kind}" for kind in kinds) + f"; {wrong:,} runs with any.")
    raise SystemExit(1 if wrong else 0)


if __name__ == "__main__":
    main()
