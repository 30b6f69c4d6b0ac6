"""The PIN: who asks for it in a call, and when."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Final, Literal, Self, TypeVar

import anyio
import structlog

from orchestrator.attended import Due, Lapse
from orchestrator.hold import ANSWER_S
from orchestrator.pin_filter import NO_PIN, PinFilter
from orchestrator.pin_watch import KeyWatch, PinWatch
from orchestrator.reply import Reply
from telephony.admission import Admission
from telephony.pin_tries import CALLED, Book, NotKept, PinVerdict, Rules, judge
from telephony.spoken_digits import spoken_keys

log = structlog.get_logger()

MOST_UNCLEAR: Final = 3  # answers in a row that are no PIN, and no try; then it is not asked for again
Behind = Callable[[Reply], Awaitable[None]]
Verdict = PinVerdict | Literal["refused", "given_up"]
T = TypeVar("T")


class PinGuard:
    """One caller before the door; wrong PINs are counted over all calls."""

    def __init__(self, admission: Admission, caller: str, *, called: bool = False) -> None:
        """`called`: we call them. Who answers there has no forged number, so it is counted by itself."""
        self._admission = admission
        self._listed = caller in admission.policy.allow
        self._key = f"{CALLED}{caller}" if called else caller
        self._part = ""
        self._wrong = 0
        self.rests = False
        """No PIN is taken from them in this call."""
        self.untold = 0
        """How many wrong PINs the owner has not heard of; known with the right one."""

    async def arrive(self) -> None:
        """A call with them begins."""
        self.rests = await self._change(lambda book: book.rests(self._key, self._admission.clock(), self._admission.rules))

    async def judge(self, answer: str) -> PinVerdict:
        """Of what was keyed in or spoken. Digits that are too few are kept, and joined with those of the next one."""
        if not self._listed:
            return "locked"
        rules, keys = self._admission.rules, spoken_keys(answer)
        if len(self._part + keys) == len(rules.pin):
            keys = self._part + keys
        verdict, wrong = await self._change(lambda book: self._judged(book, rules, keys))
        self._part = keys if verdict == "unclear" and len(keys) < len(rules.pin) else ""
        self._wrong += verdict == "wrong"
        self.untold = max(0, wrong - self._wrong)
        if verdict in ("wrong", "locked"):
            log.warning("pin_wrong", verdict=verdict)
        self.rests = self.rests or verdict == "locked"
        return "locked" if self._wrong >= rules.tries else verdict

    def _judged(self, book: Book, rules: Rules, keys: str) -> tuple[PinVerdict, int]:
        wrong = book.untold
        return judge(book, rules, self._key, keys, self._admission.clock()), wrong

    async def glance(self, count: int) -> bool:
        """So many numbers that could be the PIN were said of something else; whether more may be looked at."""

        def looked(book: Book) -> bool:
            now_s = self._admission.clock()
            if count:
                book.glance(count, now_s)
            return book.may_glance(now_s)

        return await self._change(looked)

    async def _change(self, act: Callable[[Book], T]) -> T:
        """In the book that is kept; where that fails, in what is known here, for the owner must get in."""
        admission = self._admission
        if admission.tries is not None:
            try:
                done, admission.book = await admission.tries.change(lambda book: (act(book), book))
            except NotKept as failure:
                log.warning("pin_tries_not_kept", why=str(failure))
            else:
                return done
        return act(admission.book)


@dataclass
class Trust:
    """How far a caller is known in a call. A number can be forged, so it is little by itself."""

    guard: PinGuard | None = None
    """Who judges a PIN; None where none is set."""
    first: bool = False
    """The call begins with it."""
    risk: Literal["free", "pin", "rests", "never"] = "free"
    """What risky things need: nothing more, the PIN once in the call, a PIN that is not taken in this call, or one that is not
    set."""
    called: bool = False
    """We called them: who we are comes before the question for the PIN."""
    say_ai: bool = False
    """They are told first that an AI speaks."""
    filter: PinFilter = NO_PIN
    """Keeps the PIN from everybody else."""

    @classmethod
    def of(cls, admission: Admission, caller: str, *, called: bool = False) -> Self:
        """By the owner's policy."""
        policy = admission.policy
        return cls(
            PinGuard(admission, caller, called=called) if policy.pin else None,
            admission.asks_for_pin,
            "pin" if admission.guards_risk else "free" if policy.pin_mode == "never" else "never",
            called=called,
            say_ai=policy.must_say_ai(caller),
            filter=PinFilter(policy.pin),
        )

    @property
    def unproven(self) -> bool:
        """A PIN is set, and has not been given in this call."""
        return self.first or self.risk in ("pin", "rests")

    @property
    def withholds(self) -> bool:
        """Nothing is told yet of their work: a number that calls us may be forged, and one that we call is theirs, unless
        somebody there has guessed too often."""
        return self.first or (self.unproven and (not self.called or self.risk == "rests"))

    async def arrive(self) -> None:
        """A call begins. Where too many PINs were wrong, it does without: who forges a number keeps nobody out."""
        if self.guard is None or not self.unproven:
            return
        await self.guard.arrive()
        if self.guard.rests:
            self.first, self.risk = False, "rests"

    def passed(self) -> None:
        """The caller knew the PIN."""
        self.first, self.risk = False, "free"


class Gate:
    """Where a call waits for the PIN: what the caller says next is taken for it, and then that is done which needed it."""

    def __init__(self, trust: Trust, behind: Behind, names: Iterable[str] = ()) -> None:
        """`behind`: what a call that begins with the PIN goes on with. `names`: of who is on the line."""
        self._trust, self._unclear = trust, 0
        self._behind = behind if trust.first else None
        self._lapse: Lapse | None = None
        self._again = False
        self._watch = PinWatch(trust.filter, names)
        self.keys = KeyWatch(trust.filter, self._watch)
        self._glances = 0

    async def arrive(self) -> None:
        """The call begins: with the PIN only where one is taken."""
        await self._trust.arrive()
        if not self._trust.first:
            self.open()

    def show(self, reply: Reply, words: str, prompt: str) -> None:
        """What the caller said or keyed, as all but the gate may know it; `prompt` is what they heard last."""
        self._watch.proven = not self._trust.unproven
        shown = self._watch.shown(words, prompt)
        reply.unmasked, reply.text, reply.pin, reply.prompt = words, shown.text, shown.gives, prompt

    def heard(self, reply: Reply) -> bool:
        """They did say that: no guess any more. Whether it makes the PIN whole with what they said before."""
        completed = self._watch.completed
        self._glances += self._watch.heard(reply.unmasked, reply.prompt)
        return self._watch.completed != completed

    async def glance(self) -> None:
        """Count what was looked at, so that nobody finds the PIN by trying what is hidden."""
        guard, glances, self._glances = self._trust.guard, self._glances, 0
        if guard is not None and self._trust.unproven:
            self._watch.strict = not await guard.glance(glances)
        else:
            self._watch.strict = False

    @property
    def shut(self) -> bool:
        return self._behind is not None

    @property
    def lapses(self) -> bool:
        """Silence is an answer here."""
        return self._lapse is not None

    def ask(self, behind: Behind, lapse: Lapse | None = None) -> None:
        """The PIN is asked for now, for that."""
        self._behind, self._lapse, self._unclear, self._again = behind, lapse, 0, False

    def open(self) -> None:
        """What waited for the PIN does so no more."""
        self._behind = self._lapse = None

    @property
    def untold(self) -> int:
        """How many wrong PINs there were before this call that the owner has not heard of."""
        return self._trust.guard.untold if self._trust.guard else 0

    def due(self, quiet_s: float, again: str) -> Due | None:
        """What is said to silence here: `again` once, and then that it is over."""
        lapse = self._lapse
        if lapse is None:
            return None
        if not lapse.stands():
            self.open()
            return None
        if quiet_s < ANSWER_S:
            return None
        if not self._again:
            self._again = True
            return Due(None, again)
        self.open()
        return lapse.end("silence")

    async def given(self, reply: Reply) -> bool:
        """Whether it gives the PIN before anybody has asked for it: it is taken then."""
        guard = self._trust.guard
        if not reply.pin or guard is None or self._trust.risk != "pin" or self.shut:
            return False
        await reply.over.wait()  # a guess gives nothing
        with anyio.CancelScope(shield=True):
            if await guard.judge(reply.pin) == "passed":
                self._trust.passed()
        return not self._trust.unproven

    async def judge(self, reply: Reply, *, refuses: bool, answer: Callable[[Verdict], Awaitable[None]]) -> None:
        """Of what the caller said or keyed; `answer` says so, and what waited is done after that if it was right.

        It stays shut after `wrong`, `unclear` and whatever ends the call. A call that did not begin with the PIN goes on without.
        """
        behind, lapse = self._behind, self._lapse
        verdict: Verdict = "locked"
        with anyio.CancelScope(shield=True):  # what was counted must be told
            verdict = await self._verdict(reply.pin or reply.unmasked, refuses)
        if verdict in ("passed", "refused"):
            self.open()
        if verdict == "refused" and lapse is not None:
            lapse.end("policy")
        await answer(verdict)
        if verdict == "passed" and behind is not None:
            await behind(reply)

    async def _verdict(self, text: str, refuses: bool) -> Verdict:
        optional = not self._trust.first
        if refuses and optional:
            return "refused"
        verdict = await self._trust.guard.judge(text) if self._trust.guard else "locked"
        if verdict == "passed":
            self._trust.passed()
            self._watch.strict = False
        self._unclear = self._unclear + 1 if verdict == "unclear" else 0
        if self._unclear < MOST_UNCLEAR:
            return verdict
        return "refused" if optional else "given_up"
