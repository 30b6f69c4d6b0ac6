"""`pai-voice doctor`: everything a call needs, tried for real, one finding each.

Nothing is imported here but the standard library until it is sure that our packages are ours.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator

from orchestrator.doctor.finding import Finding
from orchestrator.doctor.packages import packages, python

__all__ = ["Finding", "examine"]


async def examine(*, live: bool = False, public: bool = False) -> AsyncGenerator[Finding, None]:
    """Findings as they come. Spends nothing, unless `live`; asks the public URL only if `public`. Leaves nothing behind."""
    import anyio.to_thread

    ours = await anyio.to_thread.run_sync(packages)
    yield ours
    if ours.state == "broken":
        return
    from orchestrator.doctor.rounds import rounds

    yield python()
    async for finding in rounds(live=live, public=public):
        yield finding
