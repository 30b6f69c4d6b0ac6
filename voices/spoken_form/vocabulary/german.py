"""German: how its dates, times and prices are said."""

from __future__ import annotations

from typing import Final

from voices.spoken_form.vocabulary import german_words as table
from voices.spoken_form.vocabulary.german_grammar import DETERMINERS, half_of, noun_after, one_of, ordinal_of
from voices.spoken_form.vocabulary.language import GROUPED_BY_BLANKS, Currency, Language, num2words_as, word_set

_DATIVE: Final = word_set(
    "am vom zum dem den im beim ab bis seit zur einer des ersten in mit von nach jedem diesem jeden diesen und nächsten letzten"
)
"""Words after which an ordinal ends in -n."""


def ordinal(number: int) -> str:
    """As it stands alone or after "der": erste, zweite."""
    return num2words_as(number, "de", "ordinal").removesuffix("r")


def year(number: int) -> str:
    return num2words_as(number, "de", "year" if 1100 <= number <= 1999 else "cardinal")


def date(day: int, month: int, year_words: str, before: str) -> str:
    """`before` makes it dritten, dritte or dritter. Month 0: the day alone."""
    ending = "n" if before in _DATIVE else "" if before in ("der", "die", "das") else "r"
    return " ".join(part for part in (ordinal(day) + ending, table.MONTHS[month - 1] if month else "", year_words) if part)


def clock(hours: int, minutes: int, seconds: int | None, half: str) -> str:
    words = f"{'ein' if hours == 1 else _cardinal(hours)} Uhr" + (f" {_cardinal(minutes)}" if minutes else "")
    words += {"am": " vormittags", "pm": " nachmittags"}.get(half, "")
    return words if seconds is None else f"{words} und {_cardinal(seconds)} Sekunden"


def _cardinal(number: int) -> str:
    return num2words_as(number, "de", "cardinal")


def money(whole: str, cents: str, currency: Currency) -> str:
    """neunundvierzig Euro neunzig; neunundneunzig Cent."""
    if whole == "0" and cents.strip("0"):
        return f"{_one_or(cents)} {currency.cents}"
    return f"{_one_or(whole)} {currency.many}" + (f" {_cardinal(int(cents))}" if cents.strip("0") else "")


def _one_or(digits: str) -> str:
    return "ein" if int(digits) == 1 else GERMAN.figure(digits.lstrip("0") or "0")


def part(top: int, bottom: int) -> str:
    name = {2: "halb" if top == 1 else "Halbe", 3: "Drittel", 7: "Siebtel"}.get(bottom)
    name = name or (_cardinal(bottom) + ("tel" if bottom < 20 else "stel")).capitalize()
    return f"{'ein' if top == 1 else _cardinal(top)} {name}"


GERMAN: Final = Language(
    code="de",
    number=rf"(?<!\d)(?:\d{{1,3}}(?:\.\d{{3}}(?!\d)){{1,20}}|{GROUPED_BY_BLANKS}|\d+)(?:,\d+)?|(?<!\d)\d+\.\d+|,\d+",
    group=".\u00a0' ",
    points={",": "Komma", ".": "Punkt"},
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
        "jänner": 1,
        "feber": 2,
    },
    weekdays={**{name: name for name in table.WEEKDAYS}, **{name[:2]: name for name in table.WEEKDAYS}},
    abbreviations=table.ABBREVIATIONS,
    titles=table.TITLES,
    numbered=table.NUMBERED,
    dotted=table.DOTTED,
    years_after=table.YEARS_AFTER,
    ordinal=ordinal,
    year=year,
    date=date,
    clock=clock,
    money=money,
    part=part,
    one=lambda feminine: "eine" if feminine else "ein",
    one_of=one_of,
    half_of=half_of,
    ordinal_of=ordinal_of,
    noun_after=noun_after,
    mixed={sign: forms[0] for sign, forms in table.FRACTIONS.items()},
    no_thing=word_set("der die das und oder von vom zu ist in im auf mit für"),
    single_words=word_set("max min Min Mo Di Mi Do Sa So Fr Jan mind gem bes lt So Art Temp Ges"),
    slashed={},
    alternatives=word_set("ja nein er sie ihr ihm sein seine ihre an aus links rechts richtig falsch"),
    ordinal_after=DETERMINERS,
    ordinal_nouns=word_set(
        "Stock Klasse Platz Preis Auflage Kapitel Quartal Halbjahr Bezirk Weltkrieg Jahrhundert Etage Runde Liga Semester "
        "Obergeschoss OG Teil Halbzeit Akt Satz Mal Versuch Bundesliga Tag Woche Monat Jahr"
    ),
    day_first=True,
)
