"""What `pai-voice serve` does before it answers."""

from __future__ import annotations

import ctypes
import sys

import pytest

from orchestrator.config import Settings
from orchestrator.errors import ConfigError
from orchestrator.serve import serve


@pytest.mark.skipif(sys.platform != "linux", reason="of /proc")
async def test_no_other_program_reads_its_environment() -> None:
    kernel = ctypes.CDLL(None)
    try:
        with pytest.raises(ConfigError):
            await serve(Settings(), print)
        assert kernel.prctl(3) == 0  # PR_GET_DUMPABLE: only root opens what /proc has of us
    finally:
        kernel.prctl(4, 1)
