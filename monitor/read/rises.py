"""Figures that rose from one wording of a passage to the next: "Commission: 8 %" that was, "Commission: 11 %" that is.

Who reads the new wording alone sees a fee and no news. Only what is plain in any language is told: that nothing but
figures changed, and that each one that did grew. Dates, hours and numbers of clauses are no amounts.
"""

import re

from monitor.read.listdates import month_names

_SIGN = "%٪€$£¥₩₽₹₺₫฿₴₱"
_FIGURE = re.compile(rf"[{_SIGN}]?\d(?:[\d.,]*\d)?(?:\s?[{_SIGN}])?")
_DAY = re.compile(
    r"(?<!\d)(?:19|20|25)\d\d(?!\d)|\d\s?[./-]\s?\d+\s?[./-]\s?\d|\d:\d|\d\s?[年月日년월일]|\d\s?h(?:\d|\b)"
)
_WORD = re.compile(r"[^\W\d_]+")
_NUMBERED = re.compile(r"\W*\d[\d.]*\W*\s")
_DECIMALS = re.compile(r"[.,](\d+)$")
_THOUSANDS = 3  # digits behind a mark that parts thousands


def rises(was: str, now: str) -> tuple[tuple[str, str], ...]:
    """The figures that changed, as both passages print them; none unless all of them rose and nothing else changed."""
    if _FIGURE.sub("#", was) != _FIGURE.sub("#", now) or _NUMBERED.match(now) or _DAY.search(was) or _DAY.search(now):
        return ()
    pairs = zip(_FIGURE.findall(was), _FIGURE.findall(now), strict=True)
    changed = tuple((old.strip(), new.strip()) for old, new in pairs if old != new)
    if not all(_amount(old) < _amount(new) for old, new in changed):
        return ()
    return () if changed and not month_names().isdisjoint(_WORD.findall(now.lower())) else changed


def _amount(figure: str) -> float:
    bare = "".join(c for c in figure if c.isdigit() or c in ".,").strip(".,")
    ends = _DECIMALS.search(bare)
    marks = [c for c in bare if c in ".,"]
    parted = ends and (len(set(marks)) > 1 or (len(marks) == 1 and len(ends[1]) != _THOUSANDS))
    whole = bare[: ends.start()] if ends and parted else bare
    return float(f"{re.sub('[.,]', '', whole)}.{ends[1] if ends and parted else 0}")
