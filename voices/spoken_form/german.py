"""German: its words, and how its dates, times and prices are said."""

from __future__ import annotations

from typing import Final

from voices.spoken_form.english import CURRENCIES as ENGLISH_CURRENCIES
from voices.spoken_form.english import UNITS as ENGLISH_UNITS
from voices.spoken_form.language import Currency, Language, Unit, num2words_as

MONTHS: Final = (
    "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember",
)  # fmt: skip
WEEKDAYS: Final = ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag")
DIGITS: Final = ("null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun")

_DATIVE: Final = frozenset(
    "am vom zum dem den im beim ab bis seit zur einer des ersten in mit von nach jedem diesem jeden diesen und nächsten letzten".split()
)
"""Words after which an ordinal ends in -n."""
_FEMININE: Final = ("e", "ung", "heit", "keit", "schaft", "ion", "tät", "in", "ur", "ik", "Nacht", "Stadt", "Uhr", "Woche", "Million", "Mail", "App", "Datei", "Zahl", "Tür")
_PREFIXED: Final = {"Meter": "m", "Gramm": "g", "Hertz": "Hz", "Watt": "W", "Volt": "V", "Joule": "J", "Pascal": "Pa", "Ampere": "A", "Liter": "l", "Byte": "B", "Bit": "bit"}
_PREFIXES: Final = {"": "", "k": "Kilo", "M": "Mega", "G": "Giga", "T": "Tera", "m": "Milli", "c": "Zenti", "d": "Dezi", "μ": "Mikro", "n": "Nano"}
_SAME: Final = {
    f"{prefix}{unit}": (name if not prefix else f"{word}{name.lower()}") for name, unit in _PREFIXED.items() for prefix, word in _PREFIXES.items() if f"{prefix}{unit}" in ENGLISH_UNITS
}  # fmt: skip
UNITS: Final = {
    **{unit: Unit(name, name) for unit, name in _SAME.items()},
    **{unit: Unit(name, name) for unit, name in {
        "°C": "Grad Celsius", "°F": "Grad Fahrenheit", "°": "Grad", "%": "Prozent", "‰": "Promille", "K": "Kelvin", "ha": "Hektar", "kWh": "Kilowattstunden", "Wh": "Wattstunden",
        "MWh": "Megawattstunden", "m²": "Quadratmeter", "m2": "Quadratmeter", "qm": "Quadratmeter", "cm²": "Quadratzentimeter", "km²": "Quadratkilometer", "km2": "Quadratkilometer",
        "m³": "Kubikmeter", "m3": "Kubikmeter", "cbm": "Kubikmeter", "cm³": "Kubikzentimeter", "dB": "Dezibel", "PS": "P S", "KB": "Kilobyte", "L": "Liter", "mL": "Milliliter",
        "Mbit": "Megabit", "Gbit": "Gigabit", "kcal": "Kilokalorien", "hPa": "Hektopascal", "bar": "Bar", "px": "Pixel", "fps": "Bilder pro Sekunde", "Uhr": "Uhr",
        "Mbps": "Megabit pro Sekunde", "Gbps": "Gigabit pro Sekunde", "kbps": "Kilobit pro Sekunde", "mAh": "Milliamperestunden", "dl": "Deziliter", "kmh": "Kilometer pro Stunde",
    }.items()},
    "s": Unit("Sekunde", "Sekunden", feminine=True), "Sek": Unit("Sekunde", "Sekunden", feminine=True), "sec": Unit("Sekunde", "Sekunden", feminine=True),
    "ms": Unit("Millisekunde", "Millisekunden", feminine=True), "μs": Unit("Mikrosekunde", "Mikrosekunden", feminine=True), "ns": Unit("Nanosekunde", "Nanosekunden", feminine=True),
    "min": Unit("Minute", "Minuten", feminine=True), "Min": Unit("Minute", "Minuten", feminine=True), "h": Unit("Stunde", "Stunden", feminine=True),
    "Std": Unit("Stunde", "Stunden", feminine=True), "t": Unit("Tonne", "Tonnen", feminine=True), "EL": Unit("Esslöffel", "Esslöffel"), "TL": Unit("Teelöffel", "Teelöffel"),
    "Wh/kg": Unit("Wattstunde pro Kilogramm", "Wattstunden pro Kilogramm", feminine=True), "Mio": Unit("Million", "Millionen", feminine=True), "Mrd": Unit("Milliarde", "Milliarden", feminine=True),
}  # fmt: skip
PER: Final = {
    "s": "Sekunde", "min": "Minute", "h": "Stunde", "Std": "Stunde", "Tag": "Tag", "Monat": "Monat", "Jahr": "Jahr", "Woche": "Woche", "m": "Meter", "m²": "Quadratmeter", "qm": "Quadratmeter", "m³": "Kubikmeter",
    "km": "Kilometer", "km²": "Quadratkilometer", "kg": "Kilogramm", "l": "Liter", "kWh": "Kilowattstunde", "Person": "Person", "Nacht": "Nacht", "Stück": "Stück", "GB": "Gigabyte", "Stunde": "Stunde", "Minute": "Minute", "Sekunde": "Sekunde",
}  # fmt: skip
CURRENCIES: Final = {
    **{sign: Currency(name, name, cent, cent) for sign, name, cent in (
        ("€", "Euro", "Cent"), ("EUR", "Euro", "Cent"), ("$", "Dollar", "Cent"), ("US$", "U S Dollar", "Cent"), ("USD", "U S Dollar", "Cent"), ("£", "Pfund", "Pence"), ("GBP", "Pfund", "Pence"),
        ("CHF", "Franken", "Rappen"), ("¥", "Yen", ""), ("JPY", "Yen", ""), ("¢", "Cent", ""), ("₹", "Rupien", ""), ("₽", "Rubel", ""), ("₿", "Bitcoin", ""), ("BTC", "Bitcoin", ""), ("₩", "Won", ""),
    )},
    **{code: Currency(one.one, one.many) for code, one in ENGLISH_CURRENCIES.items() if code in ("CNY", "INR", "AUD", "CAD")},
}  # fmt: skip
SCALES: Final = {
    "Mio": "Millionen", "Mrd": "Milliarden", "Mio.": "Millionen", "Mrd.": "Milliarden", "Millionen": "Millionen", "Milliarden": "Milliarden", "Tausend": "tausend", "tausend": "tausend",
    "k": "tausend", "K": "tausend", "M": "Millionen", "Million": "Million",
}  # fmt: skip
FRACTIONS: Final = {
    "½": ("ein halb", "ein halb"), "¼": ("ein Viertel", "ein Viertel"), "¾": ("drei Viertel", "drei Viertel"), "⅓": ("ein Drittel", "ein Drittel"), "⅔": ("zwei Drittel", "zwei Drittel"),
    "⅕": ("ein Fünftel", "ein Fünftel"), "⅖": ("zwei Fünftel", "zwei Fünftel"), "⅗": ("drei Fünftel", "drei Fünftel"), "⅘": ("vier Fünftel", "vier Fünftel"), "⅙": ("ein Sechstel", "ein Sechstel"),
    "⅚": ("fünf Sechstel", "fünf Sechstel"), "⅛": ("ein Achtel", "ein Achtel"), "⅜": ("drei Achtel", "drei Achtel"), "⅝": ("fünf Achtel", "fünf Achtel"), "⅞": ("sieben Achtel", "sieben Achtel"),
}  # fmt: skip
SIGNS: Final = {
    "&": "und", "&&": "und", "||": "oder", "|": "Strich", "@": "ät", "#": "Raute", "%": "Prozent", "‰": "Promille", "°": "Grad", "±": "plus minus", "×": "mal", "÷": "geteilt durch", "−": "minus", "⁺": "plus", "⁻": "minus", "+": "plus",
    "=": "ist gleich", "==": "ist gleich", "===": "ist gleich", "≡": "ist identisch mit", "≠": "ist ungleich", "!=": "ist ungleich", "!==": "ist ungleich", "<>": "ist ungleich", "≈": "ist ungefähr", "~": "Tilde", "→": "zu", "->": "zu", "-->": "zu",
    "⇒": "daraus folgt", "=>": "Pfeil", "←": "von", "<-": "von", "↑": "hinauf", "↓": "hinunter", "↔": "hin und zurück", "<->": "hin und zurück", "∞": "unendlich", "√": "Wurzel aus", "§": "Paragraf", "§§": "Paragrafen", "©": "Copyright",
    "®": "eingetragene Marke", "™": "Marke", "¢": "Cent", "£": "Pfund", "¤": "Währung", "¥": "Yen", "€": "Euro", "$": "Dollar", "₹": "Rupien", "₩": "Won", "₽": "Rubel", "₿": "Bitcoin", "^": "Zirkumflex", "*": "Stern", "**": "hoch",
    "/": "Schrägstrich", "//": "Schrägstrich Schrägstrich", "\\": "Backslash", "_": "Unterstrich", "<": "ist kleiner als", ">": "ist größer als", "≤": "ist höchstens", "<=": "ist höchstens", "≥": "ist mindestens", ">=": "ist mindestens",
    "<<": "nach links um", ">>": "nach rechts um", "+=": "plus gleich", "-=": "minus gleich", "*=": "mal gleich", "/=": "geteilt durch gleich", ":=": "wird zu", "++": "plus plus", "::": "Doppelpunkt Doppelpunkt", "+/-": "plus minus",
    "+-": "plus minus", "--": "Strich Strich", "-": "Strich", "′": "Minuten", "″": "Sekunden", "∑": "Summe von", "∏": "Produkt von", "∂": "partiell", "∫": "Integral von", "∆": "Delta", "∈": "ist Element von", "∉": "ist nicht Element von",
    "∅": "die leere Menge", "∀": "für alle", "∃": "es gibt", "∧": "und", "∨": "oder", "¬": "nicht", "∝": "ist proportional zu", "∪": "vereinigt mit", "∩": "geschnitten mit", "⊂": "ist Teilmenge von",
}  # fmt: skip
WORDS: Final = {
    "to": "bis", "minus": "minus", "plus": "plus", "dot": "Punkt", "at": "ät", "slash": "Schrägstrich", "dash": "Strich", "underscore": "Unterstrich", "colon": "Doppelpunkt", "backslash": "Backslash", "tilde": "Tilde", "star": "Stern",
    "port": "Port", "about": "ungefähr", "at least": "mindestens", "at most": "höchstens", "more": "mehr als", "less": "weniger als", "times": "mal", "by": "mal", "per": "pro", "out of": "von", "over": "durch", "and": "und", "number": "Nummer",
    "power": "hoch", "squared": "zum Quadrat", "cubed": "hoch drei", "version": "Version", "hash": "Raute", "equals": "gleich", "percent": "Prozent", "question": "Fragezeichen", "of": "von", "dollar": "Dollar", "rest": "und so weiter",
    "or": "oder", "ratio": "zu", "root": "Wurzel aus", "ampersand": "und", "then": "dann", "king": "der", "sharp": "sharp",
}  # fmt: skip
TITLES: Final = {"Dr": "Doktor", "Prof": "Professor", "Hr": "Herr", "Hrn": "Herrn", "Fr": "Frau", "Dipl": "Diplom", "Ing": "Ingenieur", "Mag": "Magister", "St": "Sankt"}
NUMBERED: Final = {
    "Nr": "Nummer", "Nrn": "Nummern", "Art": "Artikel", "Abs": "Absatz", "Abb": "Abbildung", "S": "Seite", "Kap": "Kapitel", "Bd": "Band", "Tel": "Telefon", "Ziff": "Ziffer", "Tab": "Tabelle", "Satz": "Satz", "Lit": "Litera", "Pkt": "Punkt",
    "ca": "circa", "No": "Nummer", "Hausnr": "Hausnummer", "App": "Apparat",
}  # fmt: skip
ABBREVIATIONS: Final = {
    "usw": "und so weiter", "bzw": "beziehungsweise", "ca": "circa", "evtl": "eventuell", "ggf": "gegebenenfalls", "inkl": "inklusive", "exkl": "exklusive", "zzgl": "zuzüglich", "abzgl": "abzüglich", "vgl": "vergleiche", "bspw": "beispielsweise",
    "sog": "sogenannt", "max": "maximal", "min": "mindestens", "Std": "Stunden", "Min": "Minuten", "Sek": "Sekunden", "Str": "Straße", "Mio": "Millionen", "Mrd": "Milliarden", "Hr": "Herr", "Fr": "Frau", "Dr": "Doktor", "Prof": "Professor", "etc": "et cetera",
    "Jan": "Januar", "Feb": "Februar", "Mär": "März", "Apr": "April", "Jun": "Juni", "Jul": "Juli", "Aug": "August", "Sep": "September", "Sept": "September", "Okt": "Oktober", "Nov": "November", "Dez": "Dezember", "Mo": "Montag", "Di": "Dienstag", "Mi": "Mittwoch",
    "Do": "Donnerstag", "Fr.": "Freitag", "Sa": "Samstag", "So": "Sonntag", "geb": "geboren", "gest": "gestorben", "verh": "verheiratet", "allg": "allgemein", "insb": "insbesondere", "bes": "besonders", "jew": "jeweils", "lt": "laut", "Lt": "laut", "Zw": "zwischen", "zw": "zwischen", "mind": "mindestens",
    "ehem": "ehemalig", "gem": "gemäß", "Tel": "Telefon", "Nr": "Nummer", "Abt": "Abteilung", "Jh": "Jahrhundert", "vs": "gegen", "Temp": "Temperatur", "Bsp": "Beispiel", "tägl": "täglich", "wg": "wegen", "Pkt": "Punkt", "urspr": "ursprünglich", "eigtl": "eigentlich", "Ges": "Gesellschaft",
}  # fmt: skip
DOTTED: Final = {
    "z.B": "zum Beispiel", "d.h": "das heißt", "u.a": "unter anderem", "u.U": "unter Umständen", "i.d.R": "in der Regel", "o.Ä": "oder Ähnliches", "u.Ä": "und Ähnliches", "z.T": "zum Teil", "s.o": "siehe oben", "s.u": "siehe unten", "v.a": "vor allem",
    "n.Chr": "nach Christus", "v.Chr": "vor Christus", "m.E": "meines Erachtens", "u.s.w": "und so weiter", "o.g": "oben genannt", "z.Zt": "zur Zeit", "z.H": "zu Händen", "a.M": "am Main", "a.D": "außer Dienst", "i.A": "im Auftrag", "e.V": "E V", "u.v.m": "und vieles mehr",
}  # fmt: skip
YEARS_AFTER: Final = frozenset("in seit im von bis ab jahr jahre jahren um vor nach anno sommer winter herbst frühling ende anfang mitte".split()) | {
    month.casefold() for month in MONTHS
}


def ordinal(number: int) -> str:
    """As it stands alone or after "der": erste, zweite."""
    return num2words_as(number, "de", "ordinal").removesuffix("r")


def year(number: int) -> str:
    return num2words_as(number, "de", "year" if 1100 <= number <= 1999 else "cardinal")


def date(day: int, month: int, year_words: str, before: str) -> str:
    """`before` makes it dritten, dritte or dritter. Month 0: the day alone."""
    ending = "n" if before in _DATIVE else "" if before in ("der", "die", "das") else "r"
    return " ".join(part for part in (ordinal(day) + ending, MONTHS[month - 1] if month else "", year_words) if part)


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


def one_of(noun: str) -> str:
    """eine Frage, ein Tag; eins where no noun follows."""
    if not noun or not noun[0].isupper():
        return "eins"
    return "eine" if noun.endswith(_FEMININE) else "ein"


GERMAN: Final = Language(
    code="de",
    number=r"(?:\d{1,3}(?:\.\d{3})+(?!\d)|\d{1,3}(?:[\u00a0']\d{3})+(?!\d)|\d{1,3}(?: \d{3}){2,}(?! ?\d)|\d+)(?:,\d+)?|\d+\.\d+|,\d+",
    group=".\u00a0' ",
    points={",": "Komma", ".": "Punkt"},
    digits=DIGITS,
    words=WORDS,
    signs=SIGNS,
    units=UNITS,
    per=PER,
    currencies=CURRENCIES,
    scales=SCALES,
    fractions=FRACTIONS,
    months=MONTHS,
    month_names={
        **{name.casefold(): at for at, name in enumerate(MONTHS, 1)},
        **{name[:3].casefold(): at for at, name in enumerate(MONTHS, 1)},
        "sept": 9,
        "jänner": 1,
        "feber": 2,
    },
    weekdays={**{name: name for name in WEEKDAYS}, **{name[:2]: name for name in WEEKDAYS}},
    abbreviations=ABBREVIATIONS,
    titles=TITLES,
    numbered=NUMBERED,
    dotted=DOTTED,
    years_after=YEARS_AFTER,
    ordinal=ordinal,
    year=year,
    date=date,
    clock=clock,
    money=money,
    part=part,
    one=lambda feminine: "eine" if feminine else "ein",
    one_of=one_of,
    mixed={sign: forms[0].replace("ein halb", "ein halb") for sign, forms in FRACTIONS.items()},
    no_thing=frozenset("der die das und oder von vom zu ist in im auf mit für".split()),
    single_words=frozenset("max min Min Mo Di Mi Do Sa So Fr Jan mind gem bes lt So Art Temp Ges".split()),
    slashed={},
    alternatives=frozenset("ja nein er sie ihr ihm sein seine ihre an aus links rechts richtig falsch".split()),
    ordinal_after=frozenset("am vom zum dem den der die das im beim zur des einem einer jeden jede jedes mein dein ihr sein erste zum".split()),
    ordinal_nouns=frozenset("Stock Klasse Platz Preis Auflage Kapitel Quartal Halbjahr Bezirk Weltkrieg Jahrhundert Etage Runde Liga Semester Obergeschoss OG".split()),
    day_first=True,
)
