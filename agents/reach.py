"""What a run may reach, as settings of Claude Code: what it never reads, what it writes only when asked, where it may go."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from stat import S_IMODE, S_ISREG
from typing import Any, Final

from agents.rules import names_a_site
from agents.tool_gate import ToolGate

# In a home: keys, tokens, passwords, and the profiles of browsers and mail programs, which hold them too.
CREDENTIALS: Final = (
    ".ssh", ".gnupg", ".aws", ".azure", ".kube", ".docker", ".config/gcloud", ".config/doctl", ".config/hcloud", ".config/rclone",
    ".oci", ".terraform.d", ".vault-token", ".netrc", "_netrc", ".pgpass", ".my.cnf", ".mylogin.cnf", ".npmrc", ".yarnrc.yml",
    ".pypirc", ".gem/credentials", ".cargo/credentials", ".cargo/credentials.toml", ".composer/auth.json",
    ".config/composer/auth.json",
    ".m2/settings.xml", ".git-credentials", ".config/git/credentials", ".config/gh", ".config/glab-cli", ".config/hub",
    ".password-store", ".config/op", ".config/1Password", ".config/Bitwarden", ".config/keepassxc", ".local/share/keyrings",
    ".local/share/kwalletd", ".config/sops", ".config/age", ".env", ".claude/.env", ".claude/.credentials.json",
    ".config/anthropic", ".codex", ".huggingface/token", ".cache/huggingface/token", ".s3cfg", ".boto", ".fly", ".wireguard",
    ".mozilla", ".thunderbird", ".config/google-chrome", ".config/chromium", ".config/BraveSoftware", ".config/microsoft-edge",
    ".config/vivaldi", ".config/opera", ".librewolf", ".var/app", "snap/firefox", "snap/chromium", "snap/thunderbird",
    "Library/Keychains", "Library/Cookies", "Library/Safari", "Library/Mail", "Library/Messages",
    "Library/Application Support/Firefox", "Library/Application Support/Google/Chrome",
    "Library/Application Support/BraveSoftware", "Library/Application Support/Microsoft Edge", "Library/Application Support/Arc",
    "Library/Application Support/1Password",
)  # fmt: skip
_OF_THE_MACHINE: Final = ("/etc/shadow", "/etc/gshadow", "/etc/krb5.keytab", "/etc/wireguard", "/run/secrets", "/var/run/secrets")
# In a home: what other programs run, or obey, when nobody asks any more.
RUNS_LATER: Final = (
    ".bashrc", ".bash_profile", ".bash_login", ".bash_logout", ".bash_aliases", ".profile", ".zshrc", ".zshenv", ".zprofile",
    ".zlogin", ".zlogout", ".xprofile", ".xsession", ".xsessionrc", ".xinitrc", ".pam_environment", ".inputrc", ".config/fish",
    ".config/autostart", ".config/systemd", ".config/environment.d", ".config/git", ".gitconfig", ".config/nvim", ".vim",
    ".vimrc", ".emacs", ".emacs.d", ".config/emacs", ".tmux.conf", ".config/tmux", ".pythonrc", ".config/pip",
    ".cargo/config.toml", ".local/bin", "bin", ".cargo/bin", ".bun/bin", "go/bin", ".local/share/applications",
    ".local/share/dbus-1", ".local/share/systemd", ".claude", ".claude.json", "Library/LaunchAgents",
    "Library/Application Support/Code", ".vscode", ".config/Code",
)  # fmt: skip
# What the sandbox hangs its guards on where nothing is; one that was killed leaves them behind, empty and read-only.
_GUARDS: Final = (
    ".bash_profile", ".bashrc", ".gitconfig", ".gitmodules", ".idea", ".mcp.json", ".profile", ".ripgreprc", ".vscode",
    ".zprofile", ".zshrc", ".claude/agents", ".claude/commands", ".claude/hooks", ".claude/launch.json", ".claude/loop.md",
    ".claude/output-styles", ".claude/routines", ".claude/scheduled_tasks.json", ".claude/settings.json",
    ".claude/settings.local.json", ".claude/skills", ".claude/workflows",
)  # fmt: skip
_SECRET_NAMES: Final = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN")
_DOMAIN: Final = re.compile(r"WebFetch\(domain:((?:\*\.)?[\w.-]{1,253})\)")
_LONGEST_SETTINGS: Final = 1_000_000  # bytes


def run_settings(gate: ToolGate, *, guarded: Iterable[Path], allowed: Iterable[str]) -> dict[str, Any]:
    """What the command line is given over its own settings, for a run with that gate.

    What is private there is neither read nor written, but for the folder if that is in there. `guarded`: written only after a
    question, as is what runs later. `allowed`: the rules for what is done unasked.
    """
    folder, home, private = gate.folder, gate.home, [*map(_real, gate.private)]
    keys = _with_targets([*(home / name for name in CREDENTIALS), *map(Path, _OF_THE_MACHINE)])
    closed = [path for path in (*keys, *private) if not folder.is_relative_to(path)]
    around = [path for path in private if folder.is_relative_to(path)]  # no rule can leave the folder out of these
    later = [path for path in _with_targets([*(home / name for name in RUNS_LATER), *guarded]) if not folder.is_relative_to(path)]
    settings: dict[str, Any] = {
        "permissions": {
            "ask": [*gate.asked, *(_rule("Edit", path) for path in later)],
            "deny": [_rule("Read", path) for path in closed],
        }
    }
    if gate.sandboxed:
        settings["sandbox"] = {
            "enabled": True,
            "failIfUnavailable": True,
            "autoAllowBashIfSandboxed": True,
            # False also makes the command line deaf to what a project's own settings say of the sandbox.
            "allowUnsandboxedCommands": gate.may_leave,
            "enableWeakerNestedSandbox": False,
            "allowNestedUserNamespaces": False,
            "filesystem": {
                "denyRead": [*map(str, (*closed, *around))],
                "allowRead": [str(folder)] if around else [],
                "denyWrite": [str(path) for path in later if path.is_relative_to(folder)],
            },
            "network": {"allowedDomains": [*allowed_domains(allowed)], "allowAllUnixSockets": False, "allowLocalBinding": False},
            "credentials": {"envVars": [{"name": name, "mode": "deny"} for name in _SECRET_NAMES]},
        }
    return settings


def clear_guards(folder: Path) -> None:
    """Removes what a sandbox that was killed has left in the work's folder. None may be alive there: it would lose its guards."""
    for name in _GUARDS:
        with suppress(OSError):
            about = (folder / name).lstat()
            if S_ISREG(about.st_mode) and S_IMODE(about.st_mode) == 0o444 and about.st_size == 0:
                (folder / name).unlink()


def allowed_domains(rules: Iterable[str]) -> list[str]:
    """Those that rules such as `WebFetch(domain:docs.python.org)` name."""
    found = (_DOMAIN.fullmatch(rule.strip()) for rule in rules)
    return [one[1] for one in found if one and names_a_site(f"domain:{one[1]}")]


def speaks_of_the_sandbox(folder: Path, own: Path) -> bool:
    """Whether a project's settings there, or further up, could open the sandbox: then nothing may leave it.

    What cannot be read could. `own`: the folder of the user's own settings, which may.
    """
    places = {place / ".claude" for place in (folder, *folder.parents)} - {own}
    return any(_opens(place / name) for place in places for name in ("settings.json", "settings.local.json"))


def _opens(file: Path) -> bool:
    try:
        with file.open("rb") as text:
            told = json.loads(text.read(_LONGEST_SETTINGS))
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, ValueError, RecursionError):
        return True
    return not isinstance(told, dict) or "sandbox" in told


def _with_targets(paths: Iterable[Path]) -> list[Path]:
    """Each, and where it leads, if it is a link or below one."""
    return [*dict.fromkeys(place for path in paths for place in (path, _real(path)))]


def _real(path: Path) -> Path:
    try:
        return path.expanduser().resolve()
    except (OSError, RuntimeError):
        return path.absolute()


def _rule(tool: str, path: Path) -> str:
    """Of the path, and of what is in it; `//` is how Claude Code writes the root."""
    escaped = re.sub(r"([\\*?\[\]{}!()])", r"\\\1", str(path))
    return f"{tool}(/{escaped})"
