"""What every fact of a call is: frozen, in the past tense, and nothing in it that this version does not know."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Fact(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
