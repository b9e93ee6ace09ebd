"""From a feed to the one who hears it in another's place, and to the message that stands for what an hour left over."""

from desks import Desk, notice, rss
from local_sites import LocalSite

NAMES = ("Bazarino", "Kupomart", "Velishop", "Torvanda")


async def test_what_slack_refuses_comes_by_mail_in_its_place_and_the_operator_sees_both(desk: Desk, site: LocalSite):
    site.says("/feed.xml", rss(notice(site)))
    site.says("/slack", b"no_service", status=404)
    desk.watches(bazarino=site.url())
    desk.keeps({"targets": [
        {"id": "chat", "channel": "slack", "address": site.url("/slack"), "fallback": "ops"},
        {"id": "ops", "channel": "email", "address": "ops@example.com", "countries": ["US"], "language": "de"},
    ]})  # fmt: skip
    await desk.round()

    [mail] = desk.mail.mails
    plain = mail.get_body(("plain",)).get_content()
    assert "chat" in plain
    assert mail["Content-Language"] == "de"
    [dead] = await desk.json("deliveries", "dead")
    [other] = [row for row in await desk.json("deliveries") if row["target"] == "ops"]
    assert (dead["target"], dead["instead"]) == ("chat", other["key"])
    assert (other["state"], other["instead_of"]) == ("sent", "chat")
    [incident] = await desk.json("incidents")
    shown = (await desk.command("explain", incident["id"][:8])).output
    assert "ops (email): sent, in the place of chat" in shown
    assert "permanent 404" in shown


async def test_a_full_hour_ends_with_one_message_that_names_the_rest(desk: Desk, site: LocalSite):
    desk.write(
        "platforms.yaml",
        [{"name": name, "id": name.lower(), "owner": f"{name} AG", "kind": "marketplace"} for name in NAMES],
    )
    positions = [{"platform": name, "country": "PL", "sales_per_day": 1} for name in NAMES]
    desk.write("exposure.yaml", {"sellers": [{
        "id": "acme", "name": "Acme", "currency": "EUR",
        "positions": [*positions, {"platform": NAMES[0], "country": "DE", "sales_per_day": 9000}],
    }]})  # fmt: skip
    for name in NAMES:
        body = rss(notice(site)).replace(b"Bazarino", name.encode()).replace(b"/notice", b"/" + name.encode())
        site.says(f"/{name}.xml", body)
    desk.watches(**{name.lower(): site.url(f"/{name}.xml") for name in NAMES})
    desk.keeps({"targets": [{"id": "ops", "channel": "email", "address": "ops@example.com", "cap": 2}]})
    await desk.round()

    first, rest = desk.mail.mails
    plain = rest.get_body(("plain",)).get_content()
    told = {name for name in NAMES if name in first["Subject"]}
    assert len(told) == 1
    assert {name for name in NAMES if name in plain} == {*NAMES} - told
    assert sorted(row["state"] for row in await desk.json("deliveries")) == ["sent", "sent", *["superseded"] * 3]
