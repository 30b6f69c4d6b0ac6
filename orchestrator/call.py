"""One call, from ringing to hung up: ear, mind, mouth, pacer and watch in one task group, joined by the turn table."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext, suppress
from typing import Final

import anyio
from anyio.abc import TaskGroup

from orchestrator import events
from orchestrator.attended import Errand
from orchestrator.ear import Ear, Recognition
from orchestrator.earcons import Earcon
from orchestrator.hints import hints
from orchestrator.holding import Holding
from orchestrator.journal import Journal
from orchestrator.keypad import Keypad
from orchestrator.mind import Mind
from orchestrator.mixer import Clip, ClipHeard, ClipStarted, Mixer
from orchestrator.mouth import Mouth
from orchestrator.orders import Order
from orchestrator.pacer import Pacer, said
from orchestrator.parts import Parts
from orchestrator.patience import Patience, Prompt, Rest
from orchestrator.pin import Trust
from orchestrator.pin_filter import HIDDEN
from orchestrator.reply import Reply
from orchestrator.turns import Act, Sign, State, step
from orchestrator.yielding import Yielding
from telephony.line import Line, LineClosed

GREETING_PROTECTED_S: Final = 0.7
GUESSES: Final = 2  # answers that Claude thought in vain, per turn; after that the end of the turn is waited for
LISTENINGS: Final = 6  # and recognitions in vain: most pauses within a sentence are over before Claude is asked
WATCH_S: Final = 0.1
KEYED: Final = "(pressed the keys {digits})"
TAKEN_BACK: Final = ("goodbye", "call_back", "silence")  # ends of a call that the caller's words take back
LAST_SOUND_S: Final = 1.0  # what was sent when we hang up is heard: the line drains first


class Call:
    """Run it once. What fails on the line, in an engine or at Claude is journaled and, where it can be, spoken; never raised."""

    def __init__(
        self, parts: Parts, line: Line, journal: Journal, *, trust: Trust | None = None, errand: Errand | None = None
    ) -> None:
        """`errand`: what we called for, and `line` is up already."""
        self._parts, self._line, self._journal, self._errand = parts, line, journal, errand
        trust = trust or Trust()
        journal.hide = trust.filter.hide
        self.lines = parts.minds.lines
        self._mixer = Mixer(parts.earcons)
        self._pacer = Pacer(line, self._mixer, journal, soon=lambda: self._reply is not None or self._guess is not None)
        self._yielding = Yielding(self._mixer, self._pacer, journal)
        self._mouth = Mouth(parts.catalogue, self._mixer)
        work = parts.minds.work
        self._holding = Holding(work, line.caller, self._mixer, journal, parts.minds.phrases, errand) if work else None
        self._mind = Mind(parts.minds, line, self._mixer, self._mouth, self, trust, self._holding)
        self._ear = Ear(line, parts.vad(), parts.endpointer(), journal, self)
        self._keypad, self._keys = Keypad(), self._mind.keys
        self._keyed = ""
        self._ordered: Order | None = None
        self._patience = Patience(parts.limits)
        self._state = State.THINKING
        self._turn = 0
        self._greeting = Reply(0, journal)
        self._reply: Reply | None = None
        self._guess: Reply | None = None
        self._guesses = self._listenings = 0
        self._farewell = ""
        self._acting = anyio.Lock(fast_acquire=True)  # signs come from ear, mind and pacer: one at a time
        self._tasks: TaskGroup
        self.why = ""
        """How it ended; empty while it goes on."""

    # --- from ringing to hung up --------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Answer, talk, hang up; returns when the line is down. Raises LineError if it could not be answered."""
        with self._holding or nullcontext():
            await self._run()

    async def _run(self) -> None:
        async with anyio.create_task_group() as tasks:
            self._tasks = tasks
            self._reply = self._greeting
            tasks.start_soon(self._mind.greet, self._greeting)
            tasks.start_soon(self._warm)
            await self._line.answer()
            if self._errand is None:  # whoever we called has been connected for a while
                self._mixer.earcons.play(Earcon.CONNECTED)
            self._journal.write(
                events.CallAnswered(
                    recognizer=self._parts.minds.recognizer.name, synthesizers=tuple(self._parts.catalogue.engines)
                )
            )
            self._patience.moved(self._journal.now_s())
            self._mind.commit(self._greeting)
            tasks.start_soon(self._hear)
            tasks.start_soon(self._pace)
            tasks.start_soon(self._watch)
            if self._holding is not None:
                tasks.start_soon(self._holding.run)

    async def _warm(self) -> None:
        for spent in await self._parts.minds.warm():
            self._journal.write(spent)

    async def _hear(self) -> None:
        await self._ear.run()
        await self._end("caller_hung_up")

    async def _pace(self) -> None:
        with suppress(LineClosed):  # the ear finds out as well, and ends the call
            await self._pacer.run(self._report)

    async def _end(self, why: str) -> None:
        """Hang up, once everything that was sent has been heard. The first reason is the one that counts."""
        if self.why:
            return
        self.why = why
        with anyio.CancelScope(shield=True):
            await self._line.hang_up()
            for fact in self._pacer.settle(anyio.current_time() + LAST_SOUND_S if self._farewell else None):
                await self._report(fact)
            cut = None if self._mixer.held else self._mixer.hold(anyio.current_time())
            if cut is not None:
                self._said(cut)
        self._tell_keys(self._keys.rest())
        self._journal.write(self._pacer.summary())
        self._tasks.cancel_scope.cancel()

    # --- what the ear, the mind and the mouth ask ---------------------------------------------------------------------

    @property
    def yielded(self) -> bool:
        return self._state in (State.YIELDED, State.JUDGING)

    @property
    def judging(self) -> bool:
        return self._state is State.JUDGING

    @property
    def protected(self) -> bool:
        """Whether sound does not interrupt: a final farewell, the greeting's start, or anything while only noise is heard."""
        if self._noisy:
            return True
        if self._state is State.CLOSING:
            return self._farewell not in TAKEN_BACK
        greeting = self._greeting
        if self._reply is not greeting or self._state is State.LISTENING:
            return False
        return greeting.heard_s is None or self._journal.now_s() < greeting.heard_s + GREETING_PROTECTED_S

    def hears(self, text: str, spoke_s: float) -> None:
        if self._errand is not None:
            self._errand.hears(text, spoke_s)

    @property
    def parting(self) -> bool:
        return bool(self._farewell)

    def played(self, length_s: float) -> bytes:
        return self._pacer.played(length_s)

    async def key(self, key: str) -> None:
        self._tell_keys(self._keys.press(key, self._journal.now_s()))
        await self.sign(Sign.KEY)
        self._patience.words(self._journal.now_s())
        order = None if self._mind.guarded else self._mind.keyed(key, self._journal.now_s())
        await self._entered(key if order else self._keypad.press(key, self._journal.now_s()), order)

    def _tell_keys(self, keys: Sequence[tuple[str, float]]) -> None:
        for key, at_s in keys:
            self._journal.write(events.DigitPressed(key=HIDDEN if self._mind.guarded else key), at_s)

    def judges(self, reply: Reply) -> bool:
        return self.yielded and reply is self._guess

    async def sign(self, sign: Sign, of: Reply | None = None) -> bool:
        async with self._acting:
            if sign is Sign.WORDS and of is not None and of.utterance is not None:
                of.utterance.worded, of.utterance.noise = True, False
                self._patience.words(of.utterance.to_s, moment=self._parts.minds.phrases.begins_moment(of.text))
            if of is not None and of is not self._awaited(sign):
                return False  # it was dropped while it said so, or is about something else
            found = step(self._state, sign)
            if found is None:
                return False
            self._state, acts = found
            for act in acts:
                await self._perform(act)
            if sign is Sign.SPEECH_BEGAN and self._mixer.bed.sounding:
                await self._pacer.cut(self._mixer.duck_bed)
            if self._reply is None and self._guess is not None and self._guess.over.is_set():
                self._reply, self._guess = self._guess, None
            return True

    def _awaited(self, sign: Sign) -> Reply | None:
        """Whose word a sign must be that comes from an answer."""
        if sign in (Sign.WORDS, Sign.NO_WORDS):
            return self._guess if self.yielded else self._guess or self._reply
        return self._reply

    async def _perform(self, act: Act) -> None:
        match act:
            case Act.LISTEN:
                self._guesses = self._listenings = 0
                self._listen()
            case Act.DUCK | Act.UNDUCK:
                lower = act is Act.DUCK
                if lower is not self._mixer.ducked:
                    await self._pacer.cut(lambda now_s: self._mixer.duck(now_s, on=lower))
            case Act.HOLD:
                await self._hold()
            case Act.RESUME:
                self._yielding.resume()
            case Act.GUESS:
                if self._guesses < GUESSES and self._listenings < LISTENINGS:
                    self._begin(self._utterance_reply())
            case Act.FORGET:
                self._forget()
            case Act.COMMIT:
                self._commit(self._guess or self._begin(self._utterance_reply()))
            case Act.ENTER:
                reply = Reply(self._turn + 1, self._journal, order=self._ordered)
                self._mind.show(reply, self._keyed)
                self._commit(self._begin(reply))
            case Act.DROP:
                self._drop()
            case Act.FINISH:
                self._told(self._reply)
                if self._holding and self._reply is not None and self._reply.due and self._reply.due.reads:
                    self._holding.read_out(self._reply.due.reads)
                self._reply = None
                self._patience.sounded(self._journal.now_s())
            case Act.HANG_UP:
                self._tasks.start_soon(self._end, self._farewell or "goodbye")

    # --- the caller's side of a turn ----------------------------------------------------------------------------------

    def _listen(self) -> None:
        """Run the recogniser on the open utterance: what there is of it, and what is still to come."""
        utterance = self._ear.utterance
        if utterance is None:
            return
        if utterance.recognition is not None:
            if not utterance.recognition.finished:
                return
            utterance.recognition.give_up()
        recognition = utterance.recognition = Recognition()
        for frame in utterance.frames:
            recognition.feed(frame)
        minds, lately = self._parts.minds, (line.speaker for line in reversed(self._mind.history.lines))
        self._tasks.start_soon(recognition.run, minds.recognizer, hints(minds.roster, lately))

    def _utterance_reply(self) -> Reply:
        self._listenings += 1
        utterance = self._ear.utterance
        if utterance is not None and utterance.recognition is not None:
            utterance.recognition.finish()
        return Reply(self._turn + 1, self._journal, utterance)

    def _begin(self, reply: Reply) -> Reply:
        self._guess = reply
        self._tasks.start_soon(self._mind.answer, reply)
        return reply

    def _forget(self) -> None:
        """The caller goes on: another guess will be made, of all of it."""
        guess, self._guess = self._guess, None
        if guess is not None:
            guess.forget()
            self._mixer.discard(guess.turn)
            if guess.text:
                self._guesses += 1
                self._journal.write(events.SpeculationDropped(turn=guess.turn, why="went_on"))
        self._listen()

    def _commit(self, reply: Reply) -> None:
        self._turn = reply.turn
        self._journal.write(events.TurnEnded(turn=reply.turn, patience_s=round(self._ear.patience_s, 3)))
        self._patience.turn_over(reply.utterance.to_s if reply.utterance else self._journal.now_s())
        if reply.utterance is not None:
            self._mixer.earcons.play(Earcon.HEARD)
        self._mind.commit(reply)

    async def _entered(self, digits: str | None, order: Order | None = None) -> None:
        """Keys were pressed: their own turn, with nothing to recognise."""
        if digits:
            self._keyed, self._ordered = KEYED.format(digits=" ".join(digits)), order
            await self.sign(Sign.KEYED)

    # --- our side of it -----------------------------------------------------------------------------------------------

    async def _hold(self) -> None:
        heard = await self._yielding.hold(self._ear.onset_s)
        if heard is not None:
            self._said(heard)

    def _drop(self) -> None:
        reply, self._reply = self._reply, None
        self._farewell = ""
        self._yielding.drop(reply, self._mind.floor)
        if reply is not None:
            self._told(reply)
            reply.forget()

    def _told(self, reply: Reply | None) -> None:
        """The caller heard what was due about long work: to its end, or until they spoke; or not a word of it."""
        if self._holding and reply is not None and reply.due is not None:
            self._holding.over(reply.due, heard=bool(reply.played))

    async def _report(self, fact: ClipStarted | ClipHeard | None) -> None:
        """What the pacer says the caller has heard."""
        match fact:
            case ClipStarted(clip, at_s):
                await self._started(clip, at_s)
            case ClipHeard():
                self._said(fact)
            case None:
                await self._progress()

    async def _progress(self) -> None:
        """Where the answer stands, after each frame."""
        self._mixer.waits = self._state is State.LISTENING and self._ear.talking and not self._noisy
        if not self._ear.talking:
            self._mixer.bed.ducked = False
        reply = self._reply
        if reply is None or not reply.free:
            return
        if reply.farewell and reply.heard_s is not None and await self.sign(Sign.FAREWELL, reply):
            self._farewell = reply.farewell
        if reply.finished and self._mixer.idle and not self._taken_back:
            await self.sign(Sign.DONE, reply)

    @property
    def _taken_back(self) -> bool:
        """The caller speaks into the end of the farewell: it is not over before that is judged."""
        return self._state is State.CLOSING and not self.protected and self._ear.talking

    async def _started(self, clip: Clip, at_s: float) -> None:
        self._mouth.moved()
        reply = self._reply
        if reply is None or reply.turn != clip.turn:
            return
        at_s = self._journal.on_axis(at_s)
        self._patience.moved(at_s)
        reply.heard_s = at_s if reply.heard_s is None else reply.heard_s
        if not clip.filler:
            self._mind.sounds(reply, clip)
        if not clip.aside:
            self._mind.spoke(clip.agent)
            self._patience.begun()
        if clip.agent not in reply.played and not clip.aside:
            reply.played.add(clip.agent)
            self._journal.write(events.Played(turn=clip.turn, agent=clip.agent), at_s)
        await self.sign(Sign.AUDIBLE, reply)

    def _said(self, heard: ClipHeard) -> None:
        fact = said(heard, self._journal)
        self._patience.moved(fact.to_s)
        if not fact.text and not fact.interrupted:
            return
        self._journal.write(fact, fact.to_s)
        if fact.text and not fact.aside:
            self._mind.remember(fact.agent, f"{fact.text} —" if fact.interrupted else fact.text, same_turn=True)

    # --- waiting ------------------------------------------------------------------------------------------------------

    async def _watch(self) -> None:
        """Silences that last too long, entries that are complete, limits that are reached."""
        while True:
            await anyio.sleep(WATCH_S)
            now_s = self._journal.now_s()
            self._look_for_words(now_s)
            if self._holding is not None:
                self._holding.look()
            if self.rest in (Rest.CALLER, Rest.WORK):
                await self._entered(self._keypad.rest(now_s))
            if self._mouth.lost:
                await self._end("failed")
            elif self._mixer.sounding is not None:
                self._patience.moved(now_s)
            elif self._ear.talking and not self._noisy:
                (self._patience.moved if self._speaks_words else self._patience.sounded)(now_s)
            elif (rest := self.rest) is not None and not self._speaks_of_work(rest, now_s):
                prompt = self._patience.due(rest, now_s, self._journal.ledger.usd)
                if prompt is not None:
                    self._prompt(prompt, rest)

    @property
    def rest(self) -> Rest | None:
        """Whom a silence waits for; None while somebody speaks, or may be about to."""
        if self._reply is not None and self._state in (State.THINKING, State.SPEAKING):
            waits_for = Rest.TOOL if self._reply.works else Rest.ANSWER
            return waits_for if self._reply.turn or self._reply.finished else None
        if self._state is not State.LISTENING or self._reply is not None:
            return None
        if not self._noisy and (self._guess or self._ear.utterance) is not None:
            return None
        return Rest.WORK if self._holding and self._holding.active and self._mind.admitted else Rest.CALLER

    @property
    def _speaks_words(self) -> bool:
        return self._ear.utterance is not None and self._ear.utterance.worded

    @property
    def _noisy(self) -> bool:
        """What is heard of the caller has gone on for long, and there is no word in it."""
        return self._ear.utterance is not None and self._ear.utterance.noise

    def _look_for_words(self, now_s: float) -> None:
        utterance = self._ear.utterance
        if utterance is not None and not utterance.worded and self._patience.waited_s(now_s) >= self._parts.limits.waits.noise_s:
            utterance.noise = True

    def _speaks_of_work(self, rest: Rest, now_s: float) -> bool:
        """Say what is due about long work, where nobody else is about to speak."""
        due = self._mind.due(now_s, self._patience.quiet_s(now_s)) if rest in (Rest.CALLER, Rest.WORK) else None
        if due is None:
            return False
        reply = self._own_reply(due.farewell)
        reply.due = due
        self._tasks.start_soon(self._mind.tell, reply, due)
        return True

    def _own_reply(self, farewell: str) -> Reply:
        """For what the phone says by itself."""
        reply = self._reply = Reply(self._turn, self._journal)
        reply.commit()
        reply.farewell = farewell
        return reply

    def _prompt(self, prompt: Prompt, rest: Rest) -> None:
        """Say something of the phone's own: before the answer that is still being made, or as an answer of its own."""
        if rest in (Rest.ANSWER, Rest.TOOL) and self._reply is not None:
            self._tasks.start_soon(self._mind.fill, self._reply, prompt)
            return
        self._tasks.start_soon(self._mind.say, self._own_reply(prompt.farewell), self._mind.words(prompt))
