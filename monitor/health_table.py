"""What we see and what we do not, on a terminal: a summary, what is wrong by its reason, and the map of coverage."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rich.padding import Padding
from rich.text import Text

from monitor import tables
from monitor.domain.coverage import ANY, Cell, coverage, platform_in, shown_first
from monitor.domain.exposure import Seller
from monitor.domain.health import Health, Standing
from monitor.domain.sources import Source
from monitor.domain.vigils import Vigil, counted

MOST_PLATFORMS, MOST_COUNTRIES = 14, 14
MOST_NAMED = 20  # sources of one cause; when half the world is away, the map should still be in sight
_STYLE = {
    Standing.LIVE: "green", Standing.SILENT: "yellow", Standing.UNKNOWN: "dim", Standing.FAILING: "red",
    Standing.BLOCKED: "magenta", Standing.RETIRED: "bold red", Standing.OFF: "dim",
}  # fmt: skip
_SIGN = {
    Standing.LIVE: "+", Standing.SILENT: "~", Standing.UNKNOWN: "?", Standing.FAILING: "!", Standing.BLOCKED: "x",
    Standing.RETIRED: "x", Standing.OFF: "o",
}  # fmt: skip


def show(
    sources: Sequence[Source],
    healths: Mapping[str, Health],
    vigils: Mapping[str, Vigil],
    sellers: Sequence[Seller],
) -> None:
    """All of it, readable in 80 columns."""
    console = tables.console
    number = Counter(one.standing for one in healths.values())
    parts = [f"{number[standing]} {standing.value}" for standing in Standing if number[standing]]
    console.print(f"{counted(len(healths))}: {', '.join(parts) or 'none is configured'}")
    names = {source.id: source for source in sources}
    for cause, ids in _causes(healths).items():
        console.print(Text(f"\n{cause} ({len(ids)})", "bold"))
        for id in ids[:MOST_NAMED]:
            one, find = healths[id], vigils[id].find if id in vigils else None
            since = f" since {tables.day(one.since)}" if one.since else ""
            lines = [Text.assemble((one.standing.value, _STYLE[one.standing]), f" {id}{since}: {one.words}")]
            if find:
                lines.append(Text(f"found instead: {find.url} ({find.kind.value}, {find.items} entries)", "cyan"))
            elif one.blind:
                lines.append(Text(names[id].url, "dim"))
            console.print(Padding(Text("\n").join(lines), (0, 0, 0, 2), expand=False))
        if len(ids) > MOST_NAMED:
            console.print(Text(f"  and {len(ids) - MOST_NAMED} more: --json has them all", "dim"))
    _show_map(sources, healths, sellers)


def _causes(healths: Mapping[str, Health]) -> dict[str, list[str]]:
    """What is wrong, the largest group first; silence, which may mean nothing, and mere advice at the end."""
    groups: dict[str, list[str]] = {}
    for id, one in healths.items():
        if one.blind or one.reason:
            cause = "silent" if one.standing is Standing.SILENT or not one.reason else one.reason.value
            mild = "not seen yet" if one.standing is Standing.UNKNOWN else "still read"
            groups.setdefault(cause if one.blind else f"{cause}, {mild}", []).append(id)
    last = {cause for cause in groups if cause == "silent" or cause.endswith(("still read", "not seen yet"))}
    return dict(sorted(groups.items(), key=lambda group: (group[0] in last, -len(group[1]), group[0])))


def _show_map(sources: Sequence[Source], healths: Mapping[str, Health], sellers: Sequence[Seller]) -> None:
    platforms, countries = shown_first(sources, sellers, MOST_PLATFORMS, MOST_COUNTRIES)
    if not platforms:
        return
    spoken = Counter(language for source in sources for language in source.languages)
    languages = [language for language, _ in spoken.most_common(MOST_COUNTRIES)]
    for what, heads in (("country", countries or (ANY,)), ("language", languages)):
        if not heads:
            continue
        tables.console.print(Text(f"\nCoverage: the best source for each platform in each {what}", "bold"))
        tables.console.print(Text(" " * 20 + " ".join(f"{head or 'all':>3}" for head in heads), "dim"))
        for platform in (*platforms, ANY):
            line = Text(f"{(platform or 'any platform')[:19]:<20}")
            for head in heads:
                where = (head, ANY) if what == "country" else (ANY, head)
                line.append_text(_mark(platform_in(sources, healths, platform, *where))).append(" ")
            tables.console.print(line)
    legend = "  ".join(f"{_SIGN[s]} {s.value}" for s in Standing if s is not Standing.RETIRED)
    tables.console.print(Text(f"{legend}  . nobody; the figure counts live sources", "dim"))


def _mark(cell: Cell | None) -> Text:
    if cell is None:
        return Text("  .", "dim")
    live = str(min(cell.live, 99)) if cell.live else ""
    return Text(f"{_SIGN[cell.best] + live:>3}", _STYLE[cell.best])


def as_rows(sources: Sequence[Source], healths: Mapping[str, Health], vigils: Mapping[str, Vigil]) -> dict[str, Any]:
    """Everything, for machines."""
    return {
        "standings": {s.value: sum(one.standing is s for one in healths.values()) for s in Standing},
        "sources": [
            {**tables.as_json(healths[source.id]), "url": source.url, "find": _find(vigils.get(source.id))}
            for source in sources
        ],
        "coverage": [
            {
                "platform": platform, "country": country, "language": language, "best": cell.best,
                "sources": cell.sources, "live": cell.live,
            }
            for (platform, country, language), cell in coverage(sources, healths).items()
        ],
    }  # fmt: skip


def _find(vigil: Vigil | None) -> Any:
    return tables.as_json(vigil.find) if vigil and vigil.find else None
