"""The machine: the server's port, the data folder and the room in it."""

from __future__ import annotations

import errno
import shutil
import tempfile
from pathlib import Path
from typing import Final

import httpx2

from orchestrator.config import Settings
from orchestrator.doctor.finding import Finding
from telephony.serving import opened

GB: Final = 1_000_000_000
RECORDING_GB_PER_HOUR: Final = 16_000 * 2 * 2 * 3_600 / GB
SCARCE_GB: Final = 2.0  # about nine hours
FULL_GB: Final = 0.1
PROBE_S: Final = 1.0
PROBE_BYTES: Final = 65_536  # a second of a recording
ROOM_FIX: Final = "set PAI_VOICE_HOME to a folder of yours that has room"


def port(settings: Settings) -> Finding:
    """Free, or held by a server of ours."""
    host, number = settings.server.host, settings.server.port
    try:
        opened(host, number).close()
    except OSError as error:
        if error.errno == errno.EADDRINUSE and _ours(host, number):
            return Finding("port", "ok", f"`pai-voice serve` listens on {host}:{number}")
        fix = "stop what listens there, or set port and host in [server] to others (PAI_VOICE_SERVER__PORT)"
        return Finding("port", "broken", error.strerror or str(error), fix)
    return Finding("port", "ok", f"{host}:{number} is free")


def _ours(host: str, number: int) -> bool:
    """Our webhook turns away what does not know the secret."""
    try:
        return httpx2.post(f"http://{host}:{number}/acs/events", trust_env=False, timeout=PROBE_S).status_code == 401
    except httpx2.HTTPError:
        return False


def data_folder(settings: Settings) -> Finding:
    """Can be written, and has room; what is not there yet will be made by the first call."""
    home = settings.home.absolute()
    there = next(folder for folder in (home, *home.parents) if folder.exists())
    try:
        with tempfile.TemporaryFile(dir=there, buffering=0) as file:
            file.write(bytes(PROBE_BYTES))
            return room(home, shutil.disk_usage(there).free / GB)
    except OSError as error:
        return Finding("data folder", "broken", f"{home} cannot be written: {error.strerror}", ROOM_FIX)


def room(home: Path, free_gb: float) -> Finding:
    fact = f"{home} has {free_gb:.1f} GB free, {free_gb / RECORDING_GB_PER_HOUR:.0f} hours of recordings"
    if free_gb >= SCARCE_GB:
        return Finding("data folder", "ok", fact)
    return Finding("data folder", "broken" if free_gb < FULL_GB else "warn", fact, ROOM_FIX)
