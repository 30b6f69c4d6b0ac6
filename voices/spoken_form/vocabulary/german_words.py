"""German: the tables."""

from __future__ import annotations

from typing import Final

from voices.spoken_form.vocabulary.english_words import CURRENCIES as ENGLISH_CURRENCIES
from voices.spoken_form.vocabulary.english_words import UNITS as ENGLISH_UNITS
from voices.spoken_form.vocabulary.language import Currency, Unit, by_spelling, word_set

MONTHS: Final = (
    "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember",
)  # fmt: skip
WEEKDAYS: Final = ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag")
DIGITS: Final = ("null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun")
_PREFIXED: Final = {
    "Meter": "m", "Gramm": "g", "Hertz": "Hz", "Watt": "W", "Volt": "V", "Joule": "J", "Pascal": "Pa", "Ampere": "A",
    "Liter": "l", "Byte": "B", "Bit": "bit",
}  # fmt: skip
_PREFIXES: Final = {
    "": "", "k": "Kilo", "M": "Mega", "G": "Giga", "T": "Tera", "m": "Milli", "c": "Zenti", "d": "Dezi", "μ": "Mikro",
    "n": "Nano",
}  # fmt: skip
_SAME: Final = {
    f"{prefix}{unit}": f"{word}{name.lower()}" if prefix else name
    for name, unit in _PREFIXED.items()
    for prefix, word in _PREFIXES.items()
    if f"{prefix}{unit}" in ENGLISH_UNITS
}
UNITS: Final = {
    **{unit: Unit(name, name) for unit, name in _SAME.items()},
    **{unit: Unit(name, name) for unit, name in {
        "°C": "Grad Celsius", "°F": "Grad Fahrenheit", "°": "Grad", "%": "Prozent", "‰": "Promille", "K": "Kelvin",
        "ha": "Hektar", "kWh": "Kilowattstunden", "Wh": "Wattstunden", "MWh": "Megawattstunden", "m²": "Quadratmeter",
        "m2": "Quadratmeter", "qm": "Quadratmeter", "cm²": "Quadratzentimeter", "km²": "Quadratkilometer",
        "km2": "Quadratkilometer", "m³": "Kubikmeter", "m3": "Kubikmeter", "cbm": "Kubikmeter", "cm³": "Kubikzentimeter",
        "dB": "Dezibel", "PS": "P S", "KB": "Kilobyte", "L": "Liter", "mL": "Milliliter", "Mbit": "Megabit", "Gbit": "Gigabit",
        "MBit": "Megabit", "GBit": "Gigabit", "kbit": "Kilobit", "kBit": "Kilobit",
        "kcal": "Kilokalorien", "hPa": "Hektopascal", "bar": "Bar", "px": "Pixel", "fps": "Bilder pro Sekunde", "Uhr": "Uhr",
        "Mbps": "Megabit pro Sekunde", "Gbps": "Gigabit pro Sekunde", "kbps": "Kilobit pro Sekunde",
        "mAh": "Milliamperestunden", "dl": "Deziliter", "kmh": "Kilometer pro Stunde",
    }.items()},
    **{unit: Unit(name, f"{name}n", feminine=True) for unit, name in by_spelling({
        "Sekunde": "s, Sek, sec", "Millisekunde": "ms", "Mikrosekunde": "μs", "Nanosekunde": "ns", "Minute": "min, Min",
        "Stunde": "h, Std", "Tonne": "t", "Milliarde": "Mrd",
    }).items()},
    "EL": Unit("Esslöffel", "Esslöffel"), "TL": Unit("Teelöffel", "Teelöffel"), "Tsd": Unit("tausend", "tausend"),
    "Mio": Unit("Million", "Millionen", feminine=True),
    "Wh/kg": Unit("Wattstunde pro Kilogramm", "Wattstunden pro Kilogramm", feminine=True),
}  # fmt: skip
PER: Final = {
    "s": "Sekunde", "min": "Minute", "h": "Stunde", "Std": "Stunde", "Tag": "Tag", "Monat": "Monat", "Jahr": "Jahr",
    "Woche": "Woche", "m": "Meter", "m²": "Quadratmeter", "qm": "Quadratmeter", "m³": "Kubikmeter", "km": "Kilometer",
    "km²": "Quadratkilometer", "kg": "Kilogramm", "l": "Liter", "kWh": "Kilowattstunde", "Person": "Person", "Nacht": "Nacht",
    "Stück": "Stück", "GB": "Gigabyte", "Stunde": "Stunde", "Minute": "Minute", "Sekunde": "Sekunde",
}  # fmt: skip
CURRENCIES: Final = {
    **{sign: Currency(name, name, cent, cent) for sign, name, cent in (
        ("€", "Euro", "Cent"), ("EUR", "Euro", "Cent"), ("$", "Dollar", "Cent"), ("US$", "U S Dollar", "Cent"),
        ("USD", "U S Dollar", "Cent"), ("£", "Pfund", "Pence"), ("GBP", "Pfund", "Pence"), ("CHF", "Franken", "Rappen"),
        ("¥", "Yen", ""), ("JPY", "Yen", ""), ("¢", "Cent", ""), ("₹", "Rupien", ""), ("₽", "Rubel", ""), ("₿", "Bitcoin", ""),
        ("BTC", "Bitcoin", ""), ("₩", "Won", ""), ("₺", "Lira", ""), ("₴", "Hrywnja", ""), ("₪", "Schekel", ""),
        ("฿", "Baht", ""),
        ("₫", "Dong", ""), ("₱", "Peso", ""), ("zł", "Zloty", ""), ("Kč", "Kronen", ""), ("kr", "Kronen", ""), ("ct", "Cent", ""),
        ("Ct", "Cent", ""), ("HUF", "Forint", ""), ("PLN", "Zloty", ""), ("CZK", "tschechische Kronen", ""),
    )},
    **{code: Currency(one.one, one.many) for code, one in ENGLISH_CURRENCIES.items() if code in ("CNY", "INR", "AUD", "CAD")},
}  # fmt: skip
SCALES: Final = {
    "Mio": "Millionen", "Mrd": "Milliarden", "Mio.": "Millionen", "Mrd.": "Milliarden", "Millionen": "Millionen",
    "Milliarden": "Milliarden", "Tausend": "tausend", "tausend": "tausend", "k": "tausend", "K": "tausend", "M": "Millionen",
    "Million": "Million", "Milliarde": "Milliarde", "Tsd": "tausend", "Tsd.": "tausend", "mn": "Millionen", "bn": "Milliarden",
}  # fmt: skip
FRACTIONS: Final = {sign: (name, name) for sign, name in {
    "½": "ein halb", "¼": "ein Viertel", "¾": "drei Viertel", "⅓": "ein Drittel", "⅔": "zwei Drittel", "⅕": "ein Fünftel",
    "⅖": "zwei Fünftel", "⅗": "drei Fünftel", "⅘": "vier Fünftel", "⅙": "ein Sechstel", "⅚": "fünf Sechstel", "⅛": "ein Achtel",
    "⅜": "drei Achtel", "⅝": "fünf Achtel", "⅞": "sieben Achtel",
}.items()}  # fmt: skip
SIGNS: Final = {
    "&": "und", "&&": "und", "||": "oder", "|": "Strich", "@": "ät", "#": "Raute", "%": "Prozent", "‰": "Promille", "°": "Grad",
    "±": "plus minus", "×": "mal", "÷": "geteilt durch", "−": "minus", "⁺": "plus", "⁻": "minus", "+": "plus", "=": "ist gleich",
    "==": "ist gleich", "===": "ist gleich", "≡": "ist identisch mit", "≠": "ist ungleich", "!=": "ist ungleich",
    "!==": "ist ungleich", "<>": "ist ungleich", "≈": "ist ungefähr", "~": "Tilde", "→": "zu", "->": "zu", "-->": "zu",
    "⇒": "daraus folgt", "=>": "Pfeil", "←": "von", "<-": "von", "↑": "hinauf", "↓": "hinunter", "↔": "hin und zurück",
    "<->": "hin und zurück", "∞": "unendlich", "√": "Wurzel aus", "§": "Paragraf", "§§": "Paragrafen", "©": "Copyright",
    "®": "eingetragene Marke", "™": "Marke", "¢": "Cent", "£": "Pfund", "¤": "Währung", "¥": "Yen", "€": "Euro", "$": "Dollar",
    "₹": "Rupien", "₩": "Won", "₽": "Rubel", "₿": "Bitcoin", "₺": "Lira", "₴": "Hrywnja", "₪": "Schekel", "฿": "Baht",
    "₫": "Dong", "₱": "Peso", "^": "Zirkumflex", "*": "Stern", "**": "hoch", "/": "Schrägstrich",
    "//": "Schrägstrich Schrägstrich", "\\": "Backslash", "_": "Unterstrich", "<": "ist kleiner als", ">": "ist größer als",
    "≤": "ist höchstens", "<=": "ist höchstens", "≥": "ist mindestens", ">=": "ist mindestens", "<<": "nach links um",
    ">>": "nach rechts um", "+=": "plus gleich", "-=": "minus gleich", "*=": "mal gleich", "/=": "geteilt durch gleich",
    ":=": "wird zu", "++": "plus plus", "::": "Doppelpunkt Doppelpunkt", "+/-": "plus minus", "+-": "plus minus",
    "--": "Strich Strich", "-": "Strich", "′": "Minuten", "″": "Sekunden", "∑": "Summe von", "∏": "Produkt von", "∂": "partiell",
    "∫": "Integral von", "∆": "Delta", "∈": "ist Element von", "∉": "ist nicht Element von", "∅": "die leere Menge",
    "∀": "für alle", "∃": "es gibt", "∧": "und", "∨": "oder", "¬": "nicht", "∝": "ist proportional zu", "∪": "vereinigt mit",
    "∩": "geschnitten mit", "⊂": "ist Teilmenge von",
}  # fmt: skip
WORDS: Final = {
    "to": "bis", "minus": "minus", "plus": "plus", "dot": "Punkt", "at": "ät", "slash": "Schrägstrich", "dash": "Strich",
    "underscore": "Unterstrich", "colon": "Doppelpunkt", "backslash": "Backslash", "tilde": "Tilde", "star": "Stern",
    "port": "Port", "about": "ungefähr", "at least": "mindestens", "at most": "höchstens", "more": "mehr als",
    "less": "weniger als", "times": "mal", "by": "mal", "per": "pro", "out of": "von", "over": "durch", "and": "und",
    "number": "Nummer", "power": "hoch", "squared": "zum Quadrat", "cubed": "hoch drei", "version": "Version", "hash": "Raute",
    "equals": "gleich", "percent": "Prozent", "question": "Fragezeichen", "of": "von", "dollar": "Dollar",
    "rest": "und so weiter", "or": "oder", "ratio": "zu", "root": "Wurzel aus", "ampersand": "und", "not": "nicht",
    "queen": "die", "then": "dann", "king": "der", "sharp": "sharp", "heart": "Herz", "N": "Nord", "S": "Süd", "E": "Ost",
    "W": "West", "line": "Zeile", "column": "Spalte", "hashtag": "Hashtag", "between": "und", "broken heart": "gebrochenes Herz",
    "love": "liebe",
}  # fmt: skip
TITLES: Final = {
    "Dr": "Doktor", "Prof": "Professor", "Hr": "Herr", "Hrn": "Herrn", "Fr": "Frau", "Dipl": "Diplom", "Ing": "Ingenieur",
    "Mag": "Magister", "St": "Sankt", "Fam": "Familie", "med": "med",
}  # fmt: skip
NUMBERED: Final = {
    "Nr": "Nummer", "Nrn": "Nummern", "Art": "Artikel", "Abs": "Absatz", "Abb": "Abbildung", "S": "Seite", "Kap": "Kapitel",
    "Bd": "Band", "Tel": "Telefon", "Ziff": "Ziffer", "Tab": "Tabelle", "Satz": "Satz", "Lit": "Litera", "Pkt": "Punkt",
    "ca": "circa", "No": "Nummer", "Hausnr": "Hausnummer", "App": "Apparat",
}  # fmt: skip
ABBREVIATIONS: Final = {
    "usw": "und so weiter", "bzw": "beziehungsweise", "ca": "circa", "evtl": "eventuell", "ggf": "gegebenenfalls",
    "inkl": "inklusive", "exkl": "exklusive", "zzgl": "zuzüglich", "abzgl": "abzüglich", "vgl": "vergleiche",
    "bspw": "beispielsweise", "sog": "sogenannt", "max": "maximal", "min": "mindestens", "Std": "Stunden", "Min": "Minuten",
    "Sek": "Sekunden", "Str": "Straße", "Mio": "Millionen", "Mrd": "Milliarden", "Hr": "Herr", "Fr": "Frau", "Dr": "Doktor",
    "Prof": "Professor", "etc": "et cetera", "Jan": "Januar", "Feb": "Februar", "Mär": "März", "Apr": "April", "Jun": "Juni",
    "Jul": "Juli", "Aug": "August", "Sep": "September", "Sept": "September", "Okt": "Oktober", "Nov": "November",
    "Dez": "Dezember", "Mo": "Montag", "Di": "Dienstag", "Mi": "Mittwoch", "Do": "Donnerstag", "Fr.": "Freitag",
    "Sa": "Samstag", "So": "Sonntag", "geb": "geboren", "gest": "gestorben", "verh": "verheiratet", "allg": "allgemein",
    "insb": "insbesondere", "bes": "besonders", "jew": "jeweils", "lt": "laut", "Lt": "laut", "Zw": "zwischen",
    "zw": "zwischen", "mind": "mindestens", "ehem": "ehemalig", "gem": "gemäß", "Tel": "Telefon", "Nr": "Nummer",
    "Abt": "Abteilung", "Jh": "Jahrhundert", "vs": "gegen", "Temp": "Temperatur", "Bsp": "Beispiel", "tägl": "täglich",
    "wg": "wegen", "Pkt": "Punkt", "urspr": "ursprünglich", "eigtl": "eigentlich", "Ges": "Gesellschaft",
    "MwSt": "Mehrwertsteuer", "Stk": "Stück", "ff": "folgende", "Hauptbhf": "Hauptbahnhof", "Bhf": "Bahnhof",
}  # fmt: skip
DOTTED: Final = {
    "z.B": "zum Beispiel", "d.h": "das heißt", "u.a": "unter anderem", "u.U": "unter Umständen", "i.d.R": "in der Regel",
    "o.Ä": "oder Ähnliches", "u.Ä": "und Ähnliches", "z.T": "zum Teil", "s.o": "siehe oben", "s.u": "siehe unten",
    "v.a": "vor allem", "n.Chr": "nach Christus", "v.Chr": "vor Christus", "m.E": "meines Erachtens", "u.s.w": "und so weiter",
    "o.g": "oben genannt", "z.Zt": "zur Zeit", "z.H": "zu Händen", "a.M": "am Main", "a.D": "außer Dienst", "i.A": "im Auftrag",
    "s.S": "siehe Seite", "a.a.O": "am angegebenen Ort", "m.a.W": "mit anderen Worten", "e.V": "E V", "u.v.m": "und vieles mehr",
}  # fmt: skip
YEARS_AFTER: Final = word_set(
    "in seit im von bis ab jahr jahre jahren um vor nach anno sommer winter herbst frühling ende anfang mitte"
) | {month.casefold() for month in MONTHS}
