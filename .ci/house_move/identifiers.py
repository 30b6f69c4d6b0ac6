"""`identifiers.py TREE`: variables, attributes and parameters get their new names by identifiers.yaml beside it. After rename.py.

A name that a file uses already is reported, and so is an old one in a string; both are looked at by hand.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tokenize
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).resolve().parent
# Names that are a module's there, and have to be told apart by hand.
KEPT = {
    "orchestrator/playground/session.py": ("parts",),
    "tests/orchestrator/replay/test_replay.py": ("parts",),
    "tests/agents/claude/test_prompts.py": ("thread",),
}


def main() -> None:
    tree = Path(sys.argv[1]).resolve()
    table: dict[str, dict[str, Any]] = yaml.safe_load((HERE / "identifiers.yaml").read_text())
    after: dict[str, dict[str, str]] = table.pop("after")
    counts: dict[str, int] = {}
    for name in subprocess.check_output(["git", "ls-files", "*.py"], cwd=tree, text=True).split():
        names = {
            old: new
            for paths, some in table.items()
            for path in paths.split()
            if name.startswith((path, f"tests/{path}"))
            for old, new in some.items()
            if old not in KEPT.get(name, ())
        }
        if not names or name.startswith("orchestrator/settings/"):  # keys of a settings file stay
            continue
        text = (tree / name).read_text(encoding="utf-8")
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
        used = {token.string for token in tokens if token.type == tokenize.NAME}
        lines = text.splitlines(keepends=True)
        for at, token in reversed(list(enumerate(tokens))):
            of_settings = at > 1 and tokens[at - 1].string == "." and tokens[at - 2].string in ("settings", "_settings", "own")
            of_module = token.line.startswith("from ") and token.start[1] < token.line.find(" import ")
            if token.type == tokenize.NAME and (new := names.get(token.string)) and not of_settings and not of_module:
                counts[token.string] = counts.get(token.string, 0) + 1
                if new in used:
                    print(f"{name}:{token.start[0]}: {token.string}: {new} is used already")
                row, column = token.start
                line = lines[row - 1]
                lines[row - 1] = line[:column] + new + line[column + len(token.string) :]
        result = "".join(lines)
        for old, new in names.items():
            result = re.sub(rf"`((?:self\.)?){old}(?=[`.])", rf"`\g<1>{new}", result)
            for row, line in enumerate(result.splitlines(), 1):
                if re.search(rf"[\"'.]{old}[\"']", line):
                    print(f"{name}:{row}: {old} in a string: {line.strip()[:110]}")
        for wrong, right in after.get(name, {}).items():
            if wrong not in result:
                print(f"{name}: there is no {wrong}")
            result = result.replace(wrong, right)
        if result != text:
            (tree / name).write_text(result, encoding="utf-8")
    print(sum(counts.values()), "identifiers", counts)


if __name__ == "__main__":
    main()
