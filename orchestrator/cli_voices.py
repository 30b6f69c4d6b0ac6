"""`pai-voice voices …`: how agents sound. Each command is a few lines; what is heavy is imported inside."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orchestrator.terminal import AsJson, configured, run, screen, show_json, show_table

voices = typer.Typer(help="How agents sound.", no_args_is_help=True)
Engine = Annotated[str | None, typer.Option("--engine", help="This one, and no other; the settings' order if left out.")]


@voices.command("list")
def voices_list(as_json: AsJson = False) -> None:
    """Every voice: who has it, whose it is, and which engines can speak it here. With --json also why the others cannot."""
    from orchestrator.voice_commands.listing import listing

    found = listing(configured().settings)
    if as_json:
        show_json(found)
        return
    rows = [voice.as_row() for voice in found.voices]
    show_table(rows, "voice", "agents", "engines", "whose", "language", "what it is like")
    screen.print("")
    for line in (*(engine.as_text() for engine in found.engines), *found.broken):
        screen.print(line)


@voices.command("preview")
def voices_preview(
    name: Annotated[str, typer.Argument(help="A voice's id, or an agent.")],
    text: Annotated[str | None, typer.Argument(help="What it says; a sample sentence if left out.")] = None,
    engine: Engine = None,
    out: Annotated[Path | None, typer.Option(help="Write this wav instead of playing it.")] = None,
) -> None:
    """Hear a voice. Where nothing can play sound, it is written to NAME.wav."""
    from orchestrator.voice_commands.preview import preview

    config = configured()
    screen.print(run(lambda: preview(config.settings, name, text, engine, out)).as_text())


@voices.command("bench")
def voices_bench(
    engines: Annotated[list[str] | None, typer.Option("--engine", help="Only this one; repeatable.")] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="A table for voices/README.md.")] = False,
    as_json: AsJson = False,
) -> None:
    """Measure each engine: first sound, real-time factor, CPU, memory. Engines that cost money are spoken to, too."""
    from orchestrator.voice_commands import bench

    config = configured()

    async def measured() -> list[bench.Speed | bench.Silent]:
        return [speed async for speed in bench.bench(config.settings, engines or ())]

    found = run(measured)
    if as_json:
        show_json(found)
    elif markdown:
        screen.print(bench.as_markdown(found))
    else:
        show_table([speed.as_row() for speed in found], *bench.COLUMNS)


@voices.command("check")
def voices_check(
    engines: Annotated[
        list[str] | None, typer.Option("--engine", help="Only this one; repeatable. All that are free of charge if left out.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Loudness, clipping and silence of each voice, and how alike each two are. Exit code 1 if two could be confused."""
    from orchestrator.voice_commands import checking

    config, check = configured(), checking.usual_check()

    async def heard() -> list[checking.Checked]:
        return [one async for one in checking.check_voices(config.settings, engines or (), check)]

    found = run(heard)
    if as_json:
        show_json([one.as_json() for one in found])
    for one in () if as_json else found:
        screen.print(one.as_text())
    if not all(one.ok for one in found):
        raise typer.Exit(1)


@voices.command("import")
def voices_import(
    folder: Annotated[Path | None, typer.Option("--from", help="PAI's folder; ~/.claude if left out.")] = None,
    out: Annotated[Path, typer.Option(help="Where the files go.")] = Path("voices"),
    force: Annotated[bool, typer.Option("--force", help="Also over files that are there already.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write PAI's voices as voice files that you can edit. They are used without this too, as PAI has them."""
    from orchestrator.voice_commands.importing import import_voices

    found = import_voices(configured().settings, folder, out, force=force)
    if as_json:
        show_json(found)
        return
    for path in found.written:
        screen.print(f"{path} is written")
    for path in found.kept:
        screen.print(f"{path} is there already, and stays as it is; --force writes over it")
    for error in found.wrong:
        screen.print(f"not as it stands there: {error}")


@voices.command("clone")
def voices_clone(
    name: Annotated[str, typer.Argument(help="Of the new voice, as agents will name it: aunt-ruth.")],
    clip: Annotated[Path, typer.Argument(help="A wav with 5 to 15 s of one person's speech, in a quiet room.")],
    engine: Annotated[
        list[str] | None, typer.Option(help="Only for pocket, chatterbox or elevenlabs; repeatable. Else all that need no key.")
    ] = None,
    owner: Annotated[str | None, typer.Option(help="Whose voice it is: their name.")] = None,
    consent: Annotated[str | None, typer.Option(help="What they allowed, in their words.")] = None,
    description: Annotated[str, typer.Option(help="What the voice is like.")] = "",
    language: Annotated[str, typer.Option(help="What it speaks: en, en-GB, de.")] = "en",
    anyway: Annotated[bool, typer.Option("--anyway", help="Also of a clip that is noisy, clipped, or of two people.")] = False,
    over: Annotated[bool, typer.Option("--replace", help="In place of a voice of that name.")] = False,
) -> None:
    """Clone a voice from a recording, with the consent of whose voice it is. Works without a GPU and without an account."""
    settings = configured().settings
    from orchestrator.voice_cloning import clone

    clone(settings, name, clip, engine, owner, consent, description, language, anyway=anyway, over=over)
