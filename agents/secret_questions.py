"""Whether a run asks the caller for a secret: a PIN, a password or a code is never asked for on the phone, whoever asks. Pure."""

from __future__ import annotations

import re
from typing import Final

_SECRETS: Final = frozenset(
    {"pin", "pins", "pincode", "passcode", "passcodes", "passphrase", "password", "passwords", "passwort", "kennwort"}
    | {"geheimzahl", "geheimnummer", "otp", "cvv", "cvc", "tan", "credentials", "token", "apikey"}
)
_CODES: Final = frozenset({"code", "codes", "key", "keys", "number", "digits"})
_OF_SECRETS: Final = frozenset(
    {"pin", "security", "secret", "access", "verification", "confirmation", "authentication", "authenticator", "sms", "login"}
    | {"one", "time", "door", "unlock", "factor", "2fa", "mfa", "api", "private", "digit", "four", "six", "recovery", "backup"}
    | {"sign", "in", "card"}
)
_WANTS: Final = frozenset(
    {"what", "what's", "whats", "which", "tell", "give", "say", "speak", "enter", "type", "key", "dial", "press", "provide"}
    | {"send", "share", "read", "spell", "need", "know", "confirm", "repeat", "remind", "supply", "state", "your", "you"}
    | {"wie", "sag", "sagen", "nenne", "nennen", "dein", "deine", "ihr", "ihre"}
)
_YES_OR_NO: Final = frozenset({"shall", "should", "may", "do", "does", "is", "are", "would", "will", "has", "have"})
_GIVES: Final = _WANTS - {"what", "what's", "whats", "which", "your", "you", "need", "know", "key", "read", "send", "type", "say"}
_WORD: Final = re.compile(r"[a-zà-ÿ0-9]+(?:'[a-z]+)?")
_SHORT: Final = 5  # words: "Your PIN, please?"


def asks_for_secret(question: str) -> bool:
    """Of a question that any words answer. "Shall I add a password field?" wants a yes or a no, and is none."""
    text = question.casefold().replace("\u2019", "'").replace("p.i.n", "pin")
    words = [match[0] for match in _WORD.finditer(text)]
    joined = [str(word) for word in " ".join(words).replace("p i n", "pin").split(" ")]
    places = [at for at, word in enumerate(joined) if word in _SECRETS or _is_code(joined, at)]
    if not places:
        return False
    if any(joined[at - 1] in ("your", "dein", "deine", "ihr", "ihre") for at in places if at):
        return True
    if joined[0] in _YES_OR_NO and not _GIVES.intersection(joined):
        return False
    return bool(_WANTS.intersection(joined)) or len(joined) <= _SHORT


def _is_code(words: list[str], at: int) -> bool:
    """A code that is a secret: the verification code, the code that was sent to you; not the code of a program."""
    if words[at] not in _CODES:
        return False
    before, after = set(words[max(0, at - 3) : at]), words[at + 1 : at + 7]
    if before & _OF_SECRETS and not {"line", "lines", "source"} & before:
        return True
    sent = {"got", "received", "sent", "texted", "emailed", "sms", "phone"}
    return bool(sent.intersection(after))
