"""What we cannot see, those places first where somebody has money."""

from collections.abc import Collection
from decimal import Decimal

from monitor.config import Config
from monitor.desk.index import Index
from monitor.domain.coverage import told_of
from monitor.domain.exposure import Seller
from monitor.domain.health import Health, Standing
from monitor.domain.places import countries, everywhere, unseen
from monitor.notify.sight import CAUSE, cause_of
from monitor.notify.tongue import Tongue
from monitor.notify.wording import clean
from monitor.web.sections.overview import BlindSource, Sight, Unwatched

MOST_PLACES, MOST_SOURCES = 12, 12


def sight(index: Index, settings: Config, sellers: Collection[Seller], t: Tongue) -> Sight:
    """Of each position whether any source that sees would tell of its platform there; and which sources are blind. A
    stake in the EU as a whole is watched by sources of most of its members, and in part when one of them has none."""
    telling: dict[str, list[tuple[tuple[str, ...], bool]]] = {}  # countries, and whether it may see, by platform
    general = 0
    for source in settings.sources:
        known = index.healths.get(source.id)
        if known is not None and known.standing is not Standing.OFF:
            general += not told_of(source) and _may_see(known)
            for platform in told_of(source):
                telling.setdefault(platform.casefold(), []).append((source.countries, _may_see(known)))
    unwatched: list[tuple[Decimal, Unwatched]] = []
    partly: list[tuple[Decimal, Unwatched]] = []
    for seller in sellers:
        for one in seller.positions:
            whole = countries((one.country,))
            there = [
                (where, may)
                for where, may in telling.get(one.platform.casefold(), ())
                if everywhere(where) or not whole.isdisjoint(countries(where))
            ]
            missing = unseen((where for where, may in there if may), one.country)
            if missing:
                stake = one.tied_up + one.sales_per_day * seller.horizon
                left = sorted(missing) if len(missing) < len(whole) else []
                place = Unwatched(one.platform, one.country, len(there), seller.name, left)
                (unwatched if 2 * len(missing) >= len(whole) else partly).append((-stake, place))
    for places in (unwatched, partly):
        places.sort(key=lambda one: (one[0], one[1].platform, one[1].country))
    own = {one.platform.casefold() for seller in sellers for one in seller.positions}
    blind = [
        BlindSource(
            one.source_id,
            clean(one.name, 80),
            t.say(CAUSE.get(cause_of(one), cause_of(one))),
            one.since,
            not own.isdisjoint(index.sight.tell_of.get(one.source_id, ())),
        )
        for one in index.sight.blind
    ]
    blind.sort(key=lambda one: not one.ours)  # the longest blind first, as they were
    return Sight(
        index.sight.watched,
        index.sight.seeing,
        len(blind),
        [one for _, one in unwatched[:MOST_PLACES]],
        max(0, len(unwatched) - MOST_PLACES),
        general,
        blind[:MOST_SOURCES],
        [one for _, one in partly[:MOST_PLACES]],
    )


def _may_see(one: Health) -> bool:
    """Nothing is known against it: it sees, or nobody has looked yet, as in the first minute after a start."""
    unseen = one.standing is Standing.UNKNOWN and one.reason is None and one.since is None
    return one.standing is Standing.LIVE or unseen
