"""`rename.py TREE`: classes (and other top-level names) get their new names by renames.yaml beside it. After move.py.

Definitions, imports, uses, attributes of imported modules, quoted types and dotted names in strings follow; in docstrings and
comments of the files that know the class, names of several words follow too, and those of one word in backticks or after "see".
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).parent))
from move import ROOTS, dotted, note, notes, refill  # noqa: E402
from source import Scopes, Source, quoted_types  # noqa: E402

HERE = Path(__file__).resolve().parent


def main() -> None:
    tree = Path(sys.argv[1]).resolve()
    table: dict[str, dict[str, str]] = yaml.safe_load((HERE / "renames.yaml").read_text())
    listed = subprocess.check_output(["git", "ls-files", "*.py"], cwd=tree, text=True).split()
    modules = {dotted(name): name for name in listed if name.split("/")[0] in ROOTS}
    texts = {module: (tree / name).read_text(encoding="utf-8") for module, name in modules.items()}
    trees = {module: ast.parse(text) for module, text in texts.items()}
    defined = {
        module: {n.name for n in tree.body if isinstance(n, ast.ClassDef | ast.FunctionDef)} for module, tree in trees.items()
    }
    through: dict[tuple[str, str], tuple[str, str]] = {}
    for module, body in trees.items():
        for statement in body.body:
            if isinstance(statement, ast.ImportFrom) and statement.module in modules:
                for alias in statement.names:
                    if (alias.asname or alias.name) == alias.name and f"{statement.module}.{alias.name}" not in modules:
                        through[module, alias.name] = (statement.module, alias.name)
    for module, names in table.items():
        if module not in modules:
            note(f"renames: there is no {module}")
        for old in names:
            if module in modules and old not in defined[module]:
                note(f"renames: {module} has no {old}")

    def new_name(module: str, name: str) -> str | None:
        while (module, name) in through:
            module, name = through[module, name]
        return table.get(module, {}).get(name)

    for module, text in texts.items():
        result = _renamed(module, modules, text, table, new_name)
        if result != text:
            (tree / modules[module]).write_text(result, encoding="utf-8")
    left = {
        n.name
        for p in tree.rglob("*.py")
        if p.relative_to(tree).parts[0] in ROOTS
        for n in ast.walk(ast.parse(p.read_text()))
        if isinstance(n, ast.ClassDef)
    }
    olds = [was for names in table.values() for was in names]
    gone = {was: now for names in table.values() for was, now in names.items() if was not in left and olds.count(was) == 1}
    for name in subprocess.check_output(["git", "ls-files", "*.md"], cwd=tree, text=True).split():
        old = (tree / name).read_text(encoding="utf-8")
        new = re.sub(r"([\w/]+)\.py:(\w+)", lambda m: f"{m[1]}.py:{new_name(m[1].replace('/', '.'), m[2]) or m[2]}", old)
        for was, now in gone.items():
            new = re.sub(rf"`{was}(?=[`.])", f"`{now}", new)
        if new != old:
            (tree / name).write_text(new, encoding="utf-8")
    (tree / "tests/kit/class_names.py").write_text((HERE / "class_names.py").read_text())
    makefile = tree / "Makefile"
    if "class_names" not in makefile.read_text():
        makefile.write_text(
            makefile.read_text().replace(
                "\t$(BIN)/lint-imports\n", "\t$(BIN)/lint-imports\n\t$(BIN)/python -m tests.kit.class_names\n", 1
            )
        )
    ruff = os.environ.get("RUFF") or str(tree / ".venv/bin/ruff")
    for _ in range(2):
        subprocess.run([ruff, "check", "-q", "--select", "I,RUF022", "--fix", "."], cwd=tree, check=False)
        subprocess.run([ruff, "format", "-q", "."], cwd=tree, check=True)
        refill(tree)
    subprocess.run(["git", "add", "-A"], cwd=tree, check=True)
    (HERE / "notes_rename.txt").write_text("\n".join(notes) + "\n")
    print("\n".join(one for one in notes if not one.startswith("words:")))
    print(sum(one.startswith("words:") for one in notes), "words: see notes_rename.txt")


def _renamed(module, modules, text, table, new_name) -> str:
    source = Source(text)
    scopes = Scopes(source.tree)
    here = modules[module]
    known: dict[str, str] = {}  # names that this file's texts may use
    for old, new in table.get(module, {}).items():
        for statement in source.tree.body:
            if isinstance(statement, ast.ClassDef | ast.FunctionDef) and statement.name == old:
                line = source.offset(statement.lineno, statement.col_offset)
                keyword = "class " if isinstance(statement, ast.ClassDef) else "def "
                source.replace(line + len(keyword), line + len(keyword) + len(old), new)
                _uses(source, scopes, scopes.root, old, new, here)
                known[old] = new
    for statement, scope in scopes.imports.items():
        if not isinstance(statement, ast.ImportFrom) or statement.module is None:
            continue
        for alias in statement.names:
            inner = f"{statement.module}.{alias.name}"
            local = alias.asname or alias.name
            if inner in modules:
                _of_module(source, scopes, scope, inner, local, new_name, here, known)
            elif statement.module in modules and (new := new_name(statement.module, alias.name)):
                start, end = source.span(alias)
                if alias.asname is None:
                    source.replace(start, end, new)
                    _uses(source, scopes, scope, alias.name, new, here)
                    known[alias.name] = new
                elif alias.asname == alias.name:
                    source.replace(start, end, f"{new} as {new}")
                    _uses(source, scopes, scope, alias.name, new, here)
                    known[alias.name] = new
                elif alias.asname == new:
                    source.replace(start, end, new)
                else:
                    source.replace(start, end, f"{new} as {alias.asname}")
    quoted = set()
    for statement in source.tree.body:
        if isinstance(statement, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "__all__" for t in statement.targets):
            for node in ast.walk(statement.value):
                if isinstance(node, ast.Constant) and node.value in known:
                    source.replace(*source.span(node), f'"{known[node.value]}"')
    for node in quoted_types(source.tree):
        span = source.span(node)
        quoted.add(span)
        old = new = source.at(*span)
        for was, now in known.items():
            new = re.sub(rf"(?<![\w.]){re.escape(was)}\b", now, new)
        if new != old:
            source.replace(*span, new)
    for start, end in source.tokens():
        if (start, end) in quoted or not source.free(start, end):
            continue
        old = new = source.at(start, end)
        for where, names in table.items():
            for was, now in names.items():
                new = re.sub(rf"\b{re.escape(where)}\.{was}\b", f"{where}.{now}", new)
        for was, now in known.items():
            if "." in was:
                continue
            if re.search(r"[a-z][A-Z]", was):
                new = re.sub(rf"\b{was}\b", now, new)
            else:
                new = re.sub(rf"`{was}(?=[`.(])", f"`{now}", new)
                new = re.sub(rf"(?<=[Ss]ee ){was}\b", now, new)
                if re.search(rf"\b{was}\b(?![a-z' ])", new) and was != now:
                    note(f"words: {here}: {was} in {new.strip()[:90]!r}")
        if new != old:
            source.replace(start, end, new)
    return source.result()


def _uses(source, scopes, owner, old, new, here) -> None:
    if scopes.taken(new, owner) and new not in _OURS.setdefault(here, set()):
        note(f"CLASH: {here}: {new} is taken (was {old})")
    _OURS.setdefault(here, set()).add(new)
    scopes.bound[owner].add(new)
    for node, _ in scopes.uses(old, owner):
        source.replace(*source.span(node), new)


def _of_module(source, scopes, scope, inner, local, new_name, here, known) -> None:
    uses = {id(node) for node, _ in scopes.uses(local, scope)}
    for node in ast.walk(scopes.root):
        if isinstance(node, ast.Attribute) and id(node.value) in uses and (new := new_name(inner, node.attr)):
            _, end = source.span(node)
            source.replace(end - len(node.attr), end, new)
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("setattr", "getattr")
            and len(node.args) > 1
            and id(node.args[0]) in uses
            and isinstance(node.args[1], ast.Constant)
            and (new := new_name(inner, str(node.args[1].value)))
        ):
            source.replace(*source.span(node.args[1]), f'"{new}"')
    names = {k: v for k, v in _ALL.get(inner, {}).items()}
    known.update({f"{local}.{was}": f"{local}.{now}" for was, now in names.items()})


_OURS: dict[str, set[str]] = {}
_ALL: dict[str, dict[str, str]] = yaml.safe_load((HERE / "renames.yaml").read_text())

if __name__ == "__main__":
    main()
