"""`sellerwatch digest`: what a seller's digest says now, and sent at once when asked to."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

import typer
from rich.text import Text

from monitor.config import Config
from monitor.daemon import utc_now
from monitor.digesting import Digesting, Whom
from monitor.domain.alerts import Policy, Target
from monitor.domain.digests import Digest
from monitor.domain.exposure import Seller
from monitor.domain.overview import addressed
from monitor.domain.turns import wants
from monitor.invocation import AsJson, ConfigDir, refuse, with_store
from monitor.metrics import Metrics
from monitor.notify.bulletin import Bulletin
from monitor.notify.tongue import LANGUAGES, tongue
from monitor.notify.written import written
from monitor.opened import Store
from monitor.store.words import SqlWords
from monitor.tables import console, print_json, table
from monitor.watching import watch

NOBODY = "nobody gets a digest of {who}: give a target `digest: daily` or `digest: weekly`"
_HERE = Target("here", "", "", digest="daily")  # whoever looks, without any filter


def digest(
    seller: Annotated[str, typer.Option(help="Whose digest; every seller's if not given.")] = "",
    target: Annotated[str, typer.Option(help="As this target gets it: its filters, language, zone and period.")] = "",
    weekly: Annotated[bool, typer.Option("--weekly", help="Of a week, with what is due in 30 days.")] = False,
    language: Annotated[str, typer.Option(help=f"One of {', '.join(LANGUAGES)}.")] = "",
    send: Annotated[bool, typer.Option("--send", help="Send it now to each target that gets digests.")] = False,
    config: ConfigDir = None,
    as_json: AsJson = False,
) -> None:
    """What is open, what changed, what is due and what we cannot see: a seller's digest, as it would be sent now."""
    if language and language not in LANGUAGES:
        raise refuse(f"{language!r} is no language of ours; it is one of {', '.join(LANGUAGES)}")

    async def work(settings: Config, store: Store) -> list[tuple[Whom, Digest]]:
        known = watch(settings)
        digesting = Digesting(
            store.ledger, SqlWords(store.database), store.inbox, store.vigils, lambda: known, Metrics()
        )
        whose, whom = _sellers(settings, seller), _targets(settings, target)
        if send:
            asked = [(one, to) for one in whose for to in whom or settings.targets if wants(one, to)]
            if not asked:
                raise refuse(NOBODY.format(who=", ".join(one.id for one in whose) or "anybody"))
        else:
            asked = [(one, _as_asked(to, weekly, language)) for one in whose for to in whom or [_HERE]]
        made = [(one, await digesting.now(one, utc_now())) for one in asked]
        if send:
            for one, said in made:
                await digesting.send(said, one)
        return made

    made = with_store(config, work, looks=not send)
    if as_json:
        print_json([said for _, said in made])
    elif send:
        for (_, to), said in made:
            console.print(f"In the outbox for {to.id}: {said.about}. The daemon sends it.", soft_wrap=True)
    else:
        for whom, said in made:
            _show(said, *whom)


def _sellers(settings: Config, id: str) -> Sequence[Seller]:
    known = {one.id: one for one in settings.sellers}
    if id and id not in known:
        raise refuse(f"no seller is called {id!r}; there are {', '.join(known) or 'none'}")
    return [known[id]] if id else settings.sellers


def _targets(settings: Config, id: str) -> Sequence[Target]:
    known = {one.id: one for one in settings.targets}
    if id and id not in known:
        raise refuse(f"no target is called {id!r}; there are {', '.join(known) or 'none'}")
    return [known[id]] if id else []


def _as_asked(target: Target, weekly: bool, language: str) -> Target:
    period = "weekly" if weekly else target.digest or "daily"
    return replace(target, digest=period, language=language or target.language)


def _show(said: Digest, seller: Seller, target: Target) -> None:
    """The very words that are sent, as tables."""
    bulletin = written(addressed(said, seller, target, Policy(), said.made_at))
    assert isinstance(bulletin, Bulletin), "a digest is no letter"
    console.print(Text(f"{bulletin.tag}: {bulletin.headline}", "bold"), soft_wrap=True)
    for line in bulletin.summary:
        console.print(Text(line), soft_wrap=True)
    t = tongue(bulletin.language, bulletin.zone)
    new = Text(t.say("new"), "bold yellow")
    columns = (t.say("What"), "", t.say("About it"), t.say("What moved"))
    for group in bulletin.groups:
        rows = [[entry.name, new if entry.new else "", entry.since, entry.words] for entry in group.entries]
        more = t.count("and {n} more", "and {n} more", group.more) if group.more else ""
        title = t.say("{what} ({notes})", what=group.cause, notes=more) if more else group.cause
        filled = [n for n in range(len(columns)) if not n or any(row[n] for row in rows)]
        shown = [[row[n] for n in filled] for row in rows]
        table(title, *(columns[n] for n in filled), rows=shown, empty=title)
