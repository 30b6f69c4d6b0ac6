"""Digits that are no amount: phone numbers, PINs, addresses of machines, versions, long runs."""

from __future__ import annotations

import re
from typing import Final

from voices.spoken_form.rules.source import Said, Source
from voices.spoken_form.vocabulary.language import Language, word_set

_IP: Final = re.compile(r"(\d{1,3}(?:\.\d{1,3}){3})(?![\d-]|\.\d)(?::(\d{1,5})(?!\d))?(?:/(\d{1,2})(?!\d))?")
_GROUPS: Final = re.compile(r"\d+")
_INTERNATIONAL: Final = re.compile(r"\+(\d{1,3})((?:[ \u00a0./-]?\(?\d{1,12}+\)?){1,6}+)(?!\d|[.,]\d|%)")
_NATIONAL: Final = re.compile(
    r"(?:1[-. ])?(?:\(\d{3}\)[ \u00a0]?|\d{3}[-. \u00a0])\d{3}[-. \u00a0]\d{4}(?![\d-])"
    r"|\(?0\d{1,4}\)?(?:[ /-]\d{2,8}){1,5}(?![\d-]|[.,]\d)|\d{3}-\d{4}(?![\d-])"
)
_CARD: Final = re.compile(r"\d{4}(?:([ -])\d{4})(?:\1\d{1,4}){1,3}(?!\d)")
_IBAN: Final = re.compile(r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?(?!\w)")
_CHAIN: Final = re.compile(r"\d{1,12}(?:-\d{1,12}){2,8}(?![\d])")
_RUN: Final = re.compile(r"(?<!\d)\d+(?![\d]|[.,]\d|\w)")
_GROUPED_RUN: Final = re.compile(r"\d{1,12}(?: \d{1,12}){0,8}(?![\d]|[.,]\d|\w)")
_CODES: Final = word_set(
    "pin passcode password code otp zip postcode plz isbn iban account serial ticket booking confirmation tracking card phone "
    "telephone tel fax mobile call dial text pincode geheimzahl telefon kontonummer buchungsnummer ruf rufen"
)
_BETWEEN: Final = word_set("number no nr code id is was at ist lautet unter sie")
"""What may stand between such a word and its digits."""
_PAIRED: Final = word_set(
    "rtx gtx rx room flight gate bus route highway interstate boeing airbus apartment suite error http https status code "
    "zimmer port rfc iso ieee din"
)
_STATE: Final = re.compile(r"(?<![A-Z])[A-Z]{2}[ \u00a0]$")
_FLIGHT: Final = re.compile(r"\b[Ff]light [A-Z]{2,3}[ \u00a0]$")
_PLACE: Final = re.compile(r"[ \u00a0][A-ZÄÖÜ]")
_BEFORE_PLACE: Final = re.compile(r"(?:, |\b(?:in|nach|aus|PLZ|Ort:?) )$")
_EMERGENCY: Final = frozenset({"110", "112", "911", "999"})
_CALLING: Final = re.compile(r"\b(?:call|dial|ring|emergenc|notruf|ruf|wähl)", re.IGNORECASE)
_VERSION: Final = re.compile(
    r"(\d{1,9}(?:\.\d{1,9}){2,5}|\d{1,9}(?:\.\d{1,9}){0,4}\.[xX*])(?![\d]|\.\d|[^\W\d_]{2})"
    r"(?:[-+.]?(alpha|beta|rc|dev|post|preview|canary|next|nightly|final|lts|a|b|pre)[.-]?(\d{1,6})?(?!\w))?",
    re.IGNORECASE,
)
_VERSION_TAIL: Final = re.compile(
    r"[-+.]?(alpha|beta|rc|dev|post|preview|canary|next|nightly|final|lts|pre)[.-]?(\d{1,6})?(?!\w)", re.IGNORECASE
)
_SOFTWARE: Final = word_set(
    "python node node.js java jdk php ruby perl go golang rust django flask rails ios ipados android ubuntu debian fedora macos "
    "postgres postgresql mysql mariadb sqlite redis kubernetes k8s docker react vue angular next.js typescript linux kernel "
    "version versions release chrome firefox safari .net dotnet c++ swift kotlin scala git npm pnpm yarn uv pip cuda tls ssl usb "
    "bluetooth pytorch torch tensorflow numpy pandas openssl gcc clang cmake nginx apache terraform ansible helm bash zsh gnome "
    "kde alpine opus sonnet haiku claude gpt gemini llama hdmi http"
)
_UNTIL: Final = re.compile(r"[-–](\d{1,9}(?:\.\d{1,9}){1,4})(?![\w-]|\.\d)")
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
    software = _after_software(source, at)
    found = _VERSION.match(source.text, at)
    if found and (software or not re.fullmatch(r"\d{1,3}(?:\.\d{3}){2,}", found[1])):
        return _until(source, Said(version_words(source.language, found[1], found[2], found[3]), found.end()))
    if software and (found := _TWO_PARTS.match(source.text, at)):
        tail = _VERSION_TAIL.match(source.text, found.end())
        words = version_words(source.language, found[1], tail[1] if tail else None, tail[2] if tail else None)
        return _until(source, Said(words, tail.end() if tail else found.end()))
    return None


def _until(source: Source, first: Said) -> Said:
    """3.10-3.12."""
    found = _UNTIL.match(source.text, first.end)
    return (
        Said(f"{first.words} {source.language.words['to']} {version_words(source.language, found[1])}", found.end())
        if found
        else first
    )


def _after_software(source: Source, at: int) -> bool:
    words = source.before(at).casefold().rstrip(" \u00a0-=<>~^").removesuffix(" v").split()
    return bool(words) and not source.text[at - 1].isalnum() and words[-1].lstrip("([\"'") in _SOFTWARE


def _after_code(source: Source, at: int) -> bool:
    """A PIN, a phone number or the like is said here: digit by digit."""
    for word in reversed(source.before(at).casefold().replace("#", " ").split()[-4:]):
        word = word.strip(".:(\"'")
        if word in _CODES:
            return True
        if word and word not in _BETWEEN:
            return False
    return False


def _after_paired(source: Source, at: int) -> bool:
    return source.word_before(at) in _PAIRED


def version_words(language: Language, numbers: str, stage: str | None = None, count: str | None = None) -> str:
    parts = [
        language.figure(part) if part.isdigit() else {"*": language.words["star"]}.get(part, "x") for part in numbers.split(".")
    ]
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
    if len(digits) == 7 and digits.endswith("00") and not _after_code(source, at):
        return None  # 200-1000 is a range
    return Said(_spelled(language, found[0]), found.end()) if len(digits) >= 7 else None


def digits_by_digit(source: Source, at: int) -> Said | None:
    """PINs and codes after a word that says so, cards, ISBNs, and runs that are too long to be an amount."""
    language, run = source.language, _RUN.match(source.text, at)
    if run and 3 <= len(run[0]) <= 5 and _after_paired(source, at):
        return Said(paired(language, run[0]), run.end())
    if (said := _card_or_chain(source, at)) is not None:
        return said
    if _after_code(source, at) and (found := _GROUPED_RUN.match(source.text, at)) and len(found[0]) >= 3:
        return Said(_spelled(language, found[0]), found.end())
    if (
        run
        and language.day_first
        and len(run[0]) == 5
        and _PLACE.match(source.text, run.end())
        and _BEFORE_PLACE.search(source.before(at))
    ):
        return Said(language.spell(run[0]), run.end())
    if run and len(run[0]) == 5 and _STATE.search(source.before(at)):
        return Said(language.spell(run[0]), run.end())
    if run and len(run[0]) in (3, 4) and _FLIGHT.search(source.before(at)):
        return Said(paired(language, run[0]), run.end())
    if run and run[0] in _EMERGENCY and _CALLING.search(source.text[max(0, at - 60) : at + 40]):
        return Said(language.spell(run[0]), run.end())
    if run and len(run[0]) >= 7 and (len(run[0]) > 12 or not run[0].endswith("000") or run[0][0] == "0"):
        return Said(_spelled(language, run[0]), run.end())
    return None


def _card_or_chain(source: Source, at: int) -> Said | None:
    """4111 1111 1111 1111, 978-3-16-148410-0."""
    language = source.language
    found = _CARD.match(source.text, at) or _CHAIN.match(source.text, at)
    if not found:
        return None
    if sum(map(str.isdigit, found[0])) >= 9 or _after_code(source, at):
        return Said(_spelled(language, found[0]), found.end())
    parts = _GROUPS.findall(found[0])
    between = " " if all(len(part) < 3 for part in parts) else f" {language.words['dash']} "  # a record, a formation
    return Said(between.join(map(language.figure, parts)), found.end())


def account(source: Source, at: int) -> Said | None:
    """AT61 1904 3002 3457 3201."""
    found = _IBAN.match(source.text, at)
    if not found:
        return None
    groups = re.findall(r"[A-Z0-9]{1,4}", found[0])
    spelled = (" ".join(source.language.digits[int(one)] if one.isdigit() else one for one in group) for group in groups)
    return Said(", ".join(spelled), found.end())


def _spelled(language: Language, written: str) -> str:
    return ", ".join(language.spell(part) for group in _GROUPS.findall(written) for part in chunks(group))


def chunks(digits: str) -> list[str]:
    """Four digits are said in one breath; more in threes, the last of them perhaps four."""
    threes = max(0, -(-(len(digits) - 4) // 3))
    return [*(digits[3 * at : 3 * at + 3] for at in range(threes)), digits[3 * threes :]]
