"""Adversarial long work for `tests.bench.narration`: what the command line would tell, and what is true of it, side by side.

The truth is written down by what happens here, and knows nothing of how the phone reads or words it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any, Final, Literal

from claude_agent_sdk import AssistantMessage, SystemMessage, TextBlock, ToolResultBlock, ToolUseBlock, UserMessage

Went = Literal["runs", "worked", "failed", "refused", "declined"]
VERBS: Final = ("Count", "Draw", "Sort", "Measure", "Copy", "Compare", "Fold", "Paint", "Weigh", "Clean")
THINGS: Final = (
    "apples",
    "bridges",
    "clouds",
    "drums",
    "engines",
    "flags",
    "gardens",
    "hats",
    "islands",
    "jars",
    "kites",
    "lamps",
)
ROWS: Final = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
TOOLS: Final = ("Bash", "Bash", "Bash", "Read", "Grep", "Write", "Edit", "WebFetch", "Agent", "mcp__mail__send")
PHASES: Final = ("observe", "think", "plan", "build", "verify", "learn")
PASS, FAIL = "All tests pass.", "Two tests fail."
SECRETS: Final = (
    "sk-ant-api03-Q7fT2nXk9LpVw", "ghp_16C7e42F292c6912E7710c838347Ae178B4a", "AKIAIOSFODNN7EXAMPLE", "xoxb-2483-abcdefGHIJ",
    "3f2a9c1d8e7b6a5f4e3d2c1b0a9f8e7d6c5b4a39", "9f8e7d6", "550e8400-e29b-41d4-a716-446655440000", "192.168.0.17:8080",
    "anna.berg@example.org", "2001:db8:85a3:0:0:8a2e:370:7334",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcDEF123", "4111 1111 1111 1111",
)  # fmt: skip
NAMED: Final = ("the password is hunter2", "password: Tr0ub4dor", "API_KEY=zz81hd72", "set the token to q8Rz77")
CODES: Final = (
    "`rm -rf /srv/x`", "a = f(x) && b", '{"ok": true}', "--no-verify", "$HOME/.ssh", "src/app/main.py:42", "foo_bar_baz",
    "parseConfigFile", "<script>x</script>", "\x07\u202e", "{detail}", "{0}", "https://a.example/b?c=d",
)  # fmt: skip


@dataclass(eq=False)
class Step:
    tool: str
    says: str
    """Words of its description that may be told as they are."""
    began_s: float
    went: Went = "runs"
    ended_s: float = float("inf")
    asked: bool = False
    """The caller was asked whether it may be done."""
    sure: bool = True
    """They are told; else, if anything, that there was such a step."""

    def is_so(self, went: Went, at_s: float) -> bool:
        return self.went == went and self.ended_s <= at_s


@dataclass(frozen=True)
class Words:
    at_s: float
    text: str
    """As far as they are fit to be said."""
    passing: bool
    bad: bool
    """And meant for the caller: it must be told."""


@dataclass
class Truth:
    """What is true, and since when."""

    steps: list[Step] = field(default_factory=list[Step])
    words: list[Words] = field(default_factory=list[Words])
    plan: list[tuple[float, dict[str, str], dict[str, bool]]] = field(default_factory=list[Any])
    """The entries by their number, and which are under way."""
    points: list[tuple[float, int, int]] = field(default_factory=list[tuple[float, int, int]])
    phases: list[tuple[float, str, int]] = field(default_factory=list[tuple[float, str, int]])
    """By name, empty once the last is over, and number."""
    waits: list[tuple[float, bool]] = field(default_factory=list[tuple[float, bool]])
    """For Claude."""
    planted: list[str] = field(default_factory=list[str])
    """What nobody may hear."""


@dataclass(frozen=True)
class Ask:
    """Leave is asked for a step."""

    step: Step
    use: str
    given: dict[str, Any]


class Work:
    """One piece, made from a seed: `happenings` are messages of the command line, calls of `say`, and questions, by time."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.truth = Truth()
        self.happenings: list[tuple[float, object]] = []
        self._now_s = 1.0
        self._uses = 0
        self._plan: dict[str, str] = {}
        self._under_way: dict[str, bool] = {}
        self._lists = self.random.random() < 0.5
        """It writes its whole list each time."""
        self._points = (0, 8)
        self._failed: list[tuple[str, str, str, bool]] = []
        self._make()
        self.until_s = self._now_s

    def _make(self) -> None:
        random = self.random
        kinds = (
            [self._step] * 6
            + [self._says] * 3
            + [self._tests] * 2
            + [self._plans] * 2
            + [self._document, self._waits_long, self._burst]
        )
        for _ in range(random.randint(3, 45)):
            random.choice(kinds)()
            self._now_s += random.choice((0.0, 0.1, 0.3, 1.0, 4.0, 9.0, 15.0, 30.0, 65.0))
            if random.random() < 0.02:
                self._now_s += random.choice((300.0, 900.0))

    def _happens(self, what: object, at_s: float | None = None) -> None:
        self.happenings.append((self._now_s if at_s is None else at_s, what))

    def _uses_tool(self, name: str, given: dict[str, Any]) -> str:
        self._uses += 1
        self.truth.waits.append((self._now_s, False))
        self._happens(AssistantMessage([ToolUseBlock(f"u{self._uses}", name, given)], "m"))
        return f"u{self._uses}"

    def _comes_back(self, use: str, at_s: float, text: str = "ok", *, is_error: bool = False, result: Any = None) -> None:
        self._happens(UserMessage([ToolResultBlock(use, text, is_error or None)], tool_use_result=result), at_s)

    def _description(self) -> tuple[str, str, bool]:
        """A description, what of it may be told as it stands, and whether that is sure."""
        random = self.random
        plain = f"{random.choice(VERBS)} the {random.choice(THINGS)} in row {random.choice(ROWS)}"
        kind = random.random()
        if kind < 0.08:
            secret = random.choice(SECRETS)
            self.truth.planted.append(secret)
            return f"{plain} with {secret}", plain, True
        if kind < 0.12:
            self.truth.planted += ["hunter2", "tr0ub4dor", "zz81hd72", "q8rz77"]
            return f"{plain}, {random.choice(NAMED)}", plain, True
        if kind < 0.2:
            return f"{plain} {random.choice(CODES)}", plain, False
        return ("", "", False) if kind < 0.28 else (plain, plain, True)

    def _step(self) -> None:
        random = self.random
        tool = random.choice(TOOLS)
        if self._failed and random.random() < 0.5:
            tool, written, says, sure = random.choice(self._failed)
        else:
            written, says, sure = self._description()
        described = tool in ("Bash", "Agent")
        step = Step(tool, says if described else "", self._now_s, sure=sure and described)
        given = {"command": "x", "description": written} if tool in ("Bash", "Agent") else {"x": written}
        use = self._uses_tool(tool, given)
        self.truth.steps.append(step)
        asked = tool == "Bash" and random.random() < 0.12
        if asked:
            step.asked = True
            self._happens(Ask(step, use, given), self._now_s + random.choice((0.0, 0.1, 0.3)))
            return
        if random.random() < 0.1:
            return  # it goes on for ever
        ends_s = self._now_s + random.choice((0.1, 0.3, 2.0, 8.0, 20.0, 70.0))
        end: Went = random.choices(("worked", "failed", "refused"), (5, 3, 1))[0]
        step.went, step.ended_s = end, ends_s
        if end == "worked":
            self._comes_back(use, ends_s, random.choice(("ok", "Error: none, all is well", "Permission to use it is granted")))
        else:
            self._failed.append((tool, written, says, sure))
            said = (
                f"Permission to use {tool} has been denied." if end == "refused" else random.choice(("Exit code 1", "", "boom"))
            )
            self._comes_back(use, ends_s, said, is_error=True)
        if random.random() < 0.3:
            self._now_s = max(self._now_s, ends_s)

    def _says(self, text: str = "", *, bad: bool = False) -> None:
        random = self.random
        thing, row = random.choice(THINGS), random.choice(ROWS)
        if not text:
            bad = random.random() < 0.3
            good = (
                f"The {thing} stand in row {row}.",
                f"I have chosen the {thing} of row {row}.",
                f"Half of the {thing} are counted, {row} by {row}.",
            )
            ill = (
                f"The backup of the {thing} in row {row} failed.",
                f"I lost the {thing} of row {row}.",
                f"There is a problem with the {thing} in row {row}.",
            )
            text = random.choice(ill if bad else good)
        heard, kind = text, random.random()
        if kind < 0.08:
            secret = random.choice(SECRETS)
            self.truth.planted.append(secret)
            text = f"{text} Here it is: {secret}."
        elif kind < 0.14:
            text = f"{text} {random.choice(CODES)}"
        passing = random.random() < 0.35
        if passing and random.random() < 0.7:
            self._happens(AssistantMessage([TextBlock(text)], "m"))
            self._happens(AssistantMessage([TextBlock("")], "m"))  # something follows, so it was no result
            self.truth.waits.append((self._now_s, False))
        else:
            self._happens((text, passing))
        self.truth.words.append(Words(self._now_s, heard, passing, bad and not passing))

    def _tests(self) -> None:
        good = self.random.random() < 0.5
        self._says(PASS if good else FAIL, bad=not good)

    def _plans(self) -> None:
        random = self.random
        if self._lists:
            entries = [
                f"{random.choice(VERBS)} the {random.choice(THINGS)} for part {row}" for row in ROWS[: random.randint(0, 4)]
            ]
            states = [random.choice(("pending", "in_progress", "completed", "odd")) for _ in entries]
            todos = [{"content": entry, "status": state} for entry, state in zip(entries, states, strict=True)]
            self._uses_tool("TodoWrite", {"todos": todos})
            self._plan = {str(at): entry for at, entry in enumerate(entries, 1)}
            self._under_way = {str(at): True for at, state in enumerate(states, 1) if state == "in_progress"}
        elif not self._plan or random.random() < 0.4:
            number, subject = (
                str(self._uses + 1),
                f"{random.choice(VERBS)} the {random.choice(THINGS)} for part {random.choice(ROWS)}",
            )
            use = self._uses_tool("TaskCreate", {"subject": subject, "description": "x"})
            self._comes_back(use, self._now_s, result={"task": {"id": number, "subject": subject}})
            self._plan = self._plan | {number: subject}
        else:
            number = random.choice(list(self._plan))
            state = random.choice(("in_progress", "in_progress", "completed", "deleted", "pending"))
            given: dict[str, Any] = {"taskId": number, "status": state}
            if random.random() < 0.2:
                given["subject"] = f"{random.choice(VERBS)} the {random.choice(THINGS)} for part {random.choice(ROWS)}"
                self._plan = self._plan | {number: given["subject"]}
            use = self._uses_tool("TaskUpdate", given)
            self._comes_back(
                use, self._now_s, result={"success": True, "taskId": number, "statusChange": {"from": "pending", "to": state}}
            )
            self._under_way = {other: True for other in self._under_way if other != number}
            if state == "deleted":
                self._plan = {other: subject for other, subject in self._plan.items() if other != number}
            elif state == "in_progress":
                self._under_way = self._under_way | {number: True}
        self.truth.plan.append((self._now_s, self._plan, self._under_way))

    def _document(self) -> None:
        """PAI's document: the phase, and how many points are done, up and down; now and then it cannot be written."""
        random = self.random
        phase = random.choice((*PHASES, "complete"))
        met = max(0, min(8, self._points[0] + random.choice((-2, -1, -1, 0, 1, 1, 2))))
        use = self._uses_tool("Write", {"file_path": "/m/PRD.md", "content": f"---\nphase: {phase}\nprogress: {met}/8\n---\n"})
        step, ends_s = Step("Write", "", self._now_s, sure=False), self._now_s + random.choice((0.0, 0.1, 0.4))
        self.truth.steps.append(step)
        step.went, step.ended_s = ("worked" if random.random() < 0.85 else "failed"), ends_s
        self._comes_back(use, ends_s, is_error=step.went == "failed")
        if step.went == "worked":
            self._points = (met, 8)
            self.truth.points.append((ends_s, met, 8))
            self.truth.phases.append((ends_s, "" if phase == "complete" else phase, 0))
        self._now_s = ends_s

    def _waits_long(self) -> None:
        self._happens(SystemMessage("api_retry", {"attempt": 1, "max_retries": 10}))
        self.truth.waits.append((self._now_s, True))

    def _burst(self) -> None:
        for _ in range(self.random.randint(5, 30)):
            self.random.choice((self._step, self._says, self._tests))()
