"""`move.py TREE`: the modules of a clean checkout go to their new places by table.yaml beside it, and all that names them follows.

Kept here until the move is made, and gone with it. Then `rename.py TREE` gives classes their new names, by renames.yaml. Both stage
what they change, commit nothing, and print what they could not decide; afterwards `pip install -e .` once, for the entry point moves
too. Python 3.12 or later, with PyYAML. TREE has its own .venv with ruff, or RUFF names one.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import textwrap
from collections import defaultdict
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).parent))
from source import Scopes, Source, quoted_types  # noqa: E402

HERE = Path(__file__).resolve().parent
PRODUCT = ("agents", "voices", "telephony", "orchestrator")
ROOTS = (*PRODUCT, "tests")
WIDTH = 130
notes: list[str] = []


def note(text: str) -> None:
    if text not in notes:
        notes.append(text)


class Plan:
    def __init__(self, tree: Path) -> None:
        self.tree = tree
        self.table = yaml.safe_load((HERE / "table.yaml").read_text())
        listed = subprocess.check_output(["git", "ls-files"], cwd=tree, text=True).split("\n")
        self.files = [name for name in listed if name]
        self.modules = {dotted(name): name for name in self.files if name.endswith(".py") and name.split("/")[0] in ROOTS}
        self.new: dict[str, str] = {}  # old dotted -> new dotted
        self._product()
        self._tests()
        targets: dict[str, str] = {}
        for old, new in self.new.items():
            if new in targets:
                sys.exit(f"two modules would be {new}: {old}, {targets[new]}")
            targets[new] = old
        self.symbols: dict[tuple[str, str], str] = {}  # (old dotted, name) -> new dotted
        for target, parts in self.table["symbols"].items():
            for old, names in parts.items():
                if old != "doc":
                    self.symbols |= {(old, name): target for name in names}

        self.through = self._through()

    def _through(self) -> dict[tuple[str, str], str]:
        """Names that a module only imports, and where from; what it exports on purpose (`x as x`) is its own."""
        found: dict[tuple[str, str], str] = {}
        for module, path in self.modules.items():
            for statement in ast.parse((self.tree / path).read_text(encoding="utf-8")).body:
                if isinstance(statement, ast.ImportFrom) and statement.module in self.modules:
                    for alias in statement.names:
                        if alias.asname is None and f"{statement.module}.{alias.name}" not in self.modules:
                            found[module, alias.name] = statement.module
        return found

    def home(self, module: str, name: str) -> str:
        while (module, name) in self.through:
            module = self.through[module, name]
        return module

    def _product(self) -> None:
        for folder, parts in self.table["modules"].items():
            package = folder.replace("/", ".")
            for old, name in parts.items():
                if old.endswith(".*"):
                    for module in [one for one in self.modules if one.startswith(old[:-1])]:
                        self.new[module] = f"{package}.{module.rpartition('.')[2]}"
                elif old not in self.modules:
                    note(f"table: there is no {old} any more")
                elif name == "__init__":
                    self.new[old] = package
                else:
                    self.new[old] = f"{package}.{old.rpartition('.')[2] if name == '.' else name}"
        for module in self.modules:
            if module.split(".")[0] in PRODUCT and module not in self.new:
                if module.count(".") == 1 and not self.modules[module].endswith("__init__.py"):
                    note(f"table: no place for {module}; it stays")
                self.new[module] = module

    def _tests(self) -> None:
        for folder, parts in self.table["tests"].items():
            for old, name in parts.items():
                module = f"tests.{old.replace('/', '.')}"
                if module not in self.modules:
                    note(f"table: there is no {module} any more")
                    continue
                base = module.rpartition(".")[2]
                self.new[module] = f"{folder.replace('/', '.')}.{base if name == '.' else f'test_{name}'}"
        for module in self.modules:
            if module.split(".")[0] == "tests" and module not in self.new:
                self.new[module] = self._mirrored(module)

    def _mirrored(self, module: str) -> str:
        """A test has its module's place and name."""
        parts = module.split(".")
        if len(parts) != 3 or parts[1] not in PRODUCT or not parts[2].startswith("test_"):
            return module
        name = parts[2].removeprefix("test_")
        inside = [
            one
            for one in self.new
            if one.split(".")[0] == parts[1]
            and (one.rpartition(".")[2] == name or one[len(parts[1]) + 1 :].replace(".", "_") == name)
        ]
        inside.sort(key=lambda one: (one.count("."), len(one)))
        if not inside:
            return module
        at = self.new[inside[0]]
        package, _, base = at.rpartition(".")
        return f"tests.{package}.test_{base}"

    def path(self, module: str) -> str:
        """Where the file of an old module goes."""
        old, new = self.modules[module], self.new[module]
        return f"{new.replace('.', '/')}/__init__.py" if old.endswith("__init__.py") else f"{new.replace('.', '/')}.py"


def dotted(path: str) -> str:
    return path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")


class Texts:
    """Dotted names and paths in strings, comments and text files."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.paths = {plan.modules[old]: plan.path(old) for old in plan.modules if plan.modules[old] != plan.path(old)}
        self.paths |= plan.table["data"]
        self.folders = plan.table.get("text", {})
        self._dotted = re.compile(rf"(?<![\w./\[\-])({'|'.join(ROOTS)})((?:\.[A-Za-z_]\w*)+)(?!\w*/)")
        self._path = re.compile(rf"(?<![\w\-])((?:{'|'.join(ROOTS)})/[\w/]+\.\w+)")

        self._bare = re.compile(rf"(?<![\w\-/.])((?:{'|'.join(ROOTS)})/[a-z_/]+)(?![\w/*<{{\-])(?!\.\w)")

    def _without_suffix(self, match: re.Match[str]) -> str:
        """`agents/pai_wire`, in prose."""
        return self.paths.get(f"{match[1]}.py", match[1] + ".py").removesuffix(".py")

    def _moved_path(self, match: re.Match[str]) -> str:
        """Also `path.py:name`, where the name has moved elsewhere."""
        name = re.match(r":(\w+)", match.string[match.end() :])
        if name and (target := self.plan.symbols.get((dotted(match[1]), name[1]))):
            return f"{target.replace('.', '/')}.py"
        return self.paths.get(match[1], match[1])

    def __call__(self, text: str) -> str:
        text = self._dotted.sub(self._name, text)
        text = self._bare.sub(self._without_suffix, text)
        text = self._path.sub(self._moved_path, text)
        for old, new in self.folders.items():
            text = text.replace(old, new)
        return text

    def _name(self, match: re.Match[str]) -> str:
        parts = match[0].split(".")
        for count in range(len(parts), 1, -1):
            module = ".".join(parts[:count])
            if module in self.plan.new:
                rest = parts[count:]
                if rest and (module, rest[0]) in self.plan.symbols:
                    return ".".join([self.plan.symbols[module, rest[0]], *rest])
                return ".".join([self.plan.new[module], *rest])
        return match[0]


def rewritten(plan: Plan, texts: Texts, module: str, text: str) -> str:
    source = Source(text)
    scopes = Scopes(source.tree)
    here = plan.modules[module]
    for statement, scope in scopes.imports.items():
        if isinstance(statement, ast.ImportFrom):
            _from(plan, source, scopes, statement, scope, here)
        else:
            _import(plan, source, scopes, statement, scope, here)
    _own_place(plan, source, module)
    was, now = (Path(one).name for one in (here, plan.path(module)))
    for start, end in source.tokens():
        if source.free(start, end):
            old = source.at(start, end)
            new = texts(old)
            if was != now:  # its own name, in what it expects of a traceback
                new = re.sub(rf"(?<![\w/]){re.escape(was)}", now, new)
            if new != old:
                source.replace(start, end, new)
    return source.result()


def _from(plan, source, scopes, statement, scope, here) -> None:
    package = statement.module
    if statement.level or package is None or package.split(".")[0] not in ROOTS:
        return
    groups: dict[str, list[str]] = defaultdict(list)
    for alias in statement.names:
        module = f"{package}.{alias.name}"
        if module in plan.new:  # a module
            new_package, _, base = plan.new[module].rpartition(".")
            local = alias.asname or alias.name
            if alias.asname:
                groups[new_package].append(f"{base} as {alias.asname}" if alias.asname != base else base)
            elif base == alias.name:
                groups[new_package].append(base)
            else:
                chosen = plan.table["aliases"].get(plan.new[module], base)
                if chosen != alias.name and scopes.taken(chosen, scope):
                    chosen = f"{new_package.rpartition('.')[2]}_{base}"
                    note(f"{here}: `{base}` is taken, so the module is `{chosen}`")
                scopes.bound[scope].add(chosen)
                groups[new_package].append(base if chosen == base else f"{base} as {chosen}")
                if chosen != local:
                    _quoted(source, local, chosen)
                for node, _ in scopes.uses(local, scope) if chosen != local else ():
                    source.replace(*source.span(node), chosen)
            _attributes(plan, scopes, module, local, scope, here)
        elif package in plan.new:
            home = plan.home(package, alias.name)
            target = plan.symbols.get((home, alias.name)) or plan.new[home]
            groups[target].append(f"{alias.name} as {alias.asname}" if alias.asname else alias.name)
        else:
            groups[package].append(f"{alias.name} as {alias.asname}" if alias.asname else alias.name)
    start, end = source.span(statement)
    if "#" in source.at(start, end):
        note(f"{here}:{statement.lineno}: a comment inside an import is lost")
    indent = " " * statement.col_offset
    # `x as x` is a re-export only by itself, so one statement each
    lines = []
    for target, names in groups.items():
        plain = [name for name in names if " as " not in name]
        lines += [f"from {target} import {name}" for name in names if " as " in name]
        if plain:
            lines.append(f"from {target} import {', '.join(plain)}")
    new = f"\n{indent}".join(lines)
    if " ".join(source.at(start, end).replace("(", "").replace(")", "").replace(",\n", "\n").split()) != " ".join(new.split()):
        source.replace(start, end, new)


def _quoted(source, local, chosen) -> None:
    """`cast("events.Fact", …)`, and annotations in quotes."""
    for node in quoted_types(source.tree):
        start, end = source.span(node)
        old = source.at(start, end)
        if (new := re.sub(rf"\b{local}\.(?=\w)", f"{chosen}.", old)) != old:
            source.replace(start, end, new)


def _attributes(plan, scopes, module, local, scope, here) -> None:
    """`module.name` where the name has moved elsewhere: for a person."""
    moved = {name for old, name in plan.symbols if old == module}
    if not moved:
        return
    uses = {id(node) for node, _ in scopes.uses(local, scope)}
    for node in ast.walk(scopes.root):
        if isinstance(node, ast.Attribute) and id(node.value) in uses and node.attr in moved:
            note(f"{here}:{node.lineno}: {local}.{node.attr} has moved to {plan.symbols[module, node.attr]}; by hand")


def _import(plan, source, scopes, statement, scope, here) -> None:
    for alias in statement.names:
        if alias.name.split(".")[0] not in ROOTS or alias.name not in plan.new or plan.new[alias.name] == alias.name:
            continue
        start, end = source.span(statement)
        text = source.at(start, end)
        source.replace(start, end, re.sub(rf"\b{re.escape(alias.name)}\b", plan.new[alias.name], text))
        if alias.asname:
            continue
        for node in ast.walk(scopes.root):
            if isinstance(node, ast.Attribute) and ast.unparse(node) == alias.name and source.free(*source.span(node)):
                source.replace(*source.span(node), plan.new[alias.name])


def _own_place(plan, source, module) -> None:
    """`Path(__file__).parents[n]`, by how much deeper the file lies now."""
    old, new = plan.modules[module], plan.path(module)
    deeper = new.count("/") - old.count("/")
    if old == new:
        return
    for node in ast.walk(source.tree):
        if not (isinstance(node, ast.Name) and node.id == "__file__"):
            continue
        start, _ = source.span(node)
        line_end = (
            source.offset(node.end_lineno + 1, 0) if node.end_lineno < len(source._starts) - 1 else len(source.text.encode())
        )
        rest = source.at(start, line_end)
        if match := re.match(r"__file__\)(?:\.resolve\(\))?\.parents\[(\d+)\]", rest):
            digit = start + len(rest[: match.start(1)].encode())
            source.replace(digit, digit + len(match[1]), str(int(match[1]) + deeper))
        elif match := re.match(r"__file__\)(?:\.resolve\(\))?(\.parent\.parent)\b", rest):
            at = start + len(rest[: match.start(1)].encode())
            source.replace(at, at + len(match[1]), f".parents[{1 + deeper}]")
        elif os.path.dirname(old) != os.path.dirname(new):
            note(f"{old}:{node.lineno}: {rest.strip()[:80]}: see whether what it names moves too")


def move(plan: Plan, texts: Texts) -> None:
    tree = plan.tree
    contents: dict[str, str] = {}
    for module, old in plan.modules.items():
        text = rewritten(plan, texts, module, (tree / old).read_text(encoding="utf-8"))
        for was, now in plan.table["words"].get(plan.path(module), {}).items():
            if was not in text:
                note(f"table: {plan.path(module)} has no {was!r}")
            text = text.replace(was, now)
        contents[plan.path(module)] = text
    data = {old: ((tree / old).read_bytes(), (tree / old).stat().st_mode) for old in plan.table.get("data", {})}
    for old in (*plan.modules.values(), *data):
        (tree / old).unlink()
    for new, text in contents.items():
        (tree / new).parent.mkdir(parents=True, exist_ok=True)
        (tree / new).write_text(text, encoding="utf-8")
    for old, (content, mode) in data.items():
        new = tree / plan.table["data"][old]
        new.parent.mkdir(parents=True, exist_ok=True)
        new.write_bytes(content)
        new.chmod(mode)
    for new in list(contents):
        for folder in list(Path(new).parents)[:-1]:
            init = tree / folder / "__init__.py"
            if not init.exists():
                doc = plan.table["folders"].get(folder.as_posix())
                if doc is None and folder.parts[0] != "tests":
                    note(f"table: no line for the folder {folder}")
                init.write_text(f'"""{doc}"""\n' if doc else "", encoding="utf-8")
    for old in {str(Path(old).parent) for old in plan.modules.values()}:
        folder = tree / old
        if folder.is_dir() and not [one for one in folder.rglob("*") if one.is_file() and one.suffix != ".pyc"]:
            subprocess.run(["rm", "-rf", str(folder)], check=True)
    for name in plan.files:
        if name in plan.modules.values() or name == "requirements.lock" or name in data:
            continue
        if Path(name).suffix in (".md", ".yaml", ".toml", ".sh", ".json", "") and not name.endswith("LICENSE"):
            old = (tree / name).read_text(encoding="utf-8")
            before = texts.paths
            texts.paths = before | plan.table["paths"].get(name, {})
            new = texts(old)
            texts.paths = before
            for was, now in plan.table["words"].get(name, {}).items():
                if was not in new:
                    note(f"table: {name} has no {was!r}")
                new = new.replace(was, now)
            if new != old:
                (tree / name).write_text(new, encoding="utf-8")


def move_symbols(plan: Plan) -> None:
    """Each definition to its new module, with the imports that it needs; ruff takes out those that nobody needs any more."""
    tree = plan.tree
    for target, parts in plan.table["symbols"].items():
        path = tree / f"{target.replace('.', '/')}.py"
        head = path.read_text() if path.exists() else f'"""{parts["doc"]}"""\n\nfrom __future__ import annotations\n'
        imports: list[str] = []
        bodies: list[str] = []
        for old, names in parts.items():
            if old == "doc" or old not in plan.new:
                continue
            file = tree / f"{plan.new[old].replace('.', '/')}.py"
            source = Source(file.read_text())
            cut: list[ast.stmt] = []
            body = source.tree.body
            for at, statement in enumerate(body):
                if _defines(statement) & set(names):
                    cut.append(statement)
                    if (
                        at + 1 < len(body)
                        and isinstance(body[at + 1], ast.Expr)
                        and isinstance(body[at + 1].value, ast.Constant)
                        and isinstance(body[at + 1].value.value, str)
                    ):
                        cut.append(body[at + 1])
            gone = set(names) - {name for one in cut for name in _defines(one)}
            if gone:
                note(f"table: {old} has no {', '.join(sorted(gone))}")
            needed = {node.id for one in cut for node in ast.walk(one) if isinstance(node, ast.Name)}
            ours = {name for one in cut for name in _defines(one)}
            for one in cut:
                start = min([one.lineno, *(d.lineno for d in getattr(one, "decorator_list", []))])
                begin = source.offset(start, 0)
                end = source.offset(one.end_lineno + 1, 0)
                bodies.append(source.at(begin, end).rstrip("\n"))
                source.replace(begin, end, "")
            for statement in body:
                if isinstance(statement, ast.Import | ast.ImportFrom):
                    for alias in statement.names:
                        if (alias.asname or alias.name.split(".")[0]) in needed:
                            what = f"{alias.name} as {alias.asname}" if alias.asname else alias.name
                            if isinstance(statement, ast.Import):
                                imports.append(f"import {what}")
                            elif statement.module != target:
                                imports.append(f"from {statement.module} import {what}")
                elif not (_defines(statement) & ours):
                    for name in _defines(statement) & needed:
                        imports.append(f"from {plan.new[old]} import {name}")
                        note(f"symbols: {target} needs {name} of {plan.new[old]}")
            left = {node.id for s in body if s not in cut for node in ast.walk(s) if isinstance(node, ast.Name)} & ours
            text = source.result()
            if left:
                text = _after_imports(text, [f"from {target} import {name}" for name in sorted(left)])
            file.write_text(text)
        text = _after_imports(head, sorted(set(imports)))
        if path.exists():
            tree_now = Source(text)
            own = {name for s in tree_now.tree.body for name in _defines(s)}
            constants = [
                b
                for b in bodies
                if not b.startswith(("def ", "async ", "@cache"))
                and not {node.id for node in ast.walk(ast.parse(b)) if isinstance(node, ast.Name)} & own
            ]
            last = [s for s in tree_now.tree.body if isinstance(s, ast.Import | ast.ImportFrom)][-1]
            at = tree_now.offset(last.end_lineno + 1, 0)
            tree_now.replace(at, at, "\n" + "\n\n\n".join(constants) + "\n" if constants else "")
            text = tree_now.result()
            bodies = [b for b in bodies if b not in constants]
        text = _without_itself(text, target)
        path.write_text(text.rstrip("\n") + "\n\n\n" + "\n\n\n".join(bodies) + "\n" if bodies else text)


def _without_itself(text: str, target: str) -> str:
    source = Source(text)
    for statement in source.tree.body:
        if isinstance(statement, ast.ImportFrom) and statement.module == target:
            source.replace(source.offset(statement.lineno, 0), source.offset(statement.end_lineno + 1, 0), "")
    return source.result()


def _defines(statement: ast.stmt) -> set[str]:
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.Assign(targets=targets):
            return {one.id for one in targets if isinstance(one, ast.Name)}
        case ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
    return set()


def _after_imports(text: str, lines: list[str]) -> str:
    if not lines:
        return text
    source = Source(text)
    last = [s for s in source.tree.body if isinstance(s, ast.Import | ast.ImportFrom)][-1]
    at = source.offset(last.end_lineno + 1, 0) if last.end_lineno < len(source._starts) - 1 else len(text.encode())
    source.replace(at, at, "\n".join(lines) + "\n")
    return source.result()


def refill(tree: Path) -> None:
    """Paragraphs of docstrings that have become too wide."""
    for path in tree.rglob("*.py"):
        if path.relative_to(tree).parts[0] not in ROOTS:
            continue
        text = path.read_text()
        if not any(len(line) > WIDTH for line in text.split("\n")):
            continue
        source = Source(text)
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
                start, end = source.span(node)
                old, indent = source.at(start, end), " " * node.col_offset
                if any(len(line) + (0 if at else len(indent)) > WIDTH for at, line in enumerate(old.split("\n"))):
                    source.replace(start, end, _refilled(old, indent))
        path.write_text(source.result())


def _refilled(doc: str, indent: str) -> str:
    parts = (indent + doc).split("\n\n")
    for at, part in enumerate(parts):
        lines = part.split("\n")
        if any(len(line) > WIDTH for line in lines) and not any(l.startswith(indent + " ") for l in lines):
            tail = part[len(part.rstrip()) :]
            if part.endswith(f'\n{indent}"""'):
                part, tail = part.removesuffix(f'\n{indent}"""'), f'\n{indent}"""'
            filled = textwrap.fill(" ".join(part.split()), WIDTH, initial_indent=indent, subsequent_indent=indent)
            parts[at] = filled + tail
    return "\n\n".join(parts).removeprefix(indent)


def contracts(plan: Plan) -> None:
    path = plan.tree / "pyproject.toml"
    text = path.read_text()
    inside = sorted(
        {
            name.split(".")[1]
            for old, name in plan.new.items()
            if name.startswith("voices.") and not name.startswith("voices.audio")
        }
    )
    new = plan.table["importlinter"] % {"voices_but_audio": ", ".join(f'"voices.{one}"' for one in inside)}
    new = _existing(new, plan.tree)
    before, _, rest = text.partition("[tool.importlinter]")
    _, _, after = rest.partition("[tool.pytest.ini_options]")
    path.write_text(f"{before}{new}\n[tool.pytest.ini_options]{after}")


def _existing(text: str, tree: Path) -> str:
    """The layers without modules that are gone; those that are new are told."""
    blocks = text.split("\n\n")
    for at, block in enumerate(blocks):
        if not (match := re.search(r'containers = \["(\w+)"\]', block)):
            continue
        there = {p.stem for p in (tree / match[1]).iterdir() if p.suffix == ".py" or (p.is_dir() and list(p.rglob("*.py")))} - {
            "__init__"
        }
        named: set[str] = set()
        lines = []
        for line in block.split("\n"):
            if layer := re.fullmatch(r'    "([\w| ]+)",', line):
                names = [name.strip() for name in layer[1].split("|")]
                named |= set(names)
                if not (left := [name for name in names if name in there]):
                    continue
                line = f'    "{" | ".join(left)}",'
            lines.append(line)
        blocks[at] = "\n".join(lines)
        for name in sorted(there - named):
            note(f"layers: {match[1]}.{name} is in none")
    return "\n\n".join(blocks)


def words(plan: Plan) -> None:
    """Old names of modules in backticks, which no rule can tell from other words: for a person."""
    renamed = {old.rpartition(".")[2]: new for old, new in plan.new.items() if old.rpartition(".")[2] != new.rpartition(".")[2]}
    for module in plan.modules:
        path = plan.tree / plan.path(module)
        for at, line in enumerate(path.read_text().splitlines(), 1):
            for word in re.findall(r"`([a-z_]+)(?:\.py)?`", line):
                if word in renamed and len(word) > 4:
                    note(f"words: {plan.path(module)}:{at}: `{word}` ({renamed[word]}?)")


def main() -> None:
    tree = Path(sys.argv[1]).resolve()
    plan = Plan(tree)
    texts = Texts(plan)
    move(plan, texts)
    move_symbols(plan)
    contracts(plan)
    ruff = os.environ.get("RUFF") or str(tree / ".venv/bin/ruff")
    for _ in range(2):
        subprocess.run([ruff, "check", "-q", "--select", "I,F401", "--fix", "."], cwd=tree, check=False)
        subprocess.run([ruff, "format", "-q", "."], cwd=tree, check=True)
        refill(tree)
    words(plan)
    subprocess.run(["git", "add", "-A"], cwd=tree, check=True)
    (HERE / "notes.txt").write_text("\n".join(notes) + "\n")
    print("\n".join(one for one in notes if not one.startswith("words:")))
    print(sum(one.startswith("words:") for one in notes), "words in backticks: see notes.txt")


if __name__ == "__main__":
    main()
