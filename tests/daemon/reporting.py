"""A process that reports to Sentry and fails in every way that could carry a secret: DSN, SITE, then it ends."""

import asyncio
import logging
import sys

import aiohttp
import sentry_sdk

from monitor import logs
from monitor.sentry import report_to

WEBHOOK, PASSWORD, ADDRESS = "https://chat.example.com/hooks/T1-very-secret", "hunter2-token", "ops@example.com"


def fail(where: str, password: str) -> None:
    token = f"a local that holds {password}"
    raise RuntimeError(f"cannot tell {ADDRESS} at {where} with {password}") from ValueError(token)


async def ask(site: str) -> None:
    async with aiohttp.ClientSession() as session, session.get(site) as answer:
        await answer.read()


def main(dsn: str, site: str) -> None:
    logs.setup("debug", "json")
    logs.REDACT.configure([WEBHOOK, PASSWORD, ADDRESS])
    report_to(dsn, "test")
    if site:
        asyncio.run(ask(site))
    try:
        fail(WEBHOOK, PASSWORD)
    except RuntimeError as error:
        logs.log("daemon").error("failed", exc_info=error, to=WEBHOOK, address={ADDRESS})
        sentry_sdk.capture_exception(error)
    logging.getLogger("somebody.else").error("theirs: %s", PASSWORD, extra={"url": f"{WEBHOOK}?key={PASSWORD}"})
    for number in range(100):
        logging.getLogger("somebody.else").error("again %d: %s", number, PASSWORD)


if __name__ == "__main__":
    main(*sys.argv[1:])
