"""How much: numbers with their units, money, fractions, powers, ranges, years."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from voices.spoken_form.codes import paired
from voices.spoken_form.language import Currency, Language, Unit
from voices.spoken_form.source import Said, Source

SUPERSCRIPTS: Final = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
SUPERSCRIPT: Final = re.compile(r"([⁺⁻]?)([⁰¹²³⁴⁵⁶⁷⁸⁹]{1,6})")
CARET: Final = re.compile(r"[ \u00a0]?\^[ \u00a0]?\(?([-+−]?)(\d{1,6})\)?")
_ORDINAL: Final = re.compile(r"(\d{1,3}(?:,\d{3})*|\d{1,9})(?:st|nd|rd|th)(?!\w)", re.IGNORECASE)
_DOTTED_ORDINAL: Final = re.compile(r"(\d{1,3})\.(?=[ \u00a0][^\W\d_])")
_MIXED: Final = re.compile(r"(\d{1,6})[ \u00a0-](\d{1,2})/(2|3|4|5|6|8|16|32|64)(?![\d/])")
_FRACTION: Final = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)/(\d{1,6})(?![\d/]|\.\d)")
_SLASH_CHAIN: Final = re.compile(r"\d{1,9}(?:/\d{1,9}){2,8}(?![\d/])")
_VULGAR: Final = re.compile(r"[ \u00a0]?([½¼¾⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞])")
_SCIENTIFIC: Final = re.compile(r"(\d{1,9}(?:\.\d{1,12})?)[eE]([+-]?)(\d{1,3})(?!\w)")
_SIDES: Final = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)(?:[ \u00a0]?x[ \u00a0]?|×)(?=\d)")
_TIMES: Final = re.compile(r"x(?!\w)")
_HEIGHT: Final = re.compile(r"(\d{1,3})['′][ ]?(\d{1,2}(?:\.\d)?)(?:\"|''|″)(?!\w)|(\d{1,4}(?:\.\d{1,3})?)(\"|″)(?!\w)|(\d{1,5})['′](?![\w'])")
_TO: Final = re.compile(r"[ \u00a0]?([-–]|\.\.\.?)[ \u00a0]?(?=[-−]?[$€£¥]?\d)")
_SPACED: Final = re.compile(r"[ \u00a0]")
_EQUATION: Final = re.compile(r"[ \u00a0]?[-–][ \u00a0]?\d[\d.,]{0,20}[ \u00a0]?[=*/+×÷≈]")
_COMPOUND: Final = re.compile(r"((?:-[^\W\d_]+){1,3})")
_LETTERS: Final = re.compile(r"([^\W\d_]{1,12})(?![^\W_])")
_UNIT: Final = re.compile(r"(?P<gap>[ \u00a0]?)(?P<unit>%|‰|sq[ ](?:ft|m)|[°A-Za-zμΩ]{1,7}[²³23]?)(?![^\W_]|[²³])")
_PER_DIGIT: Final = re.compile(r"/(\d{1,6})[ \u00a0]?")
_HOURS_BEFORE: Final = re.compile(r"\d ?h(?:rs?|ours?)? ?$")
_CLOSES: Final = re.compile(r"[ \u00a0]?(?:$|[.,;:)!?\"'])")
_NEEDS_GAPLESS: Final = frozenset({"A", "F", "N", "J", "K", "B", "in", "t", "d", "pt", "cd", "pp", "us", "AU"})
"""Units that are words too: behind a blank they count only at the end of a phrase."""
_NEEDS_GAP: Final = frozenset({"A", "F", "N", "J", "K", "B"})
"""Units that are letters too: without a blank `23A` is a seat."""
_DOTTED_UNITS: Final = frozenset("in min sec hr hrs mins secs ft lb lbs oz tbsp tsp mi yd wk wks yr yrs gal Std Min Sek Sekunden std".split())
_NO_PLURAL: Final = frozenset("is was has as this its does yes us plus thus always perhaps across versus it's ones".split())
_PLURALS: Final = frozenset("people men women children percent employees staff lines".split())
_IN_SURE: Final = frozenset({"in", "since", "until", "year"})


@lru_cache(8)
def _patterns(language: Language) -> dict[str, re.Pattern[str]]:
    number = language.number
    signs = [name for name in language.currencies if not name[-1].isalpha()]
    codes = [name for name in language.currencies if name[-1].isalpha()]
    prefix = "|".join(map(re.escape, sorted(signs, key=len, reverse=True)))
    codes_ = "|".join(codes)
    scale = "(?:(?P<gap>[ \u00a0]?)(?P<scale>" + "|".join(map(re.escape, sorted(language.scales, key=len, reverse=True))) + r")(?![^\W_]))?"
    amount = rf"(?P<amount>\d+,\d{{2}}(?![\d,])|{number})"
    per = "|".join(map(re.escape, sorted(language.per, key=len, reverse=True)))
    return {
        "number": re.compile(number),
        "per": re.compile(rf"[ ]?/[ ]?({per})(?![\w²³/])"),
        "money": re.compile(rf"(?P<sign>[-−+]?)(?:(?P<currency>{prefix})[-−]?|(?P<code>{codes_})(?![^\W\d_])[ \u00a0]?)[ \u00a0]?{amount}{scale}"),
        "money_after": re.compile(rf"{amount}{scale}[ \u00a0]?(?:(?P<currency>{prefix})|(?P<code>{codes_})(?![^\W_]))"),
        "scale": re.compile("(" + "|".join(sorted((one for one in language.scales if len(one) <= 3), key=len, reverse=True)) + r")(?![^\W_])"),
    }  # fmt: skip


def currency_first(source: Source, at: int) -> Said | None:
    """$1,234.56, US$5, USD 5, -$5, $3M, $5-10, $20/month."""
    found = _patterns(source.language)["money"].match(source.text, at)
    if not found or (found["sign"] in ("-", "+") and not source.opens(at)):
        return None
    language, end = source.language, found.end()
    name = found["currency"] or found["code"]
    minus = "-" in found[0][:6] or "−" in found[0][:6]
    sign = language.words["minus"] if minus else language.words["plus"] if found["sign"] == "+" else ""
    until = _TO.match(source.text, end) if not _EQUATION.match(source.text, end) else None
    second = _patterns(language)["money"].match(source.text, until.end()) if until else None
    number = _patterns(language)["number"].match(source.text, until.end()) if until and not second else None
    one = source.word_before(at) in ("a", "an")
    words = _priced(language, found, name, one=one)
    if second:
        words = f"{words} {language.words['to']} {_priced(language, second, second['currency'] or second['code'])}"
        end = second.end()
    elif number:
        scale = _patterns(language)["scale"].match(source.text, number.end())
        top = language.figure(number[0]) + (f" {language.scales[scale[1]]}" if scale else "")
        words = f"{language.figure(found['amount'])} {language.words['to']} {top} {language.currencies[name].many}"
        end = scale.end() if scale else number.end()
    return _per(source, Said(f"{sign} {words}".strip(), end))


def currency_last(source: Source, at: int) -> Said | None:
    """5 €, 49,90 €, 20 EUR, 50¢."""
    found = _patterns(source.language)["money_after"].match(source.text, at)
    if not found:
        return None
    name = found["currency"] or found["code"]
    if found["code"] and source.character(found.end()) == "/" and not _patterns(source.language)["per"].match(source.text, found.end()):
        return None
    one = source.word_before(at) in ("a", "an")
    return _per(source, Said(_priced(source.language, found, name, one=one), found.end()))


def _priced(language: Language, found: re.Match[str], name: str, *, one: bool = False) -> str:
    currency: Currency = language.currencies[name]
    written = found["amount"]
    if cents := re.fullmatch(r"(\d+),(\d\d)", written):
        whole, decimals = cents[1], cents[2]
    else:
        whole, _, decimals = language.split(written)
    if found["scale"]:
        return f"{language.figure(written)} {language.scales[found['scale']]} {currency.one if one else currency.many}"
    if one and not decimals:
        return f"{language.figure(written)} {currency.one}"
    if not currency.cent or len(decimals) not in (0, 2) or len(whole) > 15:
        return f"{language.figure(written)} {currency.one if whole == '1' and not decimals else currency.many}"
    return language.money(whole or "0", decimals, currency)


def _per(source: Source, said: Said) -> Said:
    found = _patterns(source.language)["per"].match(source.text, said.end)
    return Said(f"{said.words} {source.language.words['per']} {source.language.per[found[1]]}", found.end()) if found else said


def ordinal(source: Source, at: int) -> Said | None:
    before = source.word_before(at)
    if source.language.day_first and (found := _DOTTED_ORDINAL.match(source.text, at)):
        if before in source.language.ordinal_after or source.word_after(found.end()) in source.language.ordinal_nouns:
            return Said(source.language.date(int(found[1]), 0, "", before), found.end())
    found = _ORDINAL.match(source.text, at)
    return Said(source.language.ordinal(int(found[1].replace(",", ""))), found.end()) if found else None


def fraction(source: Source, at: int) -> Said | None:
    """3/4, 2 3/4, 24/7, 4.5/5, 7/10, 2024/25."""
    language = source.language
    if (found := _MIXED.match(source.text, at)) and int(found[2]) < int(found[3]):
        return Said(f"{language.cardinal(int(found[1]))} {language.words['and']} {language.part(int(found[2]), int(found[3]))}", found.end())
    if found := _SLASH_CHAIN.match(source.text, at):
        return Said(f" {language.words['slash']} ".join(map(language.figure, found[0].split("/"))), found.end())
    found = _FRACTION.match(source.text, at)
    if not found:
        return None
    top, bottom = found[1], int(found[2])
    number = int(top) if top.isdigit() else None
    if number is None or bottom == 0:
        words = f"{language.figure(top)} {language.words['out of']} {language.figure(found[2])}"
    elif found[0] in ("24/7", "9/11") or (number + bottom == 100 and number % 5 == 0) or found[0] == "20/20":
        words = f"{language.figure(top)} {language.figure(found[2])}"
    elif len(top) == 4 and 1900 <= number <= 2099 and len(found[2]) == 2:
        words = f"{language.year(number)} {language.cardinal(bottom)}"
    elif number < bottom and (number == 1 or bottom in (2, 3, 4, 8, 16, 32, 64) or source.word_after(found.end()) == "of") and bottom <= 100:
        words = language.part(number, bottom)
    elif number > bottom:
        words = f"{language.figure(top)} {language.words['over']} {language.figure(found[2])}"
    else:
        words = f"{language.figure(top)} {language.words['out of']} {language.figure(found[2])}"
    unit = _unit(source, found.end())
    return Said(f"{words} {unit[0].one}", unit[1]) if unit and " of " not in words else Said(words, found.end())


def vulgar(source: Source, at: int) -> Said | None:
    """½ on its own: "half a" before a thing, "one half" otherwise."""
    found = _VULGAR.match(source.text, at)
    if not found or found[0][0].isspace():
        return None
    language = source.language
    alone, before_thing = language.fractions[found[1]]
    if unit := _unit(source, found.end()):
        return Said(_of_a(language, before_thing, unit[0].one), unit[1])
    thing = source.word_after(found.end())
    if thing and thing.casefold() not in language.no_thing:
        return Said(_of_a(language, before_thing, thing).rsplit(" ", 1)[0], found.end())
    return Said(alone, found.end())


def _of_a(language: Language, words: str, thing: str) -> str:
    if language.code == "en" and words.endswith(" a") and thing[0] in "aeiouAEIOU" or thing.startswith("hour"):
        return f"{words}n {thing}"
    return f"{words} {thing}"


def sides(source: Source, at: int) -> Said | None:
    """1920x1080, 3x4 m."""
    found = _SIDES.match(source.text, at)
    if not found:
        return None
    return Said(f"{_side(source.language, found[1])} {source.language.words['by']}", found.end())


def _side(language: Language, written: str) -> str:
    return paired(language, written) if len(written) == 4 and written.isdigit() else language.figure(written)


def feet_and_inches(source: Source, at: int) -> Said | None:
    """5'11", 6', 27"; a quotation mark that closes one is none."""
    found = _HEIGHT.match(source.text, at)
    if not found or source.language.code != "en":
        return None
    language = source.language
    if found[1]:
        inches = f"{language.figure(found[2])} {'inch' if found[2] == '1' else 'inches'}"
        return Said(f"{language.figure(found[1])} feet {inches}", found.end())
    if found[3]:
        if found[4] == '"' and source.quoted:
            return None
        one = found[3] == "1" or source.word_before(at) in ("a", "an", "my", "the")
        return Said(f"{language.figure(found[3])} {'inch' if one else 'inches'}", found.end())
    if source.character(at - 1) == "'":
        return None
    return Said(f"{language.figure(found[5])} {'foot' if found[5] == '1' else 'feet'}", found.end())


def quantity(source: Source, at: int) -> Said | None:
    """Any other number: with a unit, a power, a scale, a second number; a year."""
    language, patterns = source.language, _patterns(source.language)
    if found := _SCIENTIFIC.match(source.text, at):
        power = f"{language.words['minus'] if found[2] == '-' else ''} {language.cardinal(int(found[3]))}".strip()
        ten = language.cardinal(10)
        return Said(f"{language.figure(found[1])} {language.words['times']} {ten} {language.words['power']} {power}", found.end())
    found = patterns["number"].match(source.text, at)
    if not found:
        return None
    written, end = found[0], found.end()
    if power := _power(source, end):
        return Said(f"{language.figure(written)} {power.words}", power.end)
    if half := _VULGAR.match(source.text, end):
        return _with_unit(source, at, Said(f"{language.figure(written)} {language.words['and']} {language.mixed[half[1]]}", half.end()), "2")
    if times := _TIMES.match(source.text, end):
        return Said(f"{language.figure(written)} {language.words['times']}", times.end())
    if scale := _scale(source, written, end):
        written, end = "2", scale.end
        said: Said = _range(source, at, scale, written) or _with_unit(source, at, scale, written)
        return said
    if compound := _compound(source, written, end):
        return compound
    plain = Said(_number(source, written, at, end), end)
    if ranged := _range(source, at, plain, written):
        return ranged
    with_unit = _with_unit(source, at, plain, written)
    if with_unit is not plain:
        return with_unit
    return _letters(source, written, end) or plain


def _power(source: Source, end: int) -> Said | None:
    if (found := CARET.match(source.text, end)) or (found := SUPERSCRIPT.match(source.text, end)):
        return Said(power(source.language, found[1].translate(SUPERSCRIPTS).replace("−", "-"), found[2].translate(SUPERSCRIPTS)), found.end())
    return None


def power(language: Language, sign: str, digits: str) -> str:
    if not sign and digits in ("2", "3"):
        return language.words["squared" if digits == "2" else "cubed"]
    return f"{language.words['power']} {language.words['minus'] + ' ' if sign == '-' else ''}{language.figure(digits)}"


def _scale(source: Source, written: str, end: int) -> Said | None:
    """5k, 2M, 3bn; but 4K and 8K are sizes of a picture, and 5m are metres."""
    found = _patterns(source.language)["scale"].match(source.text, end)
    if not found or found[1] in ("m", "mm", "b", "B", "T") or (found[1] == "K" and written in ("2", "4", "8")):
        return None
    return Said(f"{source.language.figure(written)} {source.language.scales[found[1]]}", found.end())


def _compound(source: Source, written: str, end: int) -> Said | None:
    """15-minute, 3-year-old, 5-km; not 5-10."""
    found = _COMPOUND.match(source.text, end)
    if not found or source.character(found.end()).isdigit():
        return None
    parts = found[1][1:].split("-")
    if re.match(r"-\d", source.text[found.end() : found.end() + 2]):  # 1-in-5
        return Said(f"{source.language.figure(written)} {' '.join(parts)}", found.end())
    units = source.language.units
    if parts[0] in units and parts[0] not in ("in", "t", "d", "A", "us"):
        parts[0] = units[parts[0]].one
    if any(part.isupper() for part in parts):
        return Said(_number(source, written, 0, end), end)
    return Said(f"{source.language.figure(written)}-{'-'.join(parts)}", found.end())


def _range(source: Source, at: int, first: Said, written: str) -> Said | None:
    """3-5, 2–3 %, 20°C–25°C, 2019-2024; 10 - 3 only if nothing is reckoned."""
    language, unit = source.language, _unit(source, first.end)
    end = unit[1] if unit else first.end
    until = _TO.match(source.text, end)
    if not until or source.before(at).endswith(("= ", "+ ", "* ", "× ", "− ", "=", "+")) or (
        at and source.text[at - 1] in "-–"
    ):
        return None
    if until[1] in "-–" and _EQUATION.match(source.text, end):
        return None
    if _SPACED.match(until[0]) and not until[0].endswith((" ", "\u00a0")):
        return None  # 3 -5
    begin = f"{first.words} {_counted(unit[0], written)}" if unit else first.words
    return Said(f"{begin} {language.words['to']}", until.end())


def _unit(source: Source, end: int) -> tuple[Unit, int] | None:
    language = source.language
    found = _UNIT.match(source.text, end)
    if not found or found["unit"] not in language.units:
        return None
    name, at = found["unit"], found.end()
    dot = name in ("Mio", "Mrd") and source.character(at) == "." and bool(source.text[at + 1 : at + 3].strip())
    dot = dot or source.character(at) == "." and name in _DOTTED_UNITS and re.match(r"\.[ \u00a0][^\W\dA-Z_]|\.,", source.text[at : at + 3])
    if not found["gap"] and name in _NEEDS_GAP:
        return None
    if found["gap"] and name in _NEEDS_GAPLESS and not dot and not _CLOSES.match(source.text, at):
        return None
    if name == "m" and _HOURS_BEFORE.search(re.sub(r"[\d.]+$", "", source.before(end))):
        return language.units["min"], at
    unit = language.units[name]
    if per := _patterns(language)["per"].match(source.text, at):
        tail = f" {language.words['per']} {language.per[per[1]]}"
        return Unit(unit.one + tail, unit.many + tail, unit.feminine), per.end()
    if (per := _PER_DIGIT.match(source.text, at)) and (last := _UNIT.match(source.text, per.end(1))) and last["unit"] in language.units:
        tail = f" {language.words['per']} {language.figure(per[1])} {language.units[last['unit']].many}"
        return Unit(unit.one + tail, unit.many + tail, unit.feminine), last.end()
    return unit, at + 1 if dot else at


def _with_unit(source: Source, at: int, said: Said, written: str) -> Said:
    found = _unit(source, said.end)
    if not found:
        return _per(source, said)
    unit, end = found
    one = source.word_before(at) in ("a", "an") and source.language.code == "en"
    words = source.language.one(unit.feminine) if written == "1" else said.words
    return Said(f"{words} {unit.one if one else _counted(unit, written)}", end)


def _counted(unit: Unit, written: str) -> str:
    return unit.one if written == "1" else unit.many


def _number(source: Source, written: str, at: int, end: int) -> str:
    """A count, or a year."""
    language = source.language
    if source.character(at - 1) in ("x", "×"):
        return _side(language, written)
    if len(written) == 4 and written.isdigit() and 1000 <= int(written) <= 2199 and _is_year(source, int(written), at, end):
        return language.year(int(written))
    if written == "1" and language.code == "de":
        return language.one_of(source.word_after(end))
    return language.figure(written)


def _is_year(source: Source, number: int, at: int, end: int) -> bool:
    before, after_word = source.word_before(at), source.word_after(end)
    after = after_word.casefold()
    plural = (after.endswith("s") and not after.endswith("ss") and after not in _NO_PLURAL) or after in _PLURALS
    if _unit(source, end):
        return False
    if before in source.language.years_after:
        return not plural or (before in _IN_SURE and number >= 1900)
    if source.language.day_first:
        return 1900 <= number <= 1999 and not after_word[:1].isupper()
    return 1900 <= number <= 2099 and not plural


def _letters(source: Source, written: str, end: int) -> Said | None:
    """5G, 3D, 2FA, 1080p, 23A: what no unit explains."""
    found = _LETTERS.match(source.text, end)
    if not found:
        return None
    language, letters = source.language, found[1]
    number = paired(language, written) if len(written) == 4 and written.isdigit() else language.figure(written)
    spelled = len(letters) == 1 or (letters.isupper() and len(letters) <= 4)
    return Said(f"{number} {' '.join(letters.upper()) if spelled else letters}", found.end())
