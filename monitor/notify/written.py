"""What a delivery says, whatever it carries."""

from collections.abc import Callable, Iterable

from monitor.domain.alerts import Delivery
from monitor.domain.digests import Digest, Roundup
from monitor.domain.vigils import Notice
from monitor.notify.bulletin import Bulletin
from monitor.notify.digest import digested, rounded_up
from monitor.notify.letter import Letter, compose
from monitor.notify.sight import sight

Links = Callable[[Delivery], Iterable[tuple[str, str]]]
"""By kind, what a message can be answered with: `ack`, `take`, `false_alarm`, `not_for_us`, `open`, `unsubscribe`."""


def no_links(_: Delivery) -> Iterable[tuple[str, str]]:
    """Where no public address is known, there is nothing to click on."""
    return ()


def written(delivery: Delivery, links: Iterable[tuple[str, str]] = ()) -> Letter | Bulletin:
    """It in the reader's language; a function of these alone, so that every try and every channel says the same."""
    match delivery.message:
        case Notice() as notice:
            return sight(delivery, notice)
        case Digest() as digest:
            return digested(delivery, digest)
        case Roundup() as roundup:
            return rounded_up(delivery, roundup)
        case _:
            return compose(delivery, links)
