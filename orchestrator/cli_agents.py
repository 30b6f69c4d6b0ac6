"""`pai-voice agents …`: who is on the line. Each command is a few lines; what is heavy is imported inside."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from orchestrator.terminal import AsJson, configured, fail, run, screen, show_json, show_table

agents = typer.Typer(help="Who is on the line.", no_args_is_help=True)


@agents.command("list")
def agents_list(as_json: AsJson = False) -> None:
    """Who is on the line, with which voice and tools."""
    from orchestrator.rosters import roster_of

    roster = roster_of(configured().settings)
    if as_json:
        show_json([agent.model_dump(mode="json", exclude={"prompt"}) for agent in roster.agents])
        return
    rows = [(Text(one.id, one.color), one.name, one.role, one.voice, ", ".join(one.tools)) for one in roster.agents]
    show_table(rows, "agent", "name", "role", "voice", "tools")


@agents.command("show")
def agents_show(name: Annotated[str, typer.Argument(help="An agent's id, name or alias.")], as_json: AsJson = False) -> None:
    """One agent, as Claude gets it. What it is, where it is written, what a turn costs, and its prompt."""
    from orchestrator.portrait import portrait

    found = portrait(configured().settings, name)
    if as_json:
        show_json(found.as_json())
        return
    show_table(found.rows())
    screen.print(f"\n{found.system}")


@agents.command("lint")
def agents_lint(
    files: Annotated[list[Path] | None, typer.Argument(help="Only these, wherever they lie; all agents if left out.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check agents as they are on the disk. Exit code 1 for errors; warnings are advice."""
    from orchestrator.lint import lint

    complaints = lint(configured().settings, files or ())
    if as_json:
        show_json(complaints)
    for complaint in () if as_json else complaints:
        screen.print(Text(complaint.as_text(), "red" if complaint.state == "error" else "yellow"))
    if any(complaint.state == "error" for complaint in complaints):
        raise typer.Exit(1)
    if not complaints and not as_json:
        screen.print("nothing to complain of")


@agents.command("route")
def agents_route(
    said: Annotated[str, typer.Argument(help="What the caller says.")],
    floor: Annotated[str, typer.Option(help="Who spoke last, by id; the front desk if left out.")] = "",
    as_json: AsJson = False,
) -> None:
    """Who would answer that, and why; without asking Claude."""
    from orchestrator.routing import Routing

    routing = Routing.of(configured().settings)
    decision = routing.decide(said, routing.holder(floor))
    if as_json:
        show_json(routing.as_json(decision))
    else:
        screen.print(routing.explained(decision))


@agents.command("eval")
def agents_eval(
    labelled: Annotated[Path | None, typer.Argument(metavar="[SET]", help="A set of your own; else the shipped one.")] = None,
    live: Annotated[bool, typer.Option("--live", help="Ask Claude for what is left to it; costs about a cent.")] = False,
    at_least: Annotated[
        float | None, typer.Option(min=0, max=100, help="Fail if fewer percent are right, or a name brings the wrong agent.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Score the router on labelled utterances. Shows where it is wrong, too."""
    from orchestrator.routing_eval import FIX, score
    from orchestrator.routing_set import SHIPPED

    config = configured()
    result = run(lambda: score(config.settings, labelled or SHIPPED, live=live))
    if as_json:
        show_json(result.as_json())
    else:
        screen.print(result.as_text())
    if at_least is not None and not result.reaches(at_least):
        fail(f"{result.summary()}; {at_least:g} % were asked for", FIX)


@agents.command("schema")
def agents_schema() -> None:
    """The JSON schema of an agent's file, for editors."""
    from agents.schema import schema_text

    sys.stdout.write(schema_text())


@agents.command("new")
def agents_new(
    name: Annotated[str, typer.Argument(help="As spoken: Ruth.")],
    purpose: Annotated[str | None, typer.Option("--for", help="What people call them for.")] = None,
    voice: Annotated[str | None, typer.Option(help="One of `pai-voice voices list`; one that nobody has if left out.")] = None,
    manner: Annotated[str | None, typer.Option("--talks", help="How they talk.")] = None,
) -> None:
    """Write a new agent and a test for it into this folder. Asks two questions, unless they are answered by options."""
    from agents.yaml_file import did_you_mean
    from orchestrator.lint import lint
    from orchestrator.new_agent import NewAgent, write
    from orchestrator.rosters import lineup_of

    settings = configured().settings
    lineup = lineup_of(settings)
    if voice and voice not in lineup.voices:
        fail(f"there is no voice `{voice}`.{did_you_mean(voice, sorted(lineup.voices))}", "take one of `pai-voice voices list`")
    try:
        purpose = purpose or str(typer.prompt(f"What is {name} for?"))
        manner = manner or str(typer.prompt(f"How does {name} talk?"))
    except typer.Abort:
        fail("not all questions were answered", "answer them, or give --for and --talks")
    file, test = write(NewAgent(name, purpose, manner, voice), lineup.roster, Path())
    complaints = lint(settings, [file])
    for complaint in complaints:
        screen.print(complaint.as_text())
    screen.print(f"{file} and {test} are written; next: pai-voice agents try {file.stem}, and pytest")
    if any(complaint.state == "error" for complaint in complaints):
        raise typer.Exit(1)


@agents.command("try")
def agents_try(
    name: Annotated[str, typer.Argument(help="An agent's id, name or alias: they pick up.")],
    scenario: Annotated[Path | None, typer.Argument(metavar="[SCENARIO]", help="Play this instead of asking you.")] = None,
    script: Annotated[Path | None, typer.Option(help="What a scripted Claude answers; without it, Claude itself.")] = None,
    live: Annotated[bool, typer.Option("--live", help="Play the scenario with Claude itself, and let it judge.")] = False,
    aloud: Annotated[bool, typer.Option("--speak", help="Let the voices be heard on this machine.")] = False,
    microphone: Annotated[bool, typer.Option("--microphone", help="Speak instead of typing; the voices are heard, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Talk to an agent, or play a scenario: transcript, timings, cost. Exit code 1 if the scenario does not hold."""
    from orchestrator.trying import played, talking

    settings = configured().settings
    if scenario is not None:
        played.scenario(settings, name, scenario, live=live, as_json=as_json)
    else:
        talking.call(settings, name, script, aloud=aloud, microphone=microphone, as_json=as_json)
