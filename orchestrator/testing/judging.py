"""Claude as a judge: whether something holds of a call, by its transcript. Only with `pytest --live`, for it costs money."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from pydantic import Field

from agents.brain import CALLER, Brain, Utterance
from agents.tools import Inputs, Tool

JUDGE_S: Final = 30.0
_PROMPT: Final = Path(__file__).parents[2] / "prompts" / "judge.md"


class Verdict(Inputs):
    holds: bool
    why: str = Field(max_length=300, description="In one sentence, with the words it hangs on.")


VERDICT: Final = Tool("verdict", "Say whether it holds.", Verdict)


async def judged(brain: Brain, claim: str, transcript: str, *, model: str) -> Verdict:
    """Raises BrainError."""
    question = Utterance(CALLER, f"The call:\n\n{transcript}\n\nWhat must hold of it: {claim}")
    choice = await brain.choose(_words(), [question], VERDICT, model=model, timeout_s=JUDGE_S)
    return Verdict.model_validate(choice.input)


@cache
def _words() -> str:
    return _PROMPT.read_text(encoding="utf-8")
