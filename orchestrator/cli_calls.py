"""`pai-voice calls …`, `replay` and `forget`: calls that were made. What is heavy is imported inside each command."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from orchestrator.terminal import AsJson, configured, screen, show_json, show_table

calls = typer.Typer(help="Calls that were made.", no_args_is_help=True)
Which = Annotated[
    str, typer.Argument(metavar="CALL", help="How its name begins, `last`, a folder, a journal, or an exported file.")
]


class Against(StrEnum):
    SCRIPTED = "scripted"
    LIVE = "live"


@calls.command("list")
def calls_list(as_json: AsJson = False) -> None:
    """The calls on this machine, the newest first."""
    from orchestrator.history import all_calls

    past = all_calls(configured().settings)
    if as_json:
        show_json(past)
        return
    columns = ("call", "when", "line", "caller", "turns", "length", "ended", "p95", "cost")
    show_table([call.as_row() for call in past], *columns, empty="no calls yet; `pai-voice serve` and a telephone make one")


@calls.command("show")
def calls_show(call: Which = "last", as_json: AsJson = False) -> None:
    """One call: who said what, and how long each answer took."""
    from orchestrator.recorded import recorded
    from orchestrator.rosters import readable_roster
    from orchestrator.screen import Transcript

    config = configured()
    entries = recorded(config.settings, call).entries
    if as_json:
        show_json([json.loads(entry.line()) for entry in entries])
        return
    transcript = Transcript(screen, readable_roster(config.settings))
    for entry in entries:
        transcript.show(entry)


@calls.command("export")
def calls_export(
    call: Which = "last",
    out: Annotated[Path, typer.Option(help="A file (.zip), or the folder that it is written into.")] = Path(),
    mask: Annotated[
        bool, typer.Option("--mask", help="Leave out both telephone numbers and all keys that were pressed; the sound stays.")
    ] = False,
) -> None:
    """One call as a zip file. Journal, sound, transcript, and your own agents with their prompts."""
    from orchestrator.export import export
    from orchestrator.recorded import recorded

    settings = configured().settings
    written = export(settings, recorded(settings, call), out, mask=mask)
    screen.print(f"{written} is written; pai-voice replay {written} plays it, here or elsewhere")


@calls.command("make-test")
def calls_make_test(
    call: Which = "last",
    out: Annotated[Path | None, typer.Option(help="The file; without it CALL.scenario.yaml in this folder.")] = None,
    agents: Annotated[str, typer.Option(help="The folder of your own agents, from where the test is started.")] = "agents",
) -> None:
    """Draft a scenario for pytest from one call. It holds what was said, what Claude answered, and what came of it."""
    from orchestrator.make_test import make_test
    from orchestrator.recorded import recorded

    found = recorded(configured(log="error").settings, call)
    file = out or Path(f"{found.name}.scenario.yaml")
    for line in make_test(found, file, agents):
        screen.print(f"not carried over: {line}")
    screen.print(f"{file} is a draft; next: pytest {file}, and change what does not hold")


def replay(
    call: Which = "last",
    against: Annotated[
        Against, typer.Option(help="Who answers: Claude's words from the journal, or Claude itself (costs money).")
    ] = Against.SCRIPTED,
    keep: Annotated[Path | None, typer.Option(help="A new folder for the journal and the sound of the replay.")] = None,
    as_json: AsJson = False,
) -> None:
    """Play a recorded caller into a call of today. In real time; exit code 1 if words or speakers are different."""
    from orchestrator.recorded import recorded
    from orchestrator.replaying import replay_again

    settings = configured().settings
    found = recorded(settings, call)
    comparison = replay_again(settings, found, live=against is Against.LIVE, keep=keep)
    if as_json:
        show_json(comparison.as_json())
    else:
        if comparison.differences:
            screen.print(comparison.as_table())
        screen.print(comparison.summary())
    if not comparison.same:
        raise typer.Exit(1)


def forget(
    days: Annotated[int, typer.Option(min=1, help="What is younger stays.")] = 30,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask first.")] = False,
) -> None:
    """Delete old calls, and long work that was told."""
    from datetime import timedelta

    from orchestrator.forgetting import forget as forgetting
    from orchestrator.forgetting import old
    from orchestrator.zones import clock

    settings = configured().settings
    before = clock(settings.house.zone)() - timedelta(days)
    found = old(settings, before)
    if not found:
        screen.print(f"nothing is older than {before:%Y-%m-%d %H:%M}")
        return
    screen.print(f"older than {before:%Y-%m-%d %H:%M}: {found}")
    if not yes:
        typer.confirm("Delete that for good?", abort=True)
    forgetting(settings, found)
    screen.print("deleted")
