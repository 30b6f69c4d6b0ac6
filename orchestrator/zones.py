"""The world's time zones, read once and whole: no call waits for a disk because somebody asks what time it is in Vienna."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from zoneinfo import ZoneInfo, available_timezones


@cache
def zones() -> Mapping[str, ZoneInfo]:
    """By IANA name. The first time it reads 600 small files (0.15 s, 6 MB): in a thread, at start."""
    return MappingProxyType({name: ZoneInfo(name) for name in available_timezones()})
