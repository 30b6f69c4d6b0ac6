"""Two calls side by side, exchange by exchange: where words, speakers and timing differ.

Words and speakers must be the same. Times are those of a machine that also does other things: what lies within the tolerances
is no difference, and what does not is shown, but is no failure. Where the caller cut in, a few words more or less were heard.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from math import inf
from typing import Any, Final

from rich.table import Column, Table

from agents.lines import Lines
from orchestrator.events import CallEnded, Entry
from orchestrator.exchanges import Exchange, exchange, split
from orchestrator.moves import moves, own_lines, without_pin
from orchestrator.phrases import plain
from orchestrator.replay import Replayed
from orchestrator.testing.speeches import Said
from orchestrator.waterfall import percentiles

RESPONSE_MS: Final = 250
GAP_MS: Final = 250
STOP_MS: Final = 100
CUT_WORDS: Final = 3
TOLD_WIDTH: Final = 60  # of each side in the table, also in a pipe: long answers are to stand beside each other
TIMES: Final = (("response_ms", RESPONSE_MS), ("gap_ms", GAP_MS), ("stopped_ms", STOP_MS))


@dataclass(frozen=True, slots=True)
class Difference:
    move: int
    """The caller's n-th; 0 is what came before the first."""
    what: str
    then: str
    now: str
    counts: bool = True
    """In words or speakers, so that the calls are not the same; else in timing, or to be expected."""


@dataclass(frozen=True)
class Comparison:
    then: list[Exchange]
    now: list[Exchange]
    differences: list[Difference]

    @property
    def same(self) -> bool:
        """In words and speakers."""
        return not any(difference.counts for difference in self.differences)

    def summary(self) -> str:
        counted = sum(difference.counts for difference in self.differences)
        found = f"{counted} differ" if counted else "no difference"
        then, now = _p50_ms(self.then), _p50_ms(self.now)
        times = f"; response p50 {then:.0f} ms then, {now:.0f} ms now" if then is not None and now is not None else ""
        others = f"{len(self.differences) - counted} otherwise{times}"
        return f"{len(self.then) - 1} moves of the caller: {found} in words or speakers, {others}"

    def as_table(self) -> Table:
        then, now = (Column(side, max_width=TOLD_WIDTH, overflow="fold") for side in ("then", "now"))
        table = Table("move", "what", then, now, box=None)
        for one in self.differences:
            style = "red" if one.counts else "yellow"
            table.add_row(str(one.move), one.what, one.then, one.now, style=style)
        return table

    def as_json(self) -> dict[str, Any]:
        sides = [{"then": then.as_json(), "now": now.as_json()} for then, now in zip(self.then, self.now, strict=True)]
        return {"same": self.same, "differences": [asdict(one) for one in self.differences], "exchanges": sides}


def compared(
    then: Sequence[Exchange], now: Sequence[Exchange], ended: tuple[str, str] = ("", ""), *, words_count: bool = True
) -> Comparison:
    """Of as many exchanges. `ended`: why each call did. Unless `words_count`, what was said and done may differ, as with a
    live Claude; what was heard and who spoke may not."""
    found = [
        one for move, (was, is_) in enumerate(zip(then, now, strict=True)) for one in _differing(move, was, is_, words_count)
    ]
    if ended[0] != ended[1]:
        found.append(Difference(len(then) - 1, "ended", *ended, counts=words_count))
    return Comparison(list(then), list(now), found)


def compared_with(then: Sequence[Entry], replayed: Replayed, lines: Lines, *, words_count: bool = True) -> Comparison:
    """A call and its replay, move by move; a move that is missing was never made."""
    planned = [move.from_s for move in moves(then, own_lines(lines))]
    made = [*replayed.onsets_s, *[inf] * (len(planned) - len(replayed.onsets_s))]
    sides = ((without_pin(then, lines), planned), (replayed.entries, made))
    before, after = ([exchange(part) for part in split(entries, onsets_s)] for entries, onsets_s in sides)
    return compared(before, after, (_why(then), _why(replayed.entries)), words_count=words_count)


def _why(entries: Sequence[Entry]) -> str:
    """A call ended. One that breaks off was left by its caller, as far as a replay goes."""
    return next((entry.event.why for entry in entries if isinstance(entry.event, CallEnded)), "caller_hung_up")


def _differing(move: int, then: Exchange, now: Exchange, words_count: bool) -> Iterator[Difference]:
    if plain(then.heard) != plain(now.heard):
        yield Difference(move, "heard", then.heard, now.heard)
    done = [(what, words_count) for what in ("tools", "failed", "work")]
    for what, counts in (("routed", True), ("by", False), ("speakers", True), *done):
        was, is_ = getattr(then, what), getattr(now, what)
        if was != is_:
            yield Difference(move, what, _shown(was), _shown(is_), counts)
    if then.interrupted != now.interrupted:
        yield Difference(move, "interrupted", _shown(then.interrupted), _shown(now.interrupted), words_count)
    if len(then.said) != len(now.said) or not all(_alike(was, is_) for was, is_ in zip(then.said, now.said, strict=True)):
        yield Difference(move, "said", _told(then.said), _told(now.said), words_count)
    if then.asides != now.asides:  # fillers are a matter of time; error lines have a code, and that counts
        yield Difference(move, "asides", " ".join(then.asides), " ".join(now.asides), counts=False)
    for what, tolerance_ms in TIMES:
        was, is_ = getattr(then, what), getattr(now, what)
        if was is not None and is_ is not None and abs(was - is_) > tolerance_ms:
            yield Difference(move, what.replace("_ms", ""), f"{was} ms", f"{is_} ms", counts=False)


def _p50_ms(side: Sequence[Exchange]) -> float | None:
    return percentiles([one.response_ms for one in side if one.response_ms is not None]).get("p50")


def _alike(then: Said, now: Said) -> bool:
    if (then.agent, then.interrupted) != (now.agent, now.interrupted):
        return False
    was, is_ = plain(then.text).split(), plain(now.text).split()
    if not then.interrupted:
        return was == is_
    common = min(len(was), len(is_))
    return was[:common] == is_[:common] and abs(len(was) - len(is_)) <= CUT_WORDS


def _told(said: Sequence[Said]) -> str:
    return " ".join(f"{one.agent}: {one.text}{' —' if one.interrupted else ''}" for one in said)


def _shown(value: object) -> str:
    match value:
        case tuple():
            return ", ".join(map(str, value))
        case bool():
            return "yes" if value else "no"
        case _:
            return str(value)
