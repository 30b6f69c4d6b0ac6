"""Words: abbreviations, acronyms, numerals of kings, names with signs in them, and all others as they are."""

from __future__ import annotations

import re
from typing import Final

from voices.spoken_form.codes import chunks, paired, version_words
from voices.spoken_form.language import Language
from voices.spoken_form.source import Said, Source
from voices.spoken_form.vocabulary import (
    BARE_UNITS, CHOICES, COMMON_CAPITALS, CONTEXT_ROMAN, ENDINGS, GREEK, KEYS, KINGS, NAMES, NOT_STREETS, SAID_AS, SPELLED, SPELLED_TOPS, WORDS_IN_CAPITALS,
)  # fmt: skip

_LETTER: Final = r"(?:[^\W\d_⁰¹²³⁴⁵⁶⁷⁸⁹½¼¾⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞]|[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0900-\u0dff\u0e31-\u0e4e\u200c\u200d])"
_PLAIN: Final = re.compile(r"[A-Z]?[a-z]+(?=[ ,;!?]|$)")
_WORD: Final = re.compile(rf"{_LETTER}+(?:'{_LETTER}+)*")
_HYPHENATED: Final = re.compile(rf"{_LETTER}+(?:'{_LETTER}+)*(?:-{_LETTER}+(?:'{_LETTER}+)*){{1,8}}(?![\w-])")
_DOTTED: Final = re.compile(r"(?:[^\W\d_]\.[ \u00a0]?){1,5}[^\W\d_]\.(?![^\W\d_])|(?:[A-Z][a-z]?\.){2,5}(?![^\W\d_])|[A-Za-z]\.[A-Za-z](?![\w.])")
_ABBREVIATED: Final = re.compile(r"([^\W\d_]{1,12})\.(?!\w)")
_NUMBER_AHEAD: Final = re.compile(r"[ \u00a0]?#?(?=\d|[IVXLC]{2,}\b)")
_ROMAN: Final = re.compile(r"(?=[IVXLC])(X{0,3}(?:IX|IV|V?I{0,3})|L?X{0,3}(?:IX|IV|V?I{0,3}))(?![\w'&+#]|[ \u00a0][A-Z](?!\w)|\.\w)")
_KEY_COMBINATION: Final = re.compile(r"([A-Za-z]{2,8})((?:[+-](?:[A-Za-z]{2,9}|[A-Za-z0-9]|F1?\d)){1,3})(?![\w+])")
_SHARP: Final = re.compile(r"([A-Z])#(?!\w)|([A-Z])\+\+(?![\w+])")
_AMPERSAND: Final = re.compile(r"([A-Z]{1,4})&([A-Z]{1,4})(?![\w&])")
_SLASHED: Final = re.compile(r"[^\W\d_]{1,20}(?:/[^\W\d_]{1,20}){1,4}(?![\w/.]*[/\w])")
_MIXED: Final = re.compile(r"(?:[^\W\d_]{1,20}\d{1,12}|\d{1,6}[^\W\d_]{1,20}\d)[^\W_]{0,30}(?![^\W_])")
_MODEL: Final = re.compile(r"([A-Z]{1,3})-(\d{1,8})(s?)(?![\w-])")
_RUNS: Final = re.compile(r"\d+|[^\W\d_]+")
_HUMPS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")
_PROTOCOL: Final = re.compile(r"([A-Z]{2,5})/(\d(?:\.\d)?)(?!\w|/|\.\d)")
_PLURAL_END: Final = re.compile(r"\(e?s\)")
_UNSPEAKABLE: Final = re.compile(r"[BCDFGHJKLMNPQRSTVWXZ]{4}|^([A-Z])\1")
_VOWEL: Final = re.compile(r"[AEIOUYaeiouy]")


def pronounced(source: Source, at: int) -> Said | None:
    """A word of the pronunciation file."""
    if not source.pronunciation.terms or not (at == 0 or not source.text[at - 1].isalnum()):
        return None
    found = source.pronunciation.at(source.text, at, source.language.code)
    return Said(*found) if found else None


def plain(source: Source, at: int) -> Said | None:
    """The quick way for nearly all words."""
    found = _PLAIN.match(source.text, at)
    if found and found[0] in source.language.units and source.word_before(at) in ("per", "pro"):
        return Said(source.language.units[found[0]].one, found.end())
    if not found or found[0] in SAID_AS or found[0] in BARE_UNITS or found[0] in source.language.weekdays:
        return None
    return None if found[0].casefold() in source.language.month_names else Said(found[0], found.end())


def dotted(source: Source, at: int) -> Said | None:
    """e.g., U.S., Ph.D., z. B.: what it stands for, else its letters."""
    found = _DOTTED.match(source.text, at)
    if not found or not source.opens(at):
        return None
    letters = re.sub(r"\.[ \u00a0]?$", "", found[0])
    key = re.sub(r"[ \u00a0]", "", letters)
    end = found.end() - (1 if found[0][-1].isspace() else 0)
    stop = source.stop(end) if found[0].rstrip().endswith(".") else ""
    if (known := source.language.dotted.get(key)) or (known := source.language.dotted.get(key.lower())):
        return Said(known + (stop if not source.text[end:].strip("\"') ") else ""), end)
    if not found[0].rstrip().endswith(".") or len(key) < 3:
        return None
    initials = [part.upper() for part in key.replace(".", "")]
    if " " in letters or "\u00a0" in letters:  # J. R. Smith
        return Said(" ".join(initials), end)
    return Said(" ".join(initials) + (stop if not source.text[end:].strip("\"') ") else ""), end)


def abbreviation(source: Source, at: int) -> Said | None:
    """No. 5, Dr. Smith, Main St., approx.; at the end of a sentence its full stop stays."""
    found = _ABBREVIATED.match(source.text, at)
    if not found or not source.opens(at):
        return None
    language, short, end = source.language, found[1], found.end()
    if language.day_first and short.endswith("str"):
        return Said(f"{short}aße" + source.stop(end), end)
    if short in language.numbered and (ahead := _NUMBER_AHEAD.match(source.text, end)):
        return Said(language.numbered[short], ahead.end())
    after = source.word_after(end)
    before = re.search(r"([^\W\d_]+)[ \u00a0]$", source.before(at))
    named = before is not None and before[1][0].isupper() and before[1].casefold() not in NOT_STREETS
    if short in language.titles and after[:1].isupper() and not (short in ("St", "Sr", "Ft", "Mt") and named and short == "St"):
        return Said(language.titles[short], end)
    if short in language.units and before is not None and before[1] in ("per", "pro"):
        return Said(language.units[short].one + source.stop(end), end)
    if short not in language.abbreviations or (short in language.single_words and not _continues(source, end)):
        return None
    ends = "." if short in ("usw", "etc") and after[:1].isupper() else source.stop(end)
    return Said(language.abbreviations[short] + ends, end)


def _continues(source: Source, end: int) -> bool:
    rest = source.text[end : end + 3].lstrip(" \u00a0")
    return bool(rest) and (rest[0].islower() or rest[0].isdigit() or rest[0] in ",;:")


def roman(source: Source, at: int) -> Said | None:
    """Chapter IV, World War II, Henry VIII."""
    found = _ROMAN.match(source.text, at)
    if not found or not found[0] or not source.opens(at):
        return None
    number, before = _value(found[0]), re.search(r"([^\W\d_]+)[ \u00a0]$", source.before(at))
    if not before or number == 0:
        return None
    if before[1].casefold() in KINGS and before[1][0].isupper():
        dot = source.language.day_first and source.text[found.end() : found.end() + 2] == ". "
        return Said(f"{source.language.words['king']} {source.language.ordinal(number)}", found.end() + (1 if dot else 0))
    sure = found[0] in ("II", "III", "VII", "VIII") and before[1][0].isupper()
    if before[1].casefold() in CONTEXT_ROMAN or (sure and len(before[1]) > 2 and before[1].casefold() not in NOT_STREETS):
        return Said(source.language.cardinal(number), found.end())
    return None


def _value(numeral: str) -> int:
    values = [{"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}[letter] for letter in numeral]
    return sum(-one if one < following else one for one, following in zip(values, [*values[1:], 0], strict=True))


def with_signs(source: Source, at: int) -> Said | None:
    """C#, C++, R&D, Ctrl+C, and/or, TCP/IP, km/h."""
    language, text = source.language, source.text
    if not source.opens(at):
        return None
    if found := _SHARP.match(text, at):
        plus = language.words["plus"]
        return Said(f"{found[1]} {language.words['sharp']}" if found[1] else f"{found[2]} {plus} {plus}", found.end())
    if found := _AMPERSAND.match(text, at):
        return Said(f"{' '.join(found[1])} {language.words['and']} {' '.join(found[2])}", found.end())
    if (found := _KEY_COMBINATION.match(text, at)) and found[1].casefold() in KEYS:
        keys = [found[1], *re.split(r"[+-]", found[2])[1:]]
        return Said(" ".join(_key(source, key) for key in keys), found.end())
    if found := _PROTOCOL.match(text, at):
        return Said(f"{word_said(source, found[1], shouted=False)} {version_words(language, found[2])}", found.end())
    if text[at : at + 3] == "w/ " and "w/" in language.slashed:
        return Said(language.slashed["w/"], at + 2)
    if found := _SLASHED.match(text, at):
        return Said(_slashed(source, found[0]), found.end())
    return None


def _key(source: Source, key: str) -> str:
    return KEYS.get(key.casefold()) or (key.upper() if len(key) == 1 else name_words(source, key))


def _slashed(source: Source, text: str) -> str:
    language, parts = source.language, text.split("/")
    if text.casefold() in CHOICES:
        return CHOICES[text.casefold()]
    if text in language.slashed:
        return language.slashed[text]
    if len(parts) == 2 and parts[1] in language.per and (unit := language.units.get(parts[0])):
        return f"{unit.many} {language.words['per']} {language.per[parts[1]]}"
    said = [word_said(source, part, shouted=False) for part in parts]
    if all(part.isupper() and len(part) <= 5 for part in parts):
        return " ".join(said)
    either = all(part.islower() for part in parts) and {part.casefold() for part in parts} <= language.alternatives
    return f" {language.words['or' if either else 'slash']} ".join(said)


def mixed(source: Source, at: int) -> Said | None:
    """H2O, MP3, LH1234, x86, iPhone15: letters and digits."""
    if not source.opens(at) and source.character(at - 1) not in "#–":
        return None
    if found := _MODEL.match(source.text, at):  # B-52s, A-1234
        return Said(f"{_letters(source, found[1])} {_digits(source.language, found[2])}{found[3]}", found.end())
    found = _MIXED.match(source.text, at)
    if not found:
        return None
    known = SAID_AS.get(found[0])
    return Said(known or _mixed_words(source, found[0]), found.end())


def _mixed_words(source: Source, text: str) -> str:
    runs = _RUNS.findall(text)
    return " ".join(_digits(source.language, run) if run.isdigit() else _letters(source, run) for run in runs)


def _digits(language: Language, run: str) -> str:
    if len(run) == 3:
        return paired(language, run)
    return language.figure(run) if len(run) < 3 else ", ".join(map(language.spell, chunks(run)))


def _letters(source: Source, run: str) -> str:
    if len(run) <= 3 and run.isupper() and run not in SAID_AS:
        return " ".join(run)
    return name_words(source, run)


def hyphenated(source: Source, at: int) -> Said | None:
    """well-known stays; API-based is spelled and said."""
    found = _HYPHENATED.match(source.text, at)
    if not found:
        return None
    parts = found[0].split("-")
    said = [word_said(source, part, shouted=False) for part in parts]
    return Said(("-" if said == parts else " ").join(said), found.end())


def word(source: Source, at: int) -> Said | None:
    found = _WORD.match(source.text, at)
    if not found:
        return None
    end = found.end()
    said = word_said(source, found[0], shouted=_shouted(source, at, end))
    if plural := _PLURAL_END.match(source.text, end):
        return Said(said + plural[0].strip("()"), plural.end())
    return Said(said, end)


def _shouted(source: Source, at: int, end: int) -> bool:
    """Words in capitals around it: `DO IT NOW`."""
    before, after = re.search(r"([A-Z]{2,})[^\w.?!]{1,2}$", source.before(at)), re.match(r"[^\w.?!]{1,2}([A-Z]{2,})(?!\w)", source.text[end : end + 24])
    return any(near is not None and near[1] in COMMON_CAPITALS for near in (before, after))


def word_said(source: Source, text: str, *, shouted: bool) -> str:
    """One word: known ones as the table says, acronyms letter by letter, camelCase in its parts, others as they are."""
    if text in SAID_AS:
        return SAID_AS[text]
    if len(text) == 1:
        return GREEK.get(text, text)
    stem, quote, owner = text.partition("'")
    if quote and len(stem) > 1:
        said = word_said(source, stem, shouted=shouted)
        return f"{said}'{owner}" if said != stem else text
    if text in BARE_UNITS and (unit := source.language.units.get(text)):
        return unit.many
    if len(text) > 2 and text.endswith("s") and text[:-1].isupper() and text.isascii() and text.isalpha():
        said = word_said(source, text[:-1], shouted=False)
        return f"{said}'s" if said != text[:-1] or len(text) <= 4 else text
    if text.isascii() and text.isupper() and len(text) > 1:
        return _capitals(text, shouted=shouted)
    if _is_camel(text):
        return " ".join(word_said(source, hump, shouted=False) for hump in _HUMPS.findall(text))
    return text


def _capitals(text: str, *, shouted: bool) -> str:
    if text in WORDS_IN_CAPITALS or text in COMMON_CAPITALS:
        return text
    if text in SPELLED:
        return text if shouted and text in ("IT", "US", "WHO") else " ".join(text)
    if shouted and _VOWEL.search(text):
        return text
    return " ".join(text) if len(text) <= 3 or not _VOWEL.search(text) or _UNSPEAKABLE.search(text) else text


def _is_camel(text: str) -> bool:
    return text.isascii() and text not in NAMES and re.search(r"[a-z][A-Z]|[A-Z]{2}[a-z]{2}", text) is not None and not text.startswith(("Mc", "Mac", "De", "O'"))


def name_words(source: Source, name: str, *, end: bool = False, top: bool = False) -> str:
    """A name in code or in an address: `get_user_by_id`, `README`, `bob_99`. `end`: a suffix, of an address if `top`."""
    if end and (top or name.lower() in ENDINGS):
        known = ENDINGS.get(name.lower())
        if known and not (top and name.lower() in ("md", "rs", "sh")):
            return known
        if top and name.lower() in SPELLED_TOPS:
            return spelled(source.language, name)
    if (found := source.pronunciation.at(name, 0, source.language.code)) and found[1] == len(name):
        return found[0]
    if name == "etc":
        return "E T C"
    if name in SAID_AS or name.lower() in SAID_AS:
        return SAID_AS.get(name) or SAID_AS[name.lower()]
    parts = [part for part in re.split(r"[\W_]+", name) if part]
    return " ".join(_name_part(source, hump) for part in parts for hump in ([part] if part in NAMES else _HUMPS.findall(part)))


def _name_part(source: Source, part: str) -> str:
    if (found := source.pronunciation.at(part, 0, source.language.code)) and found[1] == len(part):
        return found[0]
    if part.isdigit():
        return paired(source.language, part) if len(part) == 4 else _digits(source.language, part)
    for form in (part, part.upper(), part.lower()):
        if form in SAID_AS:
            return SAID_AS[form]
    if part.isascii() and ((len(part) > 1 and not _VOWEL.search(part)) or part.upper() in SPELLED) and len(part) <= 5 and part.upper() not in ("IT", "US", "WHO"):
        return " ".join(part.upper())
    if len(part) == 1 and part.isascii():
        return part
    return _capitals(part, shouted=False) if part.isupper() and part.isascii() and len(part) > 1 else part


def spelled(language: Language, text: str) -> str:
    return " ".join(language.digits[int(one)] if one.isdigit() else one.upper() for one in text if one.isalnum())
