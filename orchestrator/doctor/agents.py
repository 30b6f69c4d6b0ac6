"""Agents: every file that is broken, and how much lint would advise."""

from __future__ import annotations

from typing import Final

from agents.errors import AgentError
from orchestrator.config import Settings
from orchestrator.doctor.finding import Finding
from orchestrator.lint import Complaint, lint
from orchestrator.rosters import roster_of

NAME: Final = "agents"
LINT: Final = "`pai-voice agents lint` shows them"


def agents(settings: Settings) -> list[Finding]:
    """One for each broken file, or one for all agents. Reads the disk."""
    try:
        complaints = lint(settings)
        errors = [_broken(complaint) for complaint in complaints if complaint.state == "error"]
        if errors:
            return errors
        names = ", ".join(agent.name for agent in roster_of(settings))
    except AgentError as error:
        return [Finding.of(NAME, error)]
    if not complaints:
        return [Finding(NAME, "ok", names)]
    count = "one warning" if len(complaints) == 1 else f"{len(complaints)} warnings"
    return [Finding(NAME, "warn", f"{names}; {count}", LINT)]


def _broken(complaint: Complaint) -> Finding:
    if not complaint.file:
        return Finding(NAME, "broken", complaint.text, "correct that; `pai-voice agents lint` checks it")
    file, line = complaint.file, complaint.line
    return Finding(NAME, "broken", f"{file}:{line}: {complaint.text}", f"edit {file}, line {line}")
