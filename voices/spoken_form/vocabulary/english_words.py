"""English: the tables."""

from __future__ import annotations

from typing import Final

from voices.spoken_form.vocabulary.language import Currency, Unit, word_set

MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip
WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
DIGITS: Final = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def _unit(one: str) -> Unit:
    """`mile per hour` is miles per hour, `degree Celsius` degrees Celsius, `square foot` square feet."""
    counted, per, rest = one.partition(" per ")
    head, north, side = counted.partition(" ") if counted.startswith("degree") else (counted, "", "")
    head, irregular = next(
        ((head.removesuffix(end), many) for end, many in _IRREGULAR.items() if head.endswith(end)), (head, "s")
    )
    return Unit(one, f"{head}{irregular}{north}{side}{per}{rest}")


_IRREGULAR: Final = {"foot": "feet", "inch": "inches", "hertz": "hertz", "lux": "lux"}
_PREFIXES: Final = {
    "k": "kilo", "M": "mega", "G": "giga", "T": "tera", "m": "milli", "c": "centi", "d": "deci", "μ": "micro", "n": "nano",
}  # fmt: skip
_PREFIXED: Final = {
    "m": ("meter", "kcdmμn"), "g": ("gram", "kmμ"), "s": ("second", "mμn"), "Hz": ("hertz", "kMGT"), "W": ("watt", "kMGm"),
    "V": ("volt", "km"), "Wh": ("watt hour", "kMG"), "J": ("joule", "kM"), "Pa": ("pascal", "kM"), "A": ("amp", "m"),
    "Ah": ("amp hour", "m"), "l": ("liter", "mcd"), "L": ("liter", "m"), "B": ("byte", "kMGT"), "bit": ("bit", "kMG"),
    "cal": ("calorie", "k"), "mol": ("mole", "m"), "F": ("farad", "μn"), "N": ("newton", "k"), "Ω": ("ohm", "kM"),
}  # fmt: skip
_NAMES: Final = {
    "°C": "degree Celsius", "°F": "degree Fahrenheit", "°": "degree", "ha": "hectare", "t": "tonne", "in": "inch", "inch": "inch",
    "ft": "foot", "yd": "yard", "mi": "mile", "lb": "pound", "lbs": "pound", "oz": "ounce", "gal": "gallon",
    "mph": "mile per hour", "kph": "kilometer per hour", "kmh": "kilometer per hour", "h": "hour", "hr": "hour", "hrs": "hour",
    "min": "minute", "mins": "minute", "sec": "second", "secs": "second", "wk": "week", "wks": "week", "yr": "year",
    "yrs": "year", "dB": "decibel", "dBm": "decibel milliwatt", "bar": "bar", "KB": "kilobyte", "PB": "petabyte",
    "KiB": "kibibyte", "MiB": "mebibyte", "GiB": "gibibyte", "TiB": "tebibyte", "kbps": "kilobit per second",
    "Kbps": "kilobit per second", "Mbps": "megabit per second", "Gbps": "gigabit per second", "bps": "bit per second",
    "MBps": "megabyte per second", "bp": "basis point", "MP": "megapixel", "MPH": "mile per hour", "mpg": "mile per gallon",
    "MPG": "mile per gallon", "fl oz": "fluid ounce", "fl. oz": "fluid ounce", "kmph": "kilometer per hour",
    "GBps": "gigabyte per second", "Kb": "kilobit", "kbit": "kilobit", "mol": "mole", "mmol": "millimole",
    "IU": "international unit", "sq. ft": "square foot", "sq. m": "square meter", "sq km": "square kilometer",
    "sq. km": "square kilometer", "sq mi": "square mile", "sq. mi": "square mile", "sq in": "square inch",
    "sq. in": "square inch", "cu ft": "cubic foot", "cu. ft": "cubic foot", "RPM": "revolution per minute",
    "FPS": "frame per second", "BPM": "beat per minute", "KWh": "kilowatt hour", "TFLOPS": "teraflop", "pcs": "piece",
    "doz": "dozen", "Tbsp": "tablespoon", "Tsp": "teaspoon", "Lbs": "pound", "Hrs": "hour", "Mins": "minute", "dBA": "decibel",
    "kb": "kilobit", "Mb": "megabit", "Gb": "gigabit", "px": "pixel", "pt": "point", "rpm": "revolution per minute",
    "fps": "frame per second", "bpm": "beat per minute", "dpi": "dot per inch", "ppi": "pixel per inch",
    "ppm": "part per million", "psi": "pound per square inch", "m²": "square meter", "m2": "square meter",
    "cm²": "square centimeter", "km²": "square kilometer", "km2": "square kilometer", "mm²": "square millimeter",
    "m³": "cubic meter", "m3": "cubic meter", "cm³": "cubic centimeter", "ft²": "square foot", "sqft": "square foot",
    "sq ft": "square foot", "sqm": "square meter", "sq m": "square meter", "tsp": "teaspoon", "tbsp": "tablespoon",
    "req": "request", "reqs": "request", "rps": "request per second", "qps": "query per second", "Nm": "newton meter",
    "lx": "lux", "lm": "lumen", "cd": "candela", "eV": "electron volt", "kVA": "kilovolt amp", "us": "microsecond",
    "ug": "microgram", "hPa": "hectopascal", "pp": "percentage point", "°N": "degree north", "°S": "degree south",
    "°E": "degree east", "°W": "degree west", "AU": "astronomical unit", "ly": "light year",
}  # fmt: skip
UNITS: Final = {
    **{unit: _unit(name) for unit, (name, _) in _PREFIXED.items()},
    **{f"{p}{unit}": _unit(_PREFIXES[p] + name) for unit, (name, prefixes) in _PREFIXED.items() for p in prefixes},
    **{unit: _unit(name) for unit, name in _NAMES.items()}, "%": Unit("percent", "percent"), "‰": Unit("per mille", "per mille"),
    "K": Unit("kelvin", "kelvin"), "pct": Unit("percent", "percent"),
    "mmHg": Unit("millimeter of mercury", "millimeters of mercury"), "qps": Unit("query per second", "queries per second"),
}  # fmt: skip
PER: Final = {
    "s": "second", "sec": "second", "min": "minute", "h": "hour", "hr": "hour", "hour": "hour", "d": "day", "day": "day",
    "wk": "week", "week": "week", "mo": "month", "month": "month", "yr": "year", "year": "year", "y": "year", "m": "meter",
    "m²": "square meter", "m³": "cubic meter", "km": "kilometer", "km²": "square kilometer", "kg": "kilogram", "l": "liter",
    "L": "liter", "ml": "milliliter", "dl": "deciliter", "user": "user", "person": "person", "seat": "seat", "night": "night",
    "unit": "unit", "piece": "piece", "GB": "gigabyte", "MB": "megabyte", "TB": "terabyte", "kWh": "kilowatt hour", "lb": "pound",
    "oz": "ounce", "gal": "gallon", "ft²": "square foot", "minute": "minute", "second": "second", "call": "call",
    "token": "token", "page": "page", "request": "request", "image": "image", "mile": "mile", "item": "item", "head": "head",
    "s²": "second squared", "s2": "second squared", "cm³": "cubic centimeter", "million": "million", "mi": "mile", "g": "gram",
    "week-end": "weekend", "quarter": "quarter", "hectare": "hectare", "ha": "hectare", "users": "users", "M": "million",
    "MTok": "million tokens", "Mtok": "million tokens", "thousand": "thousand", "K": "thousand", "k": "thousand",
    "billion": "billion", "transaction": "transaction", "seats": "seats", "hr.": "hour", "mile²": "square mile",
    "employee": "employee", "share": "share", "ton": "ton", "barrel": "barrel", "bbl": "barrel", "liter": "liter",
    "litre": "litre", "gallon": "gallon", "pound": "pound", "ounce": "ounce", "hrs": "hour", "cm": "centimeter",
    "mm": "millimeter", "dL": "deciliter", "mL": "milliliter", "core": "core", "device": "device", "message": "message",
    "word": "word", "character": "character", "sec.": "second",
}  # fmt: skip
CURRENCIES: Final = {
    "$": Currency("dollar", "dollars", "cent", "cents"), "€": Currency("euro", "euros", "cent", "cents"),
    "£": Currency("pound", "pounds", "penny", "pence"), "¥": Currency("yen", "yen"),
    "₹": Currency("rupee", "rupees", "paisa", "paise"), "₩": Currency("won", "won"), "₽": Currency("ruble", "rubles"),
    "₿": Currency("bitcoin", "bitcoins"), "¢": Currency("cent", "cents"),
    "US$": Currency("U S dollar", "U S dollars", "cent", "cents"), "USD": Currency("U S dollar", "U S dollars", "cent", "cents"),
    "A$": Currency("Australian dollar", "Australian dollars", "cent", "cents"),
    "C$": Currency("Canadian dollar", "Canadian dollars", "cent", "cents"),
    "CA$": Currency("Canadian dollar", "Canadian dollars", "cent", "cents"),
    "AU$": Currency("Australian dollar", "Australian dollars", "cent", "cents"),
    "AUD": Currency("Australian dollar", "Australian dollars", "cent", "cents"),
    "CAD": Currency("Canadian dollar", "Canadian dollars", "cent", "cents"), "EUR": Currency("euro", "euros", "cent", "cents"),
    "GBP": Currency("pound", "pounds", "penny", "pence"), "JPY": Currency("yen", "yen"),
    "CHF": Currency("Swiss franc", "Swiss francs", "centime", "centimes"), "CNY": Currency("yuan", "yuan"),
    "RMB": Currency("yuan", "yuan"), "INR": Currency("rupee", "rupees", "paisa", "paise"), "BTC": Currency("bitcoin", "bitcoins"),
    "SEK": Currency("Swedish krona", "Swedish kronor"), "NOK": Currency("Norwegian krone", "Norwegian kroner"),
    "DKK": Currency("Danish krone", "Danish kroner"), "PLN": Currency("zloty", "zlotys"),
    "CZK": Currency("Czech koruna", "Czech korunas"), "HUF": Currency("forint", "forints"), "BRL": Currency("real", "reais"),
    "R$": Currency("real", "reais"), "HK$": Currency("Hong Kong dollar", "Hong Kong dollars"),
    "HKD": Currency("Hong Kong dollar", "Hong Kong dollars"), "S$": Currency("Singapore dollar", "Singapore dollars"),
    "SGD": Currency("Singapore dollar", "Singapore dollars"), "NZ$": Currency("New Zealand dollar", "New Zealand dollars"),
    "NZD": Currency("New Zealand dollar", "New Zealand dollars"), "MXN": Currency("Mexican peso", "Mexican pesos"),
    "KRW": Currency("won", "won"), "TRY": Currency("lira", "lira"), "ZAR": Currency("rand", "rand"),
    "THB": Currency("baht", "baht"), "ILS": Currency("shekel", "shekels"), "kr": Currency("krone", "kroner"),
    "zł": Currency("zloty", "zlotys"), "Kč": Currency("Czech koruna", "Czech korunas"), "₺": Currency("lira", "lira"),
    "₴": Currency("hryvnia", "hryvnias"), "₪": Currency("shekel", "shekels"), "฿": Currency("baht", "baht"),
    "₫": Currency("dong", "dong"), "₱": Currency("peso", "pesos"), "ETH": Currency("ether", "ether"),
}  # fmt: skip
SCALES: Final = {
    "k": "thousand", "K": "thousand", "M": "million", "m": "million", "mn": "million", "mm": "million", "B": "billion",
    "b": "billion", "bn": "billion", "T": "trillion", "tn": "trillion", "thousand": "thousand", "million": "million",
    "billion": "billion", "trillion": "trillion", "hundred": "hundred", "mln": "million", "bln": "billion", "Mio": "million",
    "Mrd": "billion", "Mn": "million", "Bn": "billion",
}  # fmt: skip
FRACTIONS: Final = {
    "½": ("one half", "half a"), "¼": ("one quarter", "a quarter of a"), "¾": ("three quarters", "three quarters of a"),
    "⅓": ("one third", "a third of a"), "⅔": ("two thirds", "two thirds of a"), "⅕": ("one fifth", "a fifth of a"),
    "⅖": ("two fifths", "two fifths of a"), "⅗": ("three fifths", "three fifths of a"),
    "⅘": ("four fifths", "four fifths of a"), "⅙": ("one sixth", "a sixth of a"), "⅚": ("five sixths", "five sixths of a"),
    "⅛": ("one eighth", "an eighth of a"), "⅜": ("three eighths", "three eighths of a"),
    "⅝": ("five eighths", "five eighths of a"), "⅞": ("seven eighths", "seven eighths of a"),
}  # fmt: skip
SIGNS: Final = {
    "&": "and", "&&": "and", "||": "or", "|": "pipe", "@": "at", "#": "hash", "%": "percent", "‰": "per mille", "°": "degrees",
    "±": "plus or minus", "×": "times", "÷": "divided by", "−": "minus", "⁺": "plus", "⁻": "minus", "+": "plus", "=": "equals",
    "==": "equals", "===": "equals", "≡": "is identical to", "≠": "is not equal to", "!=": "is not equal to",
    "!==": "is not equal to", "<>": "is not equal to", "≈": "is about", "~": "tilde", "→": "to", "->": "to", "-->": "to",
    "⇒": "implies", "=>": "arrow", "←": "from", "<-": "from", "↑": "up", "↓": "down", "↔": "to and from", "<->": "to and from",
    "∞": "infinity", "√": "square root of", "§": "section", "§§": "sections", "©": "copyright", "®": "registered",
    "™": "trademark", "¢": "cents", "£": "pounds", "¤": "currency", "¥": "yen", "€": "euros", "$": "dollar", "₹": "rupees",
    "₩": "won", "₽": "rubles", "₿": "bitcoins", "₺": "lira", "₴": "hryvnias", "₪": "shekels", "฿": "baht", "₫": "dong",
    "₱": "pesos", "^": "caret", "*": "star", "**": "to the power of", "/": "slash",
    "//": "slash slash", "\\": "backslash", "_": "underscore", "<": "is less than", ">": "is greater than", "≤": "is at most",
    "<=": "is at most", "≥": "is at least", ">=": "is at least", "<<": "shifted left by", ">>": "shifted right by",
    "+=": "plus equals", "-=": "minus equals", "*=": "times equals", "/=": "divided by equals", ":=": "becomes",
    "++": "plus plus", "::": "colon colon", "+/-": "plus or minus", "+-": "plus or minus", "--": "dash dash", "-": "dash",
    "′": "minutes", "″": "seconds", "∑": "sum of", "∏": "product of", "∂": "partial", "∫": "integral of", "∆": "delta",
    "∈": "is in", "∉": "is not in", "∅": "the empty set", "∀": "for all", "∃": "there is", "∧": "and", "∨": "or", "¬": "not",
    "∝": "is proportional to", "∪": "union", "∩": "intersection", "⊂": "is a subset of",
}  # fmt: skip
WORDS: Final = {
    "to": "to", "minus": "minus", "plus": "plus", "dot": "dot", "at": "at", "slash": "slash", "dash": "dash",
    "underscore": "underscore", "colon": "colon", "backslash": "backslash", "tilde": "tilde", "star": "star", "port": "port",
    "about": "about", "at least": "at least", "at most": "at most", "more": "more than", "less": "less than", "times": "times",
    "by": "by", "per": "per", "out of": "out of", "over": "over", "and": "and", "number": "number", "numbers": "numbers",
    "power": "to the power of", "squared": "squared", "cubed": "cubed", "version": "version", "hash": "hash", "equals": "equals",
    "percent": "percent", "question": "question mark", "copyright": "copyright", "arrow": "arrow", "of": "of", "feet": "feet",
    "foot": "foot", "inch": "inch", "inches": "inches", "section": "section", "dollar": "dollar", "rest": "and so on",
    "hex": "zero x", "or": "or", "ratio": "to", "root": "the square root of", "is": "is", "ampersand": "and", "not": "not",
    "queen": "the", "then": "then", "king": "the", "sharp": "sharp", "heart": "heart", "N": "north", "S": "south", "E": "east",
    "W": "west", "line": "line", "column": "column", "hashtag": "hashtag", "between": "and", "broken heart": "broken heart",
    "love": "love",
}  # fmt: skip
TITLES: Final = {
    "Dr": "Doctor", "Drs": "Doctors", "Mr": "Mister", "Mrs": "Missus", "Ms": "Miz", "Prof": "Professor", "Capt": "Captain",
    "Lt": "Lieutenant", "Col": "Colonel", "Gen": "General", "Sgt": "Sergeant", "Maj": "Major", "Cmdr": "Commander",
    "Rev": "Reverend", "Hon": "Honorable", "Gov": "Governor", "Sen": "Senator", "Rep": "Representative", "Pres": "President",
    "St": "Saint", "Mt": "Mount", "Ft": "Fort", "Fr": "Father", "Sr": "Sister", "Supt": "Superintendent", "Pvt": "Private",
}  # fmt: skip
NUMBERED: Final = {
    "max": "at most", "Max": "at most", "min": "at least", "Min": "at least", "No": "number", "no": "number", "Nos": "numbers",
    "nos": "numbers", "Nr": "number", "p": "page", "pp": "pages",
    "P": "page", "Fig": "figure", "fig": "figure", "Figs": "figures", "vol": "volume", "Vol": "volume", "ch": "chapter",
    "Ch": "chapter", "chap": "chapter", "sec": "section", "Sec": "section", "Art": "article", "art": "article",
    "Eq": "equation", "eq": "equation", "ext": "extension", "Ext": "extension", "para": "paragraph", "Ref": "reference",
    "ref": "reference", "Rm": "room", "rm": "room", "Apt": "apartment", "apt": "apartment", "ver": "version", "Ver": "version",
    "rev": "revision", "Rev": "revision", "vs": "versus", "ca": "circa", "c": "circa", "Tel": "telephone", "tel": "telephone",
    "Pt": "part", "pt": "part", "sect": "section", "Sect": "section", "Bldg": "building", "Q": "question", "v": "version",
}  # fmt: skip
ABBREVIATIONS: Final = {
    "vs": "versus", "al": "al", "etc": "et cetera", "approx": "approximately", "appt": "appointment", "apt": "apartment",
    "dept": "department", "Dept": "Department", "est": "estimated", "Est": "established", "max": "maximum", "Max": "maximum",
    "min": "minimum", "Min": "minimum", "temp": "temperature", "Temp": "temperature", "avg": "average", "Avg": "average",
    "incl": "including", "excl": "excluding", "govt": "government", "Govt": "Government", "Ave": "Avenue", "Blvd": "Boulevard",
    "Rd": "Road", "Hwy": "Highway", "Ln": "Lane", "Sq": "Square", "Pl": "Place", "Pkwy": "Parkway", "Jr": "Junior",
    "Sr": "Senior", "Inc": "Incorporated", "Ltd": "Limited", "Corp": "Corporation", "Co": "Company", "Bros": "Brothers",
    "Assn": "Association", "Univ": "University", "misc": "miscellaneous", "prev": "previous", "resp": "respectively",
    "cf": "compare", "ca": "circa", "ibid": "ibidem", "viz": "namely", "wt": "weight", "hrs": "hours", "hr": "hour",
    "mins": "minutes", "secs": "seconds", "yrs": "years", "yr": "year", "mos": "months", "wks": "weeks", "ft": "feet",
    "lbs": "pounds", "oz": "ounces", "tbsp": "tablespoon", "tsp": "teaspoon", "attn": "attention", "Attn": "attention",
    "acct": "account", "amt": "amount", "qty": "quantity", "Qty": "quantity", "pkg": "package", "ref": "reference",
    "esp": "especially", "orig": "originally", "intl": "international", "Intl": "International", "mgmt": "management",
    "mgr": "manager", "ed": "edition", "eds": "editors", "Mon": "Monday", "Tue": "Tuesday", "Tues": "Tuesday", "Wed": "Wednesday",
    "Thu": "Thursday", "Thur": "Thursday", "Thurs": "Thursday", "Fri": "Friday", "Jan": "January", "Feb": "February",
    "Mar": "March", "Apr": "April", "Jun": "June", "Jul": "July", "Aug": "August", "Sep": "September", "Sept": "September",
    "Oct": "October", "Nov": "November", "Dec": "December", "Ext": "extension", "ext": "extension", "tel": "telephone",
    "Tel": "telephone", "Fig": "figure", "fig": "figure", "vol": "volume", "Vol": "volume", "Prof": "Professor", "Gen": "General",
    "Mt": "Mount", "Dr": "Drive", "St": "Street", "Mr": "Mister", "Mrs": "Missus", "Ms": "Miz",
}  # fmt: skip
DOTTED: Final = {
    "e.g": "for example", "i.e": "that is", "a.m": "A M", "p.m": "P M", "A.M": "A M", "P.M": "P M", "a.k.a": "also known as",
    "w.r.t": "with respect to", "q.v": "see", "n.b": "note", "N.B": "note", "Ph.D": "P H D", "M.Sc": "M S C", "B.Sc": "B S C",
    "et al": "and others", "c.f": "compare", "p.a": "per year", "o.k": "okay", "O.K": "okay", "a.s.a.p": "A S A P", "p.s": "P S",
}  # fmt: skip
YEARS_AFTER: Final = word_set(
    "in since by until till from year years before after around circa during of through mid early late fiscal fy summer "
    "winter spring autumn fall season vintage copyright "
    "january february march april may june july august september october november december q1 q2 q3 q4 h1 h2 class model"
)
MIXED: Final = {
    "½": "a half", "¼": "a quarter", "¾": "three quarters", "⅓": "a third", "⅔": "two thirds", "⅕": "a fifth",
    "⅖": "two fifths", "⅗": "three fifths", "⅘": "four fifths", "⅙": "a sixth", "⅚": "five sixths", "⅛": "an eighth",
    "⅜": "three eighths", "⅝": "five eighths", "⅞": "seven eighths",
}  # fmt: skip
NO_THING: Final = word_set(
    "of the a an and or to is are was were in on at by for from with than as off as full done more less if then but so that "
    "which left gone empty"
)
SINGLE_WORDS: Final = word_set("max min temp est Max Min Temp Est ed wt Mar Sat Sun Pl pt mos ref ext in no fig prev orig")
SLASHED: Final = {
    "w/o": "without", "w/": "with", "WWI": "World War one", "WWII": "World War two", "vs": "versus", "approx": "approximately",
    "etc": "et cetera", "hrs": "hours", "mins": "minutes", "secs": "seconds", "yrs": "years", "pls": "please", "plz": "please",
    "thx": "thanks", "btw": "by the way", "aka": "also known as", "eg": "for example", "ie": "that is", "govt": "government",
    "dept": "department", "mph": "miles per hour", "mpg": "miles per gallon", "pts": "points", "qty": "quantity",
}  # fmt: skip
ALTERNATIVES: Final = word_set(
    "his her he she him hers yes no true false on off either or win lose pass fail buy sell male female left right up down "
    "pros cons men women day night good bad maybe"
)
