"""What a model writes for itself or for a machine (`<thinking>…`, `<function_calls>…`, `[thinking]…`) taken out of its text.

It works on a stream, character by character, so a tag may be torn anywhere. What opens and never closes hides the rest.
A comparison, a mail address, `<name>` and `List<int>` are text like any other.
"""

from __future__ import annotations

import re
from typing import Final

_STEMS: Final = (
    "think", "thought", "reason", "reflect", "scratchpad", "monologue", "innermonologue", "innerthought", "chainofthought",
    "antthink", "functioncall", "functionresult", "invoke", "toolcall", "tooluse", "toolresult", "toolresponse", "toolcode",
    "tooloutput", "systemreminder", "searchquality",
)  # fmt: skip
"""Names that begin so mean nothing else; names of the model's own name spaces (`ant…:`) neither."""
_NAMES: Final = frozenset({
    "analysis", "commentary", "function", "functions", "internal", "note", "observation", "parameter", "parameters", "plan",
    "planning", "result", "results", "system", "stderr", "stdout", "tool", "tools",
})  # fmt: skip
"""Types in a program may be called so too, as in `Promise<Result>`."""
_TAG: Final = re.compile(r"([<\[])\s?(/?)\s?([A-Za-z][\w:.-]{0,39})((?:[\s/][^<>\[\]]*)?)[>\]]", re.ASCII)
_PERHAPS: Final = re.compile(r"[<\[]\s?/?\s?(?:[A-Za-z][\w:.-]{0,39})?", re.ASCII)
_NAME: Final = re.compile(r"<\s?/?\s?([A-Za-z][\w:.-]{0,39})[\s/]", re.ASCII)
_TOKEN: Final = re.compile(r"<\|[^<>|]{0,40}\|?>?")
_COMMENT: Final = "<!--"
_LONGEST: Final = 300  # characters of a tag with its attributes
_DEEPEST: Final = 32
_SHORTEST_TORN: Final = 3  # letters of a name that the end of the text cut off


_WIDE: Final = {"＜": "<", "＞": ">", "［": "[", "］": "]"}
_UNSEEN: Final = frozenset("\u00ad\u200b\u200c\u200d\u2060\ufeff")
_ENTITIES: Final = {"&lt;": "<", "&gt;": ">", "&#60;": "<", "&#62;": ">", "&#x3c;": "<", "&#x3e;": ">"}


class Unsaid:
    """Of one text."""

    def __init__(self) -> None:
        self._open: list[str] = []
        """What hides the text now, the innermost last."""
        self._held = ""
        """What may become a tag."""
        self._before = ""
        self._entity = ""
        """What may become one."""
        self._sealed = False
        """So much was opened that nobody can tell where it ends."""

    def take(self, character: str) -> str:
        """What may be read on, after one more character."""
        if not self._entity and character != "&":
            return self._take(character)
        entity, self._entity = self._entity + character, ""
        if known := _ENTITIES.get(entity.casefold()):
            return self._take(known)
        if any(name.startswith(entity.casefold()) for name in _ENTITIES):
            self._entity = entity
            return ""
        return "".join(map(self._take, entity[:-1])) + (self.take("&") if character == "&" else self._take(character))

    def _take(self, character: str) -> str:
        character = _WIDE.get(character, character)
        if self._held and character in _UNSEEN:
            return ""
        if self._open[-1:] == [_COMMENT]:
            self._held = (self._held + character)[-3:]
            if self._held == "-->":
                self._open.pop()
                self._held = ""
            return ""
        if not self._held or character in "<[":
            released, self._held = self._show(self._held), ""
            if character in "<[":
                self._held = character
                return released
            return released + self._show(character)
        self._held += character
        return self._judge()

    def finish(self) -> str:
        """The rest. Half a tag that would have hidden something is none of it."""
        if self._entity:
            entity, self._entity = self._entity, ""
            return "".join(map(self._take, entity)) + self.finish()
        held, self._held = self._held, ""
        if tag := _TAG.fullmatch(held):
            return self._apply(held, tag)
        name = "".join(filter(str.isalnum, held)).casefold()
        torn = held[:1] == "<" and (
            _hides(name) or (len(name) >= _SHORTEST_TORN and any(stem.startswith(name) for stem in _STEMS))
        )
        return "" if torn or held.startswith((_COMMENT, "<|")) else self._show(held)

    def _show(self, text: str) -> str:
        if not text or self._open or self._sealed:
            return ""
        self._before = text[-1]
        return text

    def _judge(self) -> str:
        held = self._held
        if _COMMENT.startswith(held) or (_TOKEN.fullmatch(held) and not held.endswith(">")):
            if held == _COMMENT:
                self._open.append(_COMMENT)
                self._held = ""
            return ""
        if _PERHAPS.fullmatch(held):
            return ""
        if _TOKEN.fullmatch(held):
            self._held = ""
            return self._show(" ")
        if tag := _TAG.fullmatch(held):
            if tag[1] == "[" or self._before == "`":
                return ""  # a link, or code that is spoken of: the next character tells
            self._held = ""
            return self._apply(held, tag)
        if tag := _TAG.fullmatch(held[:-1]):
            self._held = ""
            spoken_of = held[-1] == ("(" if tag[1] == "[" else "`") and not self._open
            return (self._show(held[:-1]) if spoken_of else self._apply(held[:-1], tag)) + self._show(held[-1])
        if (name := _NAME.match(held)) and _hides(name[1]) and len(held) < _LONGEST:
            return ""
        self._held = ""
        return self._show(held)

    def _apply(self, raw: str, tag: re.Match[str]) -> str:
        _, closes, name, rest = tag.groups()
        if (tag[1] == "<") is not raw.endswith(">") or not self._is_markup(tag):
            return self._show(raw)
        if closes:
            same = [at for at, opened in enumerate(self._open) if opened == _family(name)]
            del self._open[same[-1] if same else len(self._open) :]
        elif not rest.rstrip().endswith("/"):
            self._sealed = self._sealed or len(self._open) >= _DEEPEST
            if not self._sealed:
                gap = self._show(" ")
                self._open.append(_family(name))
                return gap
        return self._show(" ")

    def _is_markup(self, tag: re.Match[str]) -> bool:
        bracket, closes, name, rest = tag.groups()
        if not _hides(name):
            return False
        if bracket == "[":
            return not rest and _is_certain(name)
        if _is_certain(name) or closes:
            return True
        return not self._before.isalnum() and (not rest.strip() or "=" in rest or rest.rstrip().endswith("/"))


def _bare(name: str) -> str:
    return re.sub(r"[\W_]", "", name.rpartition(":")[2]).casefold()


def _is_certain(name: str) -> bool:
    return _bare(name).startswith(_STEMS) or name.rpartition(":")[0].casefold().startswith("ant")


def _hides(name: str) -> bool:
    return _is_certain(name) or _bare(name) in _NAMES


def _family(name: str) -> str:
    """`</think>` closes `<thinking>`."""
    bare = _bare(name)
    return "think" if bare.startswith(("think", "thought", "antthink")) else bare.rstrip("s")
