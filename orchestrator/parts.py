"""What a call is made of, beside its line: shared by all calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from orchestrator.earcons import EarconSettings
from orchestrator.minds import Minds
from orchestrator.patience import Limits
from voices.catalogue import Catalogue
from voices.endpoint import Endpointer
from voices.vad import Vad


@dataclass(frozen=True)
class Parts:
    minds: Minds
    catalogue: Catalogue
    vad: Callable[[], Vad]
    endpointer: Callable[[], Endpointer]
    limits: Limits
    earcons: EarconSettings
