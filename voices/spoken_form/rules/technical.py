"""Addresses, paths, file names, versions and code: what one says of them so that the other can find them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from voices.spoken_form.rules.codes import port, version_words
from voices.spoken_form.rules.names import name_words, spelled
from voices.spoken_form.rules.source import Said, Source
from voices.spoken_form.vocabulary.language import Language, word_set

_CHUNK: Final = re.compile(r"[^\s\"]{1,300}")
_TRAILING: Final = ".,;:!?'*)]}>"
_PAIRS: Final = {")": "(", "]": "[", "}": "{", ">": "<"}
_LONGEST_TAIL: Final = 60  # of an address: what is not taken in by ear anyway

_LETTER: Final = re.compile(r"[A-Za-z]")
_DIGITS_ONLY: Final = re.compile(r"\[?::|(?:[0-9]{1,4}:){2}|#\d{3}|/\d")
_TECHNICAL: Final = re.compile(r"[@/\\_.=<>()\[\]#$&|+*~^:\-\d]")
_URL: Final = re.compile(
    r"(?:https?|ftps?|wss?|ssh|git|file)://(?:[^@/\s]{1,80}@)?([^/?#\s]{0,200}+)([^?#\s]{0,300}+)([?#]\S{0,300})?", re.IGNORECASE
)
_MAIL: Final = re.compile(r"(?:mailto:)?([\w.+'-]{1,64})@((?:[\w-]{1,63}\.){1,8}[A-Za-z]{2,24})")
_SHELL: Final = re.compile(r"([\w.-]{1,40})@([\w-]{1,60}(?:\.[\w-]{1,60}){0,6}):([\w~][\w./~-]{0,100})")
_STORE: Final = re.compile(r"(s3|gs|redis|postgres|postgresql|mysql|mongodb|amqp|data|app|unix)://(\S{1,200})")
_TOP: Final = (
    "com org net edu gov mil int info biz name app dev page site online tech cloud shop blog wiki xyz me co io ai uk de at "
    "ch fr it es nl eu us ca au jp "
    "cn br se no dk fi pl cz be ie nz tv fm gg ly sh rs to ink zone live news"
)
_HOST: Final = re.compile(
    r"((?:www\.)?(?:[A-Za-z0-9-]{1,63}\.){1,8}(?:" + _TOP.replace(" ", "|") + r")|localhost)"
    r"(:\d{1,5})?(/[^?#\s]{0,300})?([?#]\S{0,300})?"
)
_VERSION: Final = re.compile(
    r"[vV](\d{1,6}(?:\.(?:\d{1,6}|x)){0,5})(?:[-+.]?(alpha|beta|rc|dev|post|preview|canary|next|nightly|final|lts)[.-]?(\d{1,6})?)?"
)
_WINDOWS: Final = re.compile(r"([A-Za-z]):((?:[\\/][^\\/\s]{0,100}){1,20})")
_PATH: Final = re.compile(
    r"(~|\.\.?|@?[\w.+-]{1,60}|\$\w{1,40}|)((?:/[\w.+@~$*%{}()\[\]-]{0,100}){1,20})(\?[\w.%~-]{1,60}=\S{0,200})?"
)
_ASSIGNED: Final = re.compile(r"([A-Za-z_]\w{0,60}(?:\.\w{1,60}){1,8})=([\w.-]{1,60})")
_AMOUNT: Final = re.compile(r"\d[\d.,]{0,12}([A-Za-zμΩ]{1,4})$")
_PLACE: Final = re.compile(r"([\w./~-]{1,100}\.[A-Za-z]\w{0,9}):(\d{1,6})(?::(\d{1,4}))?:?")
_FILE: Final = re.compile(r"(?:[\w*][\w*+-]{0,80})?(?:\.[\w*-]{1,80}){1,6}(?:\(\))?")
_NUMBERS: Final = re.compile(r"[.,+-]{0,9}\d[\d.,+-]{0,60}")
_EXTENSIONS: Final = word_set(
    "py js ts jsx tsx mjs json jsonl yaml yml toml ini cfg conf md mdx txt rst html htm css scss xml svg csv tsv sql sh bash zsh "
    "ps1 bat exe dll so a o c h cc cpp hpp cs go rs java kt rb php pl lua swift scala r ipynb pdf doc docx xls xlsx ppt pptx odt "
    "png jpg jpeg gif webp ico mp3 mp4 wav ogg flac mov avi mkv zip tar gz bz2 xz 7z whl deb rpm dmg iso apk lock log env "
    "gitignore dockerfile db sqlite bak tmp pem key crt pub tf proto vue svelte plist"
)
_SHORT_FLAGS: Final = 2  # letters behind one dash, each for itself
_FLAG: Final = re.compile(r"(--?)([A-Za-z][\w-]{0,60})(?:=(\S{1,100}))?")
_VARIABLE: Final = re.compile(r"\$\{?([A-Za-z_]\w{0,60})\}?")
_CALL: Final = re.compile(r"([A-Za-z_][\w.]{0,80})\(\)")
_SNAKE: Final = re.compile(r"_{0,2}[A-Za-z0-9]{1,60}(?:_{1,2}[A-Za-z0-9]{1,60}){0,12}_{0,2}")
_HEX: Final = re.compile(r"(?=[0-9]{0,63}[a-fA-F])(?=[a-fA-F]{0,63}[0-9])(?:[0-9a-f]{6,64}|[0-9A-F]{6,64})")
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_KEY: Final = re.compile(r"(?:[0-9a-f]{4,6}-){1,5}[0-9a-f]{4,6}|(?:[0-9A-F]{4,6}-){1,5}[0-9A-F]{4,6}")
_HEX_LETTER: Final = re.compile(r"[a-fA-F]\d|\d[a-fA-F]")
_HEX_NUMBER: Final = re.compile(r"0x([0-9A-Fa-f]{1,40})|#([0-9A-Fa-f]{6}|[0-9A-Fa-f]{3})")
_MAC: Final = re.compile(r"(?:[0-9A-Fa-f]{2}([:-]))(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}")
_IPV6: Final = re.compile(
    r"(?=\[?[0-9a-fA-F:]{0,40}::|\[?(?:[0-9a-fA-F]{1,4}:){7})(\[?)([0-9a-fA-F:]{2,45})(?:%(\w{1,16}))?(?:/(\d{1,3}))?\]?(?::(\d{1,5}))?"
)
_SPELLED_AT_MOST: Final = 12
_GENERIC: Final = re.compile(r"([A-Za-z_][\w.]{0,40})<([\w.:*&?\[\]]{1,40}(?:(?:, ?|<)[\w.:*&?\[\]]{1,40}){0,6})(>{1,4})")


def technical(source: Source, at: int) -> Said | None:
    """One thing without blanks, if it is an address, a path, a file, a version or a name in code."""
    if not source.opens(at):
        return None
    found = _CHUNK.match(source.text, at)
    if not found or not (_LETTER.search(found[0]) or _DIGITS_ONLY.match(found[0])) or not _TECHNICAL.search(found[0]):
        return None
    chunk = _core(found[0])
    for reads in (_url, _mail, _windows, _version, _ids, _flag, _host, _place, _path, _file, _assigned, _call, _variable, _name):
        if words := reads(source, chunk):
            return Said(words, at + len(chunk))
    return None


def _core(chunk: str) -> str:
    """Without the marks of the sentence around it."""
    while chunk and chunk[-1] in _TRAILING:
        opens = _PAIRS.get(chunk[-1])
        if (opens and chunk.count(opens) >= chunk.count(chunk[-1])) or (chunk[-1] == "*" and chunk[-2:-1] in (".", "/")):
            break
        chunk = chunk[:-1]
    return chunk


def generic(source: Source, at: int) -> Said | None:
    """List<int>, Map<String, int>."""
    found = _GENERIC.match(source.text, at)
    if not found or found[0].count("<") != len(found[3]):
        return None
    inner = [name_words(source, part) for part in re.split(r"[,<] ?", found[2])]
    signs = re.findall(r"[,<]", found[2])
    words = f"{name_words(source, found[1])} {source.language.words['of']} {inner[0]}"
    for sign, part in zip(signs, inner[1:], strict=True):
        words += f", {part}" if sign == "," else f" {source.language.words['of']} {part}"
    return Said(words, found.end())


def _url(source: Source, chunk: str) -> str:
    if store := _STORE.fullmatch(chunk):
        words = source.language.words
        scheme = "S three" if store[1] == "s3" else name_words(source, store[1])
        rest = _segments(source, f"/{store[2]}", "slash").removeprefix(words["slash"]).strip()
        return f"{scheme} {words['colon']} {words['slash']} {words['slash']} {rest}"
    found = _URL.fullmatch(chunk)
    return _address(source, found[1], found[2], found[3]) if found else ""


def _host(source: Source, chunk: str) -> str:
    found = _HOST.fullmatch(chunk)
    return _address(source, found[1] + (found[2] or ""), found[3], found[4]) if found else ""


def _address(source: Source, host: str, path: str | None, tail: str | None) -> str:
    name, _, number = host.removeprefix("www.").partition(":")
    said = [_dotted(source, name, top=True)]
    if number.isdigit():
        said.append(port(source.language, number))
    if path and path.strip("/"):
        said.append(_segments(source, f"/{path.strip('/')}", "slash"))
    if tail and len(tail) > 1:
        said.append(_tail(source, tail) if len(tail) <= _LONGEST_TAIL else source.language.words["rest"])
    return " ".join(part for part in said if part)


def _tail(source: Source, tail: str) -> str:
    """`?q=1&b=2#top`."""
    words, signs = (
        source.language.words,
        {"?": "question", "#": "hash", "=": "equals", "&": "ampersand", "/": "slash", "%": "percent"},
    )
    parts = (words[signs[part]] if part in signs else _dotted(source, part) for part in re.split(r"([?#=&/%])", tail) if part)
    return " ".join(parts)


def _mail(source: Source, chunk: str) -> str:
    if shell := _SHELL.fullmatch(chunk):
        said = [
            _dotted(source, shell[1]),
            source.language.words["at"],
            _dotted(source, shell[2], top=True),
            source.language.words["colon"],
        ]
        return " ".join([*said, _segments(source, f"/{shell[3]}", "slash").removeprefix(source.language.words["slash"]).strip()])
    found = _MAIL.fullmatch(chunk)
    if not found:
        return ""
    words = source.language.words
    name = re.sub(
        r"[._+-]", lambda sign: f" {words[{'.': 'dot', '_': 'underscore', '+': 'plus', '-': 'dash'}[sign[0]]]} ", found[1]
    )
    said = " ".join(name_words(source, part) for part in name.split())
    return f"{said} {words['at']} {_dotted(source, found[2], top=True)}"


def _dotted(source: Source, name: str, *, top: bool = False) -> str:
    """`docs.example.com`, `app.py`."""
    words = source.language.words
    parts = [part for part in name.split(".") if part]
    said = [_dashed(source, part, end=at > 0 and at >= len(parts) - 2, top=top) for at, part in enumerate(parts)]
    return ("" if not name.startswith(".") else f"{words['dot']} ") + f" {words['dot']} ".join(part for part in said if part)


def _dashed(source: Source, part: str, *, end: bool = False, top: bool = False) -> str:
    words = source.language.words
    pieces = re.split(r"([-+~@*%:])", part)
    signs = {"-": "dash", "+": "plus", "~": "tilde", "@": "at", "*": "star", "%": "percent", ":": "colon"}
    return " ".join(words[signs[one]] if one in signs else name_words(source, one, end=end, top=top) for one in pieces if one)


def _segments(source: Source, path: str, sign: str) -> str:
    """`/docs/a.md` with its slashes; `path` begins with one."""
    said: list[str] = []
    for part in re.split(r"[/\\]", path)[1:]:
        said += [source.language.words[sign], _dotted(source, part)]
    return " ".join(part for part in said if part)


def _windows(source: Source, chunk: str) -> str:
    found = _WINDOWS.fullmatch(chunk)
    return f"{found[1].upper()} {source.language.words['colon']} {_segments(source, found[2], 'backslash')}" if found else ""


def _path(source: Source, chunk: str) -> str:
    found = _PATH.fullmatch(chunk)
    if found and (amount := _AMOUNT.match(found[1])) and (amount[1] in _measures(source.language) or amount[1] == "x"):
        return ""  # 5MB/s, 230V/50Hz
    if not found or chunk.strip("/.") == "":
        return ""
    head, rest = found[1], found[2]
    plain = re.fullmatch(r"[^\W\d_]+", head) and rest.count("/") == 1 and re.fullmatch(r"/[^\W\d_]*", rest)
    if plain or _NUMBERS.fullmatch(head) or re.fullmatch(r"[A-Z]{2,5}/\d(?:\.\d)?", chunk):
        return ""  # words or numbers with a slash between them
    words = source.language.words
    start = {"~": words["tilde"], ".": words["dot"], "..": f"{words['dot']} {words['dot']}"}.get(head)
    if start is None:
        start = _variable(source, head) if head.startswith("$") else _dotted(source, head) if head else ""
    rest = rest.rstrip("/") or rest
    said = f"{start} {_segments(source, rest, 'slash')}".strip()
    return f"{said} {_tail(source, found[3])}" if found[3] else said


def _assigned(source: Source, chunk: str) -> str:
    """net.ipv4.ip_forward=1."""
    found = _ASSIGNED.fullmatch(chunk)
    if not found:
        return ""
    return f"{_dotted(source, found[1])} {source.language.words['equals']} {_dotted(source, found[2])}"


def _place(source: Source, chunk: str) -> str:
    """app.py:42, app.py:42:5."""
    found = _PLACE.fullmatch(chunk)
    if not found or found[1].rpartition(".")[2].lower() not in _EXTENSIONS:
        return ""
    words = source.language.words
    name = _path(source, found[1]) or _file(source, found[1])
    column = f" {words['column']} {source.language.figure(found[3])}" if found[3] else ""
    return f"{name} {words['line']} {source.language.figure(found[2])}{column}"


@lru_cache(8)
def _measures(language: Language) -> frozenset[str]:
    return frozenset(language.units) | frozenset(language.scales)


def _file(source: Source, chunk: str) -> str:
    found = _FILE.fullmatch(chunk)
    if not found or not re.search(r"[^\W\d_]", chunk):
        return ""
    parts = [part for part in chunk.removesuffix("()").split(".") if part]
    last, known = parts[-1], chunk.startswith(".") or chunk.endswith("()") or "*" in chunk or "_" in chunk
    if not (known or last.lower() in _EXTENSIONS or (last[0].islower() and not parts[0][0].isdigit())):
        return "" if last[0].isdigit() or (len(parts[0]) > 1 and parts[0].islower()) else _dotted(source, ".".join(parts))
    if parts[0][0].isdigit() and not known and last.lower() not in _EXTENSIONS:
        return ""
    return ("" if not chunk.startswith(".") else f"{source.language.words['dot']} ") + _dotted(source, ".".join(parts))


def _version(source: Source, chunk: str) -> str:
    found = _VERSION.fullmatch(chunk)
    return f"{source.language.words['version']} {version_words(source.language, found[1], found[2], found[3])}" if found else ""


def _ids(source: Source, chunk: str) -> str:
    """Commits, UUIDs, hexadecimal numbers and addresses: letter by letter, the first of them."""
    language = source.language
    if found := _HEX_NUMBER.fullmatch(chunk):
        if found[2] and found[2].isdigit():
            return ""
        opens = language.words["hash"] if found[2] else f"{language.digits[0]} x"
        return f"{opens} {spelled(language, found[1] or found[2])}"
    if _MAC.fullmatch(chunk):
        return ", ".join(spelled(language, pair) for pair in re.split("[:-]", chunk))
    if (found := _IPV6.fullmatch(chunk)) and bool(found[1]) is ("]" in chunk):
        return _address_of_six(source, found)
    if _KEY.fullmatch(chunk) and _HEX_LETTER.search(chunk) and len(re.sub(r"\D", "", chunk)) > 2:
        return ", ".join(spelled(language, group) for group in chunk.split("-"))
    if not (_UUID.fullmatch(chunk) or _HEX.fullmatch(chunk)) or re.fullmatch(r"\d{1,64}[eE]\d{1,64}", chunk):
        return ""
    if len(chunk) <= _SPELLED_AT_MOST:
        return spelled(language, chunk)
    return f"{spelled(language, chunk[:8])}, {language.words['rest']}"


def _address_of_six(source: Source, found: re.Match[str]) -> str:
    language, words = source.language, source.language.words
    said = [words["colon"] if one == ":" else spelled(language, one) for one in found[2]]
    said += [words["percent"], name_words(source, found[3])] if found[3] else []
    said += [words["slash"], language.figure(found[4])] if found[4] else []
    return " ".join([*said, port(language, found[5])] if found[5] else said)


def _flag(source: Source, chunk: str) -> str:
    found = _FLAG.fullmatch(chunk)
    if not found:
        return ""
    words = source.language.words
    name = " ".join(name_words(source, part) for part in found[2].split("-") if part)
    if len(found[1]) == 1 and len(found[2]) <= _SHORT_FLAGS and found[2].isalpha():
        name = " ".join(found[2].upper() if len(found[2]) > 1 else found[2])
    value = f" {words['equals']} {_dotted(source, found[3])}" if found[3] else ""
    return f"{' '.join([words['dash']] * len(found[1]))} {name}{value}"


def _variable(source: Source, chunk: str) -> str:
    found = _VARIABLE.fullmatch(chunk)
    return f"{source.language.words['dollar']} {name_words(source, found[1])}" if found else ""


def _call(source: Source, chunk: str) -> str:
    found = _CALL.fullmatch(chunk)
    return _dotted(source, found[1]) if found else ""


def _name(source: Source, chunk: str) -> str:
    """snake_case, MAX_RETRIES, __init__."""
    found = _SNAKE.fullmatch(chunk)
    return name_words(source, chunk) if found and "_" in chunk else ""
