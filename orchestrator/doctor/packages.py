"""Are our packages ours? Their names are plain, and another distribution may bring one of the same name.

`pip install openai-agents` says "Successfully installed" and overwrites `agents` (research, aesthetics A5).
"""

from __future__ import annotations

import sys
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from orchestrator.doctor.finding import Finding

OURS: Final = ("agents", "voices", "telephony", "orchestrator")
ROOT: Final = Path(__file__).resolve().parents[2]
DISTRIBUTION: Final = "pai-voice"


def packages() -> Finding:
    """Each under one root, and claimed by nobody else. Reads the disk."""
    claimed = packages_distributions()
    owners = {name: sorted(set(claimed.get(name, ())) - {DISTRIBUTION}) for name in OURS}
    places = {name: _place(name) for name in OURS}
    wrong = [name for name in OURS if owners[name] or places[name] != ROOT / name]
    if not wrong:
        return Finding("packages", "ok", f"{', '.join(OURS)} lie in {ROOT}")
    fact = "; ".join(f"`{name}` is {_whose(owners[name], places[name])}, not ours" for name in wrong)
    foreign = sorted({owner for name in wrong for owner in owners[name]})
    remove = f"pip uninstall {' '.join(foreign)}, then " if foreign else ""
    fix = f"{remove}install PAI Voice into an environment of its own: python -m venv .venv && .venv/bin/pip install -e {ROOT}"
    return Finding("packages", "broken", fact, fix)


def python() -> Finding:
    here = ".".join(map(str, sys.version_info[:3]))
    if (3, 11) <= sys.version_info[:2] <= (3, 13):
        return Finding("python", "ok", f"{here}, {sys.executable}")
    return Finding("python", "broken", f"{here} is not supported", "use Python 3.11, 3.12 or 3.13")


def _place(name: str) -> Path | None:
    spec = find_spec(name)
    return Path(spec.origin).resolve().parent if spec and spec.origin else None


def _whose(owners: list[str], place: Path | None) -> str:
    where = f"in {place}" if place else "nowhere"
    return f"{', '.join(owners)}'s ({where})" if owners else where
