"""The caller's answers to what long work asks, and the moment in which a yes can still be taken back."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Final, Literal

from agents.errors import ToolError
from agents.work import Answer, Lack
from orchestrator import events
from orchestrator.attended import Attended, By, Choice, Due, Errand, Yes
from orchestrator.consent import ONE_BREATH_S, Asking, Consent, Meaning, Spoken
from orchestrator.journal import Journal
from orchestrator.mixer import LAST_S, Clip

SEAL_S: Final = 1.0  # of silence after a yes was confirmed, until the run is told
REGRET_S: Final = 15.0  # after it was told: so long "no, wait" means that
Judged = Meaning | Literal["early", "doubtful", "words"]


class Answers:
    """In one call. Every yes goes through `judge`: what is no whole yes, or was said too early, allows nothing."""

    def __init__(self, consent: Consent, journal: Journal, errand: Errand | None) -> None:
        self._consent, self._journal, self._errand = consent, journal, errand

    def sounds(self, attended: Attended, clip: Clip) -> None:
        """The caller begins to hear its question, in that clip: a yes counts when what it allows has been heard."""
        asks = attended.task.question
        if asks is not None and (times := attended.hold.asking()):
            attended.clip, clip.vital = clip, self._consent.vital(clip.text)
            fact = events.Asked(
                task=attended.task.id, question=asks.question, exact=asks.exact, risky=asks.risky, again=times > 1
            )
            self._journal.write(fact)

    def judge(self, said: Spoken, attended: Attended) -> Judged:
        asks, clip, agent = attended.task.question, attended.clip, attended.task.agent
        assert asks is not None
        nearly = clip is not None and clip.left_s <= LAST_S
        asking = Asking(asks.question, (agent.name, *agent.aliases), self.heard_s(clip), nearly, free=not asks.tool)
        return self._consent.judge(said, asking)

    def judge_choice(self, said: Spoken, choice: Choice, clip: Clip | None) -> Judged:
        """Of what the phone asks about an order."""
        names = {name for one in choice.works for name in (one.task.agent.name, *one.task.agent.aliases)}
        return self._consent.judge(said, Asking(choice.question, tuple(names), self.heard_s(clip)))

    def heard(self, attended: Attended, at_s: float) -> bool:
        """Whether what a yes allows had been heard by then."""
        heard_s = self.heard_s(attended.clip)
        return heard_s is not None and heard_s <= at_s

    def heard_s(self, clip: Clip | None) -> float | None:
        return None if clip is None or clip.vital_s is None else self._journal.on_axis(clip.vital_s)

    # --- a yes, for a moment ------------------------------------------------------------------------------------------

    def withdrawn(self, said: Spoken, attended: Attended) -> Literal["no", "again"] | None:
        """Whether it takes back a yes that the run does not know of yet; `again` where it only casts doubt on it."""
        yes = attended.yes
        if yes is None:
            return None
        if self._consent.takes_back(said.text):
            return "no"
        one_breath = said.from_s - yes.to_s < ONE_BREATH_S and not self._consent.thanks(said.text)
        return "again" if one_breath and self._consent.meaning(said.text) not in ("yes", "room") else None

    def regrets(self, said: Spoken, attended: Attended) -> bool:
        """Whether it takes back a yes that the run knows of."""
        lately = self._journal.now_s() - attended.allowed_s < REGRET_S
        return lately and self._consent.takes_back(said.text)

    def seal(self, among: Iterable[Attended]) -> None:
        """The caller has had their moment: what they said counts."""
        for attended in among:
            yes, attended.yes = attended.yes, None
            if yes is not None:
                attended.allowed_s = self._journal.now_s()
                with suppress(ToolError):  # it is ending just now
                    self.give(attended, yes=True, by=yes.by, words=yes.words)

    # --- for the run --------------------------------------------------------------------------------------------------

    def take(self, attended: Attended, said: Spoken, by: By, words: str) -> None:
        """A yes, or an answer in words."""
        attended.yes = Yes(said.text, said.to_s, by, words)

    def give(self, attended: Attended, *, yes: bool, by: By, words: str = "", why: Lack = "") -> None:
        """Tell the run. Raises ToolError when it takes nothing in any more."""
        question = attended.task.question
        if question is not None:
            attended.yes = None
            attended.task.tell(Answer(question.ask, yes, words, why))
            attended.hold.answered()
            self._journal.write(events.Answered(task=attended.task.id, yes=yes, by=by))
            if self._errand is not None and by != "silence":
                self._errand.answered(attended.task)

    def give_up(self, attended: Attended, by: By, why: Lack) -> None:
        """Refuse what was asked, as nobody answered."""
        with suppress(ToolError):  # it is ending just now
            self.give(attended, yes=False, by=by, why=why)


def asked(attended: Attended, text: str) -> Due:
    """Its question, put once more, with what comes before it."""
    attended.hold.repeat()
    return Due(attended.task.agent, text, asks=attended.task, of_work=True)
