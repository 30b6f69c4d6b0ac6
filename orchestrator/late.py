"""An answer that takes too long: whether the caller can be called back with it instead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from agents.brain import CALLER, Utterance
from agents.definition import Agent
from orchestrator.attended import Late
from orchestrator.reply import Reply

TALK: Final = 6  # utterances that whoever goes on with it is told: what "it" is


def late(reply: Reply, agent: Agent, history: Sequence[Utterance]) -> Late | None:
    """What could be taken over. None where something was done or said for it already, or the agent does no long work.

    What was keyed in is no question, nor is a PIN, which is not in the history.
    """
    asked = reply.utterance is not None and list(history[-1:]) == [Utterance(CALLER, reply.text)]
    works = agent.task is not None and "start_task" in agent.tools
    if not (asked and works) or reply.acted or reply.played:
        return None
    talk = "\n".join(f"{utterance.speaker}: {utterance.text}" for utterance in history[-TALK - 1 : -1])
    return Late(agent, reply.turn, reply.text, talk)
