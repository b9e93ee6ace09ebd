"""Platforms and countries as people ask for them, by any of their names."""

from collections.abc import Sequence

from monitor.config.problems import nearest
from monitor.config.units import HABITUAL, Known, countries, country
from monitor.domain.platforms import Platform


def known(platforms: Sequence[Platform]) -> Known:
    """Every name that a platform goes by without doubt -> its canonical one."""
    names: dict[str, str] = {}
    for platform in platforms:
        names |= {platform.name.casefold(): platform.name, platform.id.casefold(): platform.name}
    for platform in platforms:
        for alias in platform.aliases:
            if alias not in platform.ambiguous:
                names.setdefault(alias.casefold(), platform.name)
    return Known(names)


def owners_of(platforms: Sequence[Platform]) -> dict[str, str]:
    """Case-folded platform -> the company that owns it."""
    return {platform.name.casefold(): platform.owner for platform in platforms}


def platform_named(asked: str, platforms: Sequence[Platform]) -> tuple[str, str]:
    """The canonical name of a platform or of what it is part of, by any name; for none "", and the nearest of
    them."""
    names = dict(known(platforms).platforms or {})
    for platform in platforms:
        for name in (*platform.ambiguous, *platform.ancestors):  # whoever asks for a platform means a platform
            names.setdefault(name.casefold(), platform.name if name in platform.ambiguous else name)
    found = names.get(asked.casefold()) or names.get(asked.casefold().replace("-", " "))
    return (found, "") if found else ("", nearest(asked, names).removeprefix("did you mean ").removesuffix("?"))


def country_named(asked: str) -> str:
    """The code of a country, by its code, a habitual one or its English name. Raises ValueError (`units.country`)."""
    named = {name.casefold(): one for one, name in countries().items()}
    named |= {habit.casefold(): one for habit, one in HABITUAL.items()}
    return country(named.get(asked.casefold(), asked.upper()))
