"""Settings in the environment: only variables that are ours are read, and one that only looks like ours is told of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic import BaseModel

from agents.plain_errors import leaves, nearest
from orchestrator.errors import ConfigError
from orchestrator.settings_file import FILE, WHERE, Keys

PREFIX: Final = "PAI_VOICE_"
KNOWN_AS: Final = {
    "PAI_VOICE_HOME": ("home",),
    "PAI_VOICE_AGENTS": ("agents",),
    "PAI_VOICE_VOICES": ("voices", "folders"),
    "ANTHROPIC_API_KEY": ("claude", "api_key"),
    "ANTHROPIC_BASE_URL": ("claude", "base_url"),
    "ELEVENLABS_API_KEY": ("voices", "elevenlabs", "key"),
    "PAI_DIR": ("voices", "pai"),
}
LISTS: Final = frozenset({"allow", "owners", "agents", "folders", "engines", "environment", "setting_sources", "retries"})


def variables(environ: Mapping[str, str], model: type[BaseModel]) -> Iterator[tuple[str, Keys]]:
    """PAI_VOICE_SECTION__KEY is section.key, and wins over the names that everybody knows; what is empty is not set."""
    for name, keys in KNOWN_AS.items():
        if environ.get(name):
            yield name, keys
    known = set(leaves(model))
    yield from ((name, keys) for name, keys in _ours(environ) if _is_known(keys, known))


def strangers(environ: Mapping[str, str], model: type[BaseModel]) -> tuple[str, ...]:
    """A sentence for each variable that begins as ours do and is none: others, such as PAI's own voice server, have such, too."""
    known = set(leaves(model))
    return tuple(_told(name, known) for name, keys in _ours(environ) if not _is_known(keys, known))


def put(tree: dict[str, Any], keys: Keys, value: str, name: str) -> None:
    """What a variable says, over what the file does. Raises ConfigError."""
    *sections, key = keys
    for section in sections:
        inner: Any = tree.setdefault(section, {})
        if not isinstance(inner, dict):
            raise ConfigError(
                f"{name}: `{section}` is a single value, not a section", f"write it as [{section}] in {FILE}, or unset {name}"
            )
        tree = inner
    # Lists are written with commas, as people write them in a shell.
    tree[key] = [item.strip() for item in value.split(",") if item.strip()] if key in LISTS else value


def _ours(environ: Mapping[str, str]) -> Iterator[tuple[str, Keys]]:
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in KNOWN_AS and name != WHERE and environ[name]:
            yield name, tuple(name.removeprefix(PREFIX).lower().split("__"))


def _is_known(keys: Keys, known: set[Keys]) -> bool:
    if keys in known:
        return True
    return any(
        len(one) == len(keys) and all(wanted in ("*", key) and key for wanted, key in zip(one, keys, strict=True))
        for one in known
        if "*" in one
    )


def _told(name: str, known: set[Keys]) -> str:
    ours = [*KNOWN_AS, WHERE, *(PREFIX + "__".join(keys).upper() for keys in known if "*" not in keys)]
    one_underscore = {re.sub("_+", "_", one): one for one in sorted(ours)}
    near = nearest(name, one_underscore)
    hint = f"did you mean {one_underscore[near]}?" if near else "`pai-voice config show` lists ours"
    return f"{name} is in the environment, but is not a setting of PAI Voice; it is ignored; {hint}"
