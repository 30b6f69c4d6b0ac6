"""Names and acronyms that are said alike in English and German."""

from __future__ import annotations

from typing import Final

from voices.spoken_form.vocabulary.language import word_set

SAID_AS: Final = {
    "JSON": "jason", "json": "jason", "Json": "jason", "YAML": "yammel", "yaml": "yammel", "yml": "yammel", "JPEG": "jay peg",
    "jpeg": "jay peg", "JPG": "jay peg", "jpg": "jay peg", "OK": "okay", "Ok": "okay", "ok": "okay", "iOS": "i O S",
    "macOS": "mac O S", "watchOS": "watch O S", "iPadOS": "i pad O S", "OAuth": "O Auth", "SaaS": "sass", "PaaS": "pass",
    "PostgreSQL": "postgres", "Postgres": "postgres", "MySQL": "my S Q L", "SQLite": "S Q L lite", "NoSQL": "no S Q L",
    "readme": "read me", "README": "read me", "localhost": "local host", "ASCII": "askey", "GUI": "gooey", "SCSI": "scuzzy",
    "LaTeX": "lah tech", "PhD": "P H D", "WiFi": "Wi-Fi", "Wifi": "Wi-Fi", "WIFI": "Wi-Fi", "wifi": "Wi-Fi", "ARM": "arm",
    "txt": "text", "src": "source", "usr": "user", "tmp": "temp", "cfg": "config", "IMAP": "eye map", "EBITDA": "e bit dah",
    "Ctrl": "control", "ctrl": "control", "stdin": "standard in", "stdout": "standard out", "stderr": "standard error",
    "DevOps": "dev ops", "VMware": "V M ware", "eBay": "e bay", "iPad": "i pad", "iPhone": "i phone", "iCloud": "i cloud",
    "iMac": "i mac", "GmbH": "G M B H", "VoIP": "voip", "regex": "reg ex", "RegEx": "reg ex", "IPv4": "I P V four",
    "IPv6": "I P V six", "ENV": "env", "eID": "e I D", "eSIM": "e sim", "VRAM": "V RAM", "ChatGPT": "chat G P T",
    "OpenAI": "open A I", "xAI": "x A I", "NaN": "not a number",
}  # fmt: skip

NAMES: Final = word_set(
    "GitHub GitLab YouTube LinkedIn PayPal WhatsApp JavaScript TypeScript CoffeeScript PowerPoint PowerShell FaceTime AirPods "
    "AirPlay MacBook ElevenLabs DeepMind HuggingFace WordPress StackOverflow DoorDash BlackRock FedEx LaTeX McDonald LeBron "
    "CrowdStrike DataDog CloudFlare"
)
"""Capitals inside, and one name all the same."""

WORDS_IN_CAPITALS: Final = word_set(
    "NASA NATO RAM ROM GIF SIM PIN LAN WAN VPN ZIP BIOS SUV DOS SWAT OPEC UNICEF UNESCO UEFA FIFA NAFTA AIDS COVID LASER "
    "RADAR SCUBA CAPTCHA CORS CRUD PEP "
    "REST SOAP AJAX OWASP SAP MIDI DAX PAL CAD NOC DORA ISO IKEA LEGO BREXIT HUD JIT MIT POSIX ANSI NASDAQ ASAP"
) - frozenset({"VPN", "MIT", "ASAP", "SAP", "NOC"})  # fmt: skip
"""Acronyms that are said as words."""

SPELLED: Final = word_set(
    "API URL URI SDK CLI IDE SQL XML CSV PDF CPU GPU TPU NPU SSD HDD USB HDMI LED LCD OLED AI AGI ML NLP LLM UI UX QA PR CI CD "
    "DNS IP TCP UDP SSH SSL TLS FTP SMTP VPN HTTP HTTPS HTML CSS PHP AWS GCP IBM SAP UUID GUID ID OS PC TV DVD CEO CTO CFO COO "
    "CIO HR VP UK EU UN US USA UAE WHO FBI CIA NSA IRS FAQ ETA ETD ASAP AKA FYI TBA TBD DIY RSVP IT IEEE OECD IMF MIT UCLA BBC "
    "CNN NBC ABC CBS MTV HBO ATM GPS SMS MMS MVP KPI ROI SLA SLO SEO CRM ERP B2B ISP IOT JWT SSO MFA OTP RSA AES SHA MD XSS CSRF "
    "CDN CMS ORM REPL AST DOM JVM JRE JDK GCC LLVM AMD BMW VW ÖBB ÖVP SPÖ FPÖ CDU CSU SPD FDP ARD ZDF ORF EZB EEG ECG MRI DNA "
    "RNA HIV UV AC DC FM AM PM BC AD CV AG KG OG EG UG USD EUR GBP CHF IBAN BIC ISBN IMHO AFAIK IEC OEM OCR RPC GRPC IOC EOD EOF "
    "POC UAT YTD EUV IP"
)
"""Acronyms that are said letter by letter although they have vowels."""
COMMON_CAPITALS: Final = word_set(
    "NOT NO YES ALL AND THE ARE CAN YOU FOR BUT NOW ONE TWO SIX TEN NEW OLD ANY MAY SHE HIS HER HIM OUR OUT OFF TOP END ADD RUN "
    "SET GET PUT USE WHY HOW BIG BAD DO GO IF IN IS MY OF ON OR SO TO UP WE BE BY AT AS AN ME HE WAS HAS HAD DID LET TRY SAY SEE "
    "WAY DAY OWN TOO YET ONLY EVER VERY STOP LOOK MUST NEVER PLEASE LOG NET KEY MAX MIN SUM AVG HOT RED BIT BOX CAR DOG CAT MAN "
    "MEN SUN SEA WAR LAW ART AGE AIR BED BUY CUT EAT FAR FUN GOD GUN HIT JOB KID LOW OIL PAY RAW SAD DER DIE DAS UND IST EIN ES "
    "ER SIE WIR IHR ICH DU ZU AB AUF AUS BEI MIT VON VOR NICHT KEIN NUR JA NEIN ALLE"
) - frozenset({"MIT", "AVG", "AB"})  # fmt: skip
"""Words that are only written in capitals for weight."""

ENDINGS: Final = {
    "py": "P Y", "md": "M D", "js": "J S", "ts": "T S", "rs": "R S", "sh": "S H", "go": "go", "txt": "text", "jpg": "jay peg",
    "exe": "E X E", "ini": "I N I", "doc": "doc", "docx": "dock x", "xlsx": "X L S X", "ico": "I C O", "odt": "O D T",
    "apk": "A P K", "iso": "I S O", "tar": "tar", "zip": "zip", "com": "com", "org": "org", "net": "net", "edu": "E D U",
    "gov": "gov", "mil": "mil", "info": "info", "biz": "biz", "co": "co", "me": "me", "tv": "T V", "io": "I O", "ai": "A I",
    "tech": "tech", "bak": "back", "jar": "jar", "bat": "bat", "ps": "P S", "rtf": "R T F", "so": "S O", "a": "A", "c": "C",
    "h": "H", "o": "O", "r": "R", "ipynb": "I P Y N B", "env": "env", "lock": "lock",
}  # fmt: skip
SPELLED_TOPS: Final = word_set(
    "uk de at ch fr it es nl eu us ca au jp cn br se dk fi pl cz be ie nz fm gg ly sh rs li lu hu gr ru ua tr kr il za mx ar"
)
"""Ends of addresses that are said letter by letter."""

BARE_UNITS: Final = word_set("km cm mm kg mg ml GB MB kB TB GHz MHz kHz Hz kWh Mbps Gbps dB ms")
"""Units that are understood without a number before them."""

KEYS: Final = {
    "ctrl": "control", "control": "control", "strg": "Steuerung", "cmd": "command", "command": "command", "alt": "alt",
    "option": "option", "shift": "shift", "umschalt": "Umschalt", "super": "super", "win": "windows", "fn": "F N",
    "esc": "escape", "del": "delete", "entf": "Entfernen", "ins": "insert", "enter": "enter", "tab": "tab", "space": "space",
    "meta": "meta", "pgup": "page up", "pgdn": "page down",
}  # fmt: skip

GREEK: Final = dict(
    zip(
        "αβγδεζηθικλμνξοπρστυφχψω",
        [
            "alpha",
            "beta",
            "gamma",
            "delta",
            "epsilon",
            "zeta",
            "eta",
            "theta",
            "iota",
            "kappa",
            "lambda",
            "mu",
            "nu",
            "xi",
            "omicron",
            "pi",
            "rho",
            "sigma",
            "tau",
            "upsilon",
            "phi",
            "chi",
            "psi",
            "omega",
        ],
        strict=True,
    )
) | dict(zip("ΔΣΩΠΦΨΘΛΓ", ["delta", "sigma", "omega", "pi", "phi", "psi", "theta", "lambda", "gamma"], strict=True))
"""Single letters; words of them stay."""

CONTEXT_ROMAN: Final = word_set(
    "chapter part book volume section act scene war phase type class grade level stage title article appendix annex figure "
    "table group unit world series season episode bowl "
    "kapitel teil band akt szene abschnitt phase typ klasse stufe titel artikel anhang abbildung tabelle weltkrieg"
)
KINGS: Final = word_set(
    "henry louis charles george edward richard william james john paul pius benedict elizabeth catherine frederick philip "
    "alexander nicholas peter napoleon leo gregory innocent ferdinand francis constantine mary otto rudolf joseph heinrich "
    "ludwig karl georg eduard wilhelm johannes benedikt elisabeth katharina friedrich maria franz"
)
QUEENS: Final = word_set("elizabeth catherine mary elisabeth katharina maria")
NOT_STREETS: Final = word_set(
    "in at on the to from near by for and of with go visit see is was are our my your this that it we he she they but or so if "
    "when where yes no hello hi dear thanks please im am an zur zum beim von nach in bei und der die das"
)
"""Words that may begin a sentence, so that a capital says nothing about them."""

CHOICES: Final = {
    "and/or": "and or", "n/a": "not applicable", "y/y": "year on year", "m/m": "month on month", "y/o": "year old",
    "a/c": "air conditioning", "c/o": "care of", "b/c": "because", "w/o": "without", "s/he": "she or he",
    "und/oder": "und oder", "i/o": "I O", "a/b": "A B", "tcp/ip": "T C P I P", "km/h": "",
}  # fmt: skip
CHOICES.pop("km/h")
