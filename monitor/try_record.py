"""The record of a source that was tried: what could be seen of it, what is guessed, and what its owner should know."""

import json
import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import yaml

from monitor.config import Config
from monitor.config.records import SourceRecord
from monitor.config.units import Known, countries
from monitor.domain.harvests import Harvest, gathered
from monitor.domain.incidents import WEIGHT
from monitor.domain.platforms import Platform
from monitor.domain.rhythm import span, tempo
from monitor.domain.sources import Source, SourceKind
from monitor.intake import ENTRIES, SHORT
from monitor.try_source import Finding, Trial, already, newest, owner

GUESSES = {
    "authority": "a guess by its address: official, regulator, court, trade, news, community; see docs/add-a-source.md",
    "publisher": "a guess: the newsroom behind it; sources of one publisher are one voice",
}
_ASLEEP = timedelta(days=365)
_PACES = [timedelta(minutes=m) for m in (15, 30, 60, 120, 240, 360, 720, 1440)]
_USUAL = {SourceKind.FEED: timedelta(minutes=30), SourceKind.STATUS: timedelta(minutes=15)}  # others: an hour
_AS_WORDS = frozenset(
    {"io", "co", "tv", "me", "ai", "cc", "fm", "ly", "gg", "to", "sh"}
)  # endings bought for their sound


@dataclass(frozen=True, slots=True)
class Proposal:
    """A record that `check-config` takes, as keys and as YAML to paste; `why` says how its interval was chosen."""

    record: dict[str, object]
    text: str
    why: str


def propose(trial: Trial, settings: Config, now: datetime) -> Proposal | None:
    """The record for what was found, None when nothing was, or the address is watched already. Raises
    ValueError when our own rules refuse it."""
    found = trial.found
    if found is None or any(already(url, settings.sources) for url in (found.source.url, trial.url)):
        return None
    host = (urlsplit(found.source.url).hostname or "").removeprefix("www.")
    platform = owner(host, settings.platforms)
    every, why = _every(found, settings.settings.fetch.min_every, now)
    record: dict[str, object] = {
        "id": _free_id(host, found, {source.id for source in settings.sources}),
        "name": _name(host, found, platform),
        "url": found.source.url,
        "kind": found.source.kind.value,
        "authority": found.source.authority.value,
        "publisher": platform.owner if platform else host,
        "every": every,
    }
    if platform:
        record["platforms"] = [platform.name]
    if country := _country(host):
        record["countries"] = [country]
    if languages := _languages(trial):
        record["languages"] = languages
    if found.source.spec:
        record["spec"] = dict(found.source.spec)
    record["provenance"] = f"found behind {trial.url} by sellerwatch sources try on {now:%Y-%m-%d}"
    names = {p.name.casefold(): p.name for p in settings.platforms}
    known = Known(names, None, settings.settings.fetch.min_every)
    SourceRecord.model_validate_json(json.dumps(record), context=known)
    return Proposal(record, _pasted(record), why)


def warnings(trial: Trial, settings: Config, now: datetime) -> list[str]:
    """What its owner should know before pasting."""
    found = trial.found
    if found is None:
        return []
    result, look, kind = found.result, found.look, found.source.kind
    documents = result.documents
    said = []
    if watched := already(found.source.url, settings.sources):
        said.append(f"{_watched(watched)}: no record is needed")
    elif watched := already(trial.url, settings.sources):
        said.append(f"{trial.url} itself: {_watched(watched)}: no record is needed")
    if found.guessed:
        said.append("nobody names it: it lies in a usual place, and may be another's, about other things or forgotten")
    if trial.shut:
        said.append(f"{trial.url} itself cannot be read: {trial.shut}")
    if found.source.url.startswith("http:"):
        said.append("http: what it says can be changed on the way; try the same address with https")
    if look.moved_to:
        said.append(f"{trial.url} has moved to {look.moved_to}; the record names the new address")
    if kind in ENTRIES and not result.items:
        said.append("it holds no entry at present")
    if documents and not any(document.published for document in documents):
        said.append("its entries carry no date: each counts as published when we first see it")
    elif (last := newest(trial.understood)) and now - last > _ASLEEP:
        said.append(f"its newest entry is of {last:%Y-%m-%d}: it may be asleep")
    if any("encoding_doubt" in document.doubts for document in documents):
        said.append("its characters may be read wrongly: its declared charset is not the one it is in")
    short = sum(len(document.text) < SHORT for document in documents)
    if kind in ENTRIES and short * 2 > len(documents):
        said.append("its entries are short: the pages of those that may matter will be opened, as robots.txt allows")
    if not (look.etag or look.last_modified):
        said.append("its server gives no validator: every look fetches all of it")
    if kind is SourceKind.PAGE:
        said.append("no feed, sitemap or list was found: this watches one page as one announcement; for terms and "
                    "fee tables use kind: watched")  # fmt: skip
    if kind is SourceKind.JSON:
        said.append("where its records lie is a guess by the names of its fields: check the spec")
    if result.detail:
        said.append(result.detail)
    return said


def _watched(source: Source) -> str:
    off = "" if source.enabled else f", which is off: {source.off_reason}"
    return f"it is watched already, as {source.id} ({source.kind.value}{off})"


def _name(host: str, found: Finding, platform: Platform | None) -> str:
    what = {SourceKind.STATUS: "status", SourceKind.PAGE: "page"}.get(found.source.kind, "news")
    return f"{platform.name} {what} ({host})" if platform else f"{host} {what}"


def _free_id(host: str, found: Finding, taken: set[str]) -> str:
    path = [part for part in re.split(r"[^a-z0-9]+", urlsplit(found.source.url).path.lower()) if part.isalpha()]
    words = [*re.split(r"[^a-z0-9]+", host.lower())[:-1], *path[:2]]
    stem = "-".join(filter(None, words))[:56].strip("-") or "source"
    return next(name for n in range(1, 10_000) if (name := stem if n == 1 else f"{stem}-{n}") not in taken)


def _country(host: str) -> str:
    ending = host.rpartition(".")[2]
    code = {"UK": "GB"}.get(ending.upper(), ending.upper())
    return code if len(ending) == 2 and ending not in _AS_WORDS and code in countries() else ""


def _languages(trial: Trial) -> list[str]:
    """Those in which at least a fifth of the documents are written, the most used first."""
    spoken = Counter(one.assessment.lang.split("-")[0] for one in trial.understood if one.assessment.lang)
    known = [lang for lang, times in spoken.most_common(3) if times * 5 >= spoken.total() and len(lang) in (2, 3)]
    return [lang for lang in known if lang != "und"]


def _every(found: Finding, least: timedelta, now: datetime) -> tuple[str, str]:
    """Half its usual gap, at most half a day; what speaks with authority is not waited for so. What it asks for itself
    is a floor."""
    usual = _USUAL.get(found.source.kind, timedelta(hours=1))
    harvest = gathered(Harvest("trial"), found.result, len(found.result.documents), now)
    known = tempo(harvest)
    wish, why = usual, f"usual for kind {found.source.kind.value}"
    if known.gap is not None and WEIGHT[found.source.authority] < 3:  # who seldom speaks may matter all the more
        wish, why = min(max(known.gap / 2, usual), timedelta(hours=12)), f"it publishes about every {span(known.gap)}"
    for floor, words in (
        (known.declared, "its publisher asks for {}"),
        (found.look.max_age, "its answers hold for {}"),
    ):
        if floor is not None and floor > wish:
            wish, why = min(floor, timedelta(days=1)), words.format(span(floor))
    allowed = [pace for pace in _PACES if pace >= least] or [least]
    return _written(min(allowed, key=lambda pace: abs(pace - wish))), why


def _written(pace: timedelta) -> str:
    minutes = int(pace.total_seconds() // 60)
    return f"{minutes}m" if minutes < 60 else f"{minutes // 60}h"


def _pasted(record: dict[str, object]) -> str:
    """As a file of sources writes it; what is a guess is marked as one."""
    lines: list[str] = []
    for key, value in record.items():
        inner = not isinstance(value, str)
        text = yaml.safe_dump(
            value if inner else {key: value},
            allow_unicode=True,
            sort_keys=False,
            width=10_000,
            default_flow_style=inner,
        ).strip()
        text = f"{key}: {text}" if inner else text
        lines.append(f"{text}  # {GUESSES[key]}" if key in GUESSES else text)
    return "\n".join(f"{'  ' if n else '- '}{line}" for n, line in enumerate(lines)) + "\n"
