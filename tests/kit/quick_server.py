"""`pai-voice`, but its servers look after one another ten times as often: `python -m tests.kit.quick_server serve`."""

from __future__ import annotations

from functools import partial

from orchestrator import durable
from orchestrator.cli import main

if __name__ == "__main__":
    durable.Rhythm = partial(durable.Rhythm, beat_s=0.5, silent_s=4.5)  # type: ignore[misc]
    main()
