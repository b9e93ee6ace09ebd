"""A process that reports to Sentry and fails in every way that could carry a secret: DSN, SITE, FAULTS."""

import asyncio
import logging
import sys

import aiohttp
import sentry_sdk

from monitor import logs
from monitor.domain.errors import StoreUnavailableError
from monitor.sentry import LOSSES, Limit, report_to

WEBHOOK, PASSWORD, ADDRESS = "https://chat.example.com/hooks/T1-very-secret", "hunter2-token", "ops@example.com"
DOCUMENT = "Bazarino will shut down its marketplace for good"


def fail(where: str, password: str) -> None:
    token = f"a local that holds {password}"
    raise RuntimeError(f"cannot tell {ADDRESS} at {where} with {password}") from ValueError(token)


async def ask(site: str) -> None:
    async with aiohttp.ClientSession() as session, session.get(site) as answer:
        await answer.read()


def main(dsn: str, site: str, faults: str) -> None:
    logs.setup("debug", "json")
    logs.REDACT.configure([WEBHOOK, PASSWORD, ADDRESS])
    ticks = iter(range(0, 10**9, 7200))  # to its limit each fault comes two hours after the one before
    report_to(dsn, "test", Limit(lambda: float(next(ticks))) if faults else None)
    if site:
        asyncio.run(ask(site))
    sentry_sdk.set_user({"email": ADDRESS})
    sentry_sdk.set_context("document", {"title": DOCUMENT})
    sentry_sdk.add_breadcrumb(message=f"read {DOCUMENT}", data={"to": WEBHOOK})
    try:
        fail(WEBHOOK, PASSWORD)
    except RuntimeError as error:
        logs.log("daemon").error("failed", exc_info=error, to=WEBHOOK, address={ADDRESS}, title=DOCUMENT, tries=3)
    try:
        int(DOCUMENT)
    except ValueError as error:
        logs.log("path").error("not_kept", what="looks", error=error)
    logs.log("loops").error("unavailable", error=StoreUnavailableError(f"no answer at {WEBHOOK}"))
    logging.getLogger("somebody.else").error(f"cannot parse {DOCUMENT}")
    logging.getLogger("somebody.else").error("theirs: %s", PASSWORD, extra={"url": f"{WEBHOOK}?key={PASSWORD}"})
    for number in range(int(faults or 100)):
        logging.getLogger("somebody.else").error("again %d: %s", number, DOCUMENT)
    if not dsn or faults:
        sys.stdout.write(f"lost {LOSSES.count}\n")
    raise RuntimeError(f"the end of {PASSWORD}")


if __name__ == "__main__":
    main(*sys.argv[1:])
