"""Whether an address is this machine, where no proxy can reach."""

from __future__ import annotations

from ipaddress import ip_address

import httpx2


def is_loopback(url: str) -> bool:
    host = httpx2.URL(url).host
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
