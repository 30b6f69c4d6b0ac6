"""A public class name means one thing in the product. `MEANT` lists the names that may repeat; at most 15."""

import ast
import sys
from collections import Counter
from pathlib import Path

MEANT = {"Failed", "Reply", "Task"}
PACKAGES = ("agents", "voices", "telephony", "orchestrator")


def main() -> None:
    trees = [ast.parse(path.read_text(encoding="utf-8")) for package in PACKAGES for path in Path(package).rglob("*.py")]
    names = Counter(node.name for tree in trees for node in tree.body if isinstance(node, ast.ClassDef) and node.name[0] != "_")
    repeated = {name for name, times in names.items() if times > 1} - MEANT
    if repeated or len(MEANT) > 15:
        sys.exit(f"classes of one name: {', '.join(sorted(repeated))}; rename all but one")


if __name__ == "__main__":
    main()
