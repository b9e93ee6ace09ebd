"""`sellerwatch drill`: an invented event goes the whole way, now."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

import typer
from rich.markup import escape

from monitor.commands import alone
from monitor.config import Config
from monitor.daemon import utc_now
from monitor.domain.alerts import Delivery
from monitor.drill import BEGUN, WITHIN, Drill, document_id, hearers, under_way
from monitor.invocation import AsJson, ConfigDir, settings_of
from monitor.lock import AnotherInstanceError
from monitor.opened import Store, visit
from monitor.store.audit import drill_arrivals
from monitor.tables import complaints, console, print_json, table
from monitor.watching import watch
from monitor.wiring import Service

PAUSE = 1.0  # seconds between looks


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it went."""

    begun: datetime
    seen: bool  # the model saw the event, and there is an incident of it
    deliveries: tuple[Delivery, ...]

    @property
    def arrived(self) -> bool:
        """Whether everybody who was to hear it did."""
        return self.seen and all(one.sent_at is not None for one in self.deliveries)


class Quiet:
    """Counts nothing: a command is no daemon."""

    def drilled(self, arrivals: object) -> None: ...
    def drill_failed(self) -> None: ...


def drill(config: ConfigDir = None, as_json: AsJson = False) -> None:
    """Let an invented event go the whole way, to those who hear drills, and say whether it arrived."""
    settings = settings_of(config)
    if not hearers(settings.targets):
        note = "no target hears drills: mark one with drill: true, or operations: true; it goes as far as the ledger"
        complaints.print(f"[yellow]note[/] {escape(note)}", soft_wrap=True)
    outcome = run(settings)
    if as_json:
        told = [{"target": one.target, "state": one.state, "detail": one.last_detail} for one in outcome.deliveries]
        print_json({"begun": outcome.begun, "seen": outcome.seen, "arrived": outcome.arrived, "deliveries": told})
    else:
        show(outcome)
    raise typer.Exit(0 if outcome.arrived else 1)


def show(outcome: Outcome) -> None:
    """For people."""
    if not outcome.seen:
        console.print("[bold red]The drill failed:[/] no event was seen in its document.")
        return
    rows = [[one.target, one.channel, one.state.value, one.last_detail] for one in outcome.deliveries]
    table("Drill", "target", "channel", "state", "note", rows=rows, empty="It was understood; nobody was to hear it.")
    good = "[green]The drill arrived.[/]" if outcome.arrived else "[bold red]The drill failed.[/]"
    console.print(good)


def run(settings: Config) -> Outcome:
    """A running daemon takes it on its way; without one this process does, as the one daemon of the moment."""

    def made(store: Store) -> Drill:
        async def arrivals() -> dict[str, datetime]:
            return dict(await drill_arrivals(store.database))

        return Drill(store.inbox, store.ledger, lambda: watch(settings), lambda: "never", arrivals, Quiet())

    async def over(store: Store, begun: datetime) -> bool:
        return not under_way(await store.ledger.marks()) or utc_now() - begun >= WITHIN

    async def by_daemon() -> Outcome:
        store = await visit(settings)
        try:
            begun = utc_now()
            await made(store).begin(begun)
            for _ in range(int(WITHIN.total_seconds() / PAUSE)):
                if await over(store, begun):
                    break
                await asyncio.sleep(PAUSE)
            return await outcome_of(store, begun)
        finally:
            await store.database.close()

    async def by_us(service: Service) -> Outcome:
        store = service.store
        try:
            begun, drilling = utc_now(), made(store)
            await drilling.begin(begun)
            while not await over(store, begun):
                worked = await service.pipeline.step(utc_now())
                await drilling.step(utc_now())
                if not await service.deliverer.step(utc_now()) and not worked:
                    await asyncio.sleep(PAUSE)
            return await outcome_of(store, begun)
        finally:
            await service.close()

    try:
        return alone(settings, by_us)
    except AnotherInstanceError:
        return asyncio.run(by_daemon())


async def outcome_of(store: Store, begun: datetime) -> Outcome:
    """As the store has it."""
    begun = (await store.ledger.marks()).get(BEGUN, begun)
    near = await store.ledger.incidents_near((), {document_id(begun)}, utc_now())
    sent = await store.ledger.spoken(near[0].id) if near else ()
    return Outcome(begun, bool(near), tuple(sent))
