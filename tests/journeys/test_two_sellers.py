"""An agency's daemon: two clients, each with a stake and a mailbox of its own; what hits one is told to that one."""

import asyncio
import csv
from pathlib import Path

from desks import Desk, notice, rss
from local_sites import LocalSite

from monitor.daemon import utc_now

COLUMNS = ["seller", "platform", "country", "sales per day", "stock", "unsettled payouts", "currency", "note"]


def writes_down_the_stakes(directory: Path) -> None:
    """As a spreadsheet saves them."""
    (directory / "exposure.yaml").unlink()
    with (directory / "exposure.csv").open("w", newline="", encoding="utf-8-sig") as file:
        rows = csv.writer(file, delimiter=";")
        rows.writerow(COLUMNS)
        rows.writerow(["Kowalski", "Bazarino", "PL", "4.000,00", "90.000,00", "1.250,50", "PLN", ""])
        rows.writerow(["Schmidt", "Bazarino", "DE", "7.000,00", "50.000,00", "", "EUR", "another country"])


async def test_what_hits_one_client_is_told_to_that_client_and_to_no_other(desk: Desk, site: LocalSite):
    writes_down_the_stakes(desk.directory)
    desk.keeps({"targets": [
        {"id": "kowalski", "channel": "email", "address": "kowalski@example.com", "sellers": ["kowalski"]},
        {"id": "schmidt", "channel": "email", "address": "schmidt@example.com", "sellers": ["schmidt"]},
    ]})  # fmt: skip
    site.says("/feed.xml", rss(notice(site)))
    desk.watches(bazarino=site.url())
    await desk.round()

    [mail] = desk.mail.mails
    assert mail["To"] == "kowalski@example.com"
    plain = mail.get_body(("plain",)).get_content()
    assert "Kowalski" in plain
    assert "90,000" in plain
    assert "50,000" not in plain, "another client's figures are nobody else's business"

    [incident] = await desk.json("incidents")
    assert {(d["target"], d["state"]) for d in await desk.json("deliveries")} == {("kowalski", "sent")}
    shown = (await desk.command("explain", incident["id"][:8])).output
    assert "held for schmidt: not_exposed" in shown

    kowalski, schmidt = await desk.json("exposure")
    assert kowalski["at_risk"]["at_once"] == "91250.50"
    assert kowalski["at_risk"]["worst"] == "211250.50", "and thirty days of sales"
    assert (schmidt["at_risk"]["worst"], schmidt["at_risk"]["positions"]) == ("0", [])


async def test_who_hears_of_several_clients_reads_in_the_subject_which_it_is(desk: Desk, site: LocalSite):
    writes_down_the_stakes(desk.directory)
    desk.keeps({"targets": [
        {"id": "agency", "channel": "email", "address": "agency@example.com"},
        {"id": "kowalski", "channel": "email", "address": "kowalski@example.com", "sellers": ["kowalski"]},
    ]})  # fmt: skip
    site.says("/feed.xml", rss(notice(site)))
    desk.watches(bazarino=site.url())
    await desk.round()
    subjects = {mail["To"]: mail["Subject"] for mail in desk.mail.mails}
    assert "[Kowalski] " in subjects["agency@example.com"]
    assert "Kowalski" not in subjects["kowalski@example.com"]


async def test_the_value_at_risk_and_the_incidents_of_each_client_are_metrics(desk: Desk, site: LocalSite):
    writes_down_the_stakes(desk.directory)
    site.says("/feed.xml", rss(notice(site)))
    desk.watches(bazarino=site.url())
    await desk.round()

    service = await desk.open()
    try:
        await asyncio.wait_for(service.upkeep(utc_now()), 30)
        shown = {
            (
                family.name.removeprefix("sellerwatch_"),
                *(sample.labels[name] for name in ("seller", "country")),
            ): sample.value
            for family in service.metrics.registry.collect()
            if family.name in {"sellerwatch_value_at_risk", "sellerwatch_position_incidents_open"}
            for sample in family.samples
        }
    finally:
        await service.close()
    assert shown == {
        ("value_at_risk", "kowalski", "PL"): 211250.5,
        ("value_at_risk", "schmidt", "DE"): 0,
        ("position_incidents_open", "kowalski", "PL"): 1,
        ("position_incidents_open", "schmidt", "DE"): 0,
    }
