"""What is asked of the caller for one use of a tool: the whole truth of it, the worst first. Looks at links in the folder."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final, cast
from urllib.parse import urlsplit

from pydantic import Field

from agents.aloud import SECRET, Signs, for_ears, joined, seconds
from agents.commands import LOOKS, Commands
from agents.effects import Effects, Part
from agents.markdown import plain
from agents.places import Places
from agents.secrets import hides_a_name, is_secret_name
from agents.shell import LONGEST
from agents.shell_command import Opaque, Why
from agents.strict import Strict
from agents.templates import with_blanks

LONGEST_S: Final = 20.0
"""Of what is asked at once: more is not taken in by ear."""
LONGEST_READING_S: Final = 180.0
"""Of what is read where the caller wants to hear all of it."""
SHELLS: Final = ("Bash", "Monitor")
NOT_READ: Final = ("PowerShell",)
"""They run commands that our grammar does not know."""
_OPTIONS: Final = frozenset({
    "command", "description", "timeout", "timeout_ms", "run_in_background", "dangerouslyDisableSandbox", "persistent",
})  # fmt: skip
_FILES: Final[Mapping[str, tuple[str, frozenset[str]]]] = {
    "Write": ("file_path", frozenset({"content"})),
    "Edit": ("file_path", frozenset({"old_string", "new_string", "replace_all"})),
    "MultiEdit": ("file_path", frozenset({"edits"})),
    "NotebookEdit": ("notebook_path", frozenset({"new_source", "cell_id", "cell_type", "edit_mode", "cell_number"})),
    "Read": ("file_path", frozenset({"offset", "limit", "pages"})),
}
_NOT_PROSE: Final = frozenset("*`()")  # in prose they are not said; to a tool they may be what matters
_PLAIN: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-")


Question = Annotated[str, Field(pattern=r"\?$")]


class Asking(Strict):
    """The sentences that the parts of a question are put into."""

    one: Annotated[Question, with_blanks("who", "what")]
    several: Annotated[Question, with_blanks("who", "what", "count", "at")]
    opaque: Annotated[Question, with_blanks("who", "why")]
    too_long: Annotated[Question, with_blanks("who", "what")]
    unread: dict[Why, str]
    """Why a command cannot be read out."""
    numbers: tuple[str, ...]
    at: Annotated[str, with_blanks("folder")]
    background: str
    unboxed: str
    last: str
    more: str
    files: dict[str, Annotated[str, with_blanks("path")]]
    page: Annotated[str, with_blanks("page", "site")]
    site: Annotated[str, with_blanks("site")]
    search: Annotated[str, with_blanks("words")]
    plan: Annotated[str, with_blanks("plan")]
    network: Annotated[str, with_blanks("host")]
    other: Annotated[str, with_blanks("tool")]
    other_with: Annotated[str, with_blanks("tool", "all")]


@dataclass(frozen=True, slots=True)
class Asked:
    """The question, and what it takes to say yes to it."""

    question: str
    opaque: bool = False
    """It cannot be said what would be done."""
    whole: str = ""
    """All of it, where that is too long for a question."""


class Questions:
    """Of one agent's work in one folder."""

    def __init__(self, words: Asking, signs: Signs, commands: Commands, places: Places, who: str) -> None:
        self._words, self._signs, self._places, self._who = words, signs, places, who
        self._effects = Effects(commands, signs, places)
        self._ranks = commands.ranks

    def of(self, tool: str, given: Mapping[str, Any]) -> Asked:
        """The question for that use."""
        if tool in NOT_READ:
            return self._opaque("unknown")
        if tool in SHELLS:
            try:
                parts = self._effects.parts(str(given.get("command") or ""))
            except Opaque as opaque:
                return self._opaque(opaque.why)
            if not parts:
                parts = [self._used(tool, {})]
            if not set(given) <= _OPTIONS:
                parts = [self._used(tool, {key: value for key, value in given.items() if key != "description"})]
            return self._put(self._with_options(tool, parts, given))
        _, silent = _FILES.get(tool, ("", frozenset({"prompt"})))
        said = {key: value for key, value in given.items() if key not in silent}
        if len(json.dumps(said, ensure_ascii=False, default=str)) > LONGEST:
            return self._opaque("long")
        return self._put([self._used(tool, given)])

    def own(self, text: str) -> str:
        """A question of the work's own, as far as there is time for it; empty where there is none."""
        said = self._signs.text(for_ears(_seen(plain(text))), ends=".!?").rstrip(".! ")
        if not any(sign.isalnum() for sign in said):
            return ""
        if seconds(f"{said}?") > LONGEST_S:
            words, more = said.split(), f", {self._words.more}"
            fit = bisect_right(range(len(words)), LONGEST_S, key=lambda most: seconds(f"{' '.join(words[:most])}{more}?"))
            said = " ".join(words[: fit - 1]).rstrip(",") + more
        return said if said.endswith("?") else f"{said.rstrip('?.!, ')}?"

    # --- put together --------------------------------------------------------------------------------------------------

    def _opaque(self, why: Why) -> Asked:
        return Asked(self._words.opaque.format(who=self._who, why=self._words.unread[why]), opaque=True)

    def _put(self, parts: Sequence[Part]) -> Asked:
        parts = self._told(parts)
        whole = self._sentence([self._in_place(part, parts) for part in parts], parts)
        if seconds(whole) <= LONGEST_S:
            # A name that looks like a secret is not said, so nobody knows what would be gone.
            return Asked(whole, opaque=any(part.hides for part in parts))
        if seconds(whole) > LONGEST_READING_S:
            return self._opaque("long")
        return Asked(self._beginning(parts), whole=whole)

    def _told(self, parts: Sequence[Part]) -> list[Part]:
        """All that do something, the worst first; what only looks around, only where there is nothing else."""
        told = [part for part in dict.fromkeys(parts) if part.kind != LOOKS] or list(dict.fromkeys(parts))
        return sorted(told, key=lambda part: self._ranks.get(part.kind, 0))

    def _sentence(self, said: Sequence[str], parts: Sequence[Part]) -> str:
        at = self._at(parts[0].at) if len({part.at for part in parts}) == 1 else ""
        if len(said) == 1:
            return self._words.one.format(who=self._who, what=f"{said[0]}{at}")
        count = self._words.numbers[len(said)] if len(said) < len(self._words.numbers) else str(len(said))
        *first, last = said
        what = f"{'; '.join(first)}; {self._words.last} {last}"
        return self._words.several.format(who=self._who, count=count, what=what, at=at)

    def _in_place(self, part: Part, parts: Sequence[Part]) -> str:
        return part.said if len({one.at for one in parts}) == 1 else f"{part.said}{self._at(part.at)}"

    def _at(self, at: str) -> str:
        return self._words.at.format(folder=self._signs.word(for_ears(self._places.said(at)))) if at else ""

    def _beginning(self, parts: Sequence[Part]) -> str:
        """The worst of it, as much as there is time for, and that there is more."""
        kept: list[str] = []
        for part in parts:
            asked = self._words.too_long.format(who=self._who, what="; ".join([*kept, f"{part.said}{self._at(part.at)}"]))
            if seconds(asked) > LONGEST_S:
                break
            kept.append(f"{part.said}{self._at(part.at)}")
        if not kept:
            words = parts[0].said.split()
            while words and seconds(self._words.too_long.format(who=self._who, what=" ".join(words))) > LONGEST_S:
                words = words[: -max(1, len(words) // 8)]
            kept = [" ".join(words).rstrip(",")]
        return self._words.too_long.format(who=self._who, what="; ".join(kept))

    # --- single tools --------------------------------------------------------------------------------------------------

    def _with_options(self, tool: str, parts: list[Part], given: Mapping[str, Any]) -> list[Part]:
        more = [self._words.unboxed] if given.get("dangerouslyDisableSandbox") else []
        more += [self._words.background] if given.get("run_in_background") or tool == "Monitor" else []
        if not more:
            return parts
        return [replace(part, said=f"{part.said}, {', '.join(more)}") for part in parts]

    def _used(self, tool: str, given: Mapping[str, Any]) -> Part:
        words = self._words
        key, silent = _FILES.get(tool, ("", frozenset[str]()))
        if key and isinstance(given.get(key), str) and given[key] and set(given) <= {key, *silent}:
            path = _seen(given[key])
            return Part("writes", words.files[tool].format(path=self._effects.path(path)), hides=hides_a_name([path], files=True))
        match tool, given:
            case "WebFetch", {"url": str(url)} if set(given) <= {"url", "prompt"} and (site := site_of(url)):
                page = self._signs.word(for_ears(url).removeprefix("https://"))
                name = self._signs.word(site)
                wording = words.site if page == name else words.page
                return Part("sends", wording.format(page=page, site=name))
            case "WebSearch", {"query": str(query)} if len(given) == 1:
                return Part("sends", words.search.format(words=self._signs.text(for_ears(_seen(query)))))
            case "ExitPlanMode", {"plan": str(plan)} if len(given) == 1:
                return Part("runs", words.plan.format(plan=self._signs.text(for_ears(_seen(plain(plan))))))
            case "SandboxNetworkAccess", {"host": str(host)} if len(given) == 1 and host:
                return Part("sends", words.network.format(host=self._signs.word(host)), hides="*" in host)
            case _:
                name = self._signs.text(tool.removeprefix("mcp__").replace("_", " "))
                things = [
                    f"{self._signs.text(_seen(key).replace('_', ' '))} {self._value(key, value)}" for key, value in given.items()
                ]
                if not things:
                    return Part("runs", words.other.format(tool=name))
                said = words.other_with.format(tool=name, all=joined(things, words.last))
                return Part("runs", said, hides=any(_hides(key, value) for key, value in given.items()))

    def _value(self, key: str, value: Any) -> str:
        if is_secret_name(key):
            return self._signs.word(SECRET)
        told = _seen(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str))
        if _NOT_PROSE & set(told):
            said = self._signs.command(for_ears(told).split())
        else:
            said = self._signs.text(for_ears(told)) if " " in told.strip() else self._signs.word(for_ears(told))
        return said or self._signs.empty


def site_of(url: str) -> str:
    """The host of an address that is plainly of a site; else nothing."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    host = parts.hostname or ""
    plain = (
        parts.netloc.lower() in (host, f"{host}:{port}")
        and set(host) <= _PLAIN
        and "." in host
        and not host.rstrip(".").rpartition(".")[2][:1].isdecimal()
    )
    return host if plain and parts.scheme in ("http", "https") and url.isprintable() and "\\" not in url else ""


def _hides(key: str, value: object) -> bool:
    """Something in it is not said, and is more than a password, a key or a code."""
    left = [(key, value)]
    while left:
        key, value = left.pop()
        match value:
            case Mapping():
                if is_secret_name(key):
                    return True
                left += cast("Mapping[str, object]", value).items()
            case list():
                left += [(key, one) for one in cast("list[object]", value)]
            case str() if is_secret_name(key):
                if len(value.split()) > 1:
                    return True
            case str() if hides_a_name([value]):
                return True
            case _:
                pass
    return False


def _seen(text: str) -> str:
    """Signs that the eye does not see become one that is said to be strange."""
    return "".join(sign if sign.isprintable() or sign == "\n" else "\ufffd" for sign in text)
