"""What a caller orders about long work, by voice or key, and what the phone does about it.

An order goes to the work that was meant: that of the agent who is named, the one whose title is described, or the only one; else
the phone asks which. Answers to what the work asks are judged in orchestrator/answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from agents.brain import Utterance
from agents.definition import Agent
from agents.errors import ToolError
from orchestrator import steering
from orchestrator.answers import asked as asked_again
from orchestrator.attended import Attended, Choice, Due, Lapse
from orchestrator.consent import Spoken
from orchestrator.hold import STYLES
from orchestrator.holding import Holding
from orchestrator.phrases import Phrases
from orchestrator.router import Router

KEYS: Final[Mapping[str, str]] = {
    "0": "desk", "1": "yes", "2": "no", "3": "status", "4": "music",
    "7": "softer", "9": "louder", "*": "silent", "#": "call_back",
}  # fmt: skip
PRIVATE: Final = ("status", "wait", "stop", "go_on", "read")  # they read what the work is about, let it be told, or end it
OF_THE_TELLING: Final = ("more", "less", "silent")  # else they are meant for whoever spoke last
ANSWERS: Final = ("yes", "no", "words")
TO_QUESTIONS: Final = (*ANSWERS, "early", "doubtful", "again", "options", "patience", "room", "open")


@dataclass(frozen=True, slots=True)
class Order:
    name: str
    """A key of `hold` in prompts/phrases.yaml, `desk`, or what words are to a question of the work (orchestrator/consent)."""
    said: Spoken
    by: Literal["voice", "key"] = "voice"
    ask: str = ""
    """The question that it answers, by its id."""
    works: Sequence[Attended] = field(default=(), compare=False)
    """Which it is about; several where that is not known."""
    chosen: bool = False
    """The caller was asked which, and has answered."""
    sure: bool = False
    """They were asked whether they mean it, and do."""


class Orders:
    def __init__(self, holding: Holding, phrases: Phrases, router: Router) -> None:
        self._holding, self._phrases, self._router, self._words = holding, phrases, router, holding.words
        self._answers = holding.answers

    def spoken(self, said: Spoken) -> Order | None:
        """None when somebody should answer these words."""
        holding = self._holding
        if not holding.active:
            late = holding.late and self._phrases.hold_order(said.text) == "call_back"
            return Order("call_back", said) if late else None
        first = (self._withdrawn, self._chosen, self._regretted) if holding.told_last else (self._withdrawn,)
        found = next((order for judge in first if (order := judge(said))), None)
        return found or self._to_question(said) or self._ordered(said)

    # --- what the caller answers --------------------------------------------------------------------------------------

    def _withdrawn(self, said: Spoken) -> Order | None:
        """A yes of a moment ago is taken back, or was none after all."""
        for one in self._holding.attended:
            match self._answers.withdrawn(said, one):
                case "no":
                    return Order("withdraw", said, works=(one,))
                case "again" if self._ordered(said) is None:
                    return Order("not_meant", said, works=(one,))
                case _:
                    pass
        return None

    def _regretted(self, said: Spoken) -> Order | None:
        works = [one for one in self._holding.works if not one.task.paused and self._answers.regrets(said, one)]
        return Order("pause", said, works=works[-1:]) if works and self._holding.asked is None else None

    def _chosen(self, said: Spoken) -> Order | None:
        """To what the phone has asked about an order: which work, or whether to end it."""
        choice = self._holding.choice
        if choice is None:
            return None
        judged = self._answers.judge_choice(said, choice, self._holding.choice_clip)
        if judged == "no":
            return Order("keep", said, works=choice.works)
        if not choice.sure:
            fits = self._fitting(said.text, choice.works)
            return Order(choice.order, said, works=fits, chosen=True) if fits else None
        if judged == "yes":
            return Order(choice.order, said, works=choice.works, sure=True)
        again = judged in ("early", "doubtful", "again", "options", "unclear")
        return Order("choose", said, works=choice.works) if again else None

    def _fitting(self, text: str, works: Sequence[Attended]) -> list[Attended]:
        named = self._router.named(text)
        of_agent = [one for one in works if one.task.agent.id in named]
        return of_agent or [works[at] for at in self._phrases.works.chosen(text, [one.task.wish.title for one in works])]

    def _to_question(self, said: Spoken) -> Order | None:
        asked = self._holding.asked if self._holding.told_last else None  # a yes to somebody else's question allows nothing
        question = asked.task.question if asked else None
        if asked is None or question is None:
            return None
        if self._phrases.hold_order(said.text) == "read":
            return Order("read", said, ask=question.ask, works=(asked,)) if question.whole else None
        judged = self._answers.judge(said, asked)
        if judged not in TO_QUESTIONS or (
            judged == "words" and (self._ordered(said) or self._for_others(said, asked.task.agent))
        ):
            judged = judged if judged == "unclear" and not self._for_others(said, asked.task.agent) else ""
        return Order(judged, said, ask=question.ask, works=(asked,)) if judged else None

    def _for_others(self, said: Spoken, asks: Agent) -> bool:
        """A parting, an order to be silent, or a sentence to somebody who asked nothing."""
        route = self._router.at_once(said.text, asks.id)
        named = [speaker.agent for speaker in route.speakers] if route and route.by == "name" else []
        mentioned = self._router.named(said.text)
        others = (named and asks.id not in named) or (mentioned and asks.id not in mentioned)
        return self._router.act(said.text) is not None or bool(others)

    # --- what the caller orders ---------------------------------------------------------------------------------------

    def _ordered(self, said: Spoken) -> Order | None:
        holding, works = self._holding, self._holding.works
        name, named = self._phrases.hold_order(said.text), self._router.named(said.text)
        theirs = [one for one in works if one.task.agent.id in named]
        if name in OF_THE_TELLING and not holding.told_last:
            return None
        if name == "go_on":
            halted = [one for one in theirs or works if one.task.paused]
            return Order(name, said, works=halted) if halted and (holding.told_last or theirs) else None
        if name == "stop_it":
            if not theirs and not (holding.told_last and self._works_for(named)):
                return None  # it is meant for what somebody said
            name = "stop"
        if name in ("stop", "status"):
            return Order(name, said, works=theirs or works) if theirs or self._works_for(named) else None
        if name is not None:
            return Order(name, said)
        described = self._phrases.works.ordered(said.text)
        if described is None:
            return None
        order, thing = described
        if self._phrases.works.means_all(thing):
            return Order(order, said, works=works, chosen=True)
        fits = [works[at] for at in self._phrases.works.meant(thing, [one.task.wish.title for one in works])]
        if not fits and theirs and set(thing) <= self._words_for(theirs):
            fits = theirs
        return Order(order, said, works=fits) if fits else None

    def _works_for(self, named: Sequence[str]) -> bool:
        """Nobody is named, or only the front desk, who takes orders for all."""
        return not set(named) - {self._router.desk}

    def _words_for(self, works: Sequence[Attended]) -> set[str]:
        """With which one speaks of an agent's work: "the engineer", "the engineer's work"."""
        of = self._phrases.words.named_work
        names = {
            word for one in works for name in (one.task.agent.name, *one.task.agent.aliases) for word in name.lower().split()
        }
        return {*names, *(f"{name}'s" for name in names), *of.articles, *of.any_work}

    def keyed(self, key: str, at_s: float) -> Order | None:
        """None when the key orders nothing now."""
        holding = self._holding
        name = KEYS.get(key)
        said = Spoken("", at_s, at_s)
        if not holding.active and not (holding.late and name == "call_back"):
            return None
        asked = holding.asked
        if name in ("yes", "no") and (choice := holding.choice) is not None and choice.sure and holding.told_last:
            return Order(choice.order if name == "yes" else "keep", said, "key", works=choice.works, sure=True)
        if name == "no" and (given := next((one for one in holding.attended if one.yes), None)):
            return Order("withdraw", said, "key", works=(given,))
        if name in ("yes", "no") and asked is None:
            name = {"yes": "wait", "no": "call_back"}[name] if holding.offered else None
        if name == "yes" and asked is not None and not self._answers.heard(asked, at_s):
            name = "early"
        if name == "music":
            name = "music_off" if holding.music else "music_on"
        question = asked.task.question if asked else None
        works = holding.works[-1:] if name == "status" else (asked,) if asked else ()
        return Order(name, said, "key", question.ask if question else "", works) if name else None

    def answered(self, order: Order) -> Utterance | None:
        """The question of the work that it answers, as somebody said it; None if it is no answer."""
        asked = self._holding.asked
        if order.name not in ANSWERS or asked is None or asked.task.question is None:
            return None
        return Utterance(asked.task.agent.id, asked.task.question.question)

    def risky(self, order: Order) -> bool:
        """It allows what needs more than the caller's number."""
        asked = self._holding.asked
        if order.name != "yes" or asked is None or asked.unread:
            return False
        return asked.task.question is not None and asked.task.question.risky

    def lapse(self, order: Order) -> Lapse:
        """Of a yes that waits for the PIN."""

        def stands() -> bool:
            asked = self._holding.asked
            return asked is not None and asked.task.question is not None and asked.task.question.ask == order.ask

        def end(by: Literal["silence", "policy"]) -> Due:
            asked = self._holding.asked
            if asked is not None and stands():
                self._answers.give_up(asked, by, "pin")
            return Due(asked.task.agent if asked else None, self._words.no_pin_given)

        return Lapse(stands, end)

    def private(self, order: Order) -> bool:
        """It is only for whoever ordered the work."""
        return order.name in PRIVATE

    def refuse(self) -> Due:
        """No PIN can be asked for: the risky thing is not done."""
        asked = self._holding.asked
        if asked is not None:
            self._answers.give_up(asked, "policy", "no_pin")
        return Due(asked.task.agent if asked else None, self._words.no_pin)

    # --- and what is done ---------------------------------------------------------------------------------------------

    async def obey(self, order: Order, *, withheld: bool = False) -> Due:
        """Do it; returns what is said to it, perhaps nothing: of work that has ended, how it ended, unless that is withheld."""
        try:
            return await self._obeyed(order)
        except ToolError:  # it ended in between
            return (None if withheld else self._holding.ended()) or Due(None, self._words.nothing)

    async def _obeyed(self, order: Order) -> Due:
        holding, words = self._holding, self._words
        match order.name:
            case "room" | "open":
                return Due(None)
            case name if name in TO_QUESTIONS or name == "unclear":
                return self._answer(order)
            case "read":
                return self._read()
            case "withdraw" | "not_meant" | "pause":
                return self._take_back(order, order.works[0])
            case "choose" if holding.choice:
                return self._choose(holding.choice)
            case "keep" | "choose":
                return Due(order.works[0].task.agent, words.orders.goes_on, of_work=True)
            case "call_back":
                try:
                    holding.take_over()
                except ToolError:
                    return Due(None, words.orders.too_much)
                newest = holding.newest()
                kept, agent = await steering.kept([newest]), newest.task.agent
                holding.leave("call_back")
                said = words.orders.call_back if holding.calls_back else words.orders.call_again
                said = said if kept else f"{words.orders.unkept} {said}"
                return Due(agent, said, farewell="call_back")
            case "status" | "stop" if len(order.works) > 1 and not (order.chosen or order.sure):
                return self._choose(Choice(order.name, order.works, sure=False, question=self._which(order.works)))
            case "status":
                first, *others = [self._status(one) for one in order.works or [holding.newest()]]
                return replace(first, text=" ".join(due.text for due in (first, *others)))
            case "stop":
                return await self._stop(order)
            case "go_on":
                for one in order.works:
                    one.task.go_on()
                await steering.kept(order.works)
                return Due(order.works[0].task.agent, words.orders.go_on, of_work=True)
            case name:
                return Due(None if name == "desk" else holding.newest().task.agent, self._done(name))

    def _answer(self, order: Order) -> Due:
        asked, words = self._holding.asked, self._words
        question = asked.task.question if asked else None
        if asked is None or question is None or question.ask != order.ask:  # it lapsed meanwhile
            return Due(None, words.settled)
        agent, how = asked.task.agent, words.answers
        match order.name:
            case "yes" if asked.unread:
                return Due(agent, words.unread, of_work=True)
            case "yes" | "words":
                self._answers.take(asked, order.said, order.by, order.said.text)
                return Due(agent, words.yes if order.name == "yes" else words.words, of_work=True)
            case "no":
                self._answers.give(asked, yes=False, by=order.by, words=order.said.text)
                return Due(agent, words.no, of_work=True)
            case "patience":
                asked.hold.wait()
                return Due(agent, how.patience)
            case "options":
                return asked_again(asked, (how.options if question.tool else how.options_own).format(question=question.question))
            case "again":
                return asked_again(asked, question.question)
            case name:
                return asked_again(asked, getattr(how, name).format(question=question.question))

    def _take_back(self, order: Order, attended: Attended) -> Due:
        """A yes: as if it had not been said, while the run does not know of it; else the run goes no further."""
        agent, how, question = attended.task.agent, self._words.answers, attended.task.question
        if order.name == "pause":
            latest = attended.hold.asked_for()
            attended.task.pause()
            return Due(agent, how.too_late.format(latest=latest).replace("  ", " "), of_work=True)
        if attended.yes is None or question is None:  # it has been told in between
            return Due(agent, self._words.settled)
        attended.yes = None
        if order.name == "not_meant":
            return asked_again(attended, how.not_meant.format(question=question.question))
        self._answers.give(attended, yes=False, by=order.by, words=order.said.text)
        return Due(agent, how.withdrawn, of_work=True)

    def _choose(self, choice: Choice) -> Due:
        return Due(choice.works[0].task.agent if choice.sure else None, choice.question, choice=choice, of_work=True)

    def _which(self, works: Sequence[Attended]) -> str:
        orders = self._words.orders
        titles = [self._phrases.works.spoken(one.task.wish.title) for one in works]
        return orders.which.format(titles=orders.which_or.join([", ".join(titles[:-1]), titles[-1]]))

    async def _stop(self, order: Order) -> Due:
        holding, words = self._holding, self._words.orders
        works = [one for one in order.works if one.task.running]
        if not works:
            raise ToolError("Nothing is under way.")
        if not order.sure and any(holding.age_s(one) >= steering.MINUTES_S for one in works):
            titles = self._words.orders.which_or.join(self._phrases.works.spoken(one.task.wish.title) for one in works)
            return self._choose(Choice("stop", works, sure=True, question=words.stop_sure.format(title=titles)))
        kept = [await steering.stop(one) for one in works]
        return Due(works[0].task.agent, words.stop if all(kept) else words.stop_unkept)

    def _read(self) -> Due:
        """What it asks, in full: a yes counts once that was heard to its end."""
        asked = self._holding.asked
        if asked is None or asked.task.question is None:
            return Due(None, self._words.settled)
        return Due(asked.task.agent, asked.task.question.whole, reads=asked.task, of_work=True)

    def _status(self, attended: Attended) -> Due:
        task, words = attended.task, self._words
        status = words.status.format(name=task.agent.name, since=self._holding.since(attended), title=task.wish.title)
        if task.question is not None and attended.yes is None:  # to name it is to ask it, too
            named = None if attended.hold.question else task
            return Due(task.agent, f"{status} {words.waits.format(question=task.question.question)}", asks=named, of_work=True)
        told = f"{attended.hold.asked_for()} {words.held if task.paused else ''}".strip()
        return Due(task.agent, f"{status} {told}".rstrip(), of_work=self._holding.asked is None)

    def _done(self, name: str) -> str:
        """Do it; returns what is said to it."""
        holding, words = self._holding, self._words.orders
        match name:
            case "wait":
                holding.hold_on()
            case "more" | "less":
                return self._restyle(1 if name == "more" else -1)
            case "silent":
                holding.newest()
                for one in holding.works:
                    one.hold.style = "silent"
            case "music_on" | "music_off" if not holding.has_music:
                return words.no_music
            case "music_on" | "music_off":
                holding.turn_music(on=name == "music_on")
            case "louder" | "softer":
                holding.bed.turn(1 if name == "louder" else -1)
            case _:
                pass
        return getattr(words, name)

    def _restyle(self, steps: int) -> str:
        hold, words = self._holding.newest().hold, self._words.orders
        at = STYLES.index(hold.style)
        to = max(min(1, at), min(at + steps, len(STYLES) - 1))
        for one in self._holding.works:
            one.hold.style = STYLES[to]
        if to == at:
            return words.most if steps > 0 else words.least if at else words.silent
        return words.more if steps > 0 else words.less
