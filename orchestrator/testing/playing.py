"""What a caller does in a scenario, done in a rehearsed call."""

from __future__ import annotations

from pathlib import Path

from pydantic import SecretStr

from orchestrator.pin import Trust
from orchestrator.testing.rehearsal import RehearsedCall
from orchestrator.testing.scenario import Deed, Turn
from telephony.admission import Admission, AdmissionPolicy


async def act(call: RehearsedCall, turn: Turn) -> None:
    """What the caller does in this turn, to the end of what comes of it. Raises AudioError."""
    await _do(call, turn, wait=turn.barge_in is None)
    if turn.barge_in is not None:
        await call.speaking(turn.barge_in.after_s)
        await _do(call, turn.barge_in, wait=True)


async def _do(call: RehearsedCall, deed: Deed, *, wait: bool) -> None:
    match deed:
        case Deed(say=str(said)) | Deed(wav=str(said)):
            await call.say(Path(said) if deed.wav else said, heard_as=deed.heard_as, wait=wait)
        case Deed(press=str(keys)):
            await call.press(keys, wait=wait)
        case Deed(cough_s=float(seconds)):
            await call.cough(seconds, wait=wait)
        case Deed(silence_s=float(seconds)):
            await call.pause(seconds)
        case Deed(hang_up=True):
            await call.hang_up()
        case _:
            return


def trust_of(pin: str, caller: str) -> Trust:
    """Asks that caller for that PIN at the start."""
    return Trust.of(Admission(AdmissionPolicy(allow=(caller,), pin=SecretStr(pin), pin_mode="always")), caller)
