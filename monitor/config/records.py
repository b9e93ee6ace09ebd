"""One record of sources/*.yaml, platforms.yaml and exposure.yaml each, and the domain value that it becomes."""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any
from unicodedata import category

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator

from monitor.config.problems import nearest, refuse
from monitor.config.specs import check_spec
from monitor.config.strict import Id, Strict
from monitor.config.units import Country, Currency, Known, Language, PlatformName, Positive, WebAddress
from monitor.domain.exposure import HORIZON, LONE_SHARE, Position, Seller
from monitor.domain.platforms import Platform
from monitor.domain.sources import Authority, Source, SourceKind

LONGEST_EVERY = timedelta(days=7)
ROUNDING = Decimal("0.02")  # by which shares may differ from the figures that they round

_MARK = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_FILLED_WHEN_ASKING = {"since", "until"}  # days that a probe counts from the moment it asks


def _text(value: str) -> str:
    unfit = any(category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in value)
    if not value or value != value.strip() or unfit:
        raise refuse("must hold text, without spaces around it or control characters")
    return value


def _domain(name: str) -> str:
    if not re.fullmatch(r"([a-z0-9-]+\.)+[a-z]{2,}", name):
        raise refuse(f"{name!r} is not a domain", "small letters, without https:// and paths, such as shopee.sg")
    return name


Text = Annotated[str, AfterValidator(_text)]
Domain = Annotated[str, AfterValidator(_domain)]
Money = Annotated[Decimal, Field(ge=0, max_digits=18, strict=False)]


def _percent(value: Any) -> Any:
    """`35%` as 0.35; what is no percentage is left for the number's own check."""
    number = value.removesuffix("%").strip() if isinstance(value, str) and value.endswith("%") else ""
    return Decimal(number) / 100 if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", number, re.ASCII) else value


def _part(share: Decimal) -> Decimal:
    if share > 1:
        raise refuse("is more than all", "write 35% or 0.35")
    return share


Share = Annotated[Decimal, BeforeValidator(_percent), Field(ge=0, max_digits=18, strict=False), AfterValidator(_part)]


class SourceRecord(Strict):
    """A place to watch, as sources/*.yaml writes it."""

    id: Id
    name: Text
    url: WebAddress
    kind: SourceKind
    authority: Authority
    publisher: Text
    every: Positive
    platforms: tuple[PlatformName, ...] = ()
    countries: tuple[Country, ...] = Field(default=(), validate_default=True)
    languages: tuple[Language, ...] = ()
    enabled: bool = True
    off_reason: str = Field(default="", validate_default=True)
    provenance: str = ""
    spec: dict[str, str] = Field(default={}, validate_default=True)
    asks: tuple[PlatformName, ...] = ()
    rendered: bool = False

    @field_validator("url")
    @classmethod
    def _is_filled(cls, url: str) -> str:
        if left := [mark for mark in _MARK.findall(url) if mark not in _FILLED_WHEN_ASKING]:
            raise refuse(f"holds {{{left[0]}}}, which nothing fills", "give its values under each")
        return url

    @field_validator("kind")
    @classmethod
    def _may_ask_for_days(cls, kind: SourceKind, info: ValidationInfo) -> SourceKind:
        if kind is not SourceKind.PROBE and _MARK.search(info.data.get("url", "")):
            raise refuse("is asked at an address without {since} and {until}: those are for probes")
        return kind

    @field_validator("every")
    @classmethod
    def _within_bounds(cls, every: timedelta, info: ValidationInfo) -> timedelta:
        known: Known = info.context or Known()
        if every < known.min_every:
            raise refuse(f"is more often than fetch.min_every allows ({known.min_every.total_seconds():g} s)")
        if every > LONGEST_EVERY:
            raise refuse("is less often than once in 7 days, which is no watch")
        return every

    @field_validator("off_reason")
    @classmethod
    def _off_for_a_reason(cls, reason: str, info: ValidationInfo) -> str:
        if info.data.get("enabled") is False and not reason.strip():
            raise refuse("is missing: the source is off, and nobody will know why", "write off_reason: ...")
        return reason

    @field_validator("countries")
    @classmethod
    def _is_one_for_a_probe(cls, countries: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        probes = info.data.get("kind") is SourceKind.PROBE
        if probes and len(countries) != 1:
            raise refuse("must be one country: a probe looks from there", "a template gives each its own record")
        if probes and "platforms" in info.data and not info.data["platforms"]:
            raise refuse("says where, and platforms does not say whose app or domain it looks at")
        return countries

    @field_validator("authority")
    @classmethod
    def _observes_if_it_probes(cls, authority: Authority, info: ValidationInfo) -> Authority:
        if "kind" in info.data and (authority is Authority.OBSERVED) is not (info.data["kind"] is SourceKind.PROBE):
            raise refuse("observed is for probes, and for them alone")
        return authority

    @field_validator("spec")
    @classmethod
    def _fits_the_kind(cls, spec: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        if "kind" in info.data:
            check_spec(info.data["kind"], spec)
        return spec

    @field_validator("rendered")
    @classmethod
    def _is_a_page(cls, rendered: bool, info: ValidationInfo) -> bool:
        if rendered and info.data.get("kind") not in {SourceKind.PAGE, SourceKind.LIST, SourceKind.WATCHED}:
            raise refuse("is for pages alone: a browser opens nothing else", "kind: page, list or watched")
        return rendered

    def source(self) -> Source:
        return Source(**self.model_dump(exclude={"spec"}), spec=tuple(self.spec.items()))


class PlatformRecord(Strict):
    """A platform, as platforms.yaml writes it."""

    name: Text
    id: Id
    owner: Text
    kind: Text
    aliases: tuple[Text, ...] = ()
    ambiguous: tuple[Text, ...] = ()
    owner_aliases: tuple[Text, ...] = ()
    parent: Text | None = None
    ancestors: tuple[Text, ...] = ()
    domains: tuple[Domain, ...] = ()
    countries: tuple[Country, ...] = ()

    @field_validator("ambiguous")
    @classmethod
    def _are_aliases(cls, ambiguous: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        names = {info.data.get("name", ""), *info.data.get("aliases", ())}
        for alias in ambiguous:
            if "aliases" in info.data and alias not in names:
                raise refuse(f"{alias!r} is not one of the aliases", nearest(alias, names) or "list it there too")
        return ambiguous

    @field_validator("ancestors")
    @classmethod
    def _begin_with_the_parent(cls, ancestors: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        parent = info.data.get("parent")
        if "parent" in info.data and ancestors[:1] != ((parent,) if parent else ()):
            raise refuse("must begin with the parent, the nearest first")
        return ancestors

    def platform(self) -> Platform:
        """The platform, with its name as the first of its aliases."""
        aliases = tuple(dict.fromkeys((self.name, *self.aliases)))
        return Platform(**self.model_dump(exclude={"aliases"}), aliases=aliases)


class PositionRecord(Strict):
    """The stake on one platform in one country, in a currency of its own if it names one."""

    platform: PlatformName
    country: Country
    sales_per_day: Money = Decimal(0)
    stock: Money = Decimal(0)
    unsettled_payouts: Money = Decimal(0)
    prepaid_ads: Money = Decimal(0)
    currency: Currency = ""
    share: Share | None = None  # of all the seller's sales, those elsewhere too

    def position(self, rate: Decimal) -> Position:
        """With every amount in the seller's currency: `rate` is what one unit of the position's is worth in it."""
        amounts = (self.sales_per_day, self.stock, self.unsettled_payouts, self.prepaid_ads)
        return Position(self.platform, self.country, *(amount * rate for amount in amounts))


class SellerRecord(Strict):
    """Whose stake it is; `rates` are what one unit of each foreign currency is worth in `currency`."""

    id: Id
    name: Text
    currency: Currency
    rates: Mapping[Currency, Annotated[Decimal, Field(gt=0, max_digits=18, strict=False)]] = {}
    horizon: int = Field(default=HORIZON, ge=1, le=366)
    lone_share: float = Field(default=LONE_SHARE, ge=0, le=1, allow_inf_nan=False)
    positions: tuple[PositionRecord, ...] = ()
    exposure_file: Text | None = None  # a CSV file beside this one that holds the positions

    @field_validator("rates")
    @classmethod
    def _are_of_other_currencies(cls, rates: Mapping[str, Decimal], info: ValidationInfo) -> Mapping[str, Decimal]:
        own = info.data.get("currency", "")
        if rates.get(own, 1) != 1:
            raise refuse(f"says that one {own} is not one {own}", "leave it out: the seller's amounts are in it")
        return rates

    def seller(self) -> Seller:
        rates = {**self.rates, self.currency: Decimal(1), "": Decimal(1)}
        positions = tuple(p.position(rates[p.currency]) for p in self.positions)
        shares = [(position, record.share) for position, record in zip(positions, self.positions, strict=True)]
        elsewhere = sold_elsewhere([(one.sales_per_day, share) for one, share in shares])
        return Seller(self.id, self.name, self.currency, positions, elsewhere, self.horizon, lone_share=self.lone_share)


def sold_elsewhere(stated: Sequence[tuple[Decimal, Decimal | None]]) -> Decimal:
    """Sales per day that no position has, by (sales per day, share of all sales): 0 when the shares leave no room."""
    listed = sum((sales for sales, _ in stated), Decimal(0))
    known = [(sales, share) for sales, share in stated if share is not None]
    shares = sum((share for _, share in known), Decimal(0))
    if not shares:
        return Decimal(0)
    rest = sum((sales for sales, _ in known), Decimal(0)) / shares - listed
    return rest.quantize(Decimal("0.01")) if rest > ROUNDING * listed else Decimal(0)


class ExposureFile(Strict):
    """exposure.yaml."""

    sellers: tuple[SellerRecord, ...]
