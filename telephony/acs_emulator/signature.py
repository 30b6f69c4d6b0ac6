"""Azure's HMAC-SHA256 request signature, checked as the service checks it (protocol research, 3.2)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import quote, unquote

SKEW: Final = timedelta(minutes=15)
_AUTHORIZATION: Final = re.compile(r"HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=(\S+)")


def wrong(method: str, target: str, headers: Mapping[str, str], body: bytes, key: str) -> str | None:
    """What is wrong with a request's signature, or None. `target` is path and query as they came over the wire."""
    match = _AUTHORIZATION.fullmatch(headers.get("authorization", ""))
    if match is None:
        return "The Authorization header has no HMAC-SHA256 signature of x-ms-date;host;x-ms-content-sha256."
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    if headers.get("x-ms-content-sha256") != digest:
        return "x-ms-content-sha256 does not fit the body."
    try:
        if abs(parsedate_to_datetime(headers.get("x-ms-date", "")) - datetime.now(UTC)) > SKEW:
            return "x-ms-date is too far from now."
    except (TypeError, ValueError):
        return "x-ms-date is no date."
    signed = f"{headers.get('x-ms-date')};{headers.get('host')};{digest}"
    for spelling in (target, _as_signed(target)):
        text = f"{method}\n{spelling}\n{signed}".encode()
        expected = base64.b64encode(hmac.digest(base64.b64decode(key), text, "sha256")).decode()
        if hmac.compare_digest(expected, match[1]):
            return None
    return "The signature does not fit the request."


def _as_signed(target: str) -> str:
    """aiohttp sends `4:%2B43…` where the SDK signed `4%3A%2B43…`: the last name, quoted in full again."""
    path, _, query = target.partition("?")
    head, _, name = path.rpartition("/")
    return f"{head}/{quote(unquote(name), safe='')}?{query}"
