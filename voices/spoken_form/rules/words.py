"""Words: abbreviations, acronyms, numerals of kings, names with signs in them, and all others as they are."""

from __future__ import annotations

import re
from typing import Final

from voices.spoken_form.rules.codes import paired, version_words
from voices.spoken_form.rules.names import digits, name_words, word_said
from voices.spoken_form.rules.numerals import small, value
from voices.spoken_form.rules.source import Said, Source
from voices.spoken_form.vocabulary.language import Language, word_set
from voices.spoken_form.vocabulary.shared import (
    BARE_UNITS,
    CHOICES,
    COMMON_CAPITALS,
    CONTEXT_ROMAN,
    KEYS,
    KINGS,
    NOT_STREETS,
    QUEENS,
    SAID_AS,
)  # fmt: skip

_LETTER: Final = (
    r"(?:[^\W\d_⁰¹²³⁴⁵⁶⁷⁸⁹½¼¾⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞]|[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0900-\u0dff\u0e31-\u0e4e\u200c\u200d])"
)
_PLAIN: Final = re.compile(r"[A-Z]?[a-z]{1,40}(?=[ ,;!?]|$)")
_WORD_BEFORE: Final = re.compile(r"([^\W\d_]{1,32})[ \u00a0]$")
_LETTERS: Final = rf"{_LETTER}{{1,60}}+(?:'{_LETTER}{{1,60}}+){{0,8}}+"
_WORD: Final = re.compile(_LETTERS)
_HYPHENATED: Final = re.compile(rf"{_LETTERS}(?:-{_LETTERS}){{1,8}}+(?![\w-])")
_DOTTED: Final = re.compile(
    r"(?:[^\W\d_]\.[ \u00a0]?){1,5}[^\W\d_]\.(?![^\W\d_])|(?:[A-Z][a-z]?\.){2,5}(?![^\W\d_])|[A-Za-z]\.[A-Za-z](?![\w.])"
)
_ABBREVIATED: Final = re.compile(r"([^\W\d_]{1,12})\.(?!\w)")
_PAGED: Final = word_set("p pp ch Ch chap vol Vol sec Sec sect Sect fig Fig Pt pt para S Kap Bd")
_NEVER_LAST: Final = word_set("vs approx incl excl cf ca esp resp bzw ggf evtl inkl exkl zzgl")
_ERA: Final = re.compile(r"([nv])\.[ \u00a0]?Chr\.")
_GENDERED: Final = re.compile(r"[*:/](?=(?:innen|in)(?!\w))")
_OF_PARAGRAPH: Final = re.compile(r"Abs\. \d{1,3},? $")
_NUMBER_AHEAD: Final = re.compile(r"[ \u00a0]?#?(?=\d|[IVXLC]{2,20}\b)")
_ROMAN: Final = re.compile(
    r"(?=[IVXLC])(X{0,3}(?:IX|IV|V?I{0,3})|L?X{0,3}(?:IX|IV|V?I{0,3}))(?![\w'&+#]|[ \u00a0][A-Z](?!\w)|\.\w)"
)
_CLEAR_NUMERALS: Final = word_set(
    "II III IV VI VII VIII IX XI XII XIII XIV XV XVI XVII XVIII XIX XXI XXII XXIII XXIV XXV XXVI XXVII XXVIII XXIX XXXI XXXII "
    "XXXIII XXXIV XXXV XXXVI XXXVII XXXVIII XXXIX XLI XLII XLIII XLIV XLV XLVI XLVII XLVIII XLIX LVI LVII LVIII LIX"
)
_KEY_COMBINATION: Final = re.compile(r"([A-Za-z]{2,8})((?:[+-](?:[A-Za-z]{2,9}|[A-Za-z0-9]|F1?\d)){1,3})(?![\w+])")
_SHARP: Final = re.compile(r"([A-Z])#(?!\w)|([A-Z])\+\+(?![\w+])")
_FUNCTION: Final = re.compile(r"([A-Za-z])\(([^()]{1,24})\)")
_NAMES: Final = re.compile(r"[^\W\d_]+")
_FUNCTIONS: Final = word_set("log sin cos tan exp min max sqrt abs")
_AMPERSAND: Final = re.compile(r"([A-Z]{1,4})&([A-Z]{1,4})(?![\w&])")
_SLASHED: Final = re.compile(r"[^\W\d_]{1,20}(?:/[^\W\d_]{1,20}){1,4}(?!\.{0,9}[/\w])")
_TIMES_PER: Final = word_set("s sec second min minute h hr hour day week month year yr user person page request mo wk")
_MIXED: Final = re.compile(r"(?:[^\W\d_]{1,20}\d{1,12}|\d{1,6}[^\W\d_]{1,20}\d)[^\W_]{0,30}(?![^\W_])")
_MODEL: Final = re.compile(r"([A-Z]{1,3})-(\d{1,8})(s?)(?![\w-]|\.\d)")
_VERSIONED: Final = re.compile(
    r"[A-Za-z]{1,20}-?\d{1,8}(?:\.\d{1,4}){0,3}[a-z]?(?:-(?:\d{1,8}(?:\.\d{1,4}){0,2}[A-Za-z]?|[A-Za-z]{1,16}\d{0,4})){0,8}(?![\w]|-\w|\.\d)"
)
_SERIES: Final = re.compile(r"(\d+(?:\.\d+)*)([A-Za-z]?)")
_CODEC: Final = re.compile(r"([A-Z])\.(\d{2,4})(?!\w|\.\d)")
_RUNS: Final = re.compile(r"\d+|[^\W\d_]+")
_PROTOCOL: Final = re.compile(r"([A-Z]{2,5})/(\d(?:\.\d)?)(?!\w|/|\.\d)")
_OWNER: Final = re.compile(r"'[a-z]{1,2}(?!\w)")
_PLURAL_END: Final = re.compile(r"\(e?s\)")


def pronounced(source: Source, at: int) -> Said | None:
    """A word of the pronunciation file."""
    if not source.pronunciation.terms or not (at == 0 or not source.text[at - 1].isalnum()):
        return None
    found = source.pronunciation.at(source.text, at, source.language.code)
    if not found:
        return None
    owner = _OWNER.match(source.text, found[1])  # Nguyen's
    return Said(found[0] + owner[0], owner.end()) if owner else Said(*found)


def plain(source: Source, at: int) -> Said | None:
    """The quick way for nearly all words."""
    found = _PLAIN.match(source.text, at)
    if found and found[0] in source.language.units and source.word_before(at) in ("per", "pro"):
        return Said(source.language.units[found[0]].one, found.end())
    if (
        not found
        or found[0] in SAID_AS
        or found[0] in source.language.slashed
        or found[0] in BARE_UNITS
        or found[0] in source.language.weekdays
    ):
        return None
    return None if found[0].casefold() in source.language.month_names else Said(found[0], found.end())


def dotted(source: Source, at: int) -> Said | None:
    """e.g., U.S., Ph.D., z. B.: what it stands for, else its letters."""
    if source.language.day_first and (era := _ERA.match(source.text, at)) and source.opens(at):
        return Said(f"{'nach' if era[1] == 'n' else 'vor'} Christus{source.stop(era.end())}", era.end())
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
    if not (short in language.abbreviations or short in language.titles or short in language.numbered) and short[1:].islower():
        short = short.lower()
    if language.day_first and short.endswith("str"):
        return Said(f"{short}aße" + source.stop(end), end)
    if short == "No" and source.word_after(end) == "of":
        return Said(language.words["number"], end)
    if short == "S" and _OF_PARAGRAPH.search(source.before(at)) and (ahead := _NUMBER_AHEAD.match(source.text, end)):
        return Said("Satz", ahead.end())
    if short in language.numbered and (ahead := _NUMBER_AHEAD.match(source.text, end)):
        return Said(language.numbered[short], ahead.end())
    if short in language.numbered and short in _PAGED and end < len(source.text) and small(source.text, end + 1):
        return Said(language.numbered[short], end)
    after = source.word_after(end)
    before = _WORD_BEFORE.search(source.before(at))
    named = before is not None and before[1][0].isupper() and before[1].casefold() not in NOT_STREETS
    if short in language.titles and after[:1].isupper() and not (short in ("St", "Sr", "Ft", "Mt") and named and short == "St"):
        return Said(language.titles[short], end)
    if short in language.units and before is not None and before[1] in ("per", "pro"):
        return Said(language.units[short].one + source.stop(end), end)
    if short not in language.abbreviations or (short in language.single_words and not _continues(source, end)):
        return None
    if short in _NEVER_LAST:
        return Said(language.abbreviations[short], end)
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
    if source.language.ordinal_of and source.language.noun_after and source.character(found.end()) == ".":
        noun = source.language.noun_after(source.text[found.end() + 1 : found.end() + 60])
        if noun in source.language.ordinal_nouns and (
            source.word_before(at) in source.language.ordinal_after or not source.before(at).strip()
        ):
            return Said(source.language.ordinal_of(value(found[0]), noun, source.before(at)), found.end() + 1)
    number, before = value(found[0]), _WORD_BEFORE.search(source.before(at))
    if source.word_after(found.end()) in ("century", "centuries"):
        return Said(source.language.ordinal(number), found.end())
    listed = (
        before[1] in ("and", "or", "to", "und", "oder", "bis")
        if before
        else re.match(r",|[ ](?:and|or|to)[ ]", source.text[found.end() :][:5])
    )
    if found[0] in ("II", "III") and listed:
        return Said(source.language.cardinal(number), found.end())
    if found[0] in _CLEAR_NUMERALS and len(found[0]) > 2 and not (before and before[1].casefold() in KINGS):
        return Said(source.language.cardinal(number), found.end())
    if not before or number == 0:
        return None
    if before[1].casefold() in KINGS and before[1][0].isupper():
        dot = source.language.day_first and source.text[found.end() : found.end() + 2] == ". "
        king = "queen" if before[1].casefold() in QUEENS else "king"
        return Said(f"{source.language.words[king]} {source.language.ordinal(number)}", found.end() + (1 if dot else 0))
    sure = found[0] in _CLEAR_NUMERALS and before[1][0].isupper()
    if before[1].casefold() in CONTEXT_ROMAN or (sure and len(before[1]) > 2 and before[1].casefold() not in NOT_STREETS):
        return Said(source.language.cardinal(number), found.end())
    return None


def with_signs(source: Source, at: int) -> Said | None:
    """C#, C++, R&D, Ctrl+C, and/or, TCP/IP, km/h."""
    language, text = source.language, source.text
    if not source.opens(at):
        return None
    if found := _SHARP.match(text, at):
        plus = language.words["plus"]
        return Said(f"{found[1]} {language.words['sharp']}" if found[1] else f"{found[2]} {plus} {plus}", found.end())
    if (found := _FUNCTION.match(text, at)) and all(len(one) < 3 or one in _FUNCTIONS for one in _NAMES.findall(found[2])):
        return Said(f"{found[1]} {language.words['of']}", found.start(2))
    if found := _AMPERSAND.match(text, at):
        return Said(f"{' '.join(found[1])} {language.words['and']} {' '.join(found[2])}", found.end())
    if (found := _KEY_COMBINATION.match(text, at)) and found[1].casefold() in KEYS:
        keys = [found[1], *re.split(r"[+-]", found[2])[1:]]
        return Said(" ".join(_key(source, key) for key in keys), found.end())
    if found := _PROTOCOL.match(text, at):
        return Said(f"{word_said(source, found[1], shouted=False)} {version_words(language, found[2])}", found.end())
    if text[at : at + 3] == "w/ " and "w/" in language.slashed:
        return Said(language.slashed["w/"], at + 2)
    if (found := _SLASHED.match(text, at)) and not (language.day_first and found[0].endswith(("/in", "/innen"))):
        return Said(_slashed(source, found[0], at), found.end())
    return None


def _key(source: Source, key: str) -> str:
    return KEYS.get(key.casefold()) or (key.upper() if len(key) == 1 else name_words(source, key))


def _slashed(source: Source, text: str, at: int) -> str:
    language, parts = source.language, text.split("/")
    if text.casefold() in CHOICES:
        return CHOICES[text.casefold()]
    if text in language.slashed:
        return language.slashed[text]
    if all(part in language.weekdays for part in parts):
        return ", ".join(language.weekdays[part] for part in parts)
    if len(parts) == 2 and parts[1] in language.per and (unit := language.units.get(parts[0])):
        return f"{unit.many} {language.words['per']} {language.per[parts[1]]}"
    if len(parts) == 2 and parts[1] in _TIMES_PER and parts[0].endswith("s") and len(parts[0]) > 3 and parts[1] in language.per:
        return f"{parts[0]} {language.words['per']} {language.per[parts[1]]}"  # 3 times/day
    if len(parts) == 2 and source.word_before(at) == language.words["per"] and parts[1] in language.per:
        return f"{parts[0]} {language.words['per']} {language.per[parts[1]]}"  # per user/month
    said = [word_said(source, part, shouted=False) for part in parts]
    if all(part.isupper() and len(part) <= 5 for part in parts):
        return " ".join(said)
    either = not any(part.isupper() for part in parts) and {part.casefold() for part in parts} <= language.alternatives
    return f" {language.words['or' if either else 'slash']} ".join(said)


def mixed(source: Source, at: int) -> Said | None:
    """H2O, MP3, LH1234, x86, iPhone15: letters and digits."""
    if not source.opens(at) and source.character(at - 1) not in "#–":
        return None
    if found := _MODEL.match(source.text, at):  # B-52s, A-1234
        paired_up = len(found[1]) > 1 and len(found[2]) == 4
        number = paired(source.language, found[2]) if paired_up else digits(source.language, found[2])
        return Said(f"{_letters(source, found[1])} {number}{found[3]}", found.end())
    if found := _CODEC.match(source.text, at):  # H.264
        return Said(f"{found[1]} {digits(source.language, found[2])}", found.end())
    if (found := _VERSIONED.match(source.text, at)) and ("." in found[0] or found[0].count("-") > 1):
        return Said(_versioned(source, found[0]), found.end())
    found = _MIXED.match(source.text, at)
    if not found:
        return None
    known = SAID_AS.get(found[0])
    return Said(known or _mixed_words(source, found[0]), found.end())


def _versioned(source: Source, name: str) -> str:
    """GPT-5.1, Llama-3.1-70B, Qwen2.5-7B-Instruct."""
    said = list[str]()
    for part in re.split(r"-", name):
        head = re.match(r"[A-Za-z]*", part)
        if head and head[0]:
            said.append(_letters(source, head[0]))
        if number := _SERIES.match(part, len(head[0]) if head else 0):
            point = f" {source.language.points['.']} "
            said.append(point.join(_series_number(source.language, figure) for figure in number[1].split(".")))
            said.append(number[2].upper())
    return " ".join(word for word in said if word)


def _series_number(language: Language, figure: str) -> str:
    if len(figure) == 4:
        return language.year(int(figure)) if 1900 <= int(figure) <= 2099 else paired(language, figure)
    return digits(language, figure) if len(figure) > 3 else language.figure(figure)


def _mixed_words(source: Source, text: str) -> str:
    runs = _RUNS.findall(text)
    return " ".join(digits(source.language, run) if run.isdigit() else _letters(source, run) for run in runs)


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
    if source.character(at - 1) == "#" and found[0] in BARE_UNITS:  # a channel, and no amount
        return Said(" ".join(found[0].upper()), end)
    said = word_said(source, found[0], shouted=_shouted(source, at, end))
    if source.language.day_first and (gendered := _GENDERED.match(source.text, end)):  # Schüler:innen
        return Said(said, gendered.end())
    if plural := _PLURAL_END.match(source.text, end):
        return Said(said + plural[0].strip("()"), plural.end())
    return Said(said, end)


def _shouted(source: Source, at: int, end: int) -> bool:
    """Words in capitals around it: `DO IT NOW`."""
    before, after = (
        re.search(r"([A-Z]{2,32})[^\w.?!]{1,2}$", source.before(at)),
        re.match(r"[^\w.?!]{1,2}([A-Z]{2,})(?!\w)", source.text[end : end + 24]),
    )
    return any(near is not None and near[1] in COMMON_CAPITALS for near in (before, after))
