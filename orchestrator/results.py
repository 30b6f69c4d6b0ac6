"""What came out of long work, in the phone's own words: where Claude is not asked, or does not answer. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import islice
from typing import Final

from agents.bounds import TOOL_RESULT_CHARS
from agents.definition import Agent
from agents.errors import ToolError
from agents.lines import Lines
from agents.secrets import masked
from agents.speakable import named, sentences
from agents.spoken import pieces
from agents.work import Done, Failed, TaskEvent, hidden
from orchestrator.task import Task

MOST_SENTENCES: Final = 4
_TOLD_CHARS: Final = 6_000  # of a result in which its first sentences are looked for
_KEPT: Final = 16  # results of which what takes long to make, 10 to 50 ms of a long one, is kept
_END_CHARS: Final = 1_500  # of a long result: where it says what follows from all before
_LEFT_OUT: Final = "\n\n[… left out here, to be had by read_result …]\n\n"
_PART_CHARS: Final = TOOL_RESULT_CHARS - 100
_LONGEST_PASSAGE: Final = 1_000
_SHORTEST_WORD: Final = 3


def opening(task: Task, lines: Lines, desk: Agent) -> str:
    """Who calls, and why."""
    words = lines.callback
    done, about = (words.desk_done, words.desk_about) if task.agent.id == desk.id else (words.done, words.about)
    line = done if isinstance(task.outcome, Done) else about
    return line.format(name=task.agent.name, title=task.wish.title)


def plainly(task: Task, lines: Lines) -> tuple[str, ...]:
    """How it ended, in at most four sentences."""
    match task.outcome:
        case Done(result=result):
            return own_line(task) or _sentences(result) or (lines.unreadable,)
        case Failed(error=error, achieved=achieved):
            return (lines.for_error(error.code), *_sentences(achieved))[:MOST_SENTENCES]
        case None:
            return ()


def message(tasks: Sequence[Task], lines: Lines) -> str:
    """For an answering machine: nothing of what came out."""
    all_done = all(isinstance(task.outcome, Done) for task in tasks)
    return lines.callback.machine if all_done else lines.callback.machine_news


def own_line(task: Task) -> tuple[str, ...]:
    """What the run says of its result itself; `prompts/work.md` promises that it is said first."""
    return _sentences(task.outcome.spoken) if isinstance(task.outcome, Done) else ()


def further(task: Task, lines: Lines) -> tuple[str, ...]:
    """What is said after its own line, where Claude says nothing; all of it where there is no such line."""
    said = own_line(task)
    if not said or not isinstance(task.outcome, Done):
        return plainly(task, lines)
    first = _sentences(task.outcome.result, MOST_SENTENCES + len(said))
    return tuple(sentence for sentence in first if sentence not in said)[: MOST_SENTENCES - len(said)]


def abridged(result: str) -> str:
    """As much of it as Claude reads: the beginning and the end, and no secret."""
    result = _masked(result)
    if len(result) <= TOOL_RESULT_CHARS:
        return result
    return result[: TOOL_RESULT_CHARS - _END_CHARS - len(_LEFT_OUT)] + _LEFT_OUT + result[-_END_CHARS:]


def looked_up(result: str, about: str) -> str:
    """What it says about that: the passages with most of these words, in their order. Raises ToolError where there is none."""
    words = {word for word in about.casefold().split() if len(word) >= _SHORTEST_WORD}
    lines = [line for line in _masked(result).split("\n") if line and not line.isspace()]
    passages = [line[at : at + _LONGEST_PASSAGE] for line in lines for at in range(0, len(line), _LONGEST_PASSAGE)]
    found = [(sum(word in passage.casefold() for word in words), -at) for at, passage in enumerate(passages)]
    best = sorted((one for one in found if one[0]), reverse=True)
    kept, left = list[int](), _PART_CHARS
    for _, at in best:
        if len(passages[-at]) > left:
            break
        kept.append(-at)
        left -= len(passages[-at]) + 1
    if not kept:
        raise ToolError(f"It says nothing about {about!r} in these words; try others, or read on in it.")
    return "\n".join(passages[at] for at in sorted(kept))


def part_of(result: str, number: int) -> str:
    """To be read out, one after the other. Raises ToolError where it has no such part."""
    result = _masked(result)
    parts = [result[at : at + _PART_CHARS] for at in range(0, len(result), _PART_CHARS)]
    if not 1 <= number <= len(parts):
        raise ToolError(f"It has {len(parts)} parts.")
    return f"[part {number} of {len(parts)}]\n{parts[number - 1]}"


def prepared(event: TaskEvent, hide: Callable[[str], str]) -> TaskEvent:
    """As it may be told; what is made of it later is known then, so that no event loop has to wait for it."""
    event = hidden(hidden(event, hide), hide)  # as `Task` does with what it is told
    match event:
        case Done(result=result, spoken=spoken):
            abridged(result)
            _sentences(result)
            _sentences(result, MOST_SENTENCES + len(_sentences(spoken)))
        case Failed(achieved=achieved):
            abridged(achieved)
            _sentences(achieved)
        case _:
            pass
    return event


@lru_cache(maxsize=_KEPT)
def _sentences(text: str, most: int = MOST_SENTENCES) -> tuple[str, ...]:
    """The first that are fit to be said: no table, no data, no code, no secret."""
    beginning = text[:_TOLD_CHARS] if len(text) <= _TOLD_CHARS else text[:_TOLD_CHARS].rpartition(" ")[0]
    fit = (said for piece in pieces(named(beginning)) if (said := sentences(piece, 1)))
    return tuple(islice(fit, most))


_masked = lru_cache(maxsize=_KEPT)(masked)
