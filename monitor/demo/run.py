"""The demo from beginning to end: the site, the sinks, the real daemon between them, and the verdict."""

import asyncio
import os
import random
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from monitor import tables
from monitor.daemon import utc_now
from monitor.demo import directory as configuration
from monitor.demo.child import Child, ChildError
from monitor.demo.screen import Screen
from monitor.demo.sinks import MAIL, SLACK, Received, mail_sink, slack_sink
from monitor.demo.site import Site
from monitor.demo.story import Act, Plot, Story, load
from monitor.demo.verdict import Outcome, check
from monitor.store.database import Database
from monitor.store.desk import Counts, SqlDesk

PATIENCE = 240.0  # seconds that work may take, on a slow machine or when leases in dead hands have to run out first
QUIET = 4.0  # seconds without anything left to do: what has not come by now will not come
ARMED_FOR = 60.0  # seconds that a kill waits for a message to strike at


def main(json: bool = False, seconds: float = 60.0, keep: Path | None = None, kills: int = 0, seed: int = 1) -> int:
    """Play the story and say how it went. 0 when it ended as it should, 1 when not.

    `keep` names a new directory for configuration, database and log (else they are thrown away); `kills` is how often
    the daemon is killed on the way, at moments that `seed` draws.
    """
    screen = Screen(quiet=json)
    if keep is not None and keep.exists() and any(keep.iterdir()):
        screen.complain(f"{keep} holds something already; name a new directory")
        return 1
    with TemporaryDirectory(prefix="sellerwatch-demo-", ignore_cleanup_errors=True) as temporary:
        place = (keep or Path(temporary)).resolve()
        place.mkdir(parents=True, exist_ok=True)
        play = Play(load(utc_now().date()), place, seconds, kills, seed, screen)
        try:
            report = asyncio.run(play.run())
        except ChildError as error:
            screen.complain(str(error))
            report = {"ok": False, "problems": [str(error)]}
        except KeyboardInterrupt:
            screen.complain("interrupted")
            report = {"ok": False, "problems": ["interrupted"]}
    if json:
        tables.print_json(report)
    return 0 if report["ok"] else 1


class Play:
    """One performance."""

    def __init__(self, story: Story, place: Path, seconds: float, kills: int, seed: int, screen: Screen) -> None:
        self._story, self._place, self._seconds, self._screen = story, place, seconds, screen
        self._received: list[Received] = []
        draw = random.Random(seed)  # noqa: S311 - chooses moments to kill at, guards nothing
        self._kill_at = sorted(draw.uniform(0.05, 0.85) for _ in range(kills))
        self._armed: asyncio.Event | None = None  # set when a message arrives; the daemon dies before it is answered
        self._child: Child
        self._desk: SqlDesk
        self._site: Site

    async def run(self) -> dict[str, Any]:
        """The whole story; its report as JSON values. Raises ChildError."""
        async with self._stage():
            began = asyncio.get_running_loop().time()
            killer = asyncio.create_task(self._kill(began))
            try:
                await self._acts(began)
                await killer
                await self._patiently()
            finally:
                killer.cancel()
                await asyncio.gather(killer, return_exceptions=True)
            outcome, counts = await self._outcome(), await self._desk.counts()
            code = await self._child.stop()
        problems = check(self._story, outcome)
        if code:
            problems.append(f"the daemon ended with {code} when it was asked to stop")
        self._screen.end(self._story, outcome, self._figures(counts), problems)
        return self._report(outcome, counts, problems)

    @asynccontextmanager
    async def _stage(self) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            self._site = await stack.enter_async_context(Site(self._story, utc_now()))
            smtp_port = await stack.enter_async_context(mail_sink(self._taken))
            webhook = await stack.enter_async_context(slack_sink(self._taken))
            configuration.write(self._place, self._story, self._site, smtp_port, webhook)
            self._child = Child(self._place, configuration.environment(os.environ))
            stack.push_async_callback(self._child.stop)
            self._screen.begin(self._story, self._place, self._child.log)
            for entry in self._story.acts[0].entries:  # the ordinary day is there before anybody looks
                self._site.publish(entry, utc_now())
            await self._child.start()
            database = await Database.open(configuration.database(self._place))
            stack.push_async_callback(database.close)
            self._desk = SqlDesk(database)
            yield

    # --- the story

    async def _acts(self, began: float) -> None:
        climbed: dict[str, int] = {}
        for number, act in enumerate(self._story.acts):
            await self._until(began + act.at * self._seconds)
            if act.rung and climbed.get(act.about):
                await self._told(act.about, climbed[act.about])  # a rung is told before the next one is climbed
            self._screen.act(act, self._figures())
            if number:
                self._publish(act)
            else:
                self._screen.published(self._story, act)
            if act.rung:
                climbed[act.about] = climbed.get(act.about, 0) + 1
        for key, rungs in climbed.items():
            await self._told(key, rungs)
        await self._until(began + self._seconds)

    def _publish(self, act: Act) -> None:
        for entry in act.entries:
            self._site.publish(entry, utc_now())
        self._screen.published(self._story, act)

    async def _until(self, moment: float) -> None:
        while (left := moment - asyncio.get_running_loop().time()) > 0:
            self._child.check()
            self._screen.figures(self._figures())
            await asyncio.sleep(min(left, 0.5))

    async def _told(self, key: str, times: int) -> None:
        """Until both sinks have heard so many different alerts of a plot."""
        plot = next(plot for plot in self._story.incidents if plot.key == key)
        await self._patiently(lambda: all(self._heard(plot, sink) >= times for sink in (MAIL, SLACK)))

    def _heard(self, plot: Plot, sink: str) -> int:
        return len({m.alert_id for m in self._received if m.sink == sink and plot.platform in m.subject})

    async def _patiently(self, done: Callable[[], bool] = lambda: False) -> None:
        """Until it is done, or there was nothing left to look at, to read or to send for a while, or patience ends."""
        loop = asyncio.get_running_loop()
        quiet_since, patient_until = loop.time(), loop.time() + PATIENCE
        while not done() and loop.time() - quiet_since < QUIET and loop.time() < patient_until:
            counts = await self._desk.counts()
            if counts.inbox_waiting or counts.wanted_pages or counts.pending_by_channel or not self._site.caught_up:
                quiet_since = loop.time()
            await self._until(loop.time() + 0.2)

    async def _taken(self, message: Received) -> None:
        """A sink has a message in hand and has not answered yet: the worst moment for its sender to die."""
        self._received.append(message)
        self._screen.arrived(message)
        if self._armed is not None and not self._armed.is_set():
            self._armed.set()
            await self._die()

    async def _kill(self, began: float) -> None:
        """Kill the daemon at the drawn moments, each second time when a message is in a sink's hand."""
        loop = asyncio.get_running_loop()
        for number, share in enumerate(self._kill_at):
            await asyncio.sleep(max(0.0, began + share * self._seconds - loop.time()))
            if number % 2:
                self._armed = asyncio.Event()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._armed.wait(), ARMED_FOR)
                self._armed = None
            await self._die()
            self._screen.killed()
            await self._child.start()

    async def _die(self) -> None:
        await self._child.kill()
        self._site.forget()  # what the dead daemon asked for, it may not have kept

    # --- what came of it

    async def _outcome(self) -> Outcome:
        incidents = await self._desk.incidents(limit=500, include_closed=True)
        deliveries = await self._desk.deliveries(limit=500)
        return Outcome(incidents, deliveries, tuple(self._received), configuration.TARGETS)

    def _figures(self, counts: Counts | None = None) -> Mapping[str, int]:
        figures = {
            "polls": self._site.polls,
            "not_modified": self._site.not_modified,
            "pages": self._site.requests["pages"],
            "messages": len(self._received),
            "kills": self._child.kills,
        }
        return figures | ({"documents": counts.documents} if counts else {})

    def _report(self, outcome: Outcome, counts: Counts, problems: list[str]) -> dict[str, Any]:
        deliveries = [tables.as_json(delivery) for delivery in outcome.deliveries]
        return {
            "incidents": tables.as_json(outcome.incidents),
            "deadlines": tables.deadline_rows(outcome.incidents, self._story.today),
            "deliveries": [{key: value for key, value in row.items() if key != "message"} for row in deliveries],
            "sinks": {
                sink: [tables.as_json(message) for message in outcome.received if message.sink == sink]
                for sink in (MAIL, SLACK)
            },
            **self._figures(counts),
            "ok": not problems,
            "problems": problems,
        }
