"""The mind of a call: what the caller said becomes an answer. Recognise, route, let the floor speak; all of it may be a guess."""

from __future__ import annotations

from collections import deque
from functools import partial
from itertools import count
from typing import Final, Protocol

import anyio

from agents.brain import CALLER, Utterance
from agents.definition import Agent
from agents.lines import GoodbyeLines
from orchestrator import events
from orchestrator.acts import Means
from orchestrator.attended import Due
from orchestrator.caller_level import CallerLevel, level_db
from orchestrator.choosing import chosen
from orchestrator.floor import Floor
from orchestrator.here import Here
from orchestrator.holding import Holding
from orchestrator.late import late
from orchestrator.meter import money
from orchestrator.minds import Minds
from orchestrator.mixer import Clip, Mixer
from orchestrator.mouth import Mouth
from orchestrator.orders import Order, Orders
from orchestrator.parting import goodbyes
from orchestrator.patience import Prompt, prompt_lines
from orchestrator.pin import Gate, Trust, Verdict
from orchestrator.pin_filter import HIDDEN
from orchestrator.reply import Reply
from orchestrator.results import further, opening, own_line, plainly
from orchestrator.router import Route, Speaker
from orchestrator.speech import Sentence
from orchestrator.thread import Thread
from orchestrator.turns import Sign
from orchestrator.wording import worded
from telephony.line import Line
from telephony.spoken_digits import spoken_keys
from voices.recognition import RecognitionError

LONGEST_JUDGING_S: Final = 2.5  # of an interruption: until then there is silence, and then we go on
LONGEST_HEARING_S: Final = 10.0  # of a question: fillers bridge it, and then we ask again
FAR: Final = 1.0  # doubt about who said it: it is no yes, whatever the words
PARTS: Final = 6  # turns in which a PIN may be said
SENTENCES: Final = 32  # a long answer, thought faster than it is spoken


class Conductor(Protocol):
    """What the mind needs from the rest of its call."""

    async def sign(self, sign: Sign, of: Reply | None = None) -> bool: ...

    def judges(self, reply: Reply) -> bool:
        """We stopped speaking for what this answers, and do not know yet whether it was a bid for the floor."""
        ...

    def hears(self, text: str, spoke_s: float) -> None:
        """The caller has said that, as far as it was understood."""
        ...

    @property
    def parting(self) -> bool:
        """What is being said is the farewell."""
        ...


class Mind:
    """One call's: its history as it was heard, and who has the floor."""

    def __init__(
        self, minds: Minds, line: Line, mixer: Mixer, mouth: Mouth, conductor: Conductor, trust: Trust, holding: Holding | None
    ) -> None:
        self._minds, self._mixer, self._mouth, self._conductor = minds, mixer, mouth, conductor
        self._line, self._trust, self._holding = line, trust, holding
        self._orders = Orders(holding, minds.phrases, minds.router) if holding else None
        self._gate = Gate(trust, self._welcome, minds.roster.all_names())
        self.keys = self._gate.keys
        self._level = CallerLevel()
        self._lately = deque[Reply](maxlen=PARTS)
        self._notes = minds.notes(line.caller)
        self.history = Thread(minds.history_tokens)
        self.floor = minds.roster.front_desk.id
        self._filled = count()

    @property
    def guarded(self) -> bool:
        """What the caller says now may be the PIN: it is kept out of journal and history."""
        return self._gate.shut

    @property
    def admitted(self) -> bool:
        """They may hear what is private, and are not asked for their PIN just now, unless it is for the work itself."""
        return not (self._trust.withholds or (self._gate.shut and not self._gate.lapses))

    def sounds(self, reply: Reply, clip: Clip) -> None:
        """The caller begins to hear it: what it asks of them is asked now."""
        if reply.due is None or reply.sounded:
            return
        reply.sounded = True
        if reply.due.asks_pin:
            self._gate.ask(self._told_in_time)
        if self._holding is not None:
            self._holding.sounds(reply.due, clip)

    def spoke(self, agent: str) -> None:
        """They are heard, and what is said next is meant for them."""
        self.floor = agent
        if self._holding is not None:
            self._holding.told_last, self._holding.late = False, None

    def show(self, reply: Reply, words: str) -> None:
        """The caller said or keyed that: the reply has it without the PIN."""
        self._gate.show(reply, words, self._prompt)

    def keyed(self, key: str, at_s: float) -> Order | None:
        """What a key orders about long work."""
        return self._orders.keyed(key, at_s) if self._orders else None

    async def greet(self, reply: Reply) -> None:
        """Open the call: with the question for the PIN where one is needed, else with the front desk's greeting."""
        with reply.work():
            await self._gate.arrive()
            if self._trust.say_ai:
                await self._say(reply, self._minds.lines.an_ai)
            if self._trust.risk == "rests":
                await self._say(reply, self._minds.lines.pin.rests)
            if not self._gate.shut:
                await self._welcome(reply)
            else:
                who = f"{self._minds.lines.callback.who} " if self._trust.called else ""
                await self._say(reply, f"{who}{self._minds.lines.pin.ask}")
        reply.finished = True

    async def _welcome(self, reply: Reply) -> None:
        desk = self._minds.roster.front_desk
        due = self._holding.opening() if self._holding else None
        reply.due = due
        if due is not None and due.opens is not None:
            self.floor = self._teller(due).id
            await self._say(reply, opening(due.opens, self._minds.lines, desk), self._teller(due))
            return
        if due is not None and due.ends is not None:
            await self._say(reply, opening(due.ends, self._minds.lines, desk), self._teller(due), aside=False)
            await self._tell(reply, due)
            return
        await self._say(reply, desk.greeting or self._minds.lines.greeting.format(name=desk.name), desk, aside=False)

    def remember(self, speaker: str, text: str, *, same_turn: bool = False) -> None:
        """Add what was heard to the shared history."""
        self.history.add(speaker, text, same_turn=same_turn, hide=self._trust.filter.hide)

    async def answer(self, reply: Reply) -> None:
        """From the caller's words to the last sentence of the answer; cancelled by the reply's own scope."""
        with reply.work():
            try:
                if reply.utterance is None or await self._recognise(reply):
                    await self._react(reply)
                    await self._gate.glance()
            except RecognitionError as error:
                reply.failed("recognition", error)
                if self._conductor.judges(reply):  # nobody knows what was said: go on
                    await self._conductor.sign(Sign.NO_WORDS, reply)
                else:
                    await self._say(reply, self._minds.lines.for_error(error.code))
            finally:
                reply.finished = True

    async def say(self, reply: Reply, text: str, agent: Agent | None = None, *, aside: bool = True) -> None:
        """One sentence of the phone's own as the whole answer."""
        with reply.work():
            await self._say(reply, text, agent, aside=aside)
        reply.finished = True

    async def _say(self, reply: Reply, text: str, agent: Agent | None = None, *, aside: bool = True) -> None:
        self._settle(reply, None)
        await self._mouth.say(Sentence(agent or self._holder, text, opens=True, aside=aside), reply)

    def words(self, prompt: Prompt) -> str:
        """For what the phone says by itself."""
        return prompt_lines(self._minds.lines, self._goodbyes)[prompt]

    @property
    def _goodbyes(self) -> GoodbyeLines:
        return goodbyes(self._minds.lines, self._holding, withheld=self._trust.withholds)

    async def fill(self, reply: Reply, prompt: Prompt) -> None:
        """A few words while the answer is being made, in the voice of who will give it; never before an answer that is ready.

        A tool that runs may have words of its own. A filler is the agent's own, or the phone's where the agent has none.
        """
        with reply.work():
            if not self._mixer.talking:
                agent = self._minds.roster[reply.speaker] if reply.speaker else self._holder
                text = reply.meanwhile() or self._meanwhile(reply, prompt, agent)
                await self._mouth.say(Sentence(agent, text, aside=True, gap_s=0.0), reply, filler=True)

    def _meanwhile(self, reply: Reply, prompt: Prompt, agent: Agent) -> str:
        if prompt is Prompt.FILLER:
            fillers = agent.speech.fillers or self._minds.lines.fillers
            return fillers[next(self._filled) % len(fillers)]
        if prompt is Prompt.SLOW and self._offered(reply, agent):
            return self._minds.lines.slow_offer
        return self.words(prompt)

    def _offered(self, reply: Reply, agent: Agent) -> bool:
        """The caller can be called back with the answer; they may say so next."""
        holding = self._holding
        if holding is None or not holding.calls_back or self._trust.unproven:
            return False
        holding.late = late(reply, agent, self.history.lines)
        self.floor = agent.id if holding.late else self.floor
        return holding.late is not None

    @property
    def _holder(self) -> Agent:
        return self._minds.roster[self.floor]

    async def _recognise(self, reply: Reply) -> bool:
        utterance = reply.utterance
        assert utterance is not None and utterance.recognition is not None  # noqa: PT018  of what is heard
        within_s = LONGEST_JUDGING_S if self._conductor.judges(reply) else LONGEST_HEARING_S
        heard = await utterance.recognition.text(within_s)
        reply.text, reply.level_db = heard.text, level_db(utterance.frames)
        reply.doubt = FAR if self._level.is_far(reply.level_db) or utterance.echoes else heard.doubt
        self._conductor.hears(heard.text, utterance.to_s - utterance.from_s)
        unsure = not heard.text or (self._conductor.judges(reply) and self._is_backchannel(reply))
        if unsure:
            reply.text = ""
            reply.tell(events.SpeculationDropped(turn=reply.turn, why="not_words"))
            self._settle(reply, None)  # to an answer without a word, should the turn be over
            await self._conductor.sign(Sign.NO_WORDS, reply)
            return False
        self.show(reply, heard.text)
        from_s, to_s = round(utterance.from_s, 3), round(utterance.to_s, 3)
        shown = HIDDEN if self.guarded else reply.text
        reply.tell(events.HeardText(turn=reply.turn, text=shown, from_s=from_s, to_s=to_s, engine=heard.engine))
        await self._conductor.sign(Sign.WORDS, reply)
        self._record(reply)
        return True

    def _is_backchannel(self, reply: Reply) -> bool:
        """A sign of listening; but a "yes" to a question of the work, or at the end of any question, answers it.

        So is a goodbye, or thanks, to our farewell.
        """
        if self._conductor.parting and self._minds.phrases.is_parting(reply.text):
            return True
        says_yes = self._minds.phrases.consent.meaning(reply.text) == "yes"
        answers = (says_yes and self._mixer.asking) or self._ordered(reply)
        return self._minds.phrases.is_backchannel(reply.text) and not answers

    async def _react(self, reply: Reply) -> None:
        if await self._gate.given(reply) and (self._gate.untold or spoken_keys(reply.unmasked)):
            await self._say_passed(reply)
            if not spoken_keys(reply.unmasked):  # who gave the PIN unasked has said more
                await self._speak(
                    reply, self._minds.router.at_once(reply.text, self.floor) or Route((Speaker(self.floor),), "floor")
                )
            return
        if self._gate.shut:
            await self._at_the_gate(reply)
            return
        if self._holding is not None:
            self._holding.lapse(reply.turn)
        order = self._ordered(reply)
        if order is not None:
            await self._obey(reply, order)
            return
        match self._minds.router.act(reply.text):
            case "stop":
                self._settle(reply, None)
            case "moment":
                await self._say(reply, self._minds.lines.take_your_time)
            case "goodbye":
                reply.farewell = "goodbye"
                await self._say(reply, self._goodbyes.farewell, aside=False)
            case None:
                await self._route(reply)

    def _ordered(self, reply: Reply) -> Order | None:
        """What it orders about long work, by a key or in words."""
        return reply.order or (self._orders.spoken(reply.said) if self._orders else None)

    async def _at_the_gate(self, reply: Reply) -> None:
        await reply.over.wait()  # a guess is no try
        refuses, lines = self._minds.phrases.is_refusal(reply.text), self._minds.lines.pin

        async def answer(verdict: Verdict) -> None:
            if verdict in ("locked", "given_up"):
                reply.farewell = verdict
            await (self._say_passed(reply) if verdict == "passed" else self._say(reply, getattr(lines, verdict)))

        await self._gate.judge(reply, refuses=refuses, answer=answer)

    def _asks_pin(self) -> None:
        """For a tool that needs it: what the caller says next is the PIN, and then whoever has the floor goes on."""
        self._gate.ask(self._go_on)

    async def _say_passed(self, reply: Reply) -> None:
        """And what the owner should know: somebody may have tried from their number."""
        await self._say(reply, self._minds.lines.pin.passed)
        if count := self._gate.untold:
            lines = self._minds.lines.pin
            await self._say(reply, lines.tried_once if count == 1 else lines.tried.format(count=count))

    async def _go_on(self, reply: Reply) -> None:
        await self._speak(reply, Route((Speaker(self.floor, self._minds.lines.pin.go_on),), "floor"))

    async def _obey(self, reply: Reply, order: Order) -> None:
        """Do what was ordered about long work, and say so."""
        await reply.over.wait()  # a guess orders nothing
        orders = self._orders
        assert orders is not None
        risky, rests = orders.risky(order), self._trust.risk == "rests"
        if rests and orders.private(order) and self._trust.withholds:
            await self._say(reply, self._minds.lines.pin.rests)
            return
        if (risky and self._trust.risk == "pin") or (orders.private(order) and self._trust.withholds):
            self._gate.ask(partial(self._obey, order=order), orders.lapse(order) if risky else None)
            await self._say(reply, self._minds.lines.pin.ask)
            return
        if order.name == "desk":
            self.floor = self._minds.roster.front_desk.id
        refused = risky and self._trust.risk in ("never", "rests")
        reply.due = due = orders.refuse() if refused else await orders.obey(order, withheld=self._trust.withholds)
        reply.farewell = due.farewell
        await self._put(reply, due)

    def due(self, now_s: float, quiet_s: float) -> Due | None:
        """What should be said now about long work, after so long a silence; each is given out once, so say it."""
        holding = self._holding if self._holding and self._holding.active else None
        if holding is None or self._gate.shut:  # a yes would be taken for the PIN
            return self._gate.due(quiet_s, self._minds.lines.pin.again)
        return (holding.withheld if self._trust.withholds else holding.due)(now_s, quiet_s)

    async def tell(self, reply: Reply, due: Due) -> None:
        """What is due about long work: a line, or the agent's own words."""
        with reply.work():
            await self._put(reply, due)
        reply.finished = True

    async def _put(self, reply: Reply, due: Due) -> None:
        if due.reads:
            for piece in due.text.split("; "):  # a long reading begins at once, piece by piece
                await self._say(reply, piece, due.agent)
        elif due.text:
            agent = due.agent or self._holder
            own = await worded(self._minds.brain, agent, due.brief, lambda spent: reply.tell(money(spent, reply.turn, agent.id)))
            self._settle(reply, None)
            holding = self._holding
            stands = partial(holding.stands, due) if holding is not None and due.news is not None else None
            await self._mouth.say(Sentence(agent, own or due.text, opens=True, aside=True, stands=stands), reply)
        elif due.ends:
            await self._tell(reply, due)
        else:
            self._settle(reply, None)  # it answers what wants no answer

    async def _told_in_time(self, reply: Reply) -> None:
        """What the PIN was asked for is due when this has been said."""

    async def _tell(self, reply: Reply, due: Due) -> None:
        self._settle(reply, None)
        agent = self._teller(due)
        reply.speaker = agent.id
        if not due.brief:
            for sentence in plainly(due.ends, self._minds.lines) if due.ends else ():
                await self._say(reply, sentence, agent, aside=False)
            return
        first = own_line(due.ends) if due.ends else ()
        for sentence in first:
            await self._say(reply, sentence, agent, aside=False)
        plain = further(due.ends, self._minds.lines) if due.ends else ()
        await self._speak(reply, Route((Speaker(agent.id, due.brief, plain),), "floor"))

    def _teller(self, due: Due) -> Agent:
        """Who does the work, unless their file has gone since it began; then the front desk tells what came of it."""
        agent = due.agent or self._holder
        return agent if agent.id in self._minds.roster else self._minds.roster.front_desk

    async def _route(self, reply: Reply) -> None:
        if route := self._minds.router.at_once(reply.text, self.floor):
            self._settle(reply, route)
            await self._speak(reply, route)
            return
        guess = Route((Speaker(self.floor),), "floor")
        async with anyio.create_task_group() as tasks:
            ended = anyio.Event()
            scope = anyio.CancelScope()

            async def speculate() -> None:
                with scope:
                    await self._speak(reply, guess)
                ended.set()

            tasks.start_soon(speculate)
            route = await chosen(self._minds, reply, self._thread(reply), self.floor)
            if route.by == "floor":
                self._settle(reply, route)
                return
            scope.cancel()
            await ended.wait()
            self._mixer.discard(reply.turn)
            reply.tell(events.SpeculationDropped(turn=reply.turn, why="routed_elsewhere"))
            self._settle(reply, route)
            await self._speak(reply, route)

    def _settle(self, reply: Reply, route: Route | None) -> None:
        """Who answers is certain; if the turn is over too, the answer may be heard."""
        if reply.routed.is_set():
            return
        reply.routed.set()
        if route is not None:
            speakers = tuple(speaker.agent for speaker in route.speakers)
            reply.speaker = speakers[0]
            reply.tell(events.Routed(turn=reply.turn, speakers=speakers, by=route.by))
        self._release(reply)

    def commit(self, reply: Reply) -> None:
        """The caller's turn is over: the guess is the answer, and may be heard as soon as it is certain who gives it."""
        reply.commit()
        self._record(reply)
        self._release(reply)

    def _release(self, reply: Reply) -> None:
        """It may be heard, and a yes is meant for whoever gives it, even where they only say a line of the phone's."""
        if not reply.free:
            return
        if reply.speaker and self._holding is not None:
            self._holding.told_last = False
        self._mixer.release(reply.turn)

    def _record(self, reply: Reply) -> None:
        """The caller's words become history once: when they are known and the turn is over."""
        if reply.text and reply.over.is_set() and not reply.recorded:
            reply.recorded = True
            if self._gate.heard(reply):
                self._hide_parts()
            self._lately.append(reply)
            if reply.utterance is not None and not reply.utterance.echoes:
                self._level.learn(reply.level_db)
            if self.guarded or reply.text != reply.unmasked:
                reply.hush()
            if not self.guarded:
                self._recall_question(reply)
                self.remember(CALLER, reply.text)

    @property
    def _prompt(self) -> str:
        """What the caller has heard last, and may be answering."""
        holding = self._holding
        asked = holding.asked.task.question if holding and holding.asked and holding.told_last else None
        if asked is not None:
            return f"{asked.question}?"
        if holding is not None and holding.choice is not None:
            return holding.choice.question
        return next((line.text for line in reversed(self.history.lines) if line.speaker != CALLER), "")

    def _hide_parts(self) -> None:
        """What was said before was a part of the PIN, as it shows now."""
        for reply in self._lately:
            reply.hush()
        self.history.hide_numbers(CALLER, PARTS)

    def _recall_question(self, reply: Reply) -> None:
        """Before an answer to the work: else it would stand as one to what an agent had asked before that."""
        order = self._ordered(reply)
        if self._orders and order and (asked := self._orders.answered(order)):
            self.remember(asked.speaker, asked.text)

    def _thread(self, reply: Reply) -> list[Utterance]:
        """The talk up to and with what the caller said now."""
        return self.history.lines if reply.recorded else [*self.history.lines, Utterance(CALLER, reply.text)]

    async def _speak(self, reply: Reply, route: Route) -> None:
        minds = self._minds
        thread = self._thread(reply)
        here = Here(minds.now, minds.place)
        means = Means(minds.roster, minds.lines, reply, here, self._notes, self._line, self._holding, self._trust, self._asks_pin)
        floor = Floor(minds.brain, means, minds.toolbox)
        out, sentences = anyio.create_memory_object_stream[Sentence](SENTENCES)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._mouth.voice, sentences, reply)
            await floor.run(route.speakers, tuple(thread), out)
