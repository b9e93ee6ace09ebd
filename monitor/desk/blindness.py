"""What we cannot see, those places first where somebody has money."""

from collections.abc import Collection

from monitor.config import Config
from monitor.desk.index import Index
from monitor.domain.coverage import told_of
from monitor.domain.exposure import Seller
from monitor.domain.health import Health, Standing
from monitor.domain.places import covers
from monitor.notify.sight import CAUSE, cause_of
from monitor.notify.tongue import Tongue
from monitor.notify.wording import clean
from monitor.web.sections.overview import BlindSource, Sight, Unwatched

MOST_PLACES, MOST_SOURCES = 12, 12


def sight(index: Index, settings: Config, sellers: Collection[Seller], t: Tongue) -> Sight:
    """Of each position whether any source that sees would tell of its platform there; and which sources are blind."""
    telling: dict[str, list[tuple[tuple[str, ...], bool]]] = {}  # countries, and whether it may see, by platform
    general = 0
    for source in settings.sources:
        known = index.healths.get(source.id)
        if known is not None and known.standing is not Standing.OFF:
            general += not told_of(source) and _may_see(known)
            for platform in told_of(source):
                telling.setdefault(platform.casefold(), []).append((source.countries, _may_see(known)))
    unwatched = []
    for seller in sellers:
        for one in seller.positions:
            there = [may for where, may in telling.get(one.platform.casefold(), ()) if covers(where, one.country)]
            if not any(there):
                stake = one.tied_up + one.sales_per_day * seller.horizon
                unwatched.append((-stake, Unwatched(one.platform, one.country, len(there), seller.name)))
    unwatched.sort(key=lambda one: (one[0], one[1].platform, one[1].country))
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
    )


def _may_see(one: Health) -> bool:
    """Nothing is known against it: it sees, or nobody has looked yet, as in the first minute after a start."""
    unseen = one.standing is Standing.UNKNOWN and one.reason is None and one.since is None
    return one.standing is Standing.LIVE or unseen
