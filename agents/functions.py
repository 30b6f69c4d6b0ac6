"""Plain Python functions as tools: of installed packages, by the entry point group `pai_voice.tools`, and of agents' folders."""

from __future__ import annotations

import inspect
import sys
import warnings
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from importlib.util import module_from_spec, spec_from_file_location
from inspect import Parameter
from pathlib import Path
from typing import Any, Final

import anyio
import anyio.to_thread
import structlog
from pydantic import BaseModel, create_model
from pydantic.errors import PydanticUserError

from agents import bounds
from agents.errors import ToolError, Unusable
from agents.function_files import check, is_file
from agents.outside import GROUP, LONGEST_DESCRIPTION, PYTHON, named_well
from agents.tools import Inputs, Tool

log = structlog.get_logger()

THREADS: Final = 4  # functions that are not async, at the same time: one that hangs keeps its thread, and no more than these
Function = Callable[..., Any]
Threads = Callable[[Callable[[], Any]], Awaitable[Any]]


@dataclass(frozen=True)
class Functions:
    """Those that can be used, by what an agent's file writes after `python:`; and why the others cannot."""

    tools: Mapping[str, Tool] = field(default_factory=dict[str, Tool])
    problems: Mapping[str, str] = field(default_factory=dict[str, str])


def known() -> tuple[str, ...]:
    """The names that there are; nothing is imported for it. Reads the disk."""
    return tuple(sorted({point.name for point in entry_points(group=GROUP)}))


def found(
    threads: anyio.CapacityLimiter | None = None,
    written: Iterable[str] = (),
    folders: Sequence[Path] = (),
    in_thread: Threads | None = None,
) -> Functions:
    """All of installed packages, and those in files that agents name, imported.

    `threads` is for those that are not async, unless `in_thread` runs them. Reads the disk, and runs what the modules do.
    """
    in_thread = in_thread or partial(anyio.to_thread.run_sync, abandon_on_cancel=True, limiter=threads)
    tools: dict[str, Tool] = {}
    problems: dict[str, str] = {}
    for point in entry_points(group=GROUP):
        try:
            tools[point.name] = tool_of(point.name, _loaded(point), in_thread)
        except Unusable as error:
            problems[point.name] = f"{point.value}: {error}"
    for name in dict.fromkeys(each.removeprefix(PYTHON) for each in written if each.startswith(PYTHON)):
        if is_file(name):
            try:
                tools[name] = tool_in_file(name, folders, in_thread)
            except Unusable as error:
                problems[name] = str(error)
    return Functions(tools, problems)


def _loaded(point: EntryPoint) -> Function:
    named_well(point.name)
    try:
        return point.load()
    except (Exception, SystemExit) as error:  # somebody else's module: whatever it raises is no reason for the house to fall
        raise Unusable(f"it cannot be imported ({type(error).__name__}: {error})") from error


def tool_in_file(name: str, folders: Sequence[Path], in_thread: Threads) -> Tool:
    """What `python:tools/shelf.py:shelf` names, its file run anew. Raises Unusable."""
    path, function = check(name, folders)
    named_well(function)
    spec = spec_from_file_location(f"pai_voice_tools_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module  # where types that are written as text are looked up
    try:
        spec.loader.exec_module(module)
        found = getattr(module, function)
    except (Exception, SystemExit) as error:
        raise Unusable(f"{path} cannot be imported ({type(error).__name__}: {error})") from error
    return replace(tool_of(function, found, in_thread), written=f"{PYTHON}{name}")


def tool_of(name: str, function: Function, in_thread: Threads) -> Tool:
    """A tool of that name: it takes what the function takes, and its description is the docstring. A function that is not async
    runs `in_thread`. Raises Unusable."""
    if not inspect.isroutine(function):
        raise Unusable("it is no function; the entry point must name one, as `module:function`")
    description = inspect.getdoc(function)
    if not description:
        raise Unusable("it has no docstring; write there when to use it, for Claude")
    inputs = _inputs(function)
    run = partial(_run, name, function, inputs, in_thread)
    return Tool(name, bounds.cut(description, LONGEST_DESCRIPTION), inputs, run=run, written=f"{PYTHON}{name}")


def _inputs(function: Function) -> type[BaseModel]:
    try:
        parameters = inspect.signature(function, eval_str=True).parameters.values()
    except (NameError, TypeError, ValueError, SyntaxError) as error:
        raise Unusable(f"its parameters cannot be read: {error}") from error
    fields: dict[str, Any] = {}
    for parameter in parameters:
        named = parameter.kind in (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
        if not named or parameter.name.startswith("_"):
            raise Unusable(f"its parameter `{parameter.name}` has no name that Claude could use; write plain parameters")
        if parameter.annotation is Parameter.empty:
            raise Unusable(f"its parameter `{parameter.name}` has no type; write one, as `{parameter.name}: str`")
        fields[parameter.name] = (parameter.annotation, ... if parameter.default is Parameter.empty else parameter.default)
    return _model(fields)


def _model(fields: dict[str, Any]) -> type[BaseModel]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # of names that pydantic keeps for itself
        try:
            model = create_model("Given", __base__=Inputs, **fields)
            model.model_json_schema()
        except (PydanticUserError, NameError, TypeError, ValueError, Warning) as error:
            what = str(error).splitlines()[0]
            raise Unusable(f"its parameters cannot be told to Claude: {what}; take plain types and other names") from error
    return model


async def at_once(function: Callable[[], Any]) -> Any:
    """In place of a thread: virtual time knows none."""
    return function()


def real(written: str, folders: Sequence[Path]) -> Tool | None:
    """What an agent's file means by that, where it is installed or written here and can be used. Reads the disk, and runs it."""
    name = written.removeprefix(PYTHON)
    points = [] if is_file(name) else [point for point in entry_points(group=GROUP) if point.name == name]
    try:
        if is_file(name):
            return tool_in_file(name, folders, at_once)
        return tool_of(name, _loaded(points[0]), at_once) if points else None
    except Unusable:
        return None


async def _run(name: str, function: Function, inputs: type[BaseModel], in_thread: Threads, given: Mapping[str, Any]) -> str:
    checked = inputs.model_validate(given)
    arguments = {key: getattr(checked, key) for key in inputs.model_fields}
    try:
        if inspect.iscoroutinefunction(function):
            result = await function(**arguments)
        else:
            result = await in_thread(partial(function, **arguments))
    except ToolError:
        raise
    except Exception as error:  # somebody else's function: it fails the tool, not the call
        log.warning("tool_failed", tool=name, error=type(error).__name__)
        raise ToolError(f"{name} failed: {bounds.cut(str(error), 300) or type(error).__name__}") from error
    return bounds.tool_result(str(result))
