"""What came out of long work, in the phone's own words: where Claude is not asked, or does not answer. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Final

from agents.definition import Agent
from agents.lines import Lines
from agents.spoken import pieces
from agents.work import Done, Failed
from orchestrator.task import Task

MOST_SENTENCES: Final = 4


def opening(task: Task, lines: Lines, desk: Agent) -> str:
    """Who calls, and why."""
    words = lines.callback
    done, about = (words.desk_done, words.desk_about) if task.agent.id == desk.id else (words.done, words.about)
    line = done if isinstance(task.outcome, Done) else about
    return line.format(name=task.agent.name, title=task.wish.title)


def plainly(task: Task, lines: Lines) -> tuple[str, ...]:
    """How it ended, in at most four sentences."""
    match task.outcome:
        case Done(result=result, spoken=spoken):
            return _sentences(spoken or result)
        case Failed(error=error, achieved=achieved):
            return (lines.for_error(error.code), *_sentences(achieved))[:MOST_SENTENCES]
        case None:
            return ()


def message(tasks: Sequence[Task], lines: Lines) -> str:
    """For an answering machine: nothing of what came out."""
    all_done = all(isinstance(task.outcome, Done) for task in tasks)
    return lines.callback.machine if all_done else lines.callback.machine_news


def _sentences(text: str) -> tuple[str, ...]:
    return tuple(islice(pieces(text), MOST_SENTENCES))
