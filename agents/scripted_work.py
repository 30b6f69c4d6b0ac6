"""Long work from a script, without a process: for rehearsals in virtual time.

```yaml
works:                                  # the first whose `when` fits the prompt is done
  - when: blog post
    steps:
      - says: I begin with the outline.
      - {after_s: 10, working: {what: WebSearch, detail: Looking for sources}}
      - asks: {question: The Engineer wants to push to main. Yes or no?, tool: Bash, exact: git push, risky: true}
        yes: [{says: It is pushed.}]
        no: [{says: I leave it here then.}]
      - waits_for: picture              # until the caller adds something with that in it
      - spent: 0.12                     # so far
      - done: {result: "# The post", spoken: The post is written.}
```
A step may also be `failed: work_crashed` (an error's code), or `hangs: true`. What ends without `done` has crashed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator
from decimal import Decimal
from itertools import count
from typing import Self

import anyio
from anyio.abc import ObjectReceiveStream
from pydantic import Field, model_validator

from agents import linear
from agents.definition import Task
from agents.errors import CODES, Crashed, OutOfMoney, OutOfTime, Stopped, WorkError
from agents.linear import Pattern
from agents.strict import Strict
from agents.work import Add, Answer, Asks, Began, Done, Failed, Order, Says, Spent, Stop, TaskEvent, Went, Word, Working
from agents.work_time import WorkTime
from agents.yaml_file import YamlModel, did_you_mean


class Doing(Strict):
    what: str
    detail: str = ""
    step: int = 0
    of: int = 0
    went: Went = ""


class Question(Strict):
    question: str
    tool: str = ""
    exact: str = ""
    risky: bool = False
    whole: str = ""


class Ending(Strict):
    result: str
    spoken: str = ""


class Step(Strict):
    """One thing that happens, `after_s` seconds after the one before; nothing but the wait if no thing is named."""

    after_s: float = Field(default=0, ge=0, le=86_400)
    working: Doing | None = None
    says: str | None = None
    passing: bool = Field(default=False, description="What it says is written in passing, and not meant for the caller.")
    asks: Question | None = None
    yes: tuple[Step, ...] = Field(default=(), description="What is done after a yes, before the steps that follow.")
    no: tuple[Step, ...] = ()
    waits_for: Pattern | None = Field(
        default=None, description="A regular expression, found in what the caller adds, in any case."
    )
    spent: Decimal | None = None
    done: Ending | None = None
    failed: str | None = None
    hangs: bool = False

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        things = self.model_fields_set - {"after_s", "passing", "yes", "no"}
        if len(things) > 1:
            raise ValueError(f"one thing a step: {' and '.join(sorted(things))} are two")
        if self.failed is not None and self.failed not in CODES:
            raise ValueError(f"`{self.failed}` is no error of long work.{did_you_mean(self.failed, CODES)}")
        return self


class Work(Strict):
    when: Pattern = Field(default="", description="A regular expression, found in the prompt, in any case.")
    steps: tuple[Step, ...]


class WorkScript(YamlModel):
    works: tuple[Work, ...] = ()

    def steps(self, prompt: str) -> tuple[Step, ...]:
        fitting = next((work for work in self.works if linear.found(work.when, prompt)), None)
        return () if fitting is None else fitting.steps


class ScriptedRunner:
    """A TaskRunner."""

    def __init__(self, script: WorkScript) -> None:
        self.script = script
        self.orders: list[Order] = []
        """All that was ordered, for asserting."""
        self._sessions = count(1)

    async def run(self, order: Order, words: ObjectReceiveStream[Word]) -> AsyncGenerator[TaskEvent, None]:
        """See TaskRunner; there is no process, so its pid is 0."""
        self.orders.append(order)
        run = _Run(order.agent.task or Task(), words)
        yield Began(order.session or f"scripted-{next(self._sessions)}", pid=0, started=0)
        todo = deque(self.script.steps(order.prompt))
        try:
            while todo:
                step = todo.popleft()
                await run.wait(step)
                if event := run.event(step):
                    yield event
                if isinstance(event, Asks):
                    todo.extendleft(reversed(step.yes if await run.answered(event.ask) else step.no))
                elif isinstance(event, Done):
                    return
                run.check()
            raise Crashed("The script ended before the work did.")
        except WorkError as error:
            yield Failed(error, run.achieved)

    async def reap(self, began: Began) -> bool:
        """See TaskRunner: nothing can be left."""
        return False


class _Run:
    """One run's limits, and what it has heard and told. Its waits take words, and raise WorkError for what ends the run."""

    def __init__(self, limits: Task, words: ObjectReceiveStream[Word]) -> None:
        self.achieved = ""
        self._words = words
        self._heard = ""
        self._answers: dict[str, bool] = {}
        self._nobody = False
        self._asks = count(1)
        self._spent = Decimal(0)
        self._max_usd = limits.max_usd
        self._time = WorkTime(limits.max_minutes, anyio.current_time())

    def event(self, step: Step) -> TaskEvent | None:
        """What the step tells; raises what it fails with."""
        if step.working:
            return Working(**step.working.model_dump())
        if step.says is not None:
            self.achieved = step.says
            return Says(step.says, step.passing)
        if step.asks:
            return Asks(f"q{next(self._asks)}", **step.asks.model_dump())
        if step.spent is not None:
            self._spent = step.spent
            return Spent(step.spent)
        if step.failed:
            raise CODES[step.failed]
        return Done(**step.done.model_dump()) if step.done else None

    def check(self) -> None:
        if self._spent > self._max_usd:
            raise OutOfMoney

    async def wait(self, step: Step) -> None:
        """Until the step's time has come, and what it waits for."""
        at = anyio.current_time() + step.after_s if not step.hangs else float("inf")
        while anyio.current_time() < at:
            await self._hear(at)
        while step.waits_for and not linear.found(step.waits_for, self._heard):
            await self._hear(float("inf"))

    async def answered(self, ask: str) -> bool:
        """No, if nobody is there to answer."""
        self._time.waiting(True, anyio.current_time())
        while ask not in self._answers and not self._nobody:
            await self._hear(float("inf"))
        self._time.waiting(False, anyio.current_time())
        return self._answers.get(ask, False)

    async def _hear(self, until: float) -> None:
        """One word, or nothing more until then."""
        with anyio.CancelScope(deadline=min(until, self._time.by_s)):
            if self._nobody:
                await anyio.sleep_forever()
            try:
                self._take(await self._words.receive())
            except (anyio.EndOfStream, anyio.ClosedResourceError):
                self._nobody = True
        if anyio.current_time() >= self._time.by_s:
            raise OutOfTime

    def _take(self, word: Word) -> None:
        match word:
            case Answer(ask=ask, yes=yes):
                self._answers[ask] = yes
            case Add(words=words):
                self._heard += f"{words}\n"
            case Stop():
                raise Stopped
