"""Is this really Azure? Checks its RS256 tokens against its published keys.

Sources: research acs-protocol.md, 4.1 and 5.2; RFC 7519, RFC 7517.
"""

from __future__ import annotations

from typing import Any, Final

import anyio
import httpx2
import jwt
import msgspec
import structlog

from agents import bounds
from telephony.acs_settings import AcsSettings

COOLDOWN_S: Final = 30.0  # between two fetches: tokens with invented key ids must not make us fetch for each
RETRY_S: Final = 1.0  # the same after a fetch that failed
MAX_AGE_S: Final = 3600.0  # then the keys are fetched again, to notice those that were withdrawn; kept if that fails
FETCH_S: Final = 5.0
MAX_KEYS_BYTES: Final = 65_536
MAX_TOKEN: Final = 4_096  # characters; Azure's have about 1,000

log = structlog.get_logger()


class Tokens:
    """Azure's signing keys, fetched on first need, kept, and fetched again when an unknown one signs."""

    def __init__(self, settings: AcsSettings, client: httpx2.AsyncClient) -> None:
        self._settings = settings
        self._client = client
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._stale_s = self._next_fetch_s = float("-inf")
        self._fetching = anyio.Lock()

    async def warm(self) -> None:
        """Fetch the keys, so that the first call does not wait. Azure being away is no error yet."""
        async with self._fetching:
            await self._refresh()

    async def flaw(self, authorization: str | None) -> str | None:
        """What is wrong with an `Authorization` header; None if Azure signed it, for us, and it is still good."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            return "no bearer token"
        if len(token) > MAX_TOKEN:
            return "token too long"
        try:
            header = jwt.get_unverified_header(token)
            key = await self._key(header.get("kid"))
            if key is None:
                return "signed by an unknown key"
            jwt.decode(
                token,
                key,
                algorithms=["RS256"],
                audience=self._settings.audience,
                issuer=self._settings.issuer,
                leeway=self._settings.leeway_s,
                options={"require": ["exp", "aud", "iss"]},
            )
        except (jwt.PyJWTError, ValueError) as error:
            return str(error)
        return None

    async def _key(self, kid: Any) -> jwt.PyJWK | None:
        if not isinstance(kid, str):
            return None
        async with self._fetching:
            now_s = anyio.current_time()
            if (kid not in self._keys or now_s > self._stale_s) and now_s > self._next_fetch_s:
                await self._refresh()
            return self._keys.get(kid)

    async def _refresh(self) -> None:
        try:
            with anyio.fail_after(FETCH_S):
                self._keys = _read_keys(await self._fetch())
        except (httpx2.HTTPError, TimeoutError, jwt.PyJWTError, msgspec.MsgspecError, ValueError, RecursionError) as error:
            log.warning("jwks_unavailable", url=self._settings.jwks_url, error=str(error) or type(error).__name__)
            self._next_fetch_s = anyio.current_time() + RETRY_S
        else:
            self._stale_s = anyio.current_time() + MAX_AGE_S
            self._next_fetch_s = anyio.current_time() + COOLDOWN_S

    async def _fetch(self) -> bytes:
        async with self._client.stream("GET", self._settings.jwks_url) as response:
            response.raise_for_status()
            body = b""
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > MAX_KEYS_BYTES:
                    raise ValueError(f"more than {MAX_KEYS_BYTES} bytes of keys")
            return body


def _read_keys(body: bytes) -> dict[str | None, jwt.PyJWK]:
    keys = msgspec.json.decode(body, type=dict[str, Any]).get("keys")
    if not isinstance(keys, list) or not keys:
        raise ValueError("no keys in it")
    if len(keys) > bounds.SIGNING_KEYS:
        raise ValueError(f"{len(keys)} keys in it, more than {bounds.SIGNING_KEYS}")
    return {key.key_id: key for key in jwt.PyJWKSet(keys).keys if key.key_type == "RSA"}
