"""Every regular expression that the product compiles, for `re` or for google-re2, and how it is used.

`python -m tests.kit.expressions` imports the whole product with both watched, lets it read what it ships, and prints what was
compiled as JSON. What is compiled only while something runs is read from the source: each literal pattern that is handed to `re`.
"""

from __future__ import annotations

import ast
import importlib
import json
import pkgutil
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
PRODUCT: Final = ("agents", "voices", "telephony", "orchestrator")
_CALLS: Final = ("compile", "search", "match", "fullmatch", "split", "findall", "finditer", "sub", "subn")
_NOT_IMPORTED: Final = (
    "__main__",
    "voices.speech_server.model",
    "voices.speech_server.chatterbox",
    "voices.speech_server.worker",
)


@dataclass(frozen=True, slots=True, order=True)
class Expression:
    file: str
    line: int
    pattern: str
    flags: int = 0
    engine: str = "re"
    use: str = "search"
    """`match` or `fullmatch`, where it is only ever tried at the beginning of a text."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.pattern[:100]!r}"

    def used(self) -> Callable[[str], object]:
        """What is done with it, at worst."""
        if self.engine == "re2":
            import re2

            compiled: Any = re2.compile(self.pattern)
        else:
            compiled = re.compile(self.pattern, self.flags)
        return (lambda text: compiled.sub("", text)) if self.use == "search" else getattr(compiled, self.use)


@cache
def found() -> tuple[Expression, ...]:
    """What a process of its own compiles, and what the source holds."""
    told = subprocess.run(
        [sys.executable, "-m", "tests.kit.expressions"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=300
    ).stdout
    compiled = {Expression(**each) for each in json.loads(told.splitlines()[-1])}
    known = {(each.pattern, each.flags) for each in compiled}
    all_ = compiled | {each for each in written() if (each.pattern, each.flags) not in known}
    uses = {file: _uses(tree) for file, tree in sources()}
    return tuple(sorted(replace(each, use=uses[each.file].get(each.line, "search")) for each in all_))


def sources() -> Iterator[tuple[str, ast.Module]]:
    for package in PRODUCT:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def call_sites() -> Iterator[tuple[str, ast.Call]]:
    """Each call of `re` in the product."""
    for file, tree in sources():
        yield from ((file, node) for node in ast.walk(tree) if isinstance(node, ast.Call) and _of_re(node))


def _of_re(node: ast.AST | None) -> str:
    """Its method, where it is a call of `re`."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="re"), attr=attr)) if attr in _CALLS and node.args:
            return attr
        case _:
            return ""


def written() -> Iterator[Expression]:
    """Those whose pattern is a literal."""
    for file, call in call_sites():
        match call.args[0]:
            case ast.Constant(value=str(pattern)):
                yield Expression(file, call.lineno, pattern, _flags(call))
            case _:
                pass


def _flags(call: ast.Call) -> int:
    names = {node.attr for node in ast.walk(call) if isinstance(node, ast.Attribute)}
    return int(sum(flag for name in names if isinstance(flag := getattr(re, name, None), re.RegexFlag)))


def _uses(tree: ast.Module) -> dict[int, str]:
    """By line, of those that are only tried at the beginning of a text: a module's own ones by all that is done with the name."""
    names, uses, called = dict[str, int](), dict[int, str](), dict[ast.expr, str]()
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)) if (
                _of_re(node.value) == "compile"
            ):
                if name.startswith("_") and node.value:
                    names[name] = node.value.lineno
            case ast.Call() if (method := _of_re(node)) in ("match", "fullmatch"):
                uses[node.lineno] = method
            case ast.Call(func=ast.Attribute(value=ast.Name() as of, attr=("match" | "fullmatch") as method), args=[_]):
                called[of] = method
            case _:
                pass
    ways = dict[str, set[str]]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in names:
            ways.setdefault(node.id, set()).add(called.get(node, "search"))
    one_way = {names[name]: way.pop() for name, way in ways.items() if len(way) == 1}
    return uses | {line: way for line, way in one_way.items() if way != "search"}


# --- in a process of its own ------------------------------------------------------------------------------------------


def _compiled() -> set[Expression]:
    """All that is compiled by the product's own files while it is imported and reads what it ships."""
    import re2

    seen = set[Expression]()
    for module, name, engine in ((re, "_compile", "re"), (re2, "compile", "re2")):
        _watch(module, name, engine, seen)
    for package in PRODUCT:
        for module in pkgutil.walk_packages([str(ROOT / package)], f"{package}."):
            if not module.name.endswith(_NOT_IMPORTED):
                importlib.import_module(module.name)
    _use_them()
    return seen


def _watch(module: Any, name: str, engine: str, seen: set[Expression]) -> None:
    compile_: Callable[..., Any] = vars(module)[name]

    def watched(pattern: Any, flags: Any = 0) -> Any:
        frame = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
        while frame and frame.f_code.co_filename.endswith(("/re/__init__.py", "/re2.py", "/agents/linear.py")):
            frame = frame.f_back
        file = Path(frame.f_code.co_filename) if frame else Path()
        if frame and isinstance(pattern, str) and file.is_relative_to(ROOT) and file.relative_to(ROOT).parts[0] in PRODUCT:
            place = file.relative_to(ROOT).as_posix(), frame.f_lineno
            seen.add(Expression(*place, pattern, int(flags) if engine == "re" else 0, engine))
        return compile_(pattern, flags)

    setattr(module, name, watched)


def _use_them() -> None:
    """Those that are made of what the product ships, or of what it is asked."""
    from agents.linear import found
    from agents.roster import load
    from agents.rules import risky
    from orchestrator.phrases import Phrases
    from orchestrator.router import Router
    from telephony.acs_emulator.operations import find
    from voices.pai_files import line_of
    from voices.spoken_form import spoken_form

    roster = load([ROOT / "agents"], ROOT / "prompts")
    Router(roster, Phrases.load(ROOT / "prompts" / "phrases.yaml", roster.all_names())).at_once("Kai, go on.", "kai")
    for language in ("en", "de"):
        spoken_form("On 3 May at 12:30 it cost $3.50, 1/2 of 10 km/h \u2192 at http://a.example/b.", language)
    risky("Bash(git push *)", "Bash", {"command": "git push origin"})
    found(r"so .*\w+ (?:and|or)+\W*$", "so it is")
    line_of("voice: x", ("voice",))
    find("GET", "/calling/callConnections/1")


if __name__ == "__main__":
    print(json.dumps([asdict(each) for each in sorted(_compiled())]))
