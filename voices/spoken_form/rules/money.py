"""Prices: $1,234.56, 5 €, $3M, $5-10, $20/month."""

from __future__ import annotations

import re

from voices.spoken_form.rules.source import Said, Source
from voices.spoken_form.rules.units import EQUATION, TO, patterns, per_what
from voices.spoken_form.vocabulary.language import Currency, Language


def currency_first(source: Source, at: int) -> Said | None:
    """$1,234.56, US$5, USD 5, -$5, $3M, $5-10, $20/month."""
    found = patterns(source.language)["money"].match(source.text, at)
    if not found or (found["sign"] in ("-", "+") and not source.opens(at)):
        return None
    language, end = source.language, found.end()
    name = found["currency"] or found["code"]
    minus = "-" in found[0][:6] or "−" in found[0][:6]
    sign = language.words["minus"] if minus else language.words["plus"] if found["sign"] == "+" else ""
    to = language.words["between" if source.word_before(at) in ("between", "zwischen") else "to"]
    until = TO.match(source.text, end) if not EQUATION.match(source.text, end) else None
    second = patterns(language)["money"].match(source.text, until.end()) if until else None
    number = patterns(language)["number"].match(source.text, until.end()) if until and not second else None
    one = source.word_before(at) in ("a", "an")
    words = _priced(language, found, name, one=one, before=source.before(at))
    if second and second["scale"] and not found["scale"] and _smaller(found["amount"], second["amount"]):
        words = f"{language.figure(found['amount'])} {to} {_priced(language, second, second['currency'] or second['code'])}"
        end = second.end()
    elif second:
        words = f"{words} {to} {_priced(language, second, second['currency'] or second['code'])}"
        end = second.end()
    elif number:
        scale = patterns(language)["any scale"].match(source.text, number.end())
        top = language.figure(number[0]) + (f" {language.scales[scale[1]]}" if scale else "")
        words = f"{language.figure(found['amount'])} {to} {top} {language.currencies[name].many}"
        end = scale.end() if scale else number.end()
    return per_what(source, Said(f"{sign} {words}".strip(), end))


def _smaller(first: str, second: str) -> bool:
    """Of $10-$20K the first is thousands too; of $500-$1M it is not."""
    numbers = [re.sub(r"[^\d.]", "", amount) for amount in (first, second)]
    return all(re.fullmatch(r"\d+(?:\.\d+)?", number) for number in numbers) and float(numbers[0]) < float(numbers[1])


def currency_last(source: Source, at: int) -> Said | None:
    """5 €, 49,90 €, 20 EUR, 50¢."""
    found = patterns(source.language)["money_after"].match(source.text, at)
    if not found:
        return None
    name = found["currency"] or found["code"]
    if (
        found["code"]
        and source.character(found.end()) == "/"
        and not patterns(source.language)["per"].match(source.text, found.end())
    ):
        return None
    one = source.word_before(at) in ("a", "an")
    return per_what(source, Said(_priced(source.language, found, name, one=one, before=source.before(at)), found.end()))


def _priced(language: Language, found: re.Match[str], name: str, *, one: bool = False, before: str = "") -> str:
    currency: Currency = language.currencies[name]
    written = found["amount"]
    if cents := re.fullmatch(r"([\d.]{1,40}),(\d\d)", written):
        whole, decimals = cents[1].replace(".", ""), cents[2]
    else:
        whole, _, decimals = language.split(written)
    if part := re.fullmatch(r"(\d+),(\d)", written):
        written = f"{part[1]}{next(iter(language.points))}{part[2]}"
    if language.half_of and written == "1":
        if scale := language.scales.get(found["scale"] or ""):
            single = scale.removesuffix("en") if scale.endswith("onen") else scale.removesuffix("n")
            return f"{language.one_of(single, before)} {single} {currency.many}"
        return f"{language.one_of(currency.one, before)} {currency.one}"
    if found["scale"]:
        return f"{language.figure(written)} {language.scales[found['scale']]} {currency.one if one else currency.many}"
    if one and not decimals:
        return f"{language.figure(written)} {currency.one}"
    if not currency.cent or len(decimals) not in (0, 2) or len(whole) > 15:
        return f"{language.figure(written)} {currency.one if whole == '1' and not decimals else currency.many}"
    return language.money(whole or "0", decimals, currency)
