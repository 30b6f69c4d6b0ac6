"""Somebody talks to an agent: by typing, a line a turn, or by the microphone, until one of them hangs up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from orchestrator.config import Settings
from orchestrator.errors import NotScripted
from orchestrator.failures import leaves
from orchestrator.terminal import errors, run, screen
from orchestrator.testing.claude import Unscripted
from orchestrator.testing.virtual_time import VirtualLoop
from orchestrator.trying import sound
from orchestrator.trying.keyboard import PatientLoop, typed_lines
from orchestrator.trying.session import Device, Rehearsed, on_the_line, rehearsed
from orchestrator.trying.shown import Shown

HINT: Final = "Speak; Ctrl-C hangs up. Headphones keep the agent from hearing itself."


def call(settings: Settings, name: str, script: Path | None, *, aloud: bool, microphone: bool, as_json: bool) -> None:
    """On a virtual clock where nothing is real but the person, else on one that waits for whoever types.

    Raises what `rehearsed` and `on_the_line` raise, and NotScripted for a question that the script does not answer.
    """
    who = rehearsed(settings, name, script)
    device = Device(sound.found(), microphone) if aloud or microphone else None
    shown = Shown(screen, who.cast.roster, as_json=as_json)
    lines = None if microphone else typed_lines()
    loop = VirtualLoop if who.script is not None and device is None else PatientLoop
    tell = str if as_json else _tell  # JSON is all that a program reads
    run(lambda: _talk(settings, who, lines, shown, device, tell), loop)


async def _talk(
    settings: Settings,
    who: Rehearsed,
    lines: Iterator[str] | None,
    shown: Shown,
    device: Device | None,
    tell: Callable[[str], object],
) -> None:
    try:
        async with on_the_line(settings, who, shown, device, tell) as call:
            if lines is None:
                errors.print(HINT, style="dim")
                await call.finished.wait()
                return
            for said in lines:
                await call.pause(call.caller.hum(said))
                await call.answered()
                shown.turn_over()
                if call.why:
                    return
    except (Unscripted, BaseExceptionGroup) as error:
        raise _told(error) from None
    finally:
        shown.end()


def _tell(lack: str) -> None:
    errors.print(lack, style="dim")


def _told(error: BaseException) -> BaseException:
    first = next(leaves(error)) if isinstance(error, BaseExceptionGroup) else error
    return NotScripted(str(first)) if isinstance(first, Unscripted) else first
