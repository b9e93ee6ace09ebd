"""What the settings say of fetching, as the fetching part takes it."""

from monitor.config.settings import FetchSettings as Asked
from monitor.fetch.settings import FetchSettings


def fetch_settings(asked: Asked) -> FetchSettings:
    """Times in seconds."""
    return FetchSettings(
        user_agent=asked.user_agent,
        contact=asked.contact,
        browser=asked.browser,
        concurrency=asked.concurrency,
        per_host=asked.per_host,
        timeout=asked.timeout.total_seconds(),
        max_bytes=asked.max_bytes,
        allow_private=asked.allow_private,
        gap=asked.gap.total_seconds(),
        pace={host: gap.total_seconds() for host, gap in asked.pace.items()},
    )
