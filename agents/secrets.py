"""Secrets in a text: found by their names and by their looks, so that none is said, told or kept. Pure, and linear in time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final

import re2

A_SECRET: Final = "a secret"
_ALSO: Final = ("PWD", "OLDPWD", "pwd")  # a folder's, not a password
_NAMES: Final = frozenset(
    """
    password passwd passwords pass passphrase passcode pwd secret secrets token tokens credential credentials cred creds
    authorization auth authtoken cookie cookies bearer pat pin otp apikey apitoken accesskey secretkey privatekey sshpass
    userpass userpwd
    """.split()  # noqa: SIM905  as a list, one word a line
)
_KEYS: Final = frozenset(
    """
    api access private secret auth signing encryption master account service license app client deploy
    """.split()  # noqa: SIM905  as a list, one word a line
)
# What ends or begins with these is about secrets, and none itself: `--password-file`, `--delete-secret-keys`.
_ABOUT: Final = frozenset(
    "file files path dir jar name names arn type stdin url uri policy ttl length count store helper".split()  # noqa: SIM905
)
_DOES: Final = frozenset(
    "no delete remove list max min show save load with without disable enable export import rotate".split()  # noqa: SIM905
)
_GLUED: Final = ("password", "passwd", "passphrase", "token", "secret", "apikey")  # `PGPASSWORD`
# Options whose value is a secret by what the program makes of them: program, a word that follows it, the options.
_BY_PROGRAM: Final = (
    ("sshpass", "", ("-p",)),
    ("mysql", "", ("-p",)),
    ("mysqldump", "", ("-p",)),
    ("mysqladmin", "", ("-p", "password")),
    ("mariadb", "", ("-p",)),
    ("docker", "login", ("-p",)),
    ("podman", "login", ("-p",)),
    ("redis-cli", "", ("-a",)),
    ("gh", "secret", ("-b", "--body")),
    ("openssl", "passwd", ("passwd",)),
    ("openssl", "", ("-k", "-K")),
    ("aws", "SecureString", ("--value",)),
    ("ansible-vault", "", ("encrypt_string",)),
    ("mongo", "", ("-p",)),
    ("mongosh", "", ("-p",)),
    ("mongodump", "", ("-p",)),
    ("sqlcmd", "", ("-P",)),
    ("rclone", "config", ("pass", "password", "token", "client_secret", "secret_access_key")),
    ("ldapsearch", "", ("-w",)),
    ("ldapmodify", "", ("-w",)),
    ("7z", "", ("-p",)),
    ("zip", "", ("-P",)),
    ("unzip", "", ("-P",)),
    ("ssh-keygen", "", ("-N", "-P")),
    ("htpasswd", "", ()),
)
_ATTACHED: Final = ("sshpass", "mysql", "mysqldump", "mysqladmin", "mariadb", "7z", "zip", "unzip")
_LOGINS: Final = ("-u", "--user", "-U", "--proxy-user")
_PART: Final[Any] = re2.compile(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_VALUE: Final = r"[^\s\"'&,;]+"
# What may follow `password=`, `"token": ` or `Authorization: Bearer `: in quotes, it may be several words.
_GIVEN: Final[Any] = re2.compile(
    r"(\s{0,8}(?:(?:[Bb]earer|[Bb]asic|[Tt]oken|[Dd]igest)\s+)?)(\\?\"[^\"]*\"|'[^']*'|" + _VALUE + ")"
)
_LONGEST_NAME: Final = 64
_SHORTEST: Final = 6
_LONGEST_VALUE: Final = 1_000
_TOLD: Final[Any] = re2.compile(
    r"(?i)\b(pass ?words?|passwd|pw|passwort|kennwort|passphrase|passcode|secret|token|pin(?: code)?|credentials?"
    r"|(?:api |access |private )?key)"
    r"((?: (?:for|of) [\w.@-]+)?(?:\s+(?:is|to|are|was|becomes|ist|lautet)\s+|\s*[:=]\s+|\s+))([^\s,;]+)"
)
_HARMLESS: Final = frozenset(
    """
    a an the be been being to use used using invalid missing wrong expired set required empty not now too needed correct
    valid stored kept in there only still already unknown incorrect out ok okay fine checked read sent saved hidden log sign
    get make see your his her it its something access authenticate that this what where no none yes good bad gone ready on
    off changed safe here expire and for by with from reach find
    """.split()  # noqa: SIM905  as a list, one word a line
)
# A login ends before `/`, `?`, `#` and, as browsers read it, `\`: what stands before one of these is the host itself.
_ADDRESS: Final[Any] = re2.compile(r"(\w*://)([^\s/@:?#\\]*:)?([^\s/?#\\]+)(@)")
_OPTION: Final[Any] = re2.compile(r"(^|\s)(--?[A-Za-z][A-Za-z0-9_-]*)(\s+)(\"[^\"]*\"|'[^']*'|[^\s\"'-][^\s]*)")
_USER: Final[Any] = re2.compile(r"((?:^|\s)(?:-u|-U|--user|--proxy-user)[ =]+[\"']?[^\s:\"']+:)([^\s\"']+)")
# The same as `_BY_PROGRAM` in a text that is not in words.
_TAKEN: Final[Any] = re2.compile(
    r"(\b(?:sshpass(?:\s+-[ev])*\s+-p|mysql(?:dump|admin)?\b[^\n|;&]{0,80}?\s-p|mariadb\b[^\n|;&]{0,80}?\s-p|redis-cli\b[^\n|;&]{0,80}?\s-a\s"
    r"|(?:docker|podman)\s+login\b[^\n|;&]{0,80}?\s-p\s|gh\s+secret\s+set\b[^\n|;&]{0,80}?\s(?:-b|--body)\s|openssl\s+passwd\s+"
    r"|(?:7z|zip|unzip)\b[^\n|;&]{0,80}?\s-[pP])\s*)(\"[^\"]*\"|'[^']*'|[^\s\"'-][^\s]*)"
)
_SCHEME: Final[Any] = re2.compile(r"(?i)\b((?:bearer|basic)\s+)([A-Za-z0-9._~+/=-]{8,})")
_LOOKS: Final[Any] = re2.compile(
    r"\b(?:sk|pk|rk)[-_][A-Za-z0-9_-]{8,}|\bgh[pousr]_[A-Za-z0-9]{8,}|\bgithub_pat_\w{8,}|\bgl[a-z]{1,6}-[A-Za-z0-9_-]{10,}|\bxox[a-z]-[A-Za-z0-9-]{6,}"
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{10,}|\bAIza[A-Za-z0-9_-]{10,}|\bya29\.[A-Za-z0-9_.-]{6,}|\beyJ[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]+)+|\bnpm_[A-Za-z0-9]{10,}"
    r"|\bpypi-[A-Za-z0-9_-]{8,}|\bhf_[A-Za-z0-9]{8,}|\bSG\.[A-Za-z0-9_.-]{8,}|\bshp[a-z]{2}_[A-Za-z0-9]{8,}|\bdop_v1_[a-f0-9]{8,}|\bAGE-SECRET-KEY-\w+"
    r"|\b(?:whsec|secret|dckr_pat|lin_api)_[A-Za-z0-9]{10,}|\bsq0[a-z]{3}-[\w-]{8,}|\bhvs\.[\w-]{8,}|\bNRAK-[A-Z0-9]{10,}|\bhooks\.slack\.com/\S+"
    r"|[?&](?:sig|signature|X-Amz-Signature|X-Goog-Signature)=[^\s&\"'<>]+"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----[^-]*(?:-----END [A-Z ]*-----)?"
)
_AT_AMAZON: Final[Any] = re2.compile(r"\b[A-Za-z0-9/+]{40}\b")
_RUN: Final[Any] = re2.compile(r"\b[A-Za-z0-9]{16,}\b")
_LONG: Final[Any] = re2.compile(r"[A-Za-z0-9_+=-]{20,}")
_HEX: Final[Any] = re2.compile(r"\b(?:[0-9a-f]{7,128}|[0-9A-F]{7,128})\b")
_MAIL: Final[Any] = re2.compile(r"[\pL\pN_][\pL\pN_.+'-]*@(?:localhost\b|[\pL\pN.-]+\.\pL[\pL\pN-]*)")
_LONG_NUMBER: Final[Any] = re2.compile(r"\+?\b\d(?:[ .-]?\d){12,40}\b")
_ACCOUNT: Final[Any] = re2.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b")
_IS: Final[Any] = re2.compile(rf"\s?[:=]\s?{A_SECRET}\b")
_OF_HEX: Final[Any] = re2.compile(
    r"(?i)\b((?:the|a|an|this|that|my|your|its|our|last|new|old|first) )?(commit|revision|hash|checksum|digest)(?: is|:)? "
    r"((?:sha\d{1,3}[:-])?[0-9a-f]{7,128})\b"
)
_NUMBERS: Final[Any] = re2.compile(
    r"(?i)\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?\b|\b(?:[0-9a-f]{1,4}:){4,7}[0-9a-f]{1,4}\b"
    r"|\b(?:[0-9a-f]{2}-){5}[0-9a-f]{2}\b|(?:\b[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){0,6}::|\B::)(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){0,6}\b|\B)"
)


@lru_cache(maxsize=4_096)
def is_secret_name(name: str) -> bool:
    """What has that name is a secret: `--api-key`, `MYSQL_PWD`, `authToken`."""
    if name.lstrip("-") in _ALSO:
        return False
    parts = [part.lower() for part in _PART.findall(name)]
    joined = "".join(parts)
    if parts and (parts[-1] in _ABOUT or parts[0] in _DOES):
        return False
    if _NAMES & set(parts) or joined in _NAMES or any(part.endswith(_GLUED) for part in parts):
        return True
    return "key" in parts[-1:] and (bool(_KEYS & set(parts)) or name.isupper())


def without_secrets(words: Sequence[str], secret: str = A_SECRET) -> list[str]:
    """The words of a command, with `secret` for what its options take as one, by their name or by the program's."""
    said: list[str] = []
    program, takes = _taken_by(words)
    for word in words:
        before = said[-1] if said else ""
        named = before.startswith("-") and "=" not in before and is_secret_name(before)
        if before in _LOGINS and (":" in word or "%" in word):
            between = ":" if ":" in word else "%"
            said.append(f"{word.partition(between)[0]}{between}{secret}")
        elif before in takes or (named and not word.startswith(("-", "/", "~/", "./", "../"))):
            said.append(secret if word else word)
        elif program in _ATTACHED and len(word) > 2 and word[:2] in takes:
            said.append(f"{word[:2]}{secret}")
        else:
            said.append(word)
    if program == "htpasswd" and len(said) > 3 and any(word.startswith("-") and "b" in word for word in said):
        said[-1] = secret
    return said


def hides_a_name(words: Sequence[str], *, files: bool = False) -> bool:
    """One of the words of a command looks like a secret, but may be a name: no option says that it is one.

    `files`: they name files, whatever stands before a `=` or a `:` in them.
    """
    for word in without_secrets(words, ""):
        name, equals, value = word.partition("=")
        bare = value if equals and (name.startswith("-") or name.isidentifier()) else word
        if "://" in word or any(map(str.isspace, word)):
            continue
        if files and masked(word) != word:
            return True
        if bare is value and is_secret_name(name):
            continue
        if any(_LOOKS.search(part) or any(_is_random(long[0]) for long in _LONG.finditer(part)) for part in bare.split("/")):
            return True
    return False


def _taken_by(words: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """The program that takes secrets, also where `env`, `sudo` or the like starts it; and the options that it takes them by."""
    for at, word in enumerate(words):
        name = word.rpartition("/")[2]
        for program, also, options in _BY_PROGRAM:
            if name == program and (not also or also in words[at + 1 :]):
                return program, options
    return "", ()


def masked(text: str, secret: str = A_SECRET) -> str:
    """The text with `secret` in the place of each secret in it."""
    text = _replaced(_ADDRESS, text, lambda found: _without_login(found, secret))
    text = _without_named(text, secret)
    text = _replaced(
        _OPTION, text, lambda found: f"{found[1]}{found[2]}{found[3]}{secret}" if is_secret_name(found[2]) else found[0]
    )
    text = _replaced(_TAKEN, text, lambda found: f"{found[1]}{secret}")
    text = _replaced(_USER, text, lambda found: f"{found[1]}{secret}")
    text = _replaced(_TOLD, text, lambda found: f"{found[1]}{found[2]}{secret}{_stop(found[3])}" if _is_told(found) else found[0])
    text = _replaced(_SCHEME, text, lambda found: f"{found[1]}{secret}")
    text = _replaced(_LOOKS, text, lambda _: secret)
    text = _replaced(_AT_AMAZON, text, lambda found: secret if _is_mixed(found[0]) else found[0])
    return _replaced(_LONG, text, lambda found: secret if _is_random(found[0]) else found[0])


def _without_login(found: Any, secret: str) -> str:
    """`https://SECRET@host`, as a token may stand for the user or the password; but `ssh://user@host` is no more than a name."""
    hides = found[2] is not None or found[1].lower().startswith("http")
    return f"{found[1]}{secret if hides else found[3]}{found[4]}"


def _replaced(pattern: Any, text: str, by: Callable[[Any], str]) -> str:
    return pattern.sub(by, text)


def has_secret(text: str) -> bool:
    """Something in it is a secret, or tells nobody anything by ear: a commit's hash, an id, an address in numbers."""
    return masked(text, "\0") != text or named(text) != text


def named(text: str) -> str:
    """As one may say it: in the place of what is secret, or tells nobody anything by ear, stands what it is."""
    text = _replaced(_IS, masked(text), lambda _: f" is {A_SECRET}")
    text = _replaced(_MAIL, text, lambda _: "a mail address")
    text = _replaced(_ACCOUNT, text, lambda _: "a bank account")
    text = _replaced(_OF_HEX, text, _of_hex)
    text = _replaced(_NUMBERS, text, _of_numbers)
    text = _replaced(_HEX, text, lambda found: "a commit" if is_hash(found[0]) else found[0])
    text = _replaced(_RUN, text, lambda found: A_SECRET if _changes(found[0]) >= 2 else found[0])
    return _replaced(_LONG_NUMBER, text, lambda _: "a long number")


def _of_hex(found: Any) -> str:
    """Seven digits may be a commit's, too, where it says so."""
    return f"{found[1] or 'a '}{found[2].lower()}" if is_hash(found[3]) or found[3].isdecimal() else found[0]


def _of_numbers(found: Any) -> str:
    """In IPv6 `::` stands for zeros, in programs for a part."""
    if found[0].count("-") == 4:
        return "an id"
    return "an address" if any(map(str.isdecimal, found[0])) else found[0]


def is_hash(text: str) -> bool:
    """Of a commit, for example."""
    text = text.rpartition(":")[2]
    return _HEX.fullmatch(text) is not None and not text.isdecimal() and not text.isalpha()


def _without_named(text: str, secret: str) -> str:
    """Each `:` and `=` is looked at by itself: before it the name, behind it the value."""
    kept: list[str] = []
    done = 0
    for at, sign in enumerate(text):
        if sign not in ":=" or at < done or not is_secret_name(_name_before(text, at)):
            continue
        found = _GIVEN.match(text[at + 1 : at + 1 + _LONGEST_VALUE])  # a part of it: re2 reads all that it is given each time
        if found is None or found[2].startswith(("$", "%", "//")) or text.startswith(A_SECRET, at + 1 + found.start(2)):
            continue
        kept += [text[done : at + 1 + found.start(2)], secret]
        done = at + 1 + found.end(2)
        while found.end(2) == _LONGEST_VALUE and done < len(text) and not text[done].isspace():
            done += 1
    return "".join([*kept, text[done:]])


def _name_before(text: str, at: int) -> str:
    name = text[max(0, at - _LONGEST_NAME) : at].rstrip().rstrip("\"'\\")
    start = len(name)
    while start and (name[start - 1].isalnum() or name[start - 1] in "_-."):
        start -= 1
    return name[start:]


def _stop(value: str) -> str:
    """What ends the sentence, and is not of the value; to be sure, only one sign."""
    return value[-1:] if value[-1:] in (".", "!", "?") else ""


def _is_told(found: Any) -> bool:
    """Of a PIN digits, and what follows without a word between the two only where it is no word."""
    digits = any(map(str.isdecimal, found[3]))
    if found[1].lower().startswith("pin"):
        return digits
    if found[2].isspace() and not (digits and len(found[3]) >= _SHORTEST and any(map(str.isalpha, found[3]))):
        return False
    return found[3].lower().rstrip(".!?:") not in _HARMLESS


def _is_random(text: str) -> bool:
    """Long, of capitals, small letters and digits, and in no order that words have."""
    if is_hash(text):
        return False
    return _is_mixed(text) and _changes(text) >= 3


def _is_mixed(text: str) -> bool:
    tests: tuple[Callable[[str], bool], ...] = (str.isdecimal, str.isupper, str.islower)
    return all(any(map(test, text)) for test in tests)


def _changes(text: str) -> int:
    """Between letters and digits."""
    return sum(one.isdecimal() != other.isdecimal() for one, other in pairwise(text) if one.isalnum() and other.isalnum())
