"""The platforms that sellers depend on, and how they are related."""

from collections.abc import Collection, Iterable, Iterator, Mapping
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


class Lineages(Mapping[str, frozenset[str]]):
    """For the case-folded name of a platform those of all that it is part of. A name that the catalogue does not know
    is part of what its first words name ("Shopify Scripts"), unless that name alone is a word as well ("Square Enix").
    It is found by `get`, but is not `in`."""

    def __init__(self, platforms: Iterable[Platform]) -> None:
        every = tuple(platforms)
        self._of = {
            one.name.casefold(): frozenset(name.casefold() for name in (*one.ancestors, one.parent) if name is not None)
            for one in every
        }
        self._firm = {one.name.casefold() for one in every if _goes_on(one)}

    def __getitem__(self, name: str) -> frozenset[str]:
        if (own := self._of.get(name)) is not None:
            return own
        words = name.split(" ")
        for count in range(len(words) - 1, 0, -1):
            if (whole := " ".join(words[:count])) in self._firm:
                return self._of[whole] | {whole}
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return name in self._of

    def __iter__(self) -> Iterator[str]:
        return iter(self._of)

    def __len__(self) -> int:
        return len(self._of)


def _goes_on(platform: Platform) -> bool:
    """Whether its name, with another word behind it, still means it: it is no word, or is so used in a plain alias."""
    sure = [alias for alias in (platform.name, *platform.aliases) if alias not in platform.ambiguous]
    return any(f"{alias} ".casefold().startswith(f"{platform.name} ".casefold()) for alias in sure)


def unlisted(name: str, kin: Mapping[str, Collection[str]]) -> Collection[str]:
    """All that a platform is part of whose name the catalogue does not know: who sells there cannot say so, and sells
    on one of these."""
    return () if name in kin else kin.get(name, ())


def platform_keys(platforms: Iterable[str], kin: Mapping[str, Collection[str]]) -> frozenset[str]:
    """What incidents of platforms, and of all that they are part of, are found by. `kin`: case-folded name -> those."""
    names = {name.casefold() for name in platforms}
    return frozenset(f"on {name}" for name in names.union(*(kin.get(name, ()) for name in names)))
