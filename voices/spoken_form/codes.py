"""Digits that are no amount: phone numbers, PINs, addresses of machines, versions, long runs."""

from __future__ import annotations

import re
from typing import Final

from voices.spoken_form.language import Language
from voices.spoken_form.source import Said, Source

_IP: Final = re.compile(r"(\d{1,3}(?:\.\d{1,3}){3})(?![\d-]|\.\d)(?::(\d{1,5})(?!\d))?(?:/(\d{1,2})(?!\d))?")
_GROUPS: Final = re.compile(r"\d+")
_INTERNATIONAL: Final = re.compile(r"\+(\d{1,3})((?:[ \u00a0./-]?\(?\d{1,12}\)?){1,6})(?!\d|[.,]\d|%)")
_NATIONAL: Final = re.compile(
    r"(?:1[-. ])?(?:\(\d{3}\)[ \u00a0]?|\d{3}[-. \u00a0])\d{3}[-. \u00a0]\d{4}(?![\d-])"
    r"|\(?0\d{1,4}\)?(?:[ /-]\d{2,8}){1,5}(?![\d-]|[.,]\d)|\d{3}-\d{4}(?![\d-])"
)
_CARD: Final = re.compile(r"\d{4}(?:([ -])\d{4})(?:\1\d{1,4}){1,3}(?!\d)")
_CHAIN: Final = re.compile(r"\d{1,12}(?:-\d{1,12}){2,8}(?![\d])")
_RUN: Final = re.compile(r"\d+(?![\d]|[.,]\d|\w)")
_GROUPED_RUN: Final = re.compile(r"\d{1,12}(?: \d{1,12}){0,8}(?![\d]|[.,]\d|\w)")
_CODE_BEFORE: Final = re.compile(
    r"\b(?:pin|passcode|password|code|otp|zip|postcode|plz|isbn|iban|account|serial|ticket|booking|confirmation|tracking|card|phone|"
    r"telephone|tel|fax|mobile|call|dial|text|dialled|pincode|geheimzahl|telefon|nummer|ruf|rufen sie|kontonummer)"
    r"(?: (?:number|no|code|id|is|was|ist|lautet))?[.:]? ?(?:is |at |ist )?#?$",
    re.IGNORECASE,
)
_PAIRED_BEFORE: Final = re.compile(
    r"\b(?:room|flight|gate|bus|route|highway|interstate|boeing|airbus|apartment|suite|error|http|https|status|code|zimmer|port)(?: code)? ?#?$",
    re.IGNORECASE,
)
_VERSION: Final = re.compile(
    r"(\d{1,9}(?:\.\d{1,9}){2,5}|\d{1,9}(?:\.\d{1,9}){0,4}\.[xX*])(?![\d]|\.\d|[^\W\d_]{2})"
    r"(?:[-+.]?(alpha|beta|rc|dev|post|preview|canary|next|nightly|final|lts|a|b|pre)[.-]?(\d{1,6})?(?!\w))?",
    re.IGNORECASE,
)
_VERSION_TAIL: Final = re.compile(r"[-+.]?(alpha|beta|rc|dev|post|preview|canary|next|nightly|final|lts|pre)[.-]?(\d{1,6})?(?!\w)", re.IGNORECASE)
_SOFTWARE: Final = re.compile(
    r"\b(?:python|node|node\.js|java|jdk|php|ruby|perl|go|golang|rust|django|flask|rails|ios|ipados|android|ubuntu|debian|fedora|macos|"
    r"postgres|postgresql|mysql|mariadb|sqlite|redis|kubernetes|k8s|docker|react|vue|angular|next\.js|typescript|linux|kernel|version|"
    r"versions|release|chrome|firefox|safari|\.net|dotnet|c\+\+|swift|kotlin|scala|git|npm|pnpm|yarn|uv|pip|cuda|tls|ssl|usb|bluetooth|"
    r"pytorch|torch|tensorflow|numpy|pandas|openssl|gcc|clang|cmake|nginx|apache|terraform|ansible|helm|bash|zsh|gnome|kde|alpine|"
    r"opus|sonnet|haiku|claude|gpt|gemini|llama)(?:[ \u00a0]|-|==|>=|<=|~=|\^|[ \u00a0]v)$",
    re.IGNORECASE,
)
_TWO_PARTS: Final = re.compile(r"(\d{1,9}\.\d{1,9})(?![\d%]|\.\d|[ \u00a0]?%)")


def machine_address(source: Source, at: int) -> Said | None:
    """192.168.1.10, with a port or the length of a network."""
    found = _IP.match(source.text, at)
    if not found or any(int(part) > 255 for part in found[1].split(".")):
        return None
    words = f" {source.language.words['dot']} ".join(_octet(source.language, part) for part in found[1].split("."))
    if found[2]:
        words += f" {port(source.language, found[2])}"
    if found[3]:
        words += f" {source.language.words['slash']} {source.language.figure(found[3])}"
    return Said(words, found.end())


def _octet(language: Language, digits: str) -> str:
    return language.spell(digits) if len(digits) > 2 else language.figure(digits)


def port(language: Language, digits: str) -> str:
    return f"{language.words['port']} {paired(language, digits)}"


def paired(language: Language, digits: str) -> str:
    """As numbers are said that only name something: 8080 "eighty eighty", 404 "four oh four", 747 "seven forty-seven"."""
    number = int(digits)
    if language.code != "en" or len(digits) not in (3, 4) or digits[0] == "0" or number % 100 == 0:
        return language.spell(digits) if len(digits) > 4 or (len(digits) > 1 and digits[0] == "0") else language.figure(digits)
    head, tail = divmod(number, 100)
    return f"{language.cardinal(head)} {'oh ' if tail < 10 else ''}{language.cardinal(tail)}"


def version(source: Source, at: int) -> Said | None:
    """1.0.0-beta.2, 20.x; two parts after the name of some software: Python 3.11."""
    before = source.before(at)
    found = _VERSION.match(source.text, at)
    if found and not (re.fullmatch(r"\d{1,3}(?:\.\d{3}){2,}", found[1]) and not _SOFTWARE.search(before)):
        return Said(version_words(source.language, found[1], found[2], found[3]), found.end())
    if _SOFTWARE.search(before) and (found := _TWO_PARTS.match(source.text, at)):
        tail = _VERSION_TAIL.match(source.text, found.end())
        words = version_words(source.language, found[1], tail[1] if tail else None, tail[2] if tail else None)
        return Said(words, tail.end() if tail else found.end())
    return None


def version_words(language: Language, numbers: str, stage: str | None = None, count: str | None = None) -> str:
    parts = [language.figure(part) if part.isdigit() else {"*": language.words["star"]}.get(part, "x") for part in numbers.split(".")]
    words = f" {language.points['.']} ".join(parts)
    if stage:
        words += f" {' '.join(stage.upper()) if stage.lower() in ('rc', 'lts', 'a', 'b') else stage}"
    return words + (f" {language.figure(count)}" if count else "")


def phone(source: Source, at: int) -> Said | None:
    """+1 (555) 123-4567: digit by digit, a pause after each group."""
    language = source.language
    if source.text[at] == "+":
        found = _INTERNATIONAL.match(source.text, at)
        if not found or not 8 <= sum(map(str.isdigit, found[0])) <= 15:
            return None
        return Said(f"{language.words['plus']} {_spelled(language, found[0])}", found.end())
    found = _NATIONAL.match(source.text, at)
    if not found:
        return None
    digits = re.sub(r"\D", "", found[0])
    if len(digits) == 7 and digits.endswith("00") and not _CODE_BEFORE.search(source.before(at)):
        return None  # 200-1000 is a range
    return Said(_spelled(language, found[0]), found.end()) if len(digits) >= 7 else None


def digits_by_digit(source: Source, at: int) -> Said | None:
    """PINs and codes after a word that says so, cards, ISBNs, and runs that are too long to be an amount."""
    language, before = source.language, source.before(at)
    if _PAIRED_BEFORE.search(before) and (found := _RUN.match(source.text, at)) and 3 <= len(found[0]) <= 5:
        return Said(paired(language, found[0]), found.end())
    if (said := _card_or_chain(source, at)) is not None:
        return said
    if _CODE_BEFORE.search(before) and (found := _GROUPED_RUN.match(source.text, at)) and len(found[0]) >= 3:
        return Said(_spelled(language, found[0]), found.end())
    found = _RUN.match(source.text, at)
    if found and len(found[0]) >= 7 and (len(found[0]) > 12 or not found[0].endswith("000") or found[0][0] == "0"):
        return Said(_spelled(language, found[0]), found.end())
    return None


def _card_or_chain(source: Source, at: int) -> Said | None:
    """4111 1111 1111 1111, 978-3-16-148410-0."""
    language = source.language
    found = _CARD.match(source.text, at) or _CHAIN.match(source.text, at)
    if not found:
        return None
    if sum(map(str.isdigit, found[0])) >= 9 or _CODE_BEFORE.search(source.before(at)):
        return Said(_spelled(language, found[0]), found.end())
    return Said(f" {language.words['dash']} ".join(map(language.figure, _GROUPS.findall(found[0]))), found.end())


def _spelled(language: Language, written: str) -> str:
    return ", ".join(language.spell(part) for group in _GROUPS.findall(written) for part in chunks(group))


def chunks(digits: str) -> list[str]:
    """Four digits are said in one breath; more in threes, the last of them perhaps four."""
    threes = max(0, -(-(len(digits) - 4) // 3))
    return [*(digits[3 * at : 3 * at + 3] for at in range(threes)), digits[3 * threes :]]
