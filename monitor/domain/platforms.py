"""The platforms that sellers depend on, and how they are related."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Platform:
    """A marketplace, shop, app or seller service under its canonical English name.

    `ambiguous` aliases name something else too (the river, text to speech) and count only with support in the text.
    """

    name: str
    id: str
    owner: str
    kind: str
    aliases: tuple[str, ...]
    ambiguous: tuple[str, ...] = ()
    owner_aliases: tuple[str, ...] = ()
    parent: str | None = None
    ancestors: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()


def platform_keys(platforms: Iterable[str], kin: Mapping[str, Collection[str]]) -> frozenset[str]:
    """What incidents of platforms, and of all that they are part of, are found by. `kin`: case-folded name -> those."""
    names = {name.casefold() for name in platforms}
    return frozenset(f"on {name}" for name in names.union(*(kin.get(name, ()) for name in names)))
