"""Figures that rose from one wording of a passage to the next: "Commission: 8 %" that was, "Commission: 11 %" that is.

Who reads the new wording alone sees a fee and no news. Only what is plain in any language is told: that nothing but
figures changed, and that each one that did grew. Dates, hours and numbers of clauses and telephones are no amounts.
"""

import re

from monitor.read.listdates import month_names

SIGNS = "%٪€$£¥₩₽₹₺₫฿₴₱"  # of amounts
_GROUPED = r"(?<!\d)(?<!\d[ \u00a0\u202f])\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?:,\d+)?(?![\d.,]*\d)"  # 12 500,00
_FIGURE = re.compile(rf"[{SIGNS}]?(?:{_GROUPED}|\d(?:[\d.,]*\d)?)(?:\s?[{SIGNS}])?")
_GROUPS = re.compile(_GROUPED)
_DAY = re.compile(
    r"(?<!\d)(?:19|20|25)\d\d(?!\d)|\d\s?[./-]\s?\d+\s?[./-]\s?\d|\d:\d|\d\s?[年月日년월일]|\d\s?h(?:\d|\b)"
)
_NUMBER = re.compile(r"(?<![\d.,])0\d|\+\d[\d ]{6}|\d{3}[ -]\d{3}|\d[ -]\d\d?[ -]\d|\d{7}")  # of a telephone
_WORD = re.compile(r"[^\W\d_]+")
_NUMBERED = re.compile(r"\W*\d[\d.]*\W*\s")
_DECIMALS = re.compile(r"[.,](\d+)$")
_THOUSANDS = 3  # digits behind a mark that parts thousands


def rises(was: str, now: str) -> tuple[tuple[str, str], ...]:
    """The figures that changed, as both passages print them; none unless all of them rose and nothing else changed."""
    if _FIGURE.sub("\0", was) != _FIGURE.sub("\0", now) or _NUMBERED.match(now):
        return ()
    if any(_DAY.search(wording) or _NUMBER.search(_GROUPS.sub("", wording)) for wording in (was, now)):
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
