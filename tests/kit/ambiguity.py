"""Whether a backtracking expression is linear, told by its structure and not by a clock.

An expression takes more than linear time where it can read one text in many ways and then fail: two loops that read the same text
one after the other (Weideman et al., "Analyzing matching time behavior of backtracking regular expression matchers"), a loop that
can be gone round in two ways, and, as a search begins anywhere, a loop that can be entered anywhere within the text that it
reads. Those are looked for in the automaton that the parse tree stands for. What is in doubt counts as ambiguous: what a
look-around of more than a character forbids, an atomic group, a reference to a group. A bound of more than `WIDE` counts as none.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator
from re import _constants as sre  # pyright: ignore[reportMissingModuleSource, reportAttributeAccessIssue, reportUnknownVariableType]
from re import _parser as parser  # pyright: ignore[reportMissingModuleSource, reportAttributeAccessIssue, reportUnknownVariableType]
from typing import Any, Final

WIDE: Final = 256
_COPIES: Final = 3  # of what is repeated a bounded number of times
_POOL: Final = [chr(code) for code in range(128)] + list("éßÄ²½\u0301\u00a0\u2028٣–“”…€☃一😀\ue000")
_ACCEPT: Final = -1
_FROM: Final = 0  # the state of a search that has not begun to match

Edges = dict[int, dict[int, int]]
"""Of a state: by class of character, where it goes, as a mask of bits."""


def ambiguity(pattern: str, flags: int = 0, *, anchored: bool = False, whole: bool = False) -> str:
    """What makes it worse than linear, in words; empty if nothing does. `anchored`: it is only ever tried at one place of a
    text (`match`, `fullmatch`); `whole`: it has to fit all of it."""
    tree: Any = parser.parse(pattern, flags)
    for part, at_one_place, to_the_end in ((tree, anchored, whole), *((inner, False, False) for inner in _looks(tree))):
        if found := _Automaton(part, flags | tree.state.flags, anchored=at_one_place, whole=to_the_end).ambiguous():
            return found
    return ""


def _looks(tree: Any) -> Iterator[Any]:
    """What is looked ahead for, tried wherever the expression comes by."""
    for node in _nodes(tree):
        if node[0] in (sre.ASSERT, sre.ASSERT_NOT) and node[1][0] > 0:
            yield node[1][1]


def _nodes(tree: Any) -> Iterator[Any]:
    for node in tree:
        yield node
        for inner in _inside(*node):
            yield from _nodes(inner)


def _inside(code: Any, given: Any) -> list[Any]:
    match code:
        case sre.MAX_REPEAT | sre.MIN_REPEAT | sre.POSSESSIVE_REPEAT:
            return [given[2]]
        case sre.SUBPATTERN:
            return [given[3]]
        case sre.ATOMIC_GROUP:
            return [given]
        case sre.ASSERT | sre.ASSERT_NOT:
            return [given[1]]
        case sre.BRANCH:
            return list(given[1])
        case sre.GROUPREF_EXISTS:
            return [inner for inner in given[1:] if inner is not None]
        case _:
            return []


_CATEGORIES: Final[dict[Any, Callable[[str], bool]]] = {
    sre.CATEGORY_DIGIT: str.isdecimal, sre.CATEGORY_NOT_DIGIT: lambda sign: not sign.isdecimal(),
    sre.CATEGORY_SPACE: str.isspace, sre.CATEGORY_NOT_SPACE: lambda sign: not sign.isspace(),
    sre.CATEGORY_WORD: lambda sign: _is_word(sign), sre.CATEGORY_NOT_WORD: lambda sign: not _is_word(sign),
}  # fmt: skip


def _is_word(sign: str) -> bool:
    return sign.isalnum() or sign == "_"


class _Automaton:
    def __init__(self, tree: Any, flags: int, *, anchored: bool, whole: bool) -> None:
        self._flags, self._whole = flags, whole
        self._signs = list(dict.fromkeys([*_POOL, *_literals(tree)]))
        self._groups = {node[1][0]: node[1][3] for node in _nodes(tree) if node[0] is sre.SUBPATTERN}
        self._all = (1 << len(self._signs)) - 1
        self._words, self._line = self._mask(_is_word), self._mask(lambda sign: sign == "\n")
        # What reads nothing: (what stands before it, what after it, where to); None in a mask's place for the text's own edge.
        self._reads = [(0, 0)]
        self._passes: list[list[tuple[str, int, int]]] = [[]]
        end = self._new()
        begin = self._built(tree, end)
        self._end = end
        self._narrow()
        self.edges: dict[tuple[int, int], list[dict[tuple[int, int], int]]] = {}
        self._states: dict[tuple[int, int], int] = {}
        self._begin, self._anchored = begin, anchored

    # --- the parse tree, as states ------------------------------------------------------------------------------------

    def _new(self, mask: int = 0, to: int = 0) -> int:
        self._reads.append((mask, to))
        self._passes.append([])
        return len(self._reads) - 1

    def _built(self, tree: Any, after: int) -> int:
        for code, given in reversed(list(tree)):
            after = self._node(code, given, after)
        return after

    def _node(self, code: Any, given: Any, after: int) -> int:
        match code:
            case sre.LITERAL | sre.NOT_LITERAL | sre.ANY | sre.IN | sre.RANGE:
                return self._new(self._class(code, given), after)
            case sre.SUBPATTERN:
                return self._built(given[3], after)
            case sre.ATOMIC_GROUP:
                return self._built(given, after)
            case sre.GROUPREF:
                return self._built(self._groups[given], after)
            case sre.BRANCH:
                return self._either([self._built(branch, after) for branch in given[1]])
            case sre.GROUPREF_EXISTS:
                return self._either([self._built(inner, after) for inner in given[1:] if inner is not None])
            case sre.MAX_REPEAT | sre.MIN_REPEAT | sre.POSSESSIVE_REPEAT:
                return self._repeated(given[0], given[1], given[2], after)
            case sre.AT:
                return self._at(given, after)
            case sre.ASSERT | sre.ASSERT_NOT:
                return self._looked(code, given[0], given[1], after)
            case _:
                raise NotImplementedError(str(code))

    def _either(self, ways: list[int]) -> int:
        state = self._new()
        self._passes[state] = [("", 0, way) for way in ways]
        return state

    def _repeated(self, least: int, most: Any, tree: Any, after: int) -> int:
        if most is sre.MAXREPEAT or most > WIDE:
            loop = self._new()
            self._passes[loop] = [("", 0, self._built(tree, loop)), ("", 0, after)]
            state = loop
        else:
            state = after
            for _ in range(min(most - least, _COPIES)):
                state = self._either([self._built(tree, state), after])
        for _ in range(min(least, _COPIES)):
            state = self._built(tree, state)
        return state

    def _at(self, where: Any, after: int) -> int:
        state = self._new()
        many = self._flags & re.MULTILINE
        match where:
            case sre.AT_BEGINNING | sre.AT_BEGINNING_STRING:
                self._passes[state] = [("behind", self._line if many and where is sre.AT_BEGINNING else 0, after)]
            case sre.AT_END:
                self._passes[state] = [("ahead", self._line, after)]
            case sre.AT_END_STRING:
                self._passes[state] = [("ahead", 0, after)]
            case _:
                self._passes[state] = [("edge" if where is sre.AT_BOUNDARY else "no edge", 0, after)]
        return state

    def _looked(self, code: Any, direction: int, tree: Any, after: int) -> int:
        """One character is known; of more only what stands next, if it has to."""
        single = len(tree) == 1 and tree[0][0] in (sre.LITERAL, sre.NOT_LITERAL, sre.ANY, sre.IN)
        kind = "ahead" if direction > 0 else "behind"
        state = self._new()
        if code is sre.ASSERT_NOT:
            mask = self._all & ~self._class(*tree[0]) if single else 0
            self._passes[state] = [(f"{kind} or edge", mask, after) if single else ("doubt", 0, after)]
            return state
        ends: Any = tree[0 if direction > 0 else -1] if len(tree) else (None, None)
        known = ends[0] in (sre.LITERAL, sre.NOT_LITERAL, sre.ANY, sre.IN)
        beyond = after if single else self._new()
        self._passes[beyond] += [] if single else [("doubt", 0, after)]
        self._passes[state] = [(kind, self._class(*ends), beyond) if known else ("doubt", 0, after)]
        return state

    def _class(self, code: Any, given: Any) -> int:
        match code:
            case sre.LITERAL:
                return self._mask(lambda sign: any(ord(one) == given for one in self._cases(sign)))
            case sre.NOT_LITERAL:
                return self._all & ~self._class(sre.LITERAL, given)
            case sre.ANY:
                return self._all if self._flags & re.DOTALL else self._all & ~self._line
            case sre.RANGE:
                return self._mask(lambda sign: any(given[0] <= ord(one) <= given[1] for one in self._cases(sign)))
            case sre.CATEGORY:
                return self._mask(lambda sign: _CATEGORIES[given](sign) if not self._flags & re.ASCII or sign.isascii()
                                  else "NOT" in str(given))  # fmt: skip
            case _:
                mask = 0
                for inner, what in given:
                    mask |= 0 if inner is sre.NEGATE else self._class(inner, what)
                return self._all & ~mask if given[0][0] is sre.NEGATE else mask

    def _cases(self, sign: str) -> set[str]:
        folded = {sign, sign.lower(), sign.upper()} if self._flags & re.IGNORECASE else {sign}
        return {one for one in folded if len(one) == 1}

    def _mask(self, fits: Callable[[str], bool]) -> int:
        return sum(1 << at for at, sign in enumerate(self._signs) if fits(sign))

    def _narrow(self) -> None:
        """One sign for all that the expression does not tell apart."""
        masks = {mask for mask, _ in self._reads} | {mask for passes in self._passes for _, mask, _ in passes} | {self._words}
        kinds = dict[tuple[int, ...], int]()
        for at in range(len(self._signs)):
            kinds.setdefault(tuple(mask >> at & 1 for mask in masks), at)
        self._kinds = list(kinds.values())

    # --- without what reads nothing -----------------------------------------------------------------------------------

    def _reached(self, state: int, last: int | None) -> tuple[dict[tuple[int, int], int], list[int]]:
        """What can be read next, behind that sign, and in how many ways (2 for more); and before which signs it has matched."""
        ways, matched, seen = dict[tuple[int, int], int](), list[int](), dict[tuple[int, int, bool, bool], int]()

        def walk(at: int, mask: int, end: bool, doubt: bool, path: frozenset[int]) -> None:
            if at in path or seen.get((at, mask, end, doubt), 0) > 1:
                return
            seen[at, mask, end, doubt] = seen.get((at, mask, end, doubt), 0) + 1
            if at == self._end:
                if not doubt and not self._whole:
                    matched.append(mask)
                return
            reads, _ = self._reads[at]
            if reads & mask:
                ways[at, reads & mask] = ways.get((at, reads & mask), 0) + 1
            for kind, given, to in self._passes[at]:
                ahead, open_end = self._passed(kind, given, mask, end, last)
                if ahead or open_end:
                    been = path | {at} if path or at != state else frozenset({-1})
                    walk(to, ahead, open_end, doubt or kind == "doubt", been)

        # The state itself may come again: `(a*)*` begins anew where it could go on.
        walk(state, self._all, True, False, frozenset())
        return ways, matched

    def _passed(self, kind: str, given: int, mask: int, end: bool, last: int | None) -> tuple[int, bool]:
        """What may follow, and whether the text may end there; (0, False) if there is no way through."""
        match kind:
            case "" | "doubt":
                return mask, end
            case "behind" | "behind or edge":
                edge = given == 0 or kind != "behind" or given == self._line
                passes = edge if last is None else bool(given >> last & 1)
                return (mask, end) if passes else (0, False)
            case "ahead":
                return mask & given, end and given in (0, self._line)
            case "ahead or edge":
                return mask & given, end
            case _:
                word = last is not None and bool(self._words >> last & 1)
                after = self._words if word != (kind == "edge") else self._all & ~self._words
                return mask & after, end and word == (kind == "edge")

    def ambiguous(self) -> str:
        numbers: dict[tuple[int, int], int] = {}
        edges: list[dict[int, list[tuple[int, int, bool]]]] = []  # of a state, by sign: (to, ways, is sure)
        todo = deque[tuple[int, int]]()

        def number(state: tuple[int, int]) -> int:
            if state not in numbers:
                numbers[state] = len(numbers)
                edges.append({})
                todo.append(state)
            return numbers[state]

        free = number((_FROM, self._all)) if not self._anchored else None
        for state in self._reached(self._begin, None)[0]:
            number(state)
        known = dict[tuple[int, int], tuple[dict[tuple[int, int], int], list[int]]]()
        while todo:
            at, mask = todo.popleft()
            here = numbers[at, mask]
            for sign in self._kinds:
                if not mask >> sign & 1:
                    continue
                to = self._begin if at == _FROM else self._reads[at][1]
                if (to, sign) not in known:
                    known[to, sign] = self._reached(to, sign)
                ways, matched = known[to, sign]
                edges[here][sign] = [
                    (number(state), many, any(state[1] & ~before == 0 for before in matched)) for state, many in ways.items()
                ]
                if at == _FROM and free is not None:
                    edges[here][sign].append((free, 1, False))
        return _Search(edges, [self._signs[sign] for sign in range(len(self._signs))], free).worst()


def _literals(tree: Any) -> Iterator[str]:
    for code, given in _nodes(tree):
        for inner, what in [(code, given)] if code is not sre.IN else given:
            match inner:
                case sre.LITERAL | sre.NOT_LITERAL:
                    yield chr(what)
                case sre.RANGE:
                    yield from (chr(what[0]), chr(what[1]), chr(min(what[1] + 1, 0x10FFFF)))
                case _:
                    pass


class _Search:
    """For what is read in more ways than one."""

    def __init__(self, edges: list[dict[int, list[tuple[int, int, bool]]]], signs: list[str], free: int | None) -> None:
        self._edges, self._signs, self._free = edges, signs, free
        self._next = [{to for ways in each.values() for to, _, _ in ways} for each in edges]
        self._loop = self._loops()

    def worst(self) -> str:
        loops = [state for state, loop in enumerate(self._loop) if loop]
        for state in loops:
            if word := self._twice(state):
                return f"a loop reads {word!r} in two ways: exponential"
        for first in loops:
            beyond = self._beyond(first)
            for second in loops:
                if second != first and second in beyond and (word := self._one_after_the_other(first, second)):
                    where = "a search enters a loop anywhere in" if first == self._free else "two loops read the same"
                    return f"{where} {word!r} × …: quadratic at least"
        return ""

    def _loops(self) -> list[frozenset[int]]:
        """Of each state all that it is in a loop with (Tarjan's, without recursion); empty if it is in none."""
        reach = [self._beyond(state) for state in range(len(self._edges))]
        return [
            frozenset(other for other in reach[state] if state in reach[other]) if state in reach[state] else frozenset()
            for state in range(len(self._edges))
        ]

    def _beyond(self, state: int) -> set[int]:
        seen, todo = set[int](), [state]
        while todo:
            for to in self._next[todo.pop()]:
                if to not in seen:
                    seen.add(to)
                    todo.append(to)
        return seen

    def _twice(self, state: int) -> str:
        """A text that leads from the state back to it in two ways."""
        loop = self._loop[state]
        begin: tuple[int, int, bool] = (state, state, False)
        came: dict[tuple[int, int, bool], tuple[Any, int]] = {begin: (None, 0)}
        todo = deque[tuple[int, int, bool]]([begin])
        while todo:
            one, other, apart = here = todo.popleft()
            for sign, ways in self._edges[one].items():
                for to, many, _ in ways:
                    for to2, _, _ in self._edges[other].get(sign, ()):
                        if to not in loop or to2 not in loop:
                            continue
                        new = (to, to2, apart or to != to2 or (one == other and many > 1))
                        if new == (state, state, True):
                            return self._word(came, here) + self._signs[sign]
                        if new not in came:
                            came[new] = (here, sign)
                            todo.append(new)
        return ""

    def _one_after_the_other(self, first: int, second: int) -> str:
        """A text that leads from the first back to it, from the first to the second, and from the second back to it."""
        begin, end = (first, first, second), (first, second, second)
        came: dict[Any, tuple[Any, int]] = {begin: (None, 0)}
        todo = deque([begin])
        while todo:
            a, b, c = here = todo.popleft()
            for sign, ways in self._edges[a].items():
                for a2 in (to for to, _, _ in ways if to in self._loop[first]):
                    for b2, _, _ in self._edges[b].get(sign, ()):
                        for c2 in (to for to, _, sure in self._edges[c].get(sign, ()) if not sure and to in self._loop[second]):
                            new = (a2, b2, c2)
                            if new == end:
                                return self._word(came, here) + self._signs[sign]
                            if new not in came:
                                came[new] = (here, sign)
                                todo.append(new)
        return ""

    def _word(self, came: dict[Any, tuple[Any, int]], here: Any) -> str:
        word = ""
        while came[here][0] is not None:
            here, sign = came[here]
            word = self._signs[sign] + word
        return word
