"""`sellerwatch calendar`: the dates that concern a seller, as a file or as an address to subscribe to."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from monitor.calendars import CALENDAR_KEY, subscribed
from monitor.config import Config
from monitor.daemon import utc_now
from monitor.invocation import ConfigDir, refuse, with_store
from monitor.notify.tongue import LANGUAGES
from monitor.opened import Store
from monitor.sharing import share_keys
from monitor.subscriptions import stored_key
from monitor.tables import console
from monitor.web.calendar import calendar_key


def calendar(
    seller: Annotated[str, typer.Option(help="Whose dates; the first seller if not given.")] = "",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write it here; - is standard output.")] = None,
    url: Annotated[bool, typer.Option("--url", help="Print the address to subscribe to.")] = False,
    language: Annotated[str, typer.Option(help=f"One of {', '.join(LANGUAGES)}.")] = "en",
    config: ConfigDir = None,
) -> None:
    """Deadlines and effective dates for a calendar: as a file, or as an address to subscribe to."""
    if language not in LANGUAGES:
        raise refuse(f"{language!r} is no language of ours; it is one of {', '.join(LANGUAGES)}")

    async def work(settings: Config, store: Store) -> bytes | str:
        known = {one.id: one for one in settings.sellers}
        chosen = seller or next(iter(known), "")
        if chosen not in known:
            raise refuse(f"no seller is called {chosen!r}; there are {', '.join(known) or 'none'}")
        if not url:
            return await subscribed(settings, store.desk, chosen, language, utc_now()) or b""
        if not settings.settings.web.public_url:
            raise refuse("nobody can reach this machine: set web.public_url, the https address in front of it")
        await share_keys(settings.state_dir, store.database, utc_now())
        key = calendar_key(stored_key(settings.state_dir / CALENDAR_KEY), chosen)
        return f"{settings.settings.web.public_url}/calendar/{key}/{chosen}.ics"

    made = with_store(config, work, looks=True)
    if isinstance(made, str):
        console.print(made, soft_wrap=True, highlight=False)
    elif output is None or output == Path("-"):
        sys.stdout.buffer.write(made)
    else:
        try:
            output.write_bytes(made)
        except OSError as error:
            raise refuse(error) from None
        console.print(f"Written to {output}", soft_wrap=True)
