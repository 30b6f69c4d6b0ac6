"""`python:tools/shelf.py:shelf`: a function in a file beside the agents; where it lies, and whether it is right. Runs nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from agents.errors import FileError, Unusable
from agents.yaml_file import did_you_mean, read_text

EXAMPLE: Final = "python:tools/shelf.py:shelf"
_Def = ast.FunctionDef | ast.AsyncFunctionDef


def is_file(name: str) -> bool:
    """Whether what stands after `python:` is a file's function, not an entry point."""
    return ":" in name or name.endswith(".py")


def parted(name: str) -> tuple[str, str]:
    """The file and the function. Raises Unusable for another form."""
    file, _, function = name.rpartition(":")
    if not file.endswith(".py") or not function.isidentifier():
        raise Unusable(f"`python:{name}` names no function in a file; write it as {EXAMPLE}, beside the agent's file")
    return file, function


def place(name: str, folders: Sequence[Path]) -> Path:
    """In the last of the agents' folders that has it: what long work could change unasked is not run. Raises Unusable."""
    file, _ = parted(name)
    for folder in reversed(folders):
        path = folder / file
        if path.is_file():
            if not path.resolve().is_relative_to(folder.resolve()):
                raise Unusable(f"{file} is outside of {folder}; move it into that folder, as in {EXAMPLE}")
            return path
    where = " or ".join(str(folder / file) for folder in dict.fromkeys(reversed(folders))) or file
    raise Unusable(f"there is no file {where}; write it, with the function in it")


def check(name: str, folders: Sequence[Path]) -> tuple[Path, str]:
    """Where it lies, and its name, if all that can be seen without running it is right. Raises Unusable, with file and line."""
    path, (_, function) = place(name, folders), parted(name)
    try:
        tree = ast.parse(read_text(path))
    except FileError as error:
        raise Unusable(str(error)) from None
    except SyntaxError as error:
        raise Unusable(f"{path}:{error.lineno or 1}: this is not Python: {error.msg}") from None
    except (ValueError, RecursionError, MemoryError):
        raise Unusable(f"{path}: this is not Python") from None
    functions = {one.name: one for one in tree.body if isinstance(one, _Def)}
    if (found := functions.get(function)) is not None:
        for line, problem in _problems(found):
            raise Unusable(f"{path}:{line}: {problem}")
    elif function not in _other_names(tree):
        near = did_you_mean(function, list(functions))
        raise Unusable(f"{path} has no function `{function}`; write `def {function}(…)` there.{near}")
    return path, function


def _problems(found: _Def) -> Iterator[tuple[int, str]]:
    if not ast.get_docstring(found):
        yield found.lineno, f"`{found.name}` has no docstring; write there when to use it, for Claude"
    for parameter in (*found.args.posonlyargs, *found.args.args, *found.args.kwonlyargs):
        if parameter.annotation is None:
            yield parameter.lineno, f"the parameter `{parameter.arg}` has no type; write one, as `{parameter.arg}: str`"


def _other_names(tree: ast.Module) -> set[str]:
    """What is imported or assigned may be a function, too."""
    names = {alias.asname or alias.name for one in tree.body if isinstance(one, ast.ImportFrom) for alias in one.names}
    return names | {to.id for one in tree.body if isinstance(one, ast.Assign) for to in one.targets if isinstance(to, ast.Name)}
