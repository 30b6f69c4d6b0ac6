"""What a caller orders about long work, by voice or key, and what the phone does about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from agents.brain import Utterance
from agents.definition import Agent
from agents.errors import ToolError
from orchestrator.attended import Due, Lapse
from orchestrator.hold import STYLES
from orchestrator.holding import Holding
from orchestrator.phrases import Phrases
from orchestrator.router import Router

KEYS: Final[Mapping[str, str]] = {
    "0": "desk", "1": "yes", "2": "no", "3": "status", "4": "music",
    "7": "softer", "9": "louder", "*": "silent", "#": "call_back",
}  # fmt: skip
PRIVATE: Final = ("status", "wait", "stop")  # they read what the work is about, let it be told, or end it
OF_THE_TELLING: Final = ("more", "less", "silent")  # else they are meant for whoever spoke last


@dataclass(frozen=True, slots=True)
class Order:
    name: str
    """A key of `hold` in prompts/phrases.yaml, `desk`, or `words`: an answer in the caller's own."""
    words: str = ""
    by: Literal["voice", "key"] = "voice"
    ask: str = ""
    """The question that it answers, by its id."""


class Orders:
    def __init__(self, holding: Holding, phrases: Phrases, router: Router) -> None:
        self._holding, self._phrases, self._router, self._words = holding, phrases, router, holding.words
        self._acts: Mapping[str, Callable[[], str]] = {
            "wait": self._wait,
            "more": lambda: self._restyle(1),
            "less": lambda: self._restyle(-1),
            "silent": self._silent,
            "music_on": lambda: self._music(on=True),
            "music_off": lambda: self._music(on=False),
            "louder": self._louder,
            "softer": self._softer,
            "stop": self._stop,
            "desk": lambda: self._words.orders.desk,
            "help": lambda: self._words.orders.help,
        }

    def spoken(self, text: str) -> Order | None:
        """None when somebody should answer these words."""
        holding = self._holding
        name = self._phrases.hold_order(text)
        if not holding.active and not (holding.late and name == "call_back"):
            return None
        asked = holding.asked if holding.told_last else None  # a yes to somebody else's question allows nothing
        if name in ("yes", "no") and asked is None:
            return None
        if name in OF_THE_TELLING and not holding.told_last:
            return None
        question = asked.task.question if asked else None
        if name is None and asked and question and not question.tool and not self._for_others(text, asked.task.agent):
            name = "words"
        return Order(name, text, ask=question.ask if question else "") if name else None

    def _for_others(self, text: str, asks: Agent) -> bool:
        """A parting, an order to be silent, or a sentence to somebody who asked nothing."""
        route = self._router.at_once(text, asks.id)
        named = [speaker.agent for speaker in route.speakers] if route and route.by == "name" else []
        return self._router.act(text) is not None or bool(named and asks.id not in named)

    def keyed(self, key: str) -> Order | None:
        """None when the key orders nothing now."""
        holding = self._holding
        name = KEYS.get(key)
        if not holding.active and not (holding.late and name == "call_back"):
            return None
        if name in ("yes", "no") and holding.asked is None:
            name = {"yes": "wait", "no": "call_back"}[name] if holding.offered else None
        if name == "music":
            name = "music_off" if holding.music else "music_on"
        question = holding.asked.task.question if holding.asked else None
        return Order(name, by="key", ask=question.ask if question else "") if name else None

    def answered(self, order: Order) -> Utterance | None:
        """The question of the work that it answers, as somebody said it; None if it is no answer."""
        asked = self._holding.asked
        if order.name not in ("yes", "no", "words") or asked is None or asked.task.question is None:
            return None
        return Utterance(asked.task.agent.id, asked.task.question.question)

    def risky(self, order: Order) -> bool:
        """It allows what needs more than the caller's number."""
        asked = self._holding.asked
        return order.name == "yes" and asked is not None and asked.task.question is not None and asked.task.question.risky

    def lapse(self, order: Order) -> Lapse:
        """Of a yes that waits for the PIN."""

        def stands() -> bool:
            asked = self._holding.asked
            return asked is not None and asked.task.question is not None and asked.task.question.ask == order.ask

        def end(by: Literal["silence", "policy"]) -> Due:
            asked = self._holding.asked
            if asked is not None and stands():
                self._holding.give_up(asked, by, "pin")
            return Due(asked.task.agent if asked else None, self._words.no_pin_given)

        return Lapse(stands, end)

    def private(self, order: Order) -> bool:
        """It is only for whoever ordered the work."""
        return order.name in PRIVATE

    def refuse(self) -> Due:
        """No PIN can be asked for: the risky thing is not done."""
        asked = self._holding.asked
        if asked is not None:
            self._holding.give_up(asked, "policy", "no_pin")
        return Due(asked.task.agent if asked else None, self._words.no_pin)

    def obey(self, order: Order, *, withheld: bool = False) -> Due:
        """Do it; returns what is said to it: of work that has ended, how it ended, unless that is withheld."""
        try:
            return self._obeyed(order)
        except ToolError:  # it ended in between
            return (None if withheld else self._holding.ended()) or Due(None, self._words.nothing)

    def _obeyed(self, order: Order) -> Due:
        holding, words = self._holding, self._words
        match order.name:
            case "yes" | "no" | "words":
                return self._answer(order)
            case "call_back":
                try:
                    holding.take_over()
                except ToolError:
                    return Due(None, words.orders.too_much)
                agent = holding.newest().task.agent
                holding.leave("call_back")
                said = words.orders.call_back if holding.calls_back else words.orders.call_again
                return Due(agent, said, farewell="call_back")
            case "status":
                return self._status()
            case name:
                return Due(None if name == "desk" else holding.newest().task.agent, self._acts[name]())

    def _answer(self, order: Order) -> Due:
        asked = self._holding.asked
        if asked is None or asked.task.question is None or asked.task.question.ask != order.ask:  # it lapsed meanwhile
            return Due(None, self._words.settled)
        self._holding.answer(asked, yes=order.name != "no", by=order.by, words=order.words)
        said = {"yes": self._words.yes, "no": self._words.no, "words": self._words.words}
        return Due(asked.task.agent, said[order.name])

    def _wait(self) -> str:
        self._holding.hold_on()
        return self._words.orders.wait

    def _status(self) -> Due:
        attended = self._holding.newest()
        task, words = attended.task, self._words
        status = words.status.format(name=task.agent.name, since=self._holding.since(attended), title=task.wish.title)
        if task.question is not None:  # to name it is to ask it, too
            named = None if attended.hold.question else task
            return Due(task.agent, f"{status} {words.waits.format(question=task.question.question)}", asks=named, of_work=True)
        told = attended.hold.asked_for()
        return Due(task.agent, f"{status} {told}".rstrip(), of_work=self._holding.asked is None)

    def _restyle(self, steps: int) -> str:
        hold, words = self._holding.newest().hold, self._words.orders
        at = STYLES.index(hold.style)
        to = max(min(1, at), min(at + steps, len(STYLES) - 1))
        hold.style = STYLES[to]
        if to == at:
            return words.most if steps > 0 else words.least if at else words.silent
        return words.more if steps > 0 else words.less

    def _silent(self) -> str:
        self._holding.newest().hold.style = "silent"
        return self._words.orders.silent

    def _music(self, *, on: bool) -> str:
        if not self._holding.has_music:
            return self._words.orders.no_music
        self._holding.turn_music(on=on)
        return self._words.orders.music_on if on else self._words.orders.music_off

    def _louder(self) -> str:
        self._holding.bed.raise_()
        return self._words.orders.louder

    def _softer(self) -> str:
        self._holding.bed.lower()
        return self._words.orders.softer

    def _stop(self) -> str:
        self._holding.stop()
        return self._words.orders.stop
