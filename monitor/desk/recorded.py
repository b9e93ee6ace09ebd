"""What decisions kept in English, said in the reader's language: read back by the forms that they are written in.

The set of forms is closed (`monitor.desk.recorded_forms`, `monitor.desk.fault_forms`). A sentence of no form, which an
older or a newer version wrote, is nobody's to translate: it is shown as it is, and marked as English.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache

from monitor.desk.fault_forms import ANSWERS, FAULTS
from monitor.desk.recorded_forms import AS_WRITTEN, LABELLED, OTHERWISE, Said
from monitor.domain.alerts import Reason
from monitor.domain.deadlines import DeadlineRole, PartialDate
from monitor.domain.exposure import Severity
from monitor.domain.signals import EventType, Status
from monitor.domain.sources import Authority
from monitor.notify.grounds import stepped
from monitor.notify.sentences import EVENT
from monitor.notify.tongue import LANGUAGES, Tongue
from monitor.notify.wording import AUTHORITY, DUTY, LOUD, RUNG, clean

LONGEST = 2_000  # characters; what is longer is of no form
_DEEP = 4  # forms within forms
_UNITS = {"d": 86_400, "day": 86_400, "h": 3_600, "hour": 3_600, "min": 60, "minute": 60, "s": 1, "second": 1}
_EVENTS = {one.value: one for one in EventType} | {one.value.replace("_", " "): one for one in EventType} | {
    "change of seller terms": EventType.POLICY,
    "action against sellers": EventType.ENFORCEMENT,
}  # fmt: skip
_ROLES = {one.value: one for one in DeadlineRole} | {one.value.replace("_", " "): one for one in DeadlineRole}


def _any_of(words: Iterable[str]) -> str:
    return f"(?:{'|'.join(sorted(map(re.escape, words), key=len, reverse=True))})"


_DAY, _AT, _PLACE = r"\d{4}(?:-\d\d){0,2}", r"\d{4}-\d\d-\d\d \d\d:\d\d", r"(?:[A-Z]{2}|ASEAN|WORLD)"
_ROLE, _EVENT = _any_of(_ROLES), _any_of(_EVENTS)
_NAME = r"(?:[^\Wa-z_]|[a-z][A-Z])[^,;:]{0,60}?"  # of a platform: no word of a sentence of ours begins so


def _day(text: str, t: Tongue) -> str:
    return t.partial(PartialDate(text))


def _places(text: str, t: Tongue) -> str:
    return t.listed([t.place(code) for code in text.split(", ")])


def _hits(text: str, t: Tongue) -> str:
    pairs = (one.rpartition(" ") for one in text.split(", "))
    return t.listed([t.say("{what} ({where})", what=clean(name, 60), where=t.place(code)) for name, _, code in pairs])


def _duties(text: str, t: Tongue) -> str:
    pairs = (one.rpartition(" ") for one in text.split(", "))
    said = [t.say("{day}: {what}", day=_day(day, t), what=t.say(DUTY[_ROLES[role]])) for role, _, day in pairs]
    return t.say("; ").join(said)


def _span(text: str, t: Tongue) -> str:
    number, unit = text.split()
    return t.span(timedelta(seconds=float(number) * _UNITS[unit.removesuffix("s") or unit]))


_FREE: tuple[str, Callable[[str, Tongue], str]] = r"\S(?:.{0,300}?\S)?", lambda text, t: clean(text, 200)
KINDS: Mapping[str, tuple[str, Callable[[str, Tongue], str]]] = {
    "day": (_DAY, _day),
    "at": (_AT, lambda text, t: t.moment(datetime.fromisoformat(text).replace(tzinfo=UTC))),
    "time": (r"\d\d:\d\d", lambda text, t: text),
    "rung": (_any_of(Status), lambda text, t: t.say(RUNG[Status(text)])),
    "severity": (_any_of(one.name.lower() for one in Severity), lambda text, t: t.say(LOUD[Severity[text.upper()]])),
    "authority": (_any_of(Authority), lambda text, t: t.say(AUTHORITY[Authority(text)])),
    "reason": (_any_of(Reason), lambda text, t: text),
    "event": (_EVENT, lambda text, t: t.say(EVENT[_EVENTS[text]])),
    "events": (
        rf"{_EVENT}(?:, {_EVENT})*",
        lambda text, t: t.listed([t.say(EVENT[_EVENTS[one]]) for one in text.split(", ")]),
    ),
    "role": (_ROLE, lambda text, t: t.say(DUTY[_ROLES[text]])),
    "duties": (rf"{_ROLE} {_DAY}(?:, {_ROLE} {_DAY})*", _duties),
    "n": (r"\d{1,9}", lambda text, t: t.number(int(text))),
    "step": (r"[+-]\d", lambda text, t: stepped(int(text), t)),
    "share": (r"\d{1,3}(?:\.\d)?%", lambda text, t: t.percent(float(text[:-1]) / 100, int("." in text))),
    "factor": (r"\d{1,6}(?:\.\d{1,6})?", lambda text, t: t.number(float(text))),
    "place": (_PLACE, lambda text, t: t.place(text)),
    "places": (rf"{_PLACE}(?:, {_PLACE})*", _places),
    "languages": (
        r"[A-Za-z-]{2,12}(?:, [A-Za-z-]{2,12})*",
        lambda text, t: t.listed([t.language_name(one) for one in text.split(", ")]),
    ),
    "span": (r"\d{1,6}(?:\.\d+)? (?:d|h|min|s|days?|hours?|minutes?)", _span),
    "platforms": (rf"{_NAME}(?:, {_NAME})*", lambda text, t: clean(text, 200)),
    "hits": (rf"{_NAME} {_PLACE}(?:, {_NAME} {_PLACE})*", _hits),
}
"""What a name in braces stands for, and how that is said. `what` is a sentence of another form; all else any words."""

_BRACES = re.compile(r"\{(\w+)(?::(\w+))?\}")
_MAYBE = re.compile(r"\\\[(.*?)\\\]")  # within escaped words


@dataclass(frozen=True, slots=True)
class _Form:
    pattern: re.Pattern[str]
    kinds: tuple[tuple[str, str], ...]  # of each name in braces, in order
    said: Said


@dataclass(frozen=True, slots=True)
class _Read:
    """A sentence that was read: its form, and by name what its kind makes of it."""

    said: Said
    values: tuple[tuple[str, str, "str | tuple[_Read, ...]"], ...]  # name, kind, text or what was read in it


def _form(written: str, said: Said) -> _Form:
    kinds = tuple((name, kind or name) for name, kind in _BRACES.findall(written))
    parts, at = [], 0
    for found, (name, kind) in zip(_BRACES.finditer(written), kinds, strict=True):
        parts.append(_literal(written[at : found.start()]))
        parts.append(f"(?P<{name}>{KINDS.get(kind, _FREE)[0]})")
        at = found.end()
    return _Form(re.compile("".join((*parts, _literal(written[at:]))), re.DOTALL), kinds, said)


def _literal(text: str) -> str:
    return _MAYBE.sub(r"(?:\1)?", re.escape(text))


@cache
def _forms() -> Sequence[_Form]:
    every: dict[str, Said] = {**LABELLED, **{one: one for one in AS_WRITTEN}, **OTHERWISE, **ANSWERS, **FAULTS}
    return [_form(written, said) for written, said in every.items()]


@lru_cache(4_096)
def _read(text: str, deep: int = 0) -> "tuple[_Read, ...] | None":
    """The forms that it is made of, side by side; None where a part of it is of none.

    Sentences stand side by side with a semicolon between them, which may be in a name too: that comes last.
    """
    if deep > _DEEP or not text or len(text) > LONGEST:
        return None
    return _whole(text, deep) or _side_by_side(text, deep) or _whole(text, deep, names_may=True)


def _whole(text: str, deep: int, names_may: bool = False) -> "tuple[_Read] | None":
    for form in _forms():
        if (match := form.pattern.fullmatch(text)) and (found := _matched(form, match, deep, names_may)) is not None:
            return (found,)
    return None


def _side_by_side(text: str, deep: int) -> "tuple[_Read, ...] | None":
    at = text.find("; ")
    while at > 0:
        first = _read(text[:at], deep + 1)
        rest = _read(text[at + 2 :], deep) if first else None
        if first and rest:
            return *first, *rest
        at = text.find("; ", at + 1)
    return None


def _matched(form: _Form, match: re.Match[str], deep: int, names_may: bool) -> _Read | None:
    values: list[tuple[str, str, str | tuple[_Read, ...]]] = []
    for name, kind in form.kinds:
        text = match[name]
        if kind == "what":
            within = _read(text, deep + 1)
            if within is None:
                return None
            values.append((name, kind, within))
        elif (kind == "day" and not _is_day(text)) or (kind not in KINDS and "; " in text and not names_may):
            return None
        else:
            values.append((name, kind, text))
    return _Read(form.said, tuple(values))


def _is_day(text: str) -> bool:
    try:
        PartialDate(text)
    except ValueError:
        return False
    return True


def recorded(text: str, t: Tongue) -> str | None:
    """The sentence in the reader's language; None for one that has no form."""
    try:
        read = _read(text)
        return None if read is None else _together(read, t)
    except ValueError:  # a moment that is none
        return None


def _together(parts: Iterable[_Read], t: Tongue) -> str:
    return t.say("; ").join(_say(one, t).rstrip(".。") for one in parts)


def _say(one: _Read, t: Tongue) -> str:
    values: dict[str, object] = {}
    for name, kind, value in one.values:
        if not isinstance(value, str):
            values[name] = _together(value, t)
        else:  # a peak that is shipped has a name in every language
            values[name] = KINDS.get(kind, _FREE)[1](t.say(value) if kind == "peak" else value, t)
    if isinstance(one.said, str):
        return t.say(one.said, **values)
    number = next(value for name, _, value in one.values if name == "n")
    return t.count(*one.said, int(str(number)), **{name: value for name, value in values.items() if name != "n"})


class DeskTongue(Tongue):
    """A `monitor.web.speech.Speech`."""

    def recorded(self, text: str) -> str | None:
        """A sentence that was kept in English, in this language; None for one that nobody knows."""
        return recorded(text, self)


@cache
def desk_tongue(language: str, zone: str) -> DeskTongue:
    """One object for each pair; a language that nobody speaks here is answered in English."""
    return DeskTongue(language if language in LANGUAGES else "en", zone)
