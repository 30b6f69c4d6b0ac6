"""The commands. Each is a few lines; what is heavy is imported inside, so that `--help` is instant."""

from __future__ import annotations

import json
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from orchestrator.config import Config

app = typer.Typer(
    name="pai-voice", help="Pick up any phone and talk to your own AI.", no_args_is_help=True, rich_markup_mode=None
)
emulate = typer.Typer(help="Telephone networks on loopback.", no_args_is_help=True)
agents = typer.Typer(help="Who is on the line.", no_args_is_help=True)
calls = typer.Typer(help="Calls that were made.", no_args_is_help=True)
settings = typer.Typer(help="The settings.", no_args_is_help=True)
app.add_typer(emulate, name="emulate")
app.add_typer(agents, name="agents")
app.add_typer(calls, name="calls")
app.add_typer(settings, name="config")

screen = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True)
T = TypeVar("T")
HELP = "correct that and run the command again; `pai-voice doctor` checks everything"
AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable.")]


def main() -> None:
    app()


def fail(what: str, fix: str = "") -> NoReturn:
    """The end of a command that did not work: what, and how to mend it."""
    errors.print(what, style="red")
    if fix:
        errors.print(f"fix: {fix}")
    raise typer.Exit(1)


@contextmanager
def failures() -> Iterator[None]:
    """Errors of ours are sentences for people, with the fix in them; the stack is for the log."""
    from agents.errors import AgentError
    from orchestrator.config import ConfigError
    from telephony.line import LineError
    from voices.audio import AudioError
    from voices.recognition import RecognitionError
    from voices.synthesis import SynthesisError

    ours = (AgentError, AudioError, ConfigError, LineError, RecognitionError, SynthesisError, OSError, ValueError)
    try:
        yield
    except ours as error:
        fail(str(error), HELP)
    except ExceptionGroup as group:
        known, unknown = group.split(ours)
        if known is None or unknown is not None:
            raise
        fail("; ".join(dict.fromkeys(_sentences(known))), HELP)


def _sentences(group: BaseExceptionGroup[Any]) -> Iterator[str]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _sentences(error)
        else:
            yield str(error)


def run(work: Callable[[], Awaitable[T]]) -> T:
    """An async command, on uvloop where there is one; Ctrl-C is a tidy end."""
    import anyio

    with failures():
        try:
            return anyio.run(work, backend_options={"use_uvloop": sys.platform != "win32"})
        except KeyboardInterrupt:
            raise typer.Exit(130) from None


def configured() -> Config:
    from orchestrator.config import load
    from orchestrator.log import set_up

    with failures():
        config = load()
    set_up(config.settings.log)
    return config


def show_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")


@app.command()
def serve() -> None:
    """Answer the telephone until stopped."""
    from orchestrator.serve import serve as serving

    config = configured()
    run(lambda: serving(config.settings, screen.print))


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Where the recording, the journal and the summary go.")] = Path("build/demo"),
    wav: Annotated[list[Path] | None, typer.Option(help="Your own lines instead of the recorded ones.")] = None,
    live: Annotated[bool, typer.Option("--live", help="Claude itself instead of the script; needs ANTHROPIC_API_KEY.")] = False,
) -> None:
    """A real phone call on this machine: emulated Azure, recorded caller, real ears and voices."""
    from orchestrator.demo.showing import demo as showing

    config = configured()
    run(lambda: showing(config.settings, out, wav or [], live=live, screen=screen))


@emulate.command("acs")
def emulate_acs(
    port: Annotated[int, typer.Option(help="0 takes a free one.")] = 8070,
    events_url: Annotated[str | None, typer.Option(help="Where IncomingCall goes: http://127.0.0.1:8060/acs/events.")] = None,
    secret: Annotated[str, typer.Option(envvar="PAI_VOICE_ACS__WEBHOOK_SECRET", help="Sent in x-pai-voice-secret.")] = "",
) -> None:
    """A small Azure Communication Services on loopback, for `pai-voice serve` and `pai-voice dial`."""
    from pydantic import SecretStr

    from telephony.acs_emulator import EMULATOR_KEY, EmulatorSettings, run_emulator
    from telephony.acs_emulator.settings import RESOURCE_ID

    headers = {"x-pai-voice-secret": SecretStr(secret)} if secret else {}
    wanted = EmulatorSettings(port=port, events_url=events_url, events_headers=headers)

    def ready(url: str) -> None:
        screen.print(f"emulated ACS at {url}\n  access key {EMULATOR_KEY}\n  audience {RESOURCE_ID}\n  keys {url}/calling/keys")

    run(lambda: run_emulator(wanted, ready))


@app.command()
def dial(
    emulator: Annotated[str, typer.Option(help="The emulator's address.")] = "http://127.0.0.1:8070",
    caller: Annotated[str, typer.Option("--from", help="Who calls, E.164.")] = "+15550100",
    called: Annotated[str, typer.Option("--to", help="Who is called, E.164.")] = "+15550199",
    wav: Annotated[list[Path] | None, typer.Option(help="An utterance: any PCM wav. Repeatable, in order.")] = None,
    text: Annotated[list[str] | None, typer.Option(help="An utterance to be spoken by flite or espeak. After the wavs.")] = None,
    dtmf: Annotated[str, typer.Option(help="Keys to press first, e.g. 1234#.")] = "",
    barge_in_after: Annotated[float | None, typer.Option(help="The last utterance interrupts after so many seconds.")] = None,
    record: Annotated[Path | None, typer.Option(help="Stereo wav: left the caller, right what the caller heard.")] = None,
    as_json: AsJson = False,
) -> None:
    """Call as a caller would: speak each utterance when the far end has been quiet for a second, then hang up."""
    from orchestrator.dialling import dial_in

    result = run(
        lambda: dial_in(emulator, caller, called, wav or [], text or [], dtmf, barge_in_after, record, screen, quiet=as_json)
    )
    if as_json:
        show_json(result.as_json())
    if not result.ok:
        fail(
            f"{result.outcome.value.replace('_', ' ')}: {result.why}",
            "allow the number in [admission], or see `pai-voice calls list`",
        )


@app.command()
def doctor(
    public: Annotated[bool, typer.Option("--public", help="Also ask whether the public URL reaches this machine.")] = False,
    as_json: AsJson = False,
) -> None:
    """Check everything a call needs, and say how to mend what is wrong."""
    from orchestrator.doctor import examine

    findings = run(lambda: examine(public=public))
    if as_json:
        show_json([finding.as_json() for finding in findings])
    else:
        for finding in findings:
            screen.print(finding.as_text())
    if any(finding.broken for finding in findings):
        raise typer.Exit(1)


@agents.command("list")
def agents_list(as_json: AsJson = False) -> None:
    """Who is on the line, with which voice and tools."""
    from orchestrator.app import roster_of

    config = configured()
    with failures():
        roster = roster_of(config.settings)
    if as_json:
        show_json([agent.model_dump(mode="json", exclude={"prompt"}) for agent in roster.agents])
        return
    table = Table("agent", "name", "role", "voice", "tools", box=None)
    for agent in roster.agents:
        table.add_row(f"[{agent.color}]{agent.id}[/]", agent.name, agent.role, agent.voice, ", ".join(agent.tools))
    screen.print(table)


@settings.command("show")
def config_show(as_json: AsJson = False) -> None:
    """Every setting, its value and where it came from; secrets are masked."""
    rows = list(configured().rows())
    if as_json:
        show_json([{"key": key, "value": value, "origin": origin} for key, value, origin in rows])
        return
    table = Table("setting", "value", "from", box=None)
    for row in rows:
        table.add_row(*row)
    screen.print(table)


@calls.command("list")
def calls_list(as_json: AsJson = False) -> None:
    """The calls on this machine, the newest first."""
    from orchestrator.history import all_calls

    with failures():
        past = all_calls(configured().settings)
    if as_json:
        show_json([call.as_json() for call in past])
        return
    table = Table("call", "when", "line", "caller", "turns", "length", "ended", "p95", "cost", box=None)
    for call in past:
        table.add_row(*call.as_row())
    screen.print(table if past else "no calls yet; `make demo` makes one")


@calls.command("show")
def calls_show(
    call: Annotated[str, typer.Argument(help="How the call's name begins, or `last`.")] = "last", as_json: AsJson = False
) -> None:
    """One call: who said what, and how long each answer took."""
    from orchestrator.app import roster_of
    from orchestrator.history import find
    from orchestrator.screen import Transcript

    config = configured()
    with failures():
        entries = find(config.settings, call)
    if as_json:
        show_json([json.loads(entry.line()) for entry in entries])
        return
    with failures():
        transcript = Transcript(screen, roster_of(config.settings))
    for entry in entries:
        transcript.show(entry)
