"""English: the tables."""

from __future__ import annotations

from typing import Final

from voices.spoken_form.vocabulary.language import Currency, Unit, by_spelling, word_set

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
_NAMES: Final = by_spelling({
    "degree Celsius": "°C", "degree Fahrenheit": "°F", "degree": "°", "hectare": "ha", "tonne": "t", "inch": "in, inch",
    "foot": "ft", "yard": "yd", "mile": "mi", "pound": "lb, lbs, Lbs", "ounce": "oz", "gallon": "gal",
    "mile per hour": "mph, MPH", "kilometer per hour": "kph, kmh, kmph", "hour": "h, hr, hrs, Hrs", "minute": "min, mins, Mins",
    "second": "sec, secs", "week": "wk, wks", "year": "yr, yrs", "decibel": "dB, dBA", "decibel milliwatt": "dBm", "bar": "bar",
    "kilobyte": "KB", "petabyte": "PB", "kibibyte": "KiB", "mebibyte": "MiB", "gibibyte": "GiB", "tebibyte": "TiB",
    "kilobit per second": "kbps, Kbps", "megabit per second": "Mbps", "gigabit per second": "Gbps", "bit per second": "bps",
    "megabyte per second": "MBps", "basis point": "bp", "megapixel": "MP", "mile per gallon": "mpg, MPG",
    "fluid ounce": "fl oz, fl. oz", "gigabyte per second": "GBps", "kilobit": "Kb, kbit, kb", "mole": "mol", "millimole": "mmol",
    "international unit": "IU", "square foot": "sq. ft, ft², sqft, sq ft", "square meter": "sq. m, m², m2, sqm, sq m",
    "square kilometer": "sq km, sq. km, km², km2", "square mile": "sq mi, sq. mi", "square inch": "sq in, sq. in",
    "cubic foot": "cu ft, cu. ft", "revolution per minute": "RPM, rpm", "frame per second": "FPS, fps",
    "beat per minute": "BPM, bpm", "kilowatt hour": "KWh", "teraflop": "TFLOPS", "piece": "pcs", "dozen": "doz",
    "tablespoon": "Tbsp, tbsp", "teaspoon": "Tsp, tsp", "megabit": "Mb", "gigabit": "Gb", "pixel": "px", "point": "pt",
    "dot per inch": "dpi", "pixel per inch": "ppi", "part per million": "ppm", "pound per square inch": "psi",
    "square centimeter": "cm²", "square millimeter": "mm²", "cubic meter": "m³, m3", "cubic centimeter": "cm³",
    "request": "req, reqs", "request per second": "rps", "query per second": "qps", "newton meter": "Nm", "lux": "lx",
    "lumen": "lm", "candela": "cd", "electron volt": "eV", "kilovolt amp": "kVA", "microsecond": "us", "microgram": "ug",
    "hectopascal": "hPa", "percentage point": "pp", "degree north": "°N", "degree south": "°S", "degree east": "°E",
    "degree west": "°W", "astronomical unit": "AU", "light year": "ly",
})  # fmt: skip
UNITS: Final = {
    **{unit: _unit(name) for unit, (name, _) in _PREFIXED.items()},
    **{f"{p}{unit}": _unit(_PREFIXES[p] + name) for unit, (name, prefixes) in _PREFIXED.items() for p in prefixes},
    **{unit: _unit(name) for unit, name in _NAMES.items()}, "%": Unit("percent", "percent"), "‰": Unit("per mille", "per mille"),
    "K": Unit("kelvin", "kelvin"), "pct": Unit("percent", "percent"),
    "mmHg": Unit("millimeter of mercury", "millimeters of mercury"), "qps": Unit("query per second", "queries per second"),
}  # fmt: skip
PER: Final = by_spelling({
    "second": "s, sec, second, sec.", "minute": "min, minute", "hour": "h, hr, hour, hr., hrs", "day": "d, day",
    "week": "wk, week", "month": "mo, month", "year": "yr, year, y", "meter": "m", "square meter": "m²", "cubic meter": "m³",
    "kilometer": "km", "square kilometer": "km²", "kilogram": "kg", "liter": "l, L, liter", "milliliter": "ml, mL",
    "deciliter": "dl, dL", "user": "user", "person": "person", "seat": "seat", "night": "night", "unit": "unit", "piece": "piece",
    "gigabyte": "GB", "megabyte": "MB", "terabyte": "TB", "kilowatt hour": "kWh", "pound": "lb, pound", "ounce": "oz, ounce",
    "gallon": "gal, gallon", "square foot": "ft²", "call": "call", "token": "token", "page": "page", "request": "request",
    "image": "image", "mile": "mile, mi", "item": "item", "head": "head", "second squared": "s², s2", "cubic centimeter": "cm³",
    "million": "million, M", "gram": "g", "weekend": "week-end", "quarter": "quarter", "hectare": "hectare, ha", "users": "users",
    "million tokens": "MTok, Mtok", "thousand": "thousand, K, k", "billion": "billion", "transaction": "transaction",
    "seats": "seats", "square mile": "mile²", "employee": "employee", "share": "share", "ton": "ton", "barrel": "barrel, bbl",
    "litre": "litre", "centimeter": "cm", "millimeter": "mm", "core": "core", "device": "device", "message": "message",
    "word": "word", "character": "character",
})  # fmt: skip
_CURRENCIES: Final = (
    ("$", "dollar", "dollars", "cent", "cents"), ("€ EUR", "euro", "euros", "cent", "cents"),
    ("£ GBP", "pound", "pounds", "penny", "pence"), ("¥ JPY", "yen", "yen"), ("₹ INR", "rupee", "rupees", "paisa", "paise"),
    ("₩ KRW", "won", "won"), ("₽", "ruble", "rubles"), ("₿ BTC", "bitcoin", "bitcoins"), ("¢", "cent", "cents"),
    ("US$ USD", "U S dollar", "U S dollars", "cent", "cents"),
    ("A$ AU$ AUD", "Australian dollar", "Australian dollars", "cent", "cents"),
    ("C$ CA$ CAD", "Canadian dollar", "Canadian dollars", "cent", "cents"),
    ("CHF", "Swiss franc", "Swiss francs", "centime", "centimes"), ("CNY RMB", "yuan", "yuan"),
    ("SEK", "Swedish krona", "Swedish kronor"), ("NOK", "Norwegian krone", "Norwegian kroner"),
    ("DKK", "Danish krone", "Danish kroner"), ("PLN zł", "zloty", "zlotys"), ("CZK Kč", "Czech koruna", "Czech korunas"),
    ("HUF", "forint", "forints"), ("BRL R$", "real", "reais"), ("HK$ HKD", "Hong Kong dollar", "Hong Kong dollars"),
    ("S$ SGD", "Singapore dollar", "Singapore dollars"), ("NZ$ NZD", "New Zealand dollar", "New Zealand dollars"),
    ("MXN", "Mexican peso", "Mexican pesos"), ("TRY ₺", "lira", "lira"), ("ZAR", "rand", "rand"), ("THB ฿", "baht", "baht"),
    ("ILS ₪", "shekel", "shekels"), ("kr", "krone", "kroner"), ("₴", "hryvnia", "hryvnias"), ("₫", "dong", "dong"),
    ("₱", "peso", "pesos"), ("ETH", "ether", "ether"),
)  # fmt: skip
"""Signs and codes; one, many; cent, cents."""
CURRENCIES: Final = {sign: Currency(*names) for signs, *names in _CURRENCIES for sign in signs.split()}
SCALES: Final = by_spelling({
    "thousand": "k, K, thousand", "million": "M, m, mn, mm, million, mln, Mio, Mn", "billion": "B, b, bn, billion, bln, Mrd, Bn",
    "trillion": "T, tn, trillion", "hundred": "hundred",
})  # fmt: skip
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
NUMBERED: Final = by_spelling({
    "at most": "max, Max", "at least": "min, Min", "number": "No, no, Nr", "numbers": "Nos, nos", "page": "p, P", "pages": "pp",
    "figure": "Fig, fig", "figures": "Figs", "volume": "vol, Vol", "chapter": "ch, Ch, chap", "section": "sec, Sec, sect, Sect",
    "article": "Art, art", "equation": "Eq, eq", "extension": "ext, Ext", "paragraph": "para", "reference": "Ref, ref",
    "room": "Rm, rm", "apartment": "Apt, apt", "version": "ver, Ver, v", "revision": "rev, Rev", "versus": "vs", "circa": "ca, c",
    "telephone": "Tel, tel", "part": "Pt, pt", "building": "Bldg", "question": "Q",
})  # fmt: skip
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
