"""Figures and signs with a reading of their own: 7-11, 24-7, 16:9, <3, EUR/USD, chmod 755, 1h30, 404s, UTC-5."""

from __future__ import annotations

import re
from typing import Final

from voices.spoken_form.rules.codes import paired
from voices.spoken_form.rules.source import Said, Source
from voices.spoken_form.rules.units import counted, unit_at
from voices.spoken_form.vocabulary.language import word_set

_PAIR: Final = re.compile(r"(\d{1,2})-(\d{1,2})(?![\w-]|[.,]\d|[ \u00a0]?[%°$€£]|[ \u00a0]?[aApP]\.?[mM])")
_BEFORE_SHOP: Final = word_set("a an the at to near nearest local our my this that every any next closest")
_NO_SHOP: Final = word_set("range window slot shift age ages pages percent people")
_BEFORE_ATTACK: Final = word_set("on of after before since post pre until the during")
_AFTER_ATTACK: Final = word_set("was attack attacks happened memorial commission changed hijackers victims")
_WINS: Final = word_set("won win wins lost lose beat beats beaten leads lead led up down score")

_MODE: Final = re.compile(r"[0-7]{3,4}(?![\w%]|[.,:]\d)")
_MODE_TAKES: Final = word_set("chmod umask mode permission permissions perms")
_MODE_BETWEEN: Final = word_set("to of is are set from")

_DURATION: Final = re.compile(r"\d{1,3}(?:h\d{1,2}(?:m(?:in)?)?(?:\d{1,2}s)?|m\d{1,2}s)(?!\w)")
_DURATION_PARTS: Final = re.compile(r"(\d{1,3})(h|m|s)?")
_RUNTIME: Final = re.compile(r"(\d{1,3}):([0-5]\d):([0-5]\d)(?:\.(\d{1,3}))?(?![\d:])")
_BEFORE_RUNTIME: Final = word_set(
    "for took takes take lasted lasts last in after within duration runtime elapsed uptime of about nearly time dauerte dauert "
    "nach dauer laufzeit"
)
_POSITION: Final = re.compile(r"(\d{1,3})°[ ]?(\d{1,2})['′](?:[ ]?(\d{1,2}(?:\.\d{1,4})?)(?:\"|''|″))?[ ]?(?:([NSEW])(?!\w))?")
_MILITARY: Final = re.compile(r"([01]\d|2[0-4])([0-5]\d)[ \u00a0]?(?:hours|hrs|h)(?!\w)")
_BEFORE_MILITARY: Final = word_set("at by until till from around before after since to")
_STATUSES: Final = re.compile(r"(4(?:0[134589]|22|29)|50[0234])s(?!\w)")
SECONDS_BEFORE: Final = word_set("of for in after within took takes take every timeout than wait about")
_ASPECTS: Final = re.compile(r"(16:9|9:16|16:10|21:9|4:3)(?![\d:])")
_SCREENS: Final = re.compile(r"[ \u00a0](?:aspect|screen|display|video|monitor|format|image|picture|photo|ratio)")
_WIRELESS: Final = re.compile(r"802\.(\d{1,2})([a-z]{0,2})(?!\w|\.\d)")

_HEART: Final = re.compile(r"<(/?)3(?![\w%°$€£]|[.,]\d)")
_EMOTICON: Final = re.compile(r"[:;]-?[)(DPp](?=[ \u00a0.!?,)\"']|$)")
_FOND: Final = word_set(
    "thanks thank thx ty you ya u love loves loved hug hugs kisses xoxo cheers night goodnight morning bye day week weekend "
    "birthday much lot lots everyone everybody friend friends guys team folks mom mum dad babe baby dear darling honey sweet "
    "cute miss best great awesome amazing nice lovely beautiful welcome care soon later tomorrow tonight forever always "
    "danke dank dich dir euch lieb liebe hab nacht tag morgen süß bussi abend bald"
)
_LOVERS: Final = word_set("i we they ich wir")
_COINS: Final = {"ETH": "ether", "USDT": "tether", "BTC": "bitcoin"}
_CURRENCY_PAIR: Final = re.compile(r"([A-Z]{3,4})/([A-Z]{3,4})(?![\w/])")
_ZONE: Final = re.compile(
    r"(UTC|GMT)([-−+])(\d{1,2})(?::(\d\d))?(?![\w:])|T([-−])(\d{1,3})(?=[ \u00a0](?:and|min|sec|hour|day)|[.,;!]?$)"
)
_MONTH_YEAR: Final = re.compile(r"([A-Z][a-z]{2,8})\.?[ \u00a0]'(\d\d)(?![\w'])")
_MONTHS: Final = re.compile(r"([A-Z][a-zä]{2,8})[-–]([A-Z][a-zä]{2,8})(?![\w-])")
_MONTH_DAY: Final = re.compile(r"([A-Z][a-z]{2,8})-(\d{1,2})(?![\w-])")
_SIDES_AHEAD: Final = re.compile(r"x[ \u00a0]\d")
_SIDE_BEFORE: Final = re.compile(r"\d[ \u00a0]?(?:mm|cm|m|km|in|ft|px|\"|')[ \u00a0]$")
_SHORT_YEAR: Final = re.compile(r"'0(\d)(?![\w'])")


def figures(source: Source, at: int) -> Said | None:
    """Of what begins with a digit."""
    for reads in (_runtime, _duration, _mode, _position):
        if said := reads(source, at):
            return said
    if source.language.code != "en":
        return None
    for reads in (_named_pair, _military, _statuses, _aspect, _wireless):
        if said := reads(source, at):
            return said
    return None


def _named_pair(source: Source, at: int) -> Said | None:
    """The shop, the day, all day long, and halves of a hundred, larger first."""
    found = _PAIR.match(source.text, at)
    if not found or source.character(at - 1) in ("-", "–", ".", ",", "/", "$", "€"):
        return None
    before, after = source.word_before(at), source.word_after(found.end()).casefold()
    first, second = int(found[1]), int(found[2])
    match found[0]:
        case "7-11":
            named = before in _BEFORE_SHOP and after not in _NO_SHOP
        case "9-11":
            named = before in _BEFORE_ATTACK or after in _AFTER_ATTACK
        case "24-7" | "20-20":
            named = before not in _WINS
        case _:
            named = first + second == 100 and first >= second and first % 5 == 0 and before not in _WINS
    return Said(f"{source.language.cardinal(first)} {source.language.cardinal(second)}", found.end()) if named else None


def _mode(source: Source, at: int) -> Said | None:
    """Of a file: each digit says something of its own."""
    found = _MODE.match(source.text, at)
    if not found or not source.opens(at):
        return None
    for word in reversed(source.before(at).casefold().split()[-4:]):
        if word in _MODE_TAKES:
            return Said(source.language.spell(found[0]), found.end())
        if not word.startswith("-") and word not in _MODE_BETWEEN:
            return None
    return None


def _duration(source: Source, at: int) -> Said | None:
    """1h30, 1m30s; 19h30 is a time of day."""
    found = _DURATION.match(source.text, at)
    if not found or (at and source.text[at - 1].isalnum()):
        return None
    parts = [(number, unit) for number, unit in _DURATION_PARTS.findall(found[0]) if number]
    if len(parts) == 2 and not parts[1][1] and int(parts[0][0]) > 12:
        return Said(source.language.clock(int(parts[0][0]), int(parts[1][0]), None, ""), found.end())
    return Said(_spoken(source, [(number, {"h": "h", "s": "s"}.get(unit, "min")) for number, unit in parts]), found.end())


def _runtime(source: Source, at: int) -> Said | None:
    """01:23:45 behind a word that says how long; with parts of a second it is always one."""
    found = _RUNTIME.match(source.text, at)
    if not found or not (found[4] or source.word_before(at) in _BEFORE_RUNTIME):
        return None
    seconds = f"{int(found[3])}{next(iter(source.language.points)) if found[4] else ''}{found[4] or ''}"
    parts = [
        (found[1].lstrip("0"), "h"),
        (found[2].lstrip("0"), "min"),
        (seconds.removeprefix("0") if not found[4] else seconds, "s"),
    ]
    return Said(_spoken(source, [part for part in parts if part[0]], joined=True) or source.language.cardinal(0), found.end())


def _spoken(source: Source, parts: list[tuple[str, str]], *, joined: bool = False) -> str:
    language, said = source.language, list[str]()
    for number, unit in parts:
        known = language.units[unit]
        count = language.one(known.feminine) if number == "1" else language.figure(number.lstrip("0") or "0")
        said.append(f"{count} {counted(known, number)}")
    if joined and len(said) > 1:
        said[-1] = f"{language.words['and']} {said[-1]}"
    return " ".join(said)


def _position(source: Source, at: int) -> Said | None:
    """40°26'46"N."""
    found = _POSITION.match(source.text, at)
    if not found:
        return None
    language = source.language
    said = [language.figure(found[1]), language.units["°"].many, language.figure(found[2]), language.signs["′"]]
    if found[3]:
        said += [language.figure(found[3]), language.signs["″"]]
    if found[4]:
        said.append(language.words[found[4]])
    return Said(" ".join(said), found.end())


def _military(source: Source, at: int) -> Said | None:
    found = _MILITARY.match(source.text, at)
    if not found or not (found[0][0] == "0" or source.word_before(at) in _BEFORE_MILITARY):
        return None
    hours = source.language.spell(found[1]) if found[1][0] == "0" else source.language.cardinal(int(found[1]))
    minutes = (
        "hundred"
        if found[2] == "00"
        else source.language.cardinal(int(found[2]))
        if found[2][0] != "0"
        else f"oh {source.language.cardinal(int(found[2]))}"
    )
    return Said(f"{hours} {minutes} hours", found.end())


def _statuses(source: Source, at: int) -> Said | None:
    """404s are errors of one kind; 500s behind a word of time are seconds."""
    found = _STATUSES.match(source.text, at)
    if not found or (found[1] == "500" and source.word_before(at) in SECONDS_BEFORE):
        return None
    return Said(f"{paired(source.language, found[1])}s", found.end())


def _aspect(source: Source, at: int) -> Said | None:
    found = _ASPECTS.match(source.text, at)
    if not found or (found[1] == "4:3" and not _SCREENS.match(source.text, found.end())):
        return None
    return Said(f" {source.language.words['by']} ".join(map(source.language.figure, found[1].split(":"))), found.end())


def _wireless(source: Source, at: int) -> Said | None:
    found = _WIRELESS.match(source.text, at)
    if not found:
        return None
    letters = f" {' '.join(found[2].upper())}" if found[2] else ""
    return Said(
        f"{paired(source.language, '802')} {source.language.words['dot']} {source.language.figure(found[1])}{letters}",
        found.end(),
    )


def heart(source: Source, at: int) -> Said | None:
    """<3 behind a kind word, or on its own; "I <3 NY". Behind all else it compares."""
    if source.text[at] != "<" or not (found := _HEART.match(source.text, at)):
        return None
    words, before = source.language.words, source.before(at).rstrip(" \u00a0")
    if at and not source.text[at - 1].isspace():
        return None
    last, ahead = source.word_before(at), source.word_after(found.end())
    if unit_at(source, found.end()) or source.text[found.end() : found.end() + 2].strip()[:1].isdigit():
        return None
    if last in _LOVERS and ahead and not found[1]:
        return Said(words["love"], found.end())
    fond = any(word.strip(",") in _FOND for word in before.casefold().split()[-4:]) and not ahead
    alone = before.endswith((".", "!", "?", "<3")) or last in _FOND or fond or (not before and not ahead)
    if not alone and not found[1]:
        return None
    return Said(words["broken heart"] if found[1] else words["heart"], found.end())


def emoticon(source: Source, at: int) -> Said | None:
    """:-) is seen, not said."""
    found = _EMOTICON.match(source.text, at) if source.text[at] in ":;" and (at == 0 or source.text[at - 1].isspace()) else None
    return Said("", found.end()) if found else None


def short_year(source: Source, at: int) -> Said | None:
    """'05."""
    if (
        source.text[at] != "'"
        or source.language.code != "en"
        or not source.opens(at)
        or not (found := _SHORT_YEAR.match(source.text, at))
    ):
        return None
    return Said(f"oh {source.language.cardinal(int(found[1]))}", found.end())


def by(source: Source, at: int) -> Said | None:
    """3 cm x 5 cm."""
    if source.text[at] != "x" or not _SIDES_AHEAD.match(source.text, at) or not _SIDE_BEFORE.search(source.before(at)):
        return None
    return Said(source.language.words["by"], at + 1)


def named(source: Source, at: int) -> Said | None:
    """Of what begins with a capital: EUR/USD, UTC-5, Nov '26."""
    if not source.text[at].isupper() or not source.opens(at):
        return None
    language = source.language
    if found := _CURRENCY_PAIR.match(source.text, at):
        names = [
            language.currencies[code].one if code in language.currencies else _COINS.get(code, "") for code in found.groups()
        ]
        return Said(f" {language.words['ratio']} ".join(names), found.end()) if all(names) else None
    if found := _ZONE.match(source.text, at):
        sign = language.words["plus" if (found[2] or found[5]) == "+" else "minus"]
        minutes = f" {language.cardinal(int(found[4]))}" if found[4] and int(found[4]) else ""
        return Said(f"{' '.join(found[1] or 'T')} {sign} {language.cardinal(int(found[3] or found[6]))}{minutes}", found.end())
    if (found := _MONTHS.match(source.text, at)) and all(name.casefold() in language.month_names for name in found.groups()):
        months = (language.months[language.month_names[name.casefold()] - 1] for name in found.groups())
        return Said(f" {language.words['to']} ".join(months), found.end())
    found = _MONTH_DAY.match(source.text, at)
    if found and (month := language.month_names.get(found[1].casefold())) and 1 <= int(found[2]) <= 31:
        return Said(language.date(int(found[2]), month, "", ""), found.end())
    if (found := _MONTH_YEAR.match(source.text, at)) and (month := language.month_names.get(found[1].casefold())):
        year = int(found[2]) + (2000 if int(found[2]) < 60 else 1900)
        return Said(f"{language.months[month - 1]} {language.year(year)}", found.end())
    return None
