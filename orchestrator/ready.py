"""What `serve` needs before it answers, judged once, for `serve` and for `doctor`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from orchestrator.config import Settings
from orchestrator.settings_file import FILE

KEY_FIX: Final = "set ANTHROPIC_API_KEY to a key of https://platform.claude.com/settings/keys"
NO_KEY: Final = "no key to Claude is set, so callers hear an apology and nothing else"
BY_SCRIPT: Final = "without one, `pai-voice serve --script FILE` answers by a script"


class Lack(NamedTuple):
    name: str
    what: str
    fix: str


def lacks(settings: Settings) -> Iterator[Lack]:
    """Without these nothing is served."""
    if settings.acs is None:
        fix = f"add [acs] to {FILE} (see telephony/README.md), or what `pai-voice emulate acs` prints; or try `pai-voice demo`"
        yield Lack("Azure", "there is no line to answer: [acs] is not set", fix)
    elif not settings.admission.allow:
        yield Lack("admission", "nobody may call", f'list your number in [admission] of {FILE}: allow = ["+15550100"]')
