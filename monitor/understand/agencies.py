"""Whose words a text prints or retells: the agency or paper that it names where it begins or ends."""

import re
from functools import cache

from monitor.understand.gazetteer import Form, Gazetteer
from monitor.understand.wordlists import word_list

_BEGINNING, _END = 300, 120  # characters in which a text says where it comes from
_BESIDE = 30  # characters of a place and a date beside the name in a byline


def agency(title: str, text: str) -> str:
    """The one named first, by its name in `data/agencies.yaml`; "" when none is."""
    names, bylines = _known()
    for part in (f"{title}\n{text[:_BEGINNING]}", text[-_END:]):
        hits = [(hit.start, hit.form.value) for hit in names.find(part)]
        hits += [(match.start(), bylines[1][match[match.lastindex or 0]]) for match in bylines[0].finditer(part)]
        if hits:
            return min(hits)[1]
    return ""


def published_by(publisher: str) -> str:
    """The agency that the publisher itself is; "" when it is none."""
    names, bylines = _known()
    whole = [hit.form.value for hit in names.find(publisher) if hit.end - hit.start == len(publisher.strip())]
    return whole[0] if whole else bylines[1].get(publisher.strip(), "")


@cache
def _known() -> tuple[Gazetteer, tuple[re.Pattern[str], dict[str, str]]]:
    data = word_list("agencies")
    forms = [
        Form(name, agency, exact=name.isupper() or name.islower(), capital=not name.islower())
        for agency, known in data.items()
        for name in known.get("names", ())
    ]
    short = {name: agency for agency, known in data.items() for name in known.get("bylines", ())}
    one = "(" + "|".join(sorted(map(re.escape, short), key=len, reverse=True)) + ")"
    about = rf"[^()\n]{{0,{_BESIDE}}}"
    byline = (
        rf"[(（](?:{about}[/,\s-])?{one}(?:[/,\s-]{about})?[)）]"  # (AP), (dpa/lno)
        rf"|(?:^|\n){about}[-–—/|]\s?{one}(?=\s?[-–—/|:])"  # Rome - ANSA -
        rf"|(?:^|\n){one}(?=\s?[-–—/|:])"  # EFE -
        rf"|[-–—/|]\s?{one}(?=\s*\.?\s*$)"  # ... so far. /dpa
    )
    return Gazetteer(forms), (re.compile(byline), short)
