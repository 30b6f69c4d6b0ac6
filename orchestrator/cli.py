"""The commands. Each is a few lines; what is heavy is imported inside, so that `--help` is instant."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli_agents import agents
from orchestrator.cli_calls import calls, forget, replay
from orchestrator.cli_tasks import tasks
from orchestrator.cli_voices import voices
from orchestrator.terminal import (
    AsJson,
    configured,
    end_when_terminated,
    fail,
    run,
    screen,
    set_up_streams,
    show_json,
    show_table,
    tell,
)

if TYPE_CHECKING:
    from orchestrator.doctor import Finding
    from telephony.dial import DialResult

app = typer.Typer(
    name="pai-voice",
    help="Pick up any phone and talk to your own AI.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
emulate = typer.Typer(help="Telephone networks on loopback.", no_args_is_help=True)
settings = typer.Typer(help="The settings.", no_args_is_help=True)
app.add_typer(emulate, name="emulate")
app.add_typer(agents, name="agents")
app.add_typer(voices, name="voices")
app.add_typer(calls, name="calls")
app.add_typer(tasks, name="tasks")
app.add_typer(settings, name="config")
app.command()(replay)
app.command()(forget)

CALLER = "+15550100"
CALLED = "+15550199"


def main() -> None:
    """Failures end here: a sentence and its fix for each, exit code 1; the stack is for the log."""
    set_up_streams()
    try:
        app()
    except ImportError as error:
        from orchestrator.doctor.packages import packages

        shadowed = packages()
        fix = shadowed.fix or "install again: pip install -e ."
        fail(shadowed.fact if shadowed.fix else f"a package is missing: {error}", fix)
    except Exception as error:  # noqa: BLE001  the process's edge
        import structlog

        from orchestrator.failures import failures

        if structlog.is_configured():
            structlog.get_logger().debug("command_failed", exc_info=error)
        *others, last = failures(error)
        for what, fix in others:
            tell(what, fix)
        fail(*last)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        screen.print(f"pai-voice {version('pai-voice')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Pick up any phone and talk to your own AI."""


@app.command()
def serve(
    script: Annotated[Path | None, typer.Option(help="A script, or a scenario, that answers in Claude's place: no key.")] = None,
) -> None:
    """Answer the telephone until stopped."""
    end_when_terminated()
    config = configured(log="info")
    from telephony.open_calls import FOLDER, OpenCalls

    with closing(OpenCalls(config.settings.home / FOLDER)) as notes:
        if acs := config.settings.acs:
            run(lambda: notes.end_left(acs))  # before anything that takes seconds: somebody may listen to silence
        from orchestrator.serve import serve as serving

        run(lambda: serving(config.settings, screen.print, notes, script))


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Where the recordings, the journals and the summary go.")] = Path("build/demo"),
    wav: Annotated[list[Path] | None, typer.Option(help="Your own lines, for one call of yours; repeatable, in order.")] = None,
    live: Annotated[bool, typer.Option("--live", help="Claude itself, for one call; needs ANTHROPIC_API_KEY.")] = False,
) -> None:
    """Hear real phone calls made on this machine. Emulated Azure, a recorded caller, real ears, voices and long work."""
    from orchestrator.demo.showing import demo as showing
    from orchestrator.demo.showing import scripted_settings

    settings = configured().settings if live else scripted_settings()
    run(lambda: showing(settings, out, wav or [], live=live, screen=screen))


@app.command("speech-server")
def speech_server(
    model: Annotated[str, typer.Option(help="turbo, original or multilingual; tones hums, without a GPU.")] = "turbo",
    host: Annotated[
        str, typer.Option(help="With another than this machine's own, set key in [voices.chatterbox].")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0 takes a free one.")] = 8092,
    weights: Annotated[Path | None, typer.Option(help="A folder with the model's files; else they are fetched once.")] = None,
    ears: Annotated[str | None, typer.Option(help="Also transcribe, with this Whisper model.")] = None,
    idle_minutes: Annotated[float | None, typer.Option(min=0.1, help="Free the GPU's memory after so long.")] = None,
    python: Annotated[Path | None, typer.Option(help="Of the environment that `make speech-server` makes.")] = None,
) -> None:
    """Serve the voices of this machine with Chatterbox, on a GPU."""
    from orchestrator.speech_server import become_server, server_arguments, server_key, server_python

    config = configured(log="info")
    interpreter = server_python(model, python)
    asked = {
        "--model": model,
        "--host": host,
        "--port": port,
        "--weights": weights,
        "--ears": ears,
        "--idle-minutes": idle_minutes,
    }
    given = [str(part) for pair in asked.items() if pair[1] is not None for part in pair]
    become_server(interpreter, [*given, *run(lambda: server_arguments(config.settings))], server_key(config.settings))


@emulate.command("acs")
def emulate_acs(
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0 takes a free one.")] = 8070,
    events: Annotated[str | None, typer.Option(help="Where IncomingCall goes; without it, to `pai-voice serve` here.")] = None,
    caller: Annotated[str, typer.Option("--from", help="Who may call, in the settings that are printed.")] = CALLER,
) -> None:
    """A small Azure Communication Services on loopback. Prints the settings with which `pai-voice serve` answers it."""
    from orchestrator.emulating import emulate as emulating

    config = configured(log="info")
    run(lambda: emulating(config.settings, port, events, caller, CALLED, screen.print))


@app.command()
def dial(
    emulator: Annotated[str, typer.Option(help="The emulator's address.")] = "http://127.0.0.1:8070",
    caller: Annotated[str, typer.Option("--from", help="Who calls, E.164.")] = CALLER,
    called: Annotated[str, typer.Option("--to", help="Who is called, E.164.")] = CALLED,
    wav: Annotated[list[Path] | None, typer.Option(help="An utterance: any PCM wav. Repeatable, in order.")] = None,
    text: Annotated[
        list[str] | None, typer.Option(help="An utterance to be spoken by this machine's first voice engine. After the wavs.")
    ] = None,
    dtmf: Annotated[str, typer.Option(help="Keys to press first, e.g. 1234#.")] = "",
    barge_in_after: Annotated[
        float | None, typer.Option(min=0, help="The last utterance interrupts, so many seconds after the far end began.")
    ] = None,
    record: Annotated[Path | None, typer.Option(help="Stereo wav: left the caller, right what the caller heard.")] = None,
    as_json: AsJson = False,
) -> None:
    """Call in, as a caller would. Speaks each utterance when the far end has been quiet for a second, then hangs up."""
    from orchestrator.dialling import FIXES, dial_in

    async def call() -> DialResult:
        return await dial_in(
            emulator,
            caller,
            called,
            wav or [],
            text or [],
            keys=dtmf,
            barge_in_after_s=barge_in_after,
            record=record,
            screen=None if as_json else screen,
        )

    result = run(call)
    if as_json:
        show_json(result.as_json())
    if not result.ok:
        fail(f"{result.outcome.value.replace('_', ' ')}: {result.why}", FIXES[result.outcome])


@app.command()
def doctor(
    live: Annotated[bool, typer.Option("--live", help="Also let Claude say one token; costs under a cent.")] = False,
    public: Annotated[bool, typer.Option("--public", help="Also ask whether the public URL reaches this machine.")] = False,
    as_json: AsJson = False,
) -> None:
    """Check everything a call needs, and say how to mend it."""
    from orchestrator.doctor import examine

    async def look() -> list[Finding]:
        findings: list[Finding] = []
        async for finding in examine(live=live, public=public):
            findings.append(finding)
            if not as_json:
                screen.print(finding.as_text())
        return findings

    findings = run(look)
    if as_json:
        show_json(findings)
    if any(finding.state == "broken" for finding in findings):
        raise typer.Exit(1)


@settings.command("show")
def config_show(as_json: AsJson = False) -> None:
    """Every setting, its value and where it came from; secrets are masked."""
    rows = list(configured().rows())
    if as_json:
        show_json([{"key": key, "value": value, "origin": origin} for key, value, origin in rows])
        return
    show_table(rows, "setting", "value", "from")


if __name__ == "__main__":
    main()
