"""What is still to be done before the desk is of use: a short list that empties itself."""

from collections.abc import Sequence

from monitor.config import Config
from monitor.desk.index import Index
from monitor.notify.tongue import Tongue
from monitor.opened import Store
from monitor.web.sections.overview import First


async def first_steps(store: Store, settings: Config, index: Index, t: Tongue) -> Sequence[First]:
    """In the order in which they help."""
    steps = []
    on = [source for source in settings.sources if source.enabled]
    if not on:
        steps.append(
            First(
                t.say("Turn on sources"),
                t.say("Nothing is watched: every source is off, or there is none."),
                "/sources",
                "sellerwatch sources",
            )
        )
    elif index.healths and not any(one.last_success for one in index.healths.values()):
        steps.append(
            First(
                t.say("Let it look"),
                t.say("No source was read yet. The first look takes some minutes once the service runs."),
                "/sources",
                "sellerwatch run",
            )
        )
    if not any(seller.positions for seller in settings.sellers):
        steps.append(
            First(
                t.say("Say what you have at stake"),
                t.say("Sales and stock by platform and country: then every event is weighed in your money."),
                "/exposure",
                "",
            )
        )
    if all(target.channel == "journal" for target in settings.targets):
        steps.append(
            First(
                t.say("Say who is told"),
                t.say("Alerts go to the service's own log alone. Add a target to settings.yaml, then try it:"),
                "",
                "sellerwatch test-channel TARGET",
            )
        )
    if await store.people.number_of_users() < 2:
        steps.append(
            First(
                t.say("Let your colleagues in"),
                t.say("You are the only one who can log in here."),
                "/people",
                "sellerwatch people add NAME --role operator",
            )
        )
    return steps
