"""Alerts in the service's own log."""

import io

import structlog
from given_targets import at
from letters import all_clear, closing

from monitor.domain.alerts import AttemptClass
from monitor.notify.journal import JournalChannel


async def test_an_alert_is_one_structured_warning_that_says_everything():
    with structlog.testing.capture_logs() as lines:
        attempt = await JournalChannel().send(at(""), closing())
    assert attempt.result is AttemptClass.OK
    (line,) = lines
    assert line["log_level"] == "warning"
    assert line["event"] == "[Critical] TikTok Music closes on 28 Nov 2024 (ID, BR, AU, SG, MX): confirmed"
    assert line["when"] == "28 Nov 2024 (in 57 days)"
    assert line["to_do"] == ["by 28 Oct 2024: export your data", "by 28 Nov 2024: log in for the last time"]
    assert "Lost at once: EUR 195,000" in line["means"]
    assert line["evidence"][0] == "https://support.tiktok.example/id/closing"


async def test_an_all_clear_is_logged_as_one():
    with structlog.testing.capture_logs() as lines:
        await JournalChannel().send(at(""), all_clear())
    (line,) = lines
    assert line["event"] == "[All clear] Temu ban called off (VN)"
    assert line["when"].startswith("called off since 1 Oct 2024, by Bộ Công Thương;")
    assert line["evidence"][0] == "https://ministry.example/temu"


async def test_a_log_that_cannot_be_written_is_tried_again():
    gone = io.StringIO()
    gone.close()
    before = structlog.get_config()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(gone), cache_logger_on_first_use=False)
    try:
        attempt = await JournalChannel().send(at(""), closing())
    finally:
        structlog.configure(**before)
    assert (attempt.result, attempt.code) == (AttemptClass.TRANSIENT, "log")
