"""English: how its dates, times and prices are said."""

from __future__ import annotations

from typing import Final

from voices.spoken_form.vocabulary import english_words as table
from voices.spoken_form.vocabulary.language import GROUPED_BY_BLANKS, Currency, Language, num2words_as


def part(top: int, bottom: int) -> str:
    name = {2: "half", 4: "quarter"}.get(bottom) or ordinal(bottom).removeprefix("one ")
    name = name if top == 1 else "halves" if bottom == 2 else f"{name}s"
    return f"{num2words_as(top, 'en', 'cardinal')} {name}"


def ordinal(number: int) -> str:
    return num2words_as(number, "en", "ordinal")


def year(number: int) -> str:
    return num2words_as(number, "en", "year")


def date(day: int, month: int, year_words: str, before: str) -> str:
    """November twenty-ninth, twenty twenty-six; or, where the text has the day first, the twenty-ninth of November."""
    return f"{table.MONTHS[month - 1]} {ordinal(day)}" + (f", {year_words}" if year_words else "")


def clock(hours: int, minutes: int, seconds: int | None, half: str) -> str:
    """`half` is "am" or "pm" if the text says so, "range" for one of two times, "word" for a half by the number, or empty."""
    if half in ("am", "pm"):
        words = [_hour(hours), *_minutes(minutes), "A M" if half == "am" else "P M"]
    elif seconds is not None:
        return " ".join([_hour(hours), *(_minutes(minutes) or ["hundred hours" if hours > 12 else "o'clock"]), _seconds(seconds)])
    elif half == "word":
        words = [_hour(hours % 12 or 12), *_minutes(minutes), "A M" if hours < 12 or hours == 24 else "P M"]
    elif minutes == 0 and hours in (0, 24):
        words = ["midnight"]
    elif minutes == 0 and hours > 12:
        words = [_hour(hours - 12), "P M"]
    elif hours == 0:
        words = ["twelve", *_minutes(minutes), "A M"]
    else:
        words = [_hour(hours), *(_minutes(minutes) or ([] if half == "range" else ["o'clock"]))]
    return " ".join(words)


def _hour(hours: int) -> str:
    return num2words_as(hours, "en", "cardinal")


def _minutes(minutes: int) -> list[str]:
    return [] if minutes == 0 else [("oh " if minutes < 10 else "") + num2words_as(minutes, "en", "cardinal")]


def _seconds(seconds: int) -> str:
    return f"and {num2words_as(seconds, 'en', 'cardinal')} second{'' if seconds == 1 else 's'}"


def money(whole: str, cents: str, currency: Currency) -> str:
    units = "" if whole == "0" and cents.strip("0") else _amount(whole, currency.one, currency.many)
    small = _amount(str(int(cents)), currency.cent, currency.cents) if cents.strip("0") else ""
    return " and ".join(part for part in (units, small) if part)


def _amount(digits: str, one: str, many: str) -> str:
    return f"{ENGLISH.figure(digits)} {one if digits == '1' else many}"


ENGLISH: Final = Language(
    code="en",
    number=rf"(?<!\d)(?:\d{{1,3}}(?:,\d{{3}}(?!\d)){{1,20}}|{GROUPED_BY_BLANKS}|\d+)(?:\.\d+)?|\.\d+",
    group=",\u00a0' ",
    points={".": "point", ",": "point"},
    digits=table.DIGITS,
    words=table.WORDS,
    signs=table.SIGNS,
    units=table.UNITS,
    per=table.PER,
    currencies=table.CURRENCIES,
    scales=table.SCALES,
    fractions=table.FRACTIONS,
    months=table.MONTHS,
    month_names={
        **{name.casefold(): at for at, name in enumerate(table.MONTHS, 1)},
        **{name[:3].casefold(): at for at, name in enumerate(table.MONTHS, 1)},
        "sept": 9,
    },
    weekdays={
        **{name: name for name in table.WEEKDAYS},
        **{name[:3]: name for name in table.WEEKDAYS},
        "Tues": "Tuesday",
        "Thur": "Thursday",
        "Thurs": "Thursday",
    },
    abbreviations=table.ABBREVIATIONS,
    titles=table.TITLES,
    numbered=table.NUMBERED,
    dotted=table.DOTTED,
    years_after=table.YEARS_AFTER,
    part=part,
    one=lambda _feminine: "one",
    one_of=lambda _noun, _before: "one",
    mixed=table.MIXED,
    no_thing=table.NO_THING,
    single_words=table.SINGLE_WORDS,
    slashed=table.SLASHED,
    alternatives=table.ALTERNATIVES,
    ordinal=ordinal,
    year=year,
    date=date,
    clock=clock,
    money=money,
)
