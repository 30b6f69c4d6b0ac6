"""Python source, rewritten at the places of its syntax tree. Needs Python 3.12 or later: before, f-strings have no places."""

from __future__ import annotations

import ast
import builtins
import io
import tokenize
from collections import defaultdict

assert __import__("sys").version_info >= (3, 12)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Source:
    """A file's text, with edits at (line, column in UTF-8 bytes)."""

    def __init__(self, text: str) -> None:
        self.text, self.tree = text, ast.parse(text)
        self._lines = text.encode().splitlines(keepends=True)
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line))
        self._edits: dict[tuple[int, int], str] = {}

    def offset(self, line: int, column: int) -> int:
        return self._starts[line - 1] + column

    def span(self, node: ast.AST) -> tuple[int, int]:
        return self.offset(node.lineno, node.col_offset), self.offset(node.end_lineno, node.end_col_offset)

    def at(self, start: int, end: int) -> str:
        return self.text.encode()[start:end].decode()

    def replace(self, start: int, end: int, new: str) -> None:
        self._edits[start, end] = new

    def free(self, start: int, end: int) -> bool:
        return not any(start < e and s < end for s, e in self._edits)

    @property
    def changed(self) -> bool:
        return bool(self._edits)

    def result(self) -> str:
        data = self.text.encode()
        for (start, end), new in sorted(self._edits.items(), reverse=True):
            data = data[:start] + new.encode() + data[end:]
        return data.decode()

    def tokens(self):
        """Strings and comments, with their byte spans."""
        lines = self.text.splitlines(keepends=True)
        for token in tokenize.generate_tokens(io.StringIO(self.text).readline):
            if token.type in (tokenize.STRING, tokenize.COMMENT, tokenize.FSTRING_MIDDLE):
                (l1, c1), (l2, c2) = token.start, token.end
                start = self.offset(l1, len(lines[l1 - 1][:c1].encode()))
                end = self.offset(l2, len(lines[l2 - 1][:c2].encode()))
                yield start, end


class Scopes(ast.NodeVisitor):
    """Which names each scope binds, and in which scope each name is bound that is read."""

    def __init__(self, tree: ast.Module) -> None:
        self.bound: dict[ast.AST, set[str]] = defaultdict(set)
        self.parent: dict[ast.AST, ast.AST | None] = {tree: None}
        self.used: list[tuple[ast.AST, str, ast.AST]] = []  # node, name, scope
        self._scope: ast.AST = tree
        self.root = tree
        self.imports: dict[ast.AST, ast.AST] = {}  # statement -> scope
        self.globals: dict[ast.AST, set[str]] = defaultdict(set)
        for child in tree.body:
            self.visit(child)

    def _inside(self, scope: ast.AST, nodes) -> None:
        self.parent[scope], before = self._scope, self._scope
        self._scope = scope
        for node in nodes:
            self.visit(node)
        self._scope = before

    def _bind(self, name: str) -> None:
        self.bound[self._scope].add(name)

    def _function(self, node) -> None:
        args = node.args
        each = [*args.posonlyargs, *args.args, *args.kwonlyargs, *filter(None, (args.vararg, args.kwarg))]
        for one in (*args.defaults, *filter(None, args.kw_defaults)):
            self.visit(one)
        for arg in each:
            if arg.annotation:
                self._type(arg.annotation)
        if getattr(node, "returns", None):
            self._type(node.returns)
        for arg in each:
            self.bound[node].add(arg.arg)
        body = node.body if isinstance(node.body, list) else [node.body]
        self._inside(node, body)

    def _type(self, node) -> None:
        """In a class, its own members are no types, but for classes within it, which nothing here renames."""
        before = self._scope
        if isinstance(before, ast.ClassDef):
            self._scope = self.parent[before]
        self.visit(node)
        self._scope = before

    def visit_AnnAssign(self, node) -> None:
        self._type(node.annotation)
        if node.value:
            self.visit(node.value)
        self.visit(node.target)

    def visit_FunctionDef(self, node) -> None:
        for one in node.decorator_list:
            self.visit(one)
        self._bind(node.name)
        self._function(node)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node) -> None:
        self._function(node)

    def visit_ClassDef(self, node) -> None:
        for one in (*node.decorator_list, *node.bases, *(k.value for k in node.keywords)):
            self.visit(one)
        self._bind(node.name)
        self._inside(node, node.body)

    def _comprehension(self, node) -> None:
        first, *rest = node.generators
        self.visit(first.iter)
        parts = [first.target, *first.ifs]
        for each in rest:
            parts += [each.target, each.iter, *each.ifs]
        parts += [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        self._inside(node, parts)

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension

    def visit_Import(self, node) -> None:
        self.imports[node] = self._scope
        for alias in node.names:
            self._bind(alias.asname or alias.name.split(".")[0])

    def visit_ImportFrom(self, node) -> None:
        self.imports[node] = self._scope
        for alias in node.names:
            self._bind(alias.asname or alias.name)

    def visit_Global(self, node) -> None:
        self.globals[self._scope].update(node.names)

    visit_Nonlocal = visit_Global

    def visit_ExceptHandler(self, node) -> None:
        if node.name:
            self._bind(node.name)
        self.generic_visit(node)

    def visit_MatchAs(self, node) -> None:
        if node.name:
            self._bind(node.name)
        self.generic_visit(node)

    def visit_MatchStar(self, node) -> None:
        if node.name:
            self._bind(node.name)

    def visit_MatchMapping(self, node) -> None:
        if node.rest:
            self._bind(node.rest)
        self.generic_visit(node)

    def visit_Name(self, node) -> None:
        scope = self._scope
        if not isinstance(node.ctx, ast.Load):
            self._bind(node.id)
        self.used.append((node, node.id, scope))

    def visit_NamedExpr(self, node) -> None:
        self.visit(node.value)
        scope = self._scope
        while isinstance(scope, COMPREHENSIONS):
            scope = self.parent[scope]
        self.bound[scope].add(node.target.id)
        self.used.append((node.target, node.target.id, scope))

    def owner(self, name: str, scope: ast.AST) -> ast.AST | None:
        """The scope that binds it, as Python looks it up; None for builtins."""
        first = True
        at: ast.AST | None = scope
        while at is not None:
            if (first or not isinstance(at, ast.ClassDef)) and name in self.bound[at] and name not in self.globals[at]:
                return at
            first, at = False, self.parent[at]
        return None

    def uses(self, name: str, owner: ast.AST):
        return [(node, scope) for node, used, scope in self.used if used == name and self.owner(name, scope) is owner]

    def taken(self, name: str, owner: ast.AST) -> bool:
        """Whether giving that name to what `owner` binds could change what any name of the file means."""
        if hasattr(builtins, name):
            if any(used == name for _, used, _ in self.used):
                return True
        for scope, names in self.bound.items():
            if name in names:
                # a clash if the scope is the owner, inside it, or around it
                at: ast.AST | None = scope
                while at is not None:
                    if at is owner:
                        return True
                    at = self.parent[at]
                if not isinstance(owner, ast.Module) and isinstance(scope, ast.Module):
                    return True
        return False


def quoted_types(tree: ast.AST):
    """Strings that are types: in annotations, and what `cast` casts to."""
    for node in ast.walk(tree):
        parts = []
        match node:
            case ast.Call(func=ast.Name(id="cast") | ast.Attribute(attr="cast"), args=[first, *_]):
                parts = [first]
            case ast.arg(annotation=kind) | ast.AnnAssign(annotation=kind) if kind is not None:
                parts = [kind]
            case ast.FunctionDef(returns=kind) | ast.AsyncFunctionDef(returns=kind) if kind is not None:
                parts = [kind]
        for part in parts:
            for inner in ast.walk(part):
                if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                    yield inner
