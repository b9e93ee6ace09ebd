"""Places as sources name them: ISO 3166-1 alpha-2 countries, EU, WORLD; no place at all means nobody said where."""

from collections.abc import Collection, Iterable

WORLD = "WORLD"
EU = "EU"
EU_MEMBERS = frozenset(
    {
        "AT",
        "BE",
        "BG",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FR",
        "GR",
        "HR",
        "HU",
        "IE",
        "IT",
        "LT",
        "LU",
        "LV",
        "MT",
        "NL",
        "PL",
        "PT",
        "RO",
        "SE",
        "SI",
        "SK",
    }
)

BLOCS = {  # that sources name for their members; the EU stays itself, it legislates as one
    "ASEAN": frozenset({"BN", "ID", "KH", "LA", "MM", "MY", "PH", "SG", "TH", "VN"}),
    "BALTICS": frozenset({"EE", "LT", "LV"}),
    "BENELUX": frozenset({"BE", "LU", "NL"}),
    "DACH": frozenset({"AT", "CH", "DE"}),
    "EAEU": frozenset({"AM", "BY", "KG", "KZ", "RU"}),
    "GCC": frozenset({"AE", "BH", "KW", "OM", "QA", "SA"}),
    "LATAM": frozenset(
        {"AR", "BO", "BR", "CL", "CO", "CR", "DO", "EC", "GT", "HN", "MX", "NI", "PA", "PE", "PY", "SV", "UY", "VE"}
    ),
    "MAGHREB": frozenset({"DZ", "MA", "TN"}),
    "NORDICS": frozenset({"DK", "FI", "NO", "SE"}),
}


def everywhere(regions: Collection[str]) -> bool:
    """True when the regions bound nothing: none is named, or WORLD is."""
    return not regions or WORLD in regions


def countries(regions: Collection[str]) -> frozenset[str]:
    """The countries meant, with EU as its members. WORLD stays itself: ask `everywhere` first."""
    named = frozenset(regions)
    return (named - {EU}) | EU_MEMBERS if EU in named else named


def covers(regions: Collection[str], place: str) -> bool:
    """Does what holds for `regions` hold in `place` (a country, EU or WORLD)?"""
    return everywhere(regions) or countries((place,)) <= countries(regions)


def unseen(regions: Iterable[Collection[str]], place: str) -> frozenset[str]:
    """The countries of `place` (the EU's are its members, a country's is itself) in which none of these holds."""
    left = countries((place,))
    for named in regions:
        if covers(named, place):
            return frozenset()
        left -= countries(named)
    return left


def overlap(one: Collection[str], other: Collection[str]) -> bool:
    """May both speak of the same place? What bounds nothing overlaps with all."""
    return everywhere(one) or everywhere(other) or not countries(one).isdisjoint(countries(other))
