"""German: the endings of ordinals, of "ein" and of "halb", by the noun behind them and the words before them.

A guess by tables and endings, made once for all rules; where nothing is known a noun is masculine and stands in the nominative.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Final

from voices.spoken_form.vocabulary.language import num2words_as, word_set


class Gender(Enum):
    MASCULINE = "m"
    FEMININE = "f"
    NEUTER = "n"


class Case(Enum):
    NOMINATIVE = "nominative"
    ACCUSATIVE = "accusative"
    DATIVE = "dative"


_FEMININE: Final = word_set(
    "person frau bank art form tochter mutter schwester steuer mauer oper schulter firma pizza kamera oma cola app mail bahn tat "
    "last post burg luft haut angst lust kunst wurst brust faust frist liste milch butter kartoffel regel tafel insel schüssel "
    "gabel kugel nadel wurzel ziffer kammer sms e-mail jury party city story cloud box uhr tür not kuh maus nuss band software "
    "million milliarde"
)
_FEMININE_ENDS: Final = (
    "ung", "heit", "keit", "schaft", "tion", "sion", "gion", "tät", "ik", "ei", "enz", "anz", "ie", "ur", "nummer", "stadt",
    "nacht", "nachricht", "antwort", "zeit", "zahl", "kraft", "fahrt", "bahn", "welt", "schrift", "sicht", "schicht", "person",
    "arbeit", "hand", "wand", "wahl", "uhr", "tür", "mail", "liga", "million", "union",
)  # fmt: skip
_NO_FEMININE_ENDS: Final = (
    "ein", "min", "zin", "flur", "abitur", "stadion", "champion", "name", "käse", "gedanke", "buchstabe", "junge", "kollege",
    "kunde", "experte", "hase", "löwe", "affe", "wille", "glaube", "neffe", "rabe", "bote", "franzose", "zeuge", "riese", "cache",
    "service", "code", "brei", "schrei",
)  # fmt: skip
_NEUTER: Final = word_set(
    "tor ei og eg mal land bad amt bett rad tier reich ende auge baby hotel handy kind buch haus bild jahr wort team ziel feld "
    "event level knie genie album lied brot bier glas dorf volk schiff boot herz blatt fach loch hemd kleid heft licht gerät "
    "gebiet gesetz system konzert objekt finale turnier update upgrade release feature interface image file interview stück "
    "paket ticket zimmer fenster messer wasser wetter ufer"
)
_NEUTER_ENDS: Final = (
    "chen", "lein", "ment", "ium", "eum", "tum", "nis", "ing", "to", "ro", "eo", "no", "io", "zeug", "werk", "spiel", "jahr",
    "buch", "kind", "haus", "bild", "wort", "stück", "mal", "team", "projekt", "ziel", "problem", "paket", "ticket", "zimmer",
    "fenster", "kapitel", "quartal", "semester", "modul", "feld", "gramm", "byte", "bit", "watt", "volt", "hertz", "prozent",
    "pfund", "angebot", "gespräch", "mitglied", "treffen", "leben", "programm", "fahrrad", "tier", "geschenk", "geschäft",
    "gebäude", "viertel", "drittel", "wochenende", "ende", "auge", "interesse", "geschoss", "rennen", "jahrhundert", "jahrzehnt",
    "semester", "system", "konzert", "motorrad", "argument", "dokument", "skript", "gemüse", "café", "geschlecht", "gericht",
    "land", "album", "lied",
)  # fmt: skip

_NO_NEUTER_ENDS: Final = ("euro", "saldo", "irrtum", "reichtum", "erlaubnis", "frühling", "lehrling", "zwilling", "hering")
_DATIVE: Final = word_set("mit nach von vor bei seit aus zu ab in an unter zwischen neben hinter außer gegenüber")
_ACCUSATIVE: Final = word_set("für um durch ohne gegen pro je über auf bis per")
_BETWEEN: Final = word_set(
    "nur genau mindestens etwa circa ca rund noch schon fast höchstens maximal also auch mir dir ihm ihr uns euch gerade"
)
_TAKES_OBJECT: Final = word_set(
    "habe hast hat haben habt hatte hatten sehe siehst sieht sehen sah brauche brauchst braucht brauchen brauchte gibt gab gäbe "
    "kaufe kaufst kauft kaufen kaufte nimm nehme nimmt nehmen nahm finde findest findet finden fand kostet kosten kostete zahle "
    "zahlst zahlt zahlen bezahle bezahlt bekomme bekommst bekommt bekommen bekam enthält enthalten öffne öffnet starte startet "
    "lade lädt möchte möchten möchtest will willst wollen esse isst essen trinke trinkt trinken schreibe schreibt schicke "
    "schickt sende sendet lese liest höre hört kenne kennt dauert dauerte wiegt misst umfasst erreicht spare spart verliere "
    "verliert verlor gewinnt gewann macht mache machen füge setze stelle trage bestelle bestellt bestellen warte wartet laufe "
    "läuft lief lösche löscht hole holt teste testet baue baut zeige zeigt erstelle erstellt gefunden"
)
_WORDS: Final = re.compile(r"[^\W\d_]+")
_CLAUSE: Final = re.compile(r"[.,;:!?()\"]")
_NOUN: Final = re.compile(r"[ \u00a0](?:[a-zäöüß]{2,20}[ \u00a0]){0,1}([A-ZÄÖÜ][^\W\d_-]*(?:-[^\W\d_]+){0,2})")

_WEAK: Final = word_set("den dem des im am vom zum zur beim nächsten letzten ersten beiden nach seit ab bis")
_AS_NAMED: Final = word_set("die das ins ans aufs fürs durchs übers ums diese jede jene welche")
_STEMS: Final = ("mein", "dein", "sein", "ihr", "unser", "euer", "eur", "kein", "ein")
_POINTING: Final = ("dies", "jed", "jen", "welch", "manch")
DETERMINERS: Final = (
    _WEAK | _AS_NAMED | {"der"} | {f"{stem}{end}" for stem in (*_STEMS, *_POINTING) for end in ("e", "em", "en", "er", "es")}
    | frozenset(_STEMS) - {"eur"}
)  # fmt: skip
"""Words behind which a number with a full stop counts the noun that follows."""


def gender(noun: str) -> Gender:
    word = noun.rpartition("-")[2].casefold()
    if word in _NEUTER or (word.endswith(_NEUTER_ENDS) and not word.endswith(_NO_NEUTER_ENDS)):
        return Gender.NEUTER
    if word in _FEMININE:
        return Gender.FEMININE
    person = word.endswith("in") and len(word) > 6
    if word.endswith(_NO_FEMININE_ENDS) or not (
        person or word.endswith(_FEMININE_ENDS) or (word.endswith("e") and len(word) > 3)
    ):
        return Gender.MASCULINE
    return Gender.FEMININE


def noun_after(text: str) -> str:
    """The noun that the beginning of `text` speaks of, perhaps behind an adjective."""
    found = _NOUN.match(text)
    return found[1] if found else ""


def case(before: str) -> Case:
    """Of a noun, by the words before it in its clause."""
    words = [word.casefold() for word in _WORDS.findall(_CLAUSE.split(before)[-1])][-6:]
    while words and words[-1] in _BETWEEN:
        words.pop()
    if words and words[-1] in _DATIVE:
        return Case.DATIVE
    if (words and words[-1] in _ACCUSATIVE) or any(word in _TAKES_OBJECT for word in words):
        return Case.ACCUSATIVE
    return Case.NOMINATIVE


_EIN: Final = {
    (Gender.MASCULINE, Case.ACCUSATIVE): "einen", (Gender.MASCULINE, Case.DATIVE): "einem", (Gender.NEUTER, Case.DATIVE): "einem",
    (Gender.FEMININE, Case.NOMINATIVE): "eine", (Gender.FEMININE, Case.ACCUSATIVE): "eine",
    (Gender.FEMININE, Case.DATIVE): "einer",
}  # fmt: skip
_HALB: Final = {
    (Gender.MASCULINE, Case.NOMINATIVE): "halber", (Gender.NEUTER, Case.NOMINATIVE): "halbes",
    (Gender.NEUTER, Case.ACCUSATIVE): "halbes",
    (Gender.FEMININE, Case.NOMINATIVE): "halbe", (Gender.FEMININE, Case.ACCUSATIVE): "halbe",
}  # fmt: skip


def one_of(noun: str, before: str) -> str:
    """eine Frage, einen Apfel, mit einem Klick; eins where no noun follows."""
    if not noun or not noun[0].isupper():
        return "eins"
    if noun == "Uhr":
        return "ein"
    return _EIN.get((gender(noun), case(before)), "ein")


def half_of(noun: str, before: str) -> str:
    """eine halbe Stunde, einen halben Liter."""
    kind, where = gender(noun), case(before)
    return f"{_EIN.get((kind, where), 'ein')} {_HALB.get((kind, where), 'halben')}"


def ordinal_of(number: int, noun: str, before: str) -> str:
    """der dritte Versuch, in der dritten Klasse, mein zweites Buch, erste Liga."""
    stem = num2words_as(number, "de", "ordinal").removesuffix("r")
    words = [word.casefold() for word in _WORDS.findall(_CLAUSE.split(before)[-1])]
    last, kind = words[-1] if words else "", gender(noun) if noun else Gender.MASCULINE
    if last == "der" or last in ("dieser", "jeder", "jener", "welcher"):
        weak = kind is Gender.FEMININE or noun.endswith("hunderts") or (len(words) > 1 and words[-2] in _DATIVE)
        return f"{stem}n" if weak else stem
    if last in _AS_NAMED or (last in DETERMINERS and last.endswith("e")):
        return stem
    if last in _WEAK or (last in DETERMINERS and last not in _STEMS):
        return f"{stem}n"
    if last in _DATIVE:
        return f"{stem}{'r' if kind is Gender.FEMININE else 'm'}"
    return stem + {Gender.MASCULINE: "r", Gender.FEMININE: "", Gender.NEUTER: "s"}[kind]
