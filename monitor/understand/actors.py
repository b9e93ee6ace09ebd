"""Who must act by a deadline, and in whose time it ends: by the words beside it, in the languages that we read."""

import re
from collections.abc import Iterator
from functools import cache

from monitor.domain.deadlines import DeadlineRole
from monitor.understand.gazetteer import ANY_ENDING, Form, Gazetteer, fold
from monitor.understand.reading import Reading
from monitor.understand.wordlists import word_list

_OFFSET = re.compile(r"(?:UTC|GMT)\s?([+\-−–])\s?(\d{1,2})(?::?([0-5]\d))?(?!\d)")
_BEFORE, _AFTER = 40, 60  # characters of the beginning of a date within which its zone is named
# Who has no part in what must be done, though it is named beside it; and whose affair it is where nobody is named.
_CANNOT = {
    DeadlineRole.INVENTORY: frozenset({"customers", "advertisers", "employees"}),
    DeadlineRole.PAYOUT: frozenset({"customers"}),
    DeadlineRole.APPEAL: frozenset({"customers"}),
}
_USUALLY = {DeadlineRole.INVENTORY: "sellers", DeadlineRole.PAYOUT: "sellers", DeadlineRole.REFUND: "customers"}
_BUYERS = frozenset({"customers", "users"})  # who asks for a refund, where its own sentence names nobody
_COMMA = re.compile(r"[,;:](?=\s)|[，；：،؛]|\s[–—]\s")


def actor(reading: Reading, start: int, lang: str, role: DeadlineRole | None = None) -> str:
    """Who must act by the date at `start` of the whole: sellers, customers, users, creators, creditors, advertisers,
    importers, employees or platform; "" when nobody is named near it, and `role`, what must be done, tells nobody.

    It is sought in the date's own clause, then in its sentence, then in the sentence before, among those who can do
    what must be done: customers have no stock. The first who is named there acts, as a rule, and what comes later is
    acted upon; but a platform that must act is named with its duty.
    """
    cannot = _CANNOT.get(role, frozenset()) if role else frozenset()
    for left, right, own in _around(reading, start):
        hits = _actors().find(reading.whole[left:right], lang)
        named = [hit.form.value for hit in hits if hit.form.value not in {"nobody", *cannot}]
        if role is DeadlineRole.REFUND and not own:
            named = [who for who in named if who in _BUYERS]
        if named:
            return "platform" if "platform" in named else named[0]
    return _USUALLY.get(role, "") if role else ""


def sellers(text: str, lang: str) -> list[tuple[int, int]]:
    """Where a text has words for sellers: from the first letter to behind the last."""
    return [(hit.start, hit.end) for hit in _actors().find(text, lang) if hit.form.value == "sellers"]


def zone(reading: Reading, start: int, lang: str) -> str:
    """The zone named close to the date, in its sentence, as an IANA name or like "+08:00"; "" when none is."""
    left, right = reading.extent(reading.sentence(start))
    beside = reading.whole[max(left, start - _BEFORE) : min(right, start + _AFTER)]
    if match := _OFFSET.search(beside):
        return f"{'+' if match[1] == '+' else '-'}{int(match[2]):02}:{match[3] or '00'}"
    return next((hit.form.value for hit in _zones().find(beside, lang)), "")


def _around(reading: Reading, start: int) -> Iterator[tuple[int, int, bool]]:
    """The date's clause, its sentence and the one before: where each begins and ends, and whether it is its own."""
    number = reading.sentence(start)
    left, right = reading.extent(number)
    commas = [match.end() for match in _COMMA.finditer(reading.whole, left, right)]
    yield max([left, *(at for at in commas if at <= start)]), min([right, *(at for at in commas if at > start)]), True
    yield left, right, True
    if number:
        yield *reading.extent(number - 1), False


@cache
def _actors() -> Gazetteer:
    forms = []
    for who, words in _data("actors").items():
        for word in words:
            text, _, langs = word.partition("@")
            tail = ANY_ENDING if text.endswith("*") else 0
            forms.append(Form(fold(text.removesuffix("*")), who, tail=tail, langs=frozenset(langs.split())))
    return Gazetteer(forms)


@cache
def _zones() -> Gazetteer:
    return Gazetteer(Form(word, zone, exact=word.isupper()) for zone, words in _data("zones").items() for word in words)


def _data(name: str) -> dict[str, list[str]]:
    loaded: dict[str, list[str]] = word_list(name)
    return loaded
