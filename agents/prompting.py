"""What Claude reads: the system text, and the call's history as one agent sees it. Pure, and the same bytes each time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from agents.brain import CALLER, Utterance
from agents.definition import Agent
from agents.roster import Roster
from agents.strict import Strict
from agents.yaml_file import YamlFile, read_text

OPENING: Final = "[The call begins.]"
GO_ON: Final = "[Go on.]"
# Brackets and tags are how the phone marks what is not the caller's: the caller's own words cannot look like that.
_PLAIN: Final = str.maketrans("[]<>", "()()")
_CACHE: Final = {"type": "ephemeral"}


class SpeechWords(Strict):
    """`prompts/speech.yaml`: how an agent is told what its file says about its speech."""

    heading: str
    brief: str
    ample: str
    examples: str


class Prompts:
    """The words around an agent's own prompt."""

    def __init__(self, roster: Roster, *, manners: str, router: str, speech: SpeechWords) -> None:
        self.roster = roster
        self._manners, self._router, self._speech = manners.strip(), router.strip(), speech

    @classmethod
    def read(cls, roster: Roster, prompts_dir: Path) -> Prompts:
        """With `phone_manners.md`, `router.md` and `speech.yaml` of the folder. Raises FileError."""
        manners, router = read_text(prompts_dir / "phone_manners.md"), read_text(prompts_dir / "router.md")
        return cls(roster, manners=manners, router=router, speech=YamlFile(prompts_dir / "speech.yaml").validate(SpeechWords))

    def system(self, agent: Agent) -> str:
        """Who this agent is on this line. Opens with `You are <name> (agent <id>)`, which a scripted Claude goes by."""
        others = "\n".join(
            f"- {a.name} (agent id {a.id}){_apposition(a.role)} {a.description}" for a in self.roster if a.id != agent.id
        )
        colleagues = f"\n\n# Your colleagues on this line\n\n{others}" if others else ""
        character = f"{agent.prompt.strip()}{self._habits(agent)}"
        return f"You are {agent.name} (agent {agent.id}){_apposition(agent.role)}\n\n{character}\n\n{self._manners}{colleagues}"

    def _habits(self, agent: Agent) -> str:
        """How it speaks, if that is said: how much, then each habit."""
        length = {"brief": self._speech.brief, "ample": self._speech.ample}.get(agent.speech.length)
        lines = [*([length] if length else []), *agent.speech.habits]
        return "\n\n" + "\n".join([self._speech.heading, *(f"- {line}" for line in lines)]) if lines else ""

    def router_system(self) -> str:
        everyone = "\n".join(f"- {a.id}: {a.name}{_apposition(a.role)} {a.description}{self._examples(a)}" for a in self.roster)
        return f"{self._router}\n\n# The agents\n\n{everyone}"

    def _examples(self, agent: Agent) -> str:
        said = ", ".join(f'"{example}"' for example in agent.examples)
        return f" {self._speech.examples} {said}." if said else ""

    def system_blocks(self, text: str) -> list[dict[str, Any]]:
        """The end of the stable part: tools and system are read from the cache from the second request on."""
        return [{"type": "text", "text": text, "cache_control": _CACHE}]

    def messages(self, agent_id: str | None, thread: Sequence[Utterance], note: str = "") -> list[dict[str, Any]]:
        """The history for this agent (None: for somebody who said nothing): roles alternate, the caller's side first and last.

        A block per utterance, so that the next turn's messages begin with the same blocks. The cache's breakpoint stands
        before the note: after it, it would never be found again, as notes are not kept.
        """
        merged: list[dict[str, Any]] = []
        for line in thread:
            if text := line.text.strip():
                role = "assistant" if line.speaker == agent_id else "user"
                _add(merged, role, self._marked(line.speaker, text) if role == "user" else text)
        if not merged or merged[0]["role"] == "assistant":
            merged.insert(0, {"role": "user", "content": [{"type": "text", "text": OPENING}]})
        merged[-1]["content"][-1]["cache_control"] = _CACHE
        if note.strip():
            _add(merged, "user", f"<note>\n{note.strip()}\n</note>")
        elif merged[-1]["role"] == "assistant":
            _add(merged, "user", GO_ON)
        return merged

    def _marked(self, speaker: str, text: str) -> str:
        if speaker == CALLER:
            return of_the_caller(text)
        return f"[{self.roster[speaker].name if speaker in self.roster else speaker}] {text}"


def of_the_caller(text: str) -> str:
    """A caller's words, as Claude is told them."""
    return text.translate(_PLAIN)


def _add(merged: list[dict[str, Any]], role: str, text: str) -> None:
    if not merged or merged[-1]["role"] != role:
        merged.append({"role": role, "content": []})
    merged[-1]["content"].append({"type": "text", "text": text})


def _apposition(role: str) -> str:
    """After a name: `, front desk.`; a role that is a sentence of its own, as in Claude Code's agents, stays one."""
    role = role.strip()
    ended = role if role.endswith((".", "!", "?", "…")) else f"{role}."
    return f". {ended}" if role[:1].isupper() and (" " in role or ended == role) else f", {ended}"
