"""The emulator's identity: the RS256 tokens on callbacks and media sockets, and the key set that proves them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

import anyio.to_thread
import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from telephony.acs_emulator.settings import TokenMode

CALLBACK_LIFE: Final = timedelta(minutes=5)
SOCKET_LIFE: Final = timedelta(hours=24)


class Signer:
    """Signs as Azure does; the negative modes each break one thing and leave the rest in order."""

    def __init__(self, issuer: str, audience: str, key: rsa.RSAPrivateKey) -> None:
        self._issuer, self._audience, self._key = issuer, audience, key
        self._key_id = uuid4().hex

    def authorization(self, life: timedelta, mode: TokenMode = "valid") -> dict[str, str]:
        """The header that carries a new token; empty when the mode is `missing`."""
        if mode == "missing":
            return {}
        now = datetime.now(UTC) - (life + timedelta(hours=1) if mode == "expired" else timedelta())
        claims = {
            "iss": "https://login.example" if mode == "wrong_issuer" else self._issuer,
            "aud": str(uuid4()) if mode == "wrong_audience" else self._audience,
            "iat": now,
            "nbf": now,
            "exp": now + life,
            "jti": uuid4().hex,
        }
        headers = {"kid": self._key_id}
        if mode == "unsigned":
            token = jwt.encode(claims, "", algorithm="none", headers=headers)
        else:
            token = jwt.encode(claims, self._key, algorithm="RS256", headers=headers)
        if mode == "wrong_key":  # a signature that our key never made
            content, _, signature = token.rpartition(".")
            token = f"{content}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"
        return {"Authorization": f"Bearer {token}"}

    def key_set(self) -> dict[str, Any]:
        public = RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return {"keys": [public | {"kid": self._key_id, "use": "sig", "alg": "RS256"}]}


async def new_signer(issuer: str, audience: str) -> Signer:
    """With a fresh key: about a tenth of a second of work, so in a thread."""
    return Signer(issuer, audience, await anyio.to_thread.run_sync(rsa.generate_private_key, 65_537, 2_048))
