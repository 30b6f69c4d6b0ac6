"""Dates, times of day, and the ratios that look like them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from voices.spoken_form.rules.source import Said, Source
from voices.spoken_form.vocabulary.language import Language, word_set

_ISO: Final = re.compile(
    r"(\d{4})([-/])(\d{1,2})\2(\d{1,2})(?![\d-])(?:[T ](\d{2}):(\d{2})(?::(\d{2}))?(?:(Z)|([+-])(\d{2}):?(\d{2}))?(?![\d:]))?"
)
_YEAR_MONTH: Final = re.compile(r"(\d{4})-(0[1-9]|1[0-2])(?![\d-])|(0?[1-9]|1[0-2])/((?:19|20)\d\d)(?![\d/])")
_SLASHED: Final = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})(?![\d/])")
_DOTTED: Final = re.compile(r"(\d{1,2})\.[ \u00a0]?(\d{1,2})\.[ \u00a0]?(\d{4})(?!\.?\d)|(\d{1,2})\.(\d{1,2})\.(\d{2})(?![.\d])")
_SHORT: Final = re.compile(r"(\d{1,2})/(\d{1,2})(?!\d|/|\.\d|%)")
_SHORT_UNTIL: Final = re.compile(r"[ \u00a0]?[-–][ \u00a0]?(\d{1,2})/(\d{1,2})(?!\d|/|\.\d|%)")
_DATED: Final = re.compile(
    r"\b(?:deadline|due|dates?|birthday|meeting|meet|appointment|flight|event|demo|launch|release|party|wedding|arrives?|leaves?|ships?|"
    r"scheduled?|calendar|happens?|postponed|moved?|reschedul\w{1,4}|booked|expires?)\b[^.!?;]{0,24}$",
    re.IGNORECASE,
)
_PARTS_BEFORE: Final = re.compile(
    r"\b(?:scored?|scores|got|rate|rated|rating|pages?|steps?|parts?|only|just|answered|passed|of|about|grade|slide|chapter|level|round|"
    r"question|with|ate|used|have|has|had|finished|done|completed|fraction|ratio|equals|times|plus|minus)[:]?(?: \w{1,4})? $",
    re.IGNORECASE,
)
_CHANCE: Final = re.compile(r"\b(?:probability|chances?|odds|share|proportion|fraction|likelihood)\b|[=+*×÷] ?$", re.IGNORECASE)
_PARTS_AFTER: Final = word_set("right correct done passed complete completed full majority of people wrong failed passing vote")
_NO_THINGS: Final = word_set(
    "works does this was has needs meets seems looks sounds fits suits always perhaps is its unless towards plus less"
)
_WRITTEN_OUT: Final = re.compile(r"(\d{1,2})-([A-Za-z]{3,9})-(\d{4})(?![\w-])")
_DASHED: Final = re.compile(r"(\d{1,2})[-.](\d{1,2})[-.](\d{4})(?![\d-]|\.\d)")
_YEAR_DOTS: Final = re.compile(r"((?:19|20)\d\d)\.(\d{2})\.(\d{2})(?![\w-]|\.\d)")
_DATE_TO: Final = re.compile(r"\d{1,2}/\d{1,2} (?:to|and|or|through) $")
_BEFORE_MONTH: Final = word_set("in since by until till from of late early mid last next this im seit bis ab ende anfang mitte")
_DAY_MONTH_ONLY: Final = re.compile(r"(\d{1,2})\.[ \u00a0]?(\d{1,2})\.(?!\d)")
_BEFORE_DATE: Final = word_set(
    "on by until till since from due before after through dated ends end start starts begins expires opens closes monday tuesday "
    "wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun"
)
_WEEKDAY_BEFORE: Final = re.compile(r"(?:\b(?:Mo|Di|Mi|Do|Fr|Sa|So)|tag|woch)\.?, $")
_ON_WEEKDAY: Final = re.compile(r"\b(?:[Aa]m|bis|ab|seit) (?:Mo|Di|Mi|Do|Fr|Sa|So)\w{0,8}\.?, $")
_CLOCK: Final = re.compile(r"(\d{1,2}):([0-5]\d)(?::([0-5]\d))?(?![\d:])")
_DOT_CLOCK: Final = re.compile(r"(\d{1,2})\.([0-5]\d)(?=(?:[ \u00a0]?[-–][ \u00a0]?\d{1,2}\.[0-5]\d)?[ \u00a0]Uhr)")
_HALF: Final = re.compile(r"[ \u00a0]?([ap])(?:m(?!\w)|\.[ ]?m\.|\.m(?!\w))", re.IGNORECASE)
_HOUR: Final = re.compile(r"(\d{1,2})(?![\d.,:])")
_UNTIL: Final = re.compile(r"[ \u00a0]?[-–][ \u00a0]?(?=\d)")
_O_CLOCK: Final = re.compile(r"[ \u00a0]Uhr(?!\w)")
_RATIO: Final = re.compile(r"(\d{1,6})((?::\d{1,6}){1,3})(?![\d:])")
_RATIO_WORDS: Final = re.compile(
    r"\b(?:ratio|scale|odds|scored?|aspect|won|lost|lead|leads|beat|Verhältnis|Maßstab|steht|stand|gewann|verlor|siegte)\b",
    re.IGNORECASE,
)
_DECADE: Final = re.compile(r"(?:(\d{1,2})(\d)0|'?(\d)0)'?s(?!\w)")
_BEFORE_DECADE: Final = word_set("the mid early late low lower high upper her his their your my")
_SHORT_YEAR: Final = re.compile(r",?[ \u00a0]'(\d\d)(?!\w)")
_QUARTER: Final = re.compile(r"(Q[1-4]|H[12]|FY|CY)[ \u00a0]?((?:19|20)\d\d|\d\d)?(?!\w)")


@lru_cache(8)
def _named(language: Language) -> tuple[re.Pattern[str], ...]:
    """Month before day, day before month, month and year, days of the week, a month on its own."""
    spellings = {form for name in language.month_names for form in (name.capitalize(), name.upper())}
    month = "(?:" + "|".join(sorted(spellings, key=len, reverse=True)) + r")(?![^\W\d_])"
    day, gap, year = r"(\d{1,2})(?:st|nd|rd|th)?", r"[ \u00a0]", r"(?:,?[ \u00a0](\d{4})(?!\d|[ \u00a0]?[%:]))?"
    week = "|".join(sorted(language.weekdays, key=len, reverse=True))
    return (
        re.compile(rf"({month})\.?{gap}{day}(?![\d:%]|[.,]\d|st|\w)(?:{gap}?[-–]{gap}?{day}(?![\d:%\w]))?{year}"),
        re.compile(rf"{day}\.?(?:{gap}?[-–]{gap}?{day}\.?)?{gap}(?:of{gap})?({month})(?:\.(?={gap}?[\da-z,]))?{year}"),
        re.compile(rf"({month})\.?{gap}((?:1[5-9]|20)\d\d)(?!\d|[.,:]\d)"),
        re.compile(
            rf"({week})(?:\.?{gap}?[-–]{gap}?({week})(?!\w)|(\.?,?{gap})(?=(?:the{gap})?(?:\d{{1,2}}(?::\d\d)?[ ]?[ap]\.?m|"
            rf"(?:{month})\.?{gap}\d|\d{{1,2}}(?:[./:]|(?:st|nd|rd|th)?{gap}(?:of{gap})?{month}))))"
        ),
        re.compile(rf"({month})(?=[ \u00a0,;:!?]|$)"),
    )


def iso_date(source: Source, at: int) -> Said | None:
    """2026-11-29, 2026/11/29, 2026-11-29T14:30:00Z."""
    found = _ISO.match(source.text, at)
    if not found or not _is_day(int(found[4]), int(found[3])):
        return None
    language = source.language
    words = language.date(int(found[4]), int(found[3]), language.year(int(found[1])), source.word_before(at))
    if found[5] and int(found[5]) < 25 and int(found[6]) < 60:
        words += ", " + language.clock(
            int(found[5]), int(found[6]), int(found[7]) if found[7] and found[7] != "00" else None, "log"
        )
        if found[8]:
            words += " U T C"
        elif found[9]:
            words += f" {language.words['plus' if found[9] == '+' else 'minus']} {language.cardinal(int(found[10]))}"
            words += f" {language.cardinal(int(found[11]))}" if int(found[11]) else ""
    elif found[5]:
        return Said(words, found.start(5) - 1)
    return Said(words, found.end())


def numeric_date(source: Source, at: int) -> Said | None:
    """29.11.2026, 11/29/2026, 29/11/2026, 11/2026; without a year where the words before it, or the language, make it a date."""
    language, before = source.language, source.word_before(at)
    if (found := _WRITTEN_OUT.match(source.text, at)) and (month := language.month_names.get(found[2].casefold())):
        return _date(source, at, int(found[1]), month, found[3], found.end())
    if (found := _YEAR_DOTS.match(source.text, at)) and (
        said := _date(source, at, int(found[3]), int(found[2]), found[1], found.end())
    ):
        return said
    if (found := _DASHED.match(source.text, at)) and not language.day_first and 1900 <= int(found[3]) <= 2199:
        first, second = int(found[1]), int(found[2])
        if second > 12 or "-" in found[0]:
            day, month = (first, second) if first > 12 else (second, first)
            return _date(source, at, day, month, found[3], found.end())
    if found := _DOTTED.match(source.text, at):
        day, month, year = (found[1], found[2], found[3]) if found[1] else (found[4], found[5], found[6])
        likely = len(year) == 4 or language.day_first or before in _BEFORE_DATE
        return _date(source, at, int(day), int(month), year, found.end()) if likely else None
    if found := _SLASHED.match(source.text, at):
        first, second = int(found[1]), int(found[2])
        day, month = (first, second) if first > 12 or (language.day_first and second <= 12) else (second, first)
        return _date(source, at, day, month, found[3], found.end())
    if found := _YEAR_MONTH.match(source.text, at):
        month, year = (int(found[2]), int(found[1])) if found[1] else (int(found[3]), int(found[4]))
        return Said(f"{language.months[month - 1]} {language.year(year)}", found.end()) if 1500 <= year <= 2199 else None
    dated = before in _BEFORE_DATE or _DATE_TO.search(source.before(at))
    if not language.day_first and (found := _SHORT.match(source.text, at)) and found[0] != "9/11":
        return _short_date(source, at, found, dated=bool(dated))
    if language.day_first and (found := _DAY_MONTH_ONLY.match(source.text, at)):
        said = _date(source, at, int(found[1]), int(found[2]), "", found.end())
        return said and Said(said.words + ("." if not source.text[found.end() :].strip("\"') ") else ""), said.end)
    return None


def _short_date(source: Source, at: int, found: re.Match[str], *, dated: bool) -> Said | None:
    """11/29: a date by the words around it, or because so few parts of so many are spoken of; 11/29-12/3."""
    first, second, language = int(found[1]), int(found[2]), source.language
    likely = second > 12 and second not in (16, 32) and first > 1 and not _is_part(source, at, found.end())
    dated = dated or (_DATED.search(source.text[max(0, at - 48) : at]) is not None and not _is_part(source, at, found.end()))
    if not (dated or likely):
        return None
    month, day = (second, first) if first > 12 and dated else (first, second)
    said = _date(source, at, day, month, "", found.end())
    until = _SHORT_UNTIL.match(source.text, found.end())
    if said and until and _is_day(int(until[2]), int(until[1])):
        return Said(f"{said.words} {language.words['to']} {language.date(int(until[2]), int(until[1]), '', '')}", until.end())
    return said


def _is_part(source: Source, at: int, end: int) -> bool:
    """So many of so many: a score, a page, a count of things."""
    after = source.word_after(end).casefold()
    if _CHANCE.search(source.text[max(0, at - 48) : at]):
        return True
    things = len(after) > 3 and after.endswith("s") and not after.endswith("ss") and after not in _NO_THINGS
    return things or after in _PARTS_AFTER or _PARTS_BEFORE.search(source.before(at)) is not None


def _date(source: Source, at: int, day: int, month: int, year: str, end: int) -> Said | None:
    if not _is_day(day, month):
        return None
    full = int(year) + (0 if len(year) == 4 else 2000 if int(year) < 60 else 1900) if year else 0
    return Said(source.language.date(day, month, source.language.year(full) if year else "", source.word_before(at)), end)


def _is_day(day: int, month: int) -> bool:
    return 1 <= month <= 12 and 1 <= day <= (29 if month == 2 else 30 if month in (4, 6, 9, 11) else 31)


def month_first(source: Source, at: int) -> Said | None:
    """Nov 29th, 2026; Jan 5-7; Dec 2005."""
    language = source.language
    month_day, _, month_year, _, _ = _named(language)
    if found := month_year.match(source.text, at):
        return Said(f"{language.months[_month(language, found[1])]} {language.year(int(found[2]))}", found.end())
    found = month_day.match(source.text, at)
    if not found or not 1 <= int(found[2]) <= 31 or int(found[3] or 1) > 31:
        alone = _named(language)[4].match(source.text, at) if source.word_before(at) in _BEFORE_MONTH else None
        return Said(language.months[_month(language, alone[1])], alone.end()) if alone else None
    words = f"{language.months[_month(language, found[1])]} {language.ordinal(int(found[2]))}"
    if found[3]:
        words += f" {language.words['to']} {language.ordinal(int(found[3]))}"
    if not found[4] and (short := _SHORT_YEAR.match(source.text, found.end())):
        return Said(f"{words}, {language.year(int(short[1]) + (2000 if int(short[1]) < 60 else 1900))}", short.end())
    return Said(words + (f", {language.year(int(found[4]))}" if found[4] else ""), found.end())


def day_first(source: Source, at: int) -> Said | None:
    """3 March 2025, 29th of November; 3. Mai."""
    language = source.language
    found = _named(language)[1].match(source.text, at)
    if not found or not 1 <= int(found[1]) <= 31 or not 1 <= int(found[2] or 1) <= 31:
        return None
    month, year = _month(language, found[3]) + 1, language.year(int(found[4])) if found[4] else ""
    before = "den" if _WEEKDAY_BEFORE.search(source.before(at)) else source.word_before(at)
    if language.day_first:
        the = "den " if _ON_WEEKDAY.search(source.before(at)) else ""
        words = language.date(int(found[2] or found[1]), month, year, before)
        return Said(
            f"{language.date(int(found[1]), 0, '', before)} {language.words['to']} {words}" if found[2] else the + words,
            found.end(),
        )
    days = language.ordinal(int(found[1])) + (f" {language.words['to']} {language.ordinal(int(found[2]))}" if found[2] else "")
    the = "" if before == "the" else "the "
    return Said(f"{the}{days} of {language.months[month - 1]}" + (f", {year}" if year else ""), found.end())


def _month(language: Language, name: str) -> int:
    return language.month_names[name.casefold()] - 1


def weekday(source: Source, at: int) -> Said | None:
    """Mon-Fri; Mon before a date. On their own Sat and Sun are words."""
    found = _named(source.language)[3].match(source.text, at)
    if not found:
        return None
    day = source.language.weekdays[found[1]]
    if found[2]:
        return Said(f"{day} {source.language.words['to']} {source.language.weekdays[found[2]]}", found.end())
    return Said(day + ("," if "," in found[3] or found[3].startswith(".") else ""), found.end())


def decade(source: Source, at: int) -> Said | None:
    """1990s, '90s."""
    found = _DECADE.match(source.text, at)
    if not found or source.language.code != "en":
        return None
    language, tens = source.language, f"{found[2] or found[3]}0"
    if found[0] in ("100s", "1000s"):
        return Said("hundreds" if found[0] == "100s" else "thousands", found.end())
    if found[1] and len(found[1]) == 1 and found[2] + found[1] != "01" and source.word_before(at) not in _BEFORE_DECADE:
        return None  # 300s are seconds
    if found[1] is None:  # 30s may be seconds
        sure = found[0].startswith("'") or (source.word_before(at) or _part_before(source, at)) in _BEFORE_DECADE
        return Said(_plural(language.cardinal(int(tens))), found.end()) if int(tens) and sure else None
    return _century(source, found, tens)


def _part_before(source: Source, at: int) -> str:
    """The `mid` of `mid-90s`."""
    before = re.search(r"([a-z]{3,6})-$", source.before(at))
    return before[1] if before else ""


def _century(source: Source, found: re.Match[str], tens: str) -> Said:
    language = source.language
    century = int(found[1])
    if tens == "00":
        words = language.cardinal(century // 10) + " thousands" if century % 10 == 0 else language.cardinal(century) + " hundreds"
    else:
        words = f"{language.cardinal(century)} {_plural(language.cardinal(int(tens)))}"
    return Said(words, found.end())


def _plural(word: str) -> str:
    return f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"


def quarter(source: Source, at: int) -> Said | None:
    """Q3 2026, H1 2026, FY26."""
    found = _QUARTER.match(source.text, at)
    if not found or (found[1] in ("FY", "CY") and not found[2]):
        return None
    language, year = source.language, found[2] or ""
    if year and len(year) == 2 and found[1] not in ("FY", "CY"):
        return None
    name = " ".join(character if character.isalpha() else language.cardinal(int(character)) for character in found[1])
    said = "" if not year else language.cardinal(int(year)) if len(year) == 2 else language.year(int(year))
    return Said(f"{name} {said}".strip(), found.end())


def clock(source: Source, at: int) -> Said | None:
    """14:30, 2:30pm, 9 a.m., 2-4pm, 09:00-17:00, 14:30:05; 3:1 and other ratios."""
    first = _time(source, at)
    if first is None:
        return _ratio(source, at)
    hours, minutes, seconds, end, colon = first
    if colon and _RATIO_WORDS.search(source.before(at)):
        return _ratio(source, at)
    second, own = None, _HALF.match(source.text, end)
    if seconds is None and (until := _UNTIL.match(source.text, own.end() if own else end)):
        second = _time(source, until.end())
    half = _HALF.match(source.text, second[3] if second else end)
    if own and second and not half:
        second, half = None, own
    if not colon and not half and not (second and second[4]):
        return None
    language = source.language
    if not (half or second or seconds) and source.text[at : at + 2] == "0:" and language.code == "en":
        return Said(f"{language.cardinal(0)} {language.cardinal(minutes)}", end)  # 0:45 left
    end = half.end() if half else second[3] if second else end
    stop = source.stop(end) if half and half[0].endswith(".") else ""
    name = "" if half is None else f"{half[1].lower()}m"
    if second is None:
        if source.language.day_first and (o_clock := _O_CLOCK.match(source.text, end)):
            end = o_clock.end()
        return Said(language.clock(hours, minutes, seconds, name) + stop, end)
    if language.day_first and (o_clock := _O_CLOCK.match(source.text, end)):
        end = o_clock.end()
    to = language.words["between" if source.word_before(at) in ("between", "zwischen") else "to"]
    begins = f"{own[1].lower()}m" if own else ""
    return Said(_span(language, (hours, minutes), (second[0], second[1]), begins, name, to) + stop, end)


def _span(language: Language, first: tuple[int, int], second: tuple[int, int], own: str, half: str, to: str) -> str:
    """`own`: the half of the day that stands behind the first, as in 10am-8pm."""
    style = half if half else "word" if second[0] > 12 or first[0] > 12 else "range"
    begin = language.clock(*first, None, own or (style if style == "word" else "range"))
    return f"{begin} {to} {language.clock(*second, None, style)}"


def _time(source: Source, at: int) -> tuple[int, int, int | None, int, bool] | None:
    """Hours, minutes, seconds, the end, and whether it can be nothing but a time."""
    found = _CLOCK.match(source.text, at)
    if not found and source.language.day_first:
        found = _DOT_CLOCK.match(source.text, at)
    if found and int(found[1]) <= 24:
        seconds = found[3] if found.re is _CLOCK and found[3] != "00" else None
        return int(found[1]), int(found[2]), int(seconds) if seconds else None, found.end(), True
    if (found := _HOUR.match(source.text, at)) and 0 < int(found[1]) <= 12:
        return int(found[1]), 0, None, found.end(), False
    return None


def _ratio(source: Source, at: int) -> Said | None:
    found = _RATIO.match(source.text, at)
    if not found:
        return None
    parts = [found[1], *found[2].lstrip(":").split(":")]
    return Said(f" {source.language.words['ratio']} ".join(source.language.figure(part) for part in parts), found.end())
