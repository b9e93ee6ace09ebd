"""The platforms that sellers depend on, and how they are related."""

import re
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


COMPANY = re.compile(  # the legal form behind a name
    r"[,. ]+(?:Group|Holdings?|Inc|Ltd|Limited|Corp|Corporation|SE|AG|GmbH|S\.?A)\.?$", re.IGNORECASE
)


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
        self.firm = frozenset(one.name.casefold() for one in every if goes_on(one))  # by whose name parts are known

    def __getitem__(self, name: str) -> frozenset[str]:
        if (own := self._of.get(name)) is not None:
            return own
        words = name.split(" ")
        for count in range(len(words) - 1, 0, -1):
            if (whole := " ".join(words[:count])) in self.firm:
                return self._of[whole] | {whole}
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return name in self._of

    def __iter__(self) -> Iterator[str]:
        return iter(self._of)

    def __len__(self) -> int:
        return len(self._of)


def goes_on(platform: Platform) -> bool:
    """Whether its name, with another word behind it, still means it: the name is no word, or two plain aliases begin
    with it and end in more than the form of a company."""
    if platform.name not in platform.ambiguous:
        return True
    name = platform.name.casefold()
    plain = (alias.partition(" (")[0] for alias in platform.aliases if alias not in platform.ambiguous)
    bare = {COMPANY.sub("", alias).casefold() for alias in plain}
    return sum(alias.startswith(f"{name} ") for alias in bare) > 1


def unlisted(name: str, kin: Mapping[str, Collection[str]]) -> str | None:
    """The platform that a name begins with which the catalogue does not know: who sells there cannot say so, and sells
    on that one."""
    begun = () if name in kin else (whole for whole in kin.get(name, ()) if name.startswith(f"{whole} "))
    return max(begun, key=len, default=None)


def platform_keys(platforms: Iterable[str], kin: Mapping[str, Collection[str]]) -> frozenset[str]:
    """What incidents of platforms, and of all that they are part of, are found by. `kin`: case-folded name -> those."""
    names = {name.casefold() for name in platforms}
    return frozenset(f"on {name}" for name in names.union(*(kin.get(name, ()) for name in names)))
