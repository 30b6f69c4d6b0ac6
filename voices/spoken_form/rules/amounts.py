"""How much: numbers with their units, powers and scales, ranges, years."""

from __future__ import annotations

import re
from typing import Final

from voices.spoken_form.rules.codes import paired
from voices.spoken_form.rules.fractions import VULGAR, mixed, side
from voices.spoken_form.rules.names import word_said
from voices.spoken_form.rules.source import Said, Source
from voices.spoken_form.rules.units import EQUATION, TO, counted, patterns, per_what, unit_at, with_unit
from voices.spoken_form.vocabulary.language import Language, word_set

SUPERSCRIPTS: Final = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
SUPERSCRIPT: Final = re.compile(r"([⁺⁻]?)([⁰¹²³⁴⁵⁶⁷⁸⁹]{1,6})")
CARET: Final = re.compile(r"[ \u00a0]?\^[ \u00a0]?\(?([-+−]?)(\d{1,6})\)?")
_SCIENTIFIC: Final = re.compile(r"(\d{1,9}(?:\.\d{1,12})?)[eE]([+-]?)(\d{1,3})(?!\w)")
_TIMES: Final = re.compile(r"x(?!\w|[ \u00a0]?[=+*/^<>−]|[ \u00a0]-[ \u00a0])")
_RATE: Final = re.compile(r"[kK]/(?:s|sec|min|h|hr|d|day|mo|month|yr|year)(?!\w)")
_MANY: Final = re.compile(
    r"([ \u00a0](?:bn|tn|mn|mln|bln)(?!\w)|(?:m|B|T|b)(?=[ \u00a0](?:users|rows|people|records|customers|downloads|views|"
    r"requests|tokens|"
    r"lines|files|parameters|params|weights|messages|events|queries|documents|images|subscribers|visitors|followers|streams|plays|"
    r"hits|points|items|dollars|euros|pounds)(?!\w)))"
)
_EQUATED: Final = re.compile(r"[=+−][ \u00a0]?$")
_OFTEN: Final = re.compile(r"x(?=/[a-z]|[ \u00a0](?:per|a|each|every)[ \u00a0](?!\d))")
_GROUPED: Final = re.compile(r"\d{1,3}(?:\.\d{3}){2,5}(?![\w.]|,\d)|\d{1,3}(?:_\d{3}){1,5}(?!\w)")
_YEARS: Final = re.compile(r"[-–](\d{4})(?!\d|[.,]\d)(?![ \u00a0][a-z]{3,12}s(?!\w))")
_ENDED: Final = re.compile(r"er[ns]?(?![^\W_])")
_DOCUMENT: Final = re.compile(
    r"(?:#|\b(?:invoice|order|ticket|case|receipt|contract|quote|claim|rechnung|auftrag|vertrag|bestellung)[ ]"
    r"(?:(?:number|no\.|nr\.)[ ])?)$",
    re.IGNORECASE,
)
"""What stands before a number of two parts that is no range: invoice 2024-117."""
_SPACED: Final = re.compile(r"[ \u00a0]")
_COMPOUND: Final = re.compile(r"((?:-[^\W\d_]+){1,3})")
_LETTERS: Final = re.compile(r"([^\W\d_]{1,12})(?![^\W_])")
_DECIMAL_COMMA: Final = re.compile(r"(\d{1,4},\d{1,2})(?=[ \u00a0]?(?!and\b|or\b|to\b)[A-Za-z%°])")
_STATUS: Final = word_set("401 403 404 409 429 500 502 503 504")
_NO_PLURAL: Final = word_set("is was has as this its does yes us plus thus always perhaps across versus it's ones")
_PLURALS: Final = word_set("people men women children percent employees staff lines")
_IN_SURE: Final = frozenset({"in", "since", "until", "year"})


def quantity(source: Source, at: int) -> Said | None:
    """Any other number: with a unit, a power, a scale, a second number; a year."""
    language = source.language
    if found := _SCIENTIFIC.match(source.text, at):
        power = f"{language.words['minus'] if found[2] == '-' else ''} {language.cardinal(int(found[3]))}".strip()
        ten = language.cardinal(10)
        return Said(f"{language.figure(found[1])} {language.words['times']} {ten} {language.words['power']} {power}", found.end())
    if found := _GROUPED.match(source.text, at):
        whole = Said(language.figure(re.sub(r"\D", "", found[0])), found.end())
        return with_unit(source, at, whole, "2")
    found = patterns(language)["number"].match(source.text, at)
    if not found:
        return None
    if language.code == "en" and (comma := _DECIMAL_COMMA.match(source.text, at)) and comma.end() > found.end():
        return with_unit(source, at, Said(language.figure(comma[1].replace(",", ".")), comma.end()), comma[1])
    written, end = found[0], found.end()
    if power := _power(source, end):
        return Said(f"{language.figure(written)} {power.words}", power.end)
    if half := VULGAR.match(source.text, end):
        return with_unit(source, at, Said(mixed(language, written, half[1]), half.end()), "2")
    if written in _STATUS and source.word_before(at) in ("a", "an"):
        return Said(paired(language, written), end)
    if (times := _OFTEN.match(source.text, end)) and language.code == "en":
        return per_what(source, Said(f"{language.figure(written)} {'time' if written == '1' else 'times'}", times.end()))
    if (times := _TIMES.match(source.text, end)) and not _EQUATED.search(source.before(at)):
        return Said(f"{language.figure(written)} {language.words['times']}", times.end())
    if language.day_first and written.isdigit() and (ended := _ENDED.match(source.text, end)):  # 80er, 1990ern
        number = language.year(int(written)) if len(written) == 4 else language.figure(written)
        return Said(f"{number}{ended[0]}", ended.end())
    if scale := _scale(source, written, end):
        written, end = "2", scale.end
        said: Said = _range(source, at, scale, written) or with_unit(source, at, scale, written)
        return said
    if compound := _compound(source, written, end):
        return compound
    plain = Said(_number(source, written, at, end), end)
    if ranged := _range(source, at, plain, written):
        return ranged
    counted_out = with_unit(source, at, plain, written)
    if counted_out is not plain:
        return counted_out
    return _letters(source, written, end) or plain


def _power(source: Source, end: int) -> Said | None:
    if (found := CARET.match(source.text, end)) or (found := SUPERSCRIPT.match(source.text, end)):
        return Said(
            power(source.language, found[1].translate(SUPERSCRIPTS).replace("−", "-"), found[2].translate(SUPERSCRIPTS)),
            found.end(),
        )
    return None


def power(language: Language, sign: str, digits: str) -> str:
    if not sign and digits in ("2", "3"):
        return language.words["squared" if digits == "2" else "cubed"]
    return f"{language.words['power']} {language.words['minus'] + ' ' if sign == '-' else ''}{language.figure(digits)}"


def _scale(source: Source, written: str, end: int) -> Said | None:
    """5k, 2M, 3bn; but 4K and 8K are sizes of a picture, and 5m are metres."""
    if (many := _MANY.match(source.text, end)) and (name := source.language.scales.get(many[1].strip())):
        return Said(f"{source.language.figure(written)} {name}", many.end())
    if per := _RATE.match(source.text, end):  # 10k/s
        return Said(f"{source.language.figure(written)} {source.language.scales['k']}", end + 1) if per[0][0] in "kK" else None
    found = patterns(source.language)["scale"].match(source.text, end)
    if not found or found[1] in ("m", "mm", "b", "B", "K", "T"):
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
    language, unit = source.language, unit_at(source, first.end)
    end = unit[1] if unit else first.end
    until = TO.match(source.text, end)
    if not until or source.before(at).endswith(("= ", "+ ", "* ", "× ", "− ", "=", "+")) or (at and source.text[at - 1] in "-–"):
        return None
    if until[1] in "-–" and EQUATION.match(source.text, end):
        return None
    if _SPACED.match(until[0]) and not until[0].endswith((" ", "\u00a0")):
        return None  # 3 -5
    if (
        until[1][0] == "."
        and written.isdigit()
        and (low := re.match(r"\d+", source.text[until.end() : until.end() + 9]))
        and int(low[0]) < int(written)
    ):
        return None  # 3... 2... 1
    if written.isdigit() and until[0] == "-" and _DOCUMENT.search(source.before(at)):
        return Said(f"{first.words} {language.words['dash']}", until.end())
    begin = f"{first.words} {counted(unit[0], written)}" if unit else first.words
    between = source.word_before(at) in ("between", "zwischen")
    return Said(f"{begin} {language.words['between' if between else 'to']}", until.end())


def _number(source: Source, written: str, at: int, end: int) -> str:
    """A count, or a year."""
    language = source.language
    if source.character(at - 1) in ("x", "×"):
        return side(language, written)
    if len(written) == 4 and written.isdigit() and 1000 <= int(written) <= 2199 and _is_year(source, int(written), at, end):
        return language.year(int(written))
    if written == "1" and language.code == "de":
        return language.one_of(source.word_after(end), source.before(at))
    return language.figure(written)


def _is_year(source: Source, number: int, at: int, end: int) -> bool:
    before, after_word = source.word_before(at), source.word_after(end)
    after = after_word.casefold()
    plural = (after.endswith("s") and not after.endswith("ss") and after not in _NO_PLURAL) or after in _PLURALS
    if unit_at(source, end):
        return False
    if source.before(at).endswith(("c. ", "ca. ")):
        return True
    if number >= 1500 and not plural and (until := _YEARS.match(source.text, end)) and number < int(until[1]) <= 2100:
        return True
    if before in source.language.years_after:
        return not plural or (before in _IN_SURE and number >= 1900)
    if source.language.day_first:
        return 1100 <= number <= 1999 and not after_word[:1].isupper()
    return 1900 <= number <= 2099 and not plural


def _letters(source: Source, written: str, end: int) -> Said | None:
    """5G, 3D, 2FA, 1080p, 23A: what no unit explains."""
    found = _LETTERS.match(source.text, end)
    if not found:
        return None
    language, letters = source.language, found[1]
    number = paired(language, written) if len(written) == 4 and written.isdigit() else language.figure(written)
    spelled = len(letters) == 1 or (letters.isupper() and len(letters) <= 4)
    return Said(f"{number} {' '.join(letters.upper()) if spelled else word_said(source, letters, shouted=False)}", found.end())
