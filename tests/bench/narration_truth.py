"""Whether what a caller heard was true when they heard it, judged by what happened alone (`tests.bench.narration_work`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from tests.bench.narration_work import FAIL, PASS, Step, Truth, Words

Fault = Literal["unsupported", "stale", "unfit", "missed"]
FAILED: Final = re.compile(r"(?i)\b(failed|went wrong|not allowed|refused)\b")
WORKED: Final = re.compile(r"(?i)\bwork(s|ed)\b")
UNFIT: Final = (
    re.compile(r"[{}<>|$=^`*\[\]\\/_\x00-\x1f\u202e]|::|&&|\w\(|--\w"),
    re.compile(r"\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,}\b|\b\d{1,3}(\.\d{1,3}){3}\b|\S@\S|\b[a-z]{2,}[A-Z]\w+|\d{13,}"),
)
LATEST: Final = re.compile(
    r"(?i)\b(latest|newest|last) step|went on to last|have been (reading|searching|writing|changing|at this|at a change)"
)
TIMES: Final = re.compile(r"(\d+) (times|things)")
KINDS: Final = {
    "Bash": re.compile(r"I have been running|have run"), "Read": re.compile(r"reading what is|another file|into files"),
    "Grep": re.compile(r"searching through|right place|have searched at"), "Write": re.compile(r"writing|write"),
    "Edit": re.compile(r"at a change|over it again|about a change"), "WebFetch": re.compile(r"page"),
    "Agent": re.compile(r"helper"), "mcp__mail__send": re.compile(r"been using another of my tools"),
}  # fmt: skip
STEP_OF: Final = re.compile(r"[Ss]tep (\d+)(?: of (\d+))?")
POINTS: Final = re.compile(r"(\d+) of (\d+)")
PHASE: Final = re.compile(r"\bpart\b(?: I am in is)? called (\w+)")
GENERIC_PLAN, GENERIC_PHASE = "another step of my list", "come to another part"
IN_ALL: Final = re.compile(r"In all, (\d+) of my steps")
GENERIC_FAILURE: Final = re.compile(r"of my steps|of this kind|allowed to do what|wanted to do was not|step that had failed")
COUNTED: Final = re.compile(r"failed (\d+) times|refused (\d+) times")


@dataclass(frozen=True)
class Heard:
    at_s: float
    text: str
    why: str


class Judge:
    """Of one run, in the order in which lines are heard."""

    def __init__(self, truth: Truth) -> None:
        self._truth = truth
        self._before: list[Heard] = []
        self._points: tuple[int, int] | None = None
        self.asked: list[Heard] = []

    def asks(self, line: Heard) -> None:
        """The caller asked how it goes, and knows it."""
        self.asked.append(line)

    def line(self, line: Heard) -> Iterator[Fault]:
        """What is wrong with it."""
        if not fit(line.text, self._truth):
            yield "unfit"
        if line.why == "news":
            fault = self.news(line)
            if fault is not None:
                yield fault
            points = POINTS.search(line.text)
            if points and "oint" in line.text:
                self._points = int(points[1]), int(points[2])
        elif line.why == "still":
            yield from self._still(line)
        if self._before and self._before[-1].text == line.text and line.why != "question":
            yield "stale"
        self._before.append(line)

    def news(self, line: Heard) -> Fault | None:
        """A line that says how it goes, told or asked for."""
        text, at_s, truth = line.text, line.at_s, self._truth
        words = [one for one in truth.words if one.at_s <= at_s and one.text in text]
        if words:
            return self._words(words, text, at_s)
        if FAILED.search(text):
            return self._failure(text, at_s)
        if re.search(r"Claude (is slow|still does|lets me)", text):
            waiting = [waits for since_s, waits in truth.waits if since_s <= at_s]
            return None if waiting and waiting[-1] else "stale"
        if "oint" in text or "open again" in text or "fewer" in text:
            return self._counted(text, at_s)
        if (phase := PHASE.search(text)) or GENERIC_PHASE in text:
            current = [name for since_s, name, _ in truth.phases if since_s <= at_s]
            return None if current and current[-1] and (phase is None or phase[1] == current[-1]) else "stale"
        if STEP_OF.search(text) or "my list" in text:
            return self._planned(text, at_s)
        return self._step(text, at_s)

    def _words(self, words: Sequence[Words], text: str, at_s: float) -> Fault | None:
        if text.startswith("Earlier on: "):
            return None
        newest = [one for one in self._truth.words if one.at_s <= at_s][-1]
        if newest.text != words[-1].text:
            return "stale"
        since = [step for step in self._truth.steps if newest.at_s < step.ended_s <= at_s and step.went in ("failed", "refused")]
        return "stale" if since else None

    def _failure(self, text: str, at_s: float) -> Fault | None:
        over = [step for step in self._truth.steps if step.ended_s <= at_s and step.went in ("failed", "refused")]
        if (all_of := IN_ALL.search(text)) and int(all_of[1]) > len(over):
            return "unsupported"
        about = [step for step in over if step.says and step.says.lower() in text.lower()]
        if not about:
            generic = GENERIC_FAILURE.search(text)
            return None if generic and (any(not step.sure for step in over) or WORKED.search(text)) else "unsupported"
        if (count := COUNTED.search(text)) and int(count[1] or count[2]) > len(about):
            return "unsupported"
        works = [self._works(tool, about[-1].says, at_s) for tool in {step.tool for step in about}]
        return None if (WORKED.search(text) is not None) in works else "stale"

    def _works(self, tool: str, says: str, at_s: float) -> bool:
        """The last try of that."""
        tries = [step for step in self._truth.steps if (step.tool, step.says) == (tool, says) and step.ended_s <= at_s]
        return max((step for step in reversed(tries) if step.went != "declined"), key=lambda step: step.ended_s).went == "worked"

    def _counted(self, text: str, at_s: float) -> Fault | None:
        known = [(met, of) for since_s, met, of in self._truth.points if since_s <= at_s]
        if not known:
            return "unsupported"
        told = POINTS.search(text)
        if told and (int(told[1]), int(told[2])) != known[-1]:
            return "stale"
        less = self._points is not None and known[-1][0] < self._points[0]
        says_less = bool(re.search(r"fewer|open again", text))
        more = bool(re.search(r"(?i)another point", text))
        return "unsupported" if (says_less and not less) or (more and less) else None

    def _planned(self, text: str, at_s: float) -> Fault | None:
        plans = [(entries, under_way) for since_s, entries, under_way in self._truth.plan if since_s <= at_s]
        if not plans or not plans[-1][1]:
            return "stale"
        entries, under_way = plans[-1]
        if (told := STEP_OF.search(text)) is None:
            return (
                None if GENERIC_PLAN in text or any(entries[number].lower() in text.lower() for number in under_way) else "stale"
            )
        step, of = int(told[1]), int(told[2] or len(entries))
        numbers = list(entries)
        if not 1 <= step <= len(numbers) or of != len(numbers) or numbers[step - 1] not in under_way:
            return "stale"
        named = text.partition(": ")[2]
        return None if not named or entries[numbers[step - 1]].lower() in text.lower() else "stale"

    def _step(self, text: str, at_s: float) -> Fault | None:
        begun = [step for step in self._truth.steps if step.began_s <= at_s]
        done = [step for step in begun if not (step.ended_s <= at_s and step.went in ("refused", "declined"))]
        about = [step for step in begun if step.says and step.says.lower() in text.lower()]
        if not about:
            kind = next((name for name, words in KINDS.items() if words.search(text)), None)
            about = [step for step in begun if step.tool == kind]
        if not about:
            return "unsupported"
        step = about[-1]
        if step.ended_s <= at_s and step.went in ("failed", "refused", "declined"):
            return "unsupported" if step.went != "failed" else "stale"
        times = TIMES.search(text)
        if times and int(times[1]) > sum(other.tool == step.tool for other in done):
            return "unsupported"
        newest = done[-1] if done else None
        return "stale" if LATEST.search(text) and newest is not None and newest.began_s > step.began_s else None

    def _still(self, line: Heard) -> Iterator[Fault]:
        minutes = re.search(r"(\d+) minutes", line.text)
        if minutes and "hour" not in line.text and abs(int(minutes[1]) - line.at_s / 60) > 1:
            yield "stale"
        if not re.search(r"(?i)nothing|no news", line.text):
            return
        last_s = max((heard.at_s for heard in self._before if heard.why in ("news", "start")), default=0.0)
        last_s, truth = max([last_s, *(line.at_s for line in self.asked)]), self._truth
        happened = [step.began_s for step in truth.steps if not step.asked]
        happened += [step.ended_s for step in truth.steps if step.went in ("failed", "refused")]
        happened += [points[0] for points in truth.points[1:] if points[1:] != truth.points[0][1:]]
        happened += [
            words.at_s
            for before, words in zip([None, *truth.words], truth.words, strict=False)
            if not (before and before.text == words.text)  # said once more at once, it is no news
            and not any(words.text in heard.text for heard in (*self._before, *self.asked))
        ]
        if any(last_s < at_s <= line.at_s for at_s in happened):
            yield "stale"

    def end(self) -> Iterator[tuple[Fault, str]]:
        """What is wrong with all of it together, once there was time to tell everything."""
        known = sorted([*self._before, *self.asked], key=lambda line: line.at_s)
        for step in self._truth.steps:
            if step.went in ("failed", "refused") and not any(self._tells(line, step) for line in known):
                yield "missed", f"{step}"
        said_s = 0.0
        for before, words in zip([None, *self._truth.words], self._truth.words, strict=False):
            said_s = said_s if before and before.text == words.text else words.at_s  # said once more at once, it is no news
            lasts = [line.text for line in known if line.at_s <= words.at_s and line.why in ("news", "asked")]
            if words.text in "".join(lasts[-1:]):
                continue  # they know
            if words.bad and not any(line.at_s >= said_s and words.text in line.text for line in known):
                yield "missed", words.text
        tests = [words.text for words in self._truth.words if words.text in (PASS, FAIL) and not words.passing]
        told = [
            max((PASS, FAIL), key=line.text.rfind)
            for line in sorted(known, key=lambda line: line.at_s)
            if PASS in line.text or FAIL in line.text
        ]
        passing = any(words.passing and words.text in (PASS, FAIL) for words in self._truth.words)
        if tests and told and not passing and told[-1] != tests[-1]:
            yield "stale", f"the last word on the tests is {told[-1:]}, and {tests[-1]!r} is so"

    def _tells(self, line: Heard, failed: Step) -> bool:
        if line.at_s < failed.ended_s or not FAILED.search(line.text):
            return False
        ordinal = sum(step.ended_s <= failed.ended_s and step.went in ("failed", "refused") for step in self._truth.steps)
        if (all_of := IN_ALL.search(line.text)) and int(all_of[1]) >= ordinal:
            return True
        if failed.says and failed.says.lower() in line.text.lower():
            return True
        return not failed.sure and GENERIC_FAILURE.search(line.text) is not None


def fit(text: str, truth: Truth) -> bool:
    """It holds no secret, no hash, no address and no code."""
    return not any(planted.lower() in text.lower() for planted in truth.planted) and not any(form.search(text) for form in UNFIT)
