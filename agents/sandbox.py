"""Claude Code's own sandbox around long work: whether it works on this machine.

On Linux bubblewrap holds the files and socat carries the network; on macOS Seatbelt does both. The weaker mode for nested
containers is never used: it leaves the host's /proc open, and through it the files of every other process.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from shutil import which
from typing import Final, Literal

import anyio
import anyio.to_thread

SandboxMode = Literal["required", "preferred", "off"]

_PROBE_S: Final = 5.0  # it takes 0.02 s
_LONGEST_SOCKET: Final = 107  # bytes in the name of a Unix socket
_SOCKET: Final = "/claude-http-0123456789abcdef.sock"
_PACKAGES: Final = {"bwrap": "bubblewrap", "socat": "socat"}
# As Claude Code starts it: namespaces of its own for users, processes and the network, a fresh /proc, and no rights.
_LINUX: Final = (
    "--new-session", "--die-with-parent", "--unshare-net", "--ro-bind", "/", "/", "--dev", "/dev",
    "--unshare-pid", "--unshare-user", "--cap-drop", "ALL", "--proc", "/proc", "--", "true",
)  # fmt: skip
_MACOS: Final = ("/usr/bin/sandbox-exec", "-p", "(version 1)(allow default)", "/usr/bin/true")
_APPARMOR: Final = "give bwrap an AppArmor profile with `userns`, or set sysctl kernel.apparmor_restrict_unprivileged_userns=0"
# What bubblewrap says where a container or the kernel forbids it, and what to do; the first that is found.
_CAUSES: Final = (
    ("proc on", "this container may not mount /proc", "give it its own /proc (docker: --security-opt systempaths=unconfined)"),
    ("uid map", "AppArmor keeps bubblewrap from making namespaces", _APPARMOR),
    ("loopback", "AppArmor keeps bubblewrap from making a network of its own", _APPARMOR),
    ("namespace", "programs may not make namespaces here", "allow user namespaces (sysctl kernel.unprivileged_userns_clone=1)"),
)


@dataclass(frozen=True, slots=True)
class SandboxCheck:
    """Whether the sandbox works here; where not, why, and how to change that."""

    works: bool
    why: str = ""
    fix: str = ""


async def check_sandbox(environ: Mapping[str, str]) -> SandboxCheck:
    """Starts the sandbox once around `true`, as Claude Code would; takes 5 s at most."""
    command = await anyio.to_thread.run_sync(_command, environ)
    if isinstance(command, SandboxCheck):
        return command
    by_hand = f"see why by hand: {' '.join(command)}"
    with anyio.move_on_after(_PROBE_S):
        try:
            done = await anyio.run_process(
                command, env=dict(environ), stdin=subprocess.DEVNULL, check=False, start_new_session=True
            )
        except OSError as error:
            return SandboxCheck(False, f"{command[0]} cannot be started: {error.strerror}", "install it anew")
        return SandboxCheck(True) if done.returncode == 0 else _refused(done.stderr.decode(errors="replace"), by_hand)
    return SandboxCheck(False, f"{command[0]} did not begin within {_PROBE_S:g} s", by_hand)


def consequence(mode: SandboxMode, check: SandboxCheck) -> str:
    """What follows for long work, in a sentence without its end."""
    if mode == "off":
        return "switched off, so work asks before each command"
    if check.works:
        return "works: commands of the work stay in its folder, and reach no network and no key unasked"
    so = "no work is begun" if mode == "required" else "work asks before each command"
    return f"does not work here, so {so}: {check.why}"


def _command(environ: Mapping[str, str]) -> list[str] | SandboxCheck:
    """What tries it, or what is missing for that."""
    if sys.platform == "darwin":
        return list(_MACOS)
    if not sys.platform.startswith("linux"):
        return SandboxCheck(False, f"there is none for {sys.platform}", "run the server on Linux or macOS")
    found = {program: which(program, path=environ.get("PATH")) for program in _PACKAGES}
    if missing := [_PACKAGES[program] for program, path in found.items() if path is None]:
        verb = "is" if len(missing) == 1 else "are"
        return SandboxCheck(False, f"{' and '.join(missing)} {verb} missing", f"apt install {' '.join(missing)}")
    folder = environ.get("TMPDIR") or tempfile.gettempdir()
    if len(f"{folder}{_SOCKET}".encode()) > _LONGEST_SOCKET:
        return SandboxCheck(False, f"the name of the temporary folder {folder} is too long", "set TMPDIR to a shorter one")
    return [str(found["bwrap"]), *_LINUX]


def _refused(stderr: str, by_hand: str) -> SandboxCheck:
    said = " ".join(stderr.split())[:200]
    for sign, why, fix in _CAUSES:
        if sign in said:
            return SandboxCheck(False, f"{why} ({said})", fix)
    return SandboxCheck(False, said or "it fails without a word", by_hand)
