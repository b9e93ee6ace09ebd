"""What is at stake, at the desk: seen, uploaded, taken, given back."""

import csv
import io
from datetime import timedelta
from decimal import Decimal

import pytest
from exposure_given import TWO, desk_in, plain
from given import NOW, position, seller
from rooms_given import QUICK

from monitor.config.kept_exposure import place
from monitor.desk.accounts import Accounts
from monitor.desk.exposure import exposure
from monitor.desk.heat import heat, risk
from monitor.domain.people import Role
from monitor.domain.portfolio import AtRisk, Portfolio
from monitor.notify.tongue import tongue


@pytest.fixture
async def desk(tmp_path):
    async with desk_in(tmp_path) as made:
        yield made


async def test_the_page_shows_what_lies_where_and_what_hangs_on_one_thing(desk):
    vera = await desk.browser("vera")
    page = plain(await vera.page("/exposure"))
    assert "Acme &amp; Söhne" in page
    assert "TikTok Shop United States 11,040 138,000 36,800" in page
    assert "highly concentrated as if spread evenly over" in page
    assert "Herfindahl index" in page
    assert "the only platform in United States" in page
    assert "Black Friday" in page  # 29 Nov 2024 is ahead
    assert "Bolt" in page
    assert "Take these figures" not in page
    assert "upload" not in (await vera.page("/exposure")).lower().replace("/exposure/upload", "")


def test_a_platform_alone_in_a_small_country_stands_in_one_line_in_the_readers_language():
    small = seller(position("Amazon", "DE", 60), position("eBay", "DE", 35), position("eBay", "IN", 5))
    shown = exposure(small, None, {}, NOW.date(), tongue("de"))
    assert shown.small_alone == ["eBay (Indien, 5\xa0%)"]
    assert [(one.name, one.why) for one in shown.points] == [
        ("DE", "95\xa0% des Gesamtumsatzes"),
        ("Amazon", "60\xa0% des Gesamtumsatzes"),
        ("eBay", "40\xa0% des Gesamtumsatzes"),
    ]


async def test_programs_get_the_same_figures(desk):
    vera = await desk.browser("vera")
    acme, bolt = (await vera.client.get("/api/v1/exposure")).json()
    assert (acme["sales_per_day"], acme["currency"], acme["uploaded"]) == ("21052.63", "EUR", False)
    assert [one["axis"] for one in acme["spread"]] == ["platform", "company", "country"]
    assert acme["points"][0]["name"] == "TikTok Shop"
    assert bolt["seller_id"] == "bolt"
    (only,) = (await vera.client.get("/api/v1/exposure?seller=bolt")).json()
    assert only == bolt


async def test_an_upload_is_checked_line_by_line_and_taken_only_when_confirmed(desk):
    ada = await desk.browser("ada")
    answer = await desk.upload(
        ada, "platform;country;stock;sales per day\nAmazon;DE;90.000,00;8.500,50\nShopee;VN;1,5;\n".encode("utf-16")
    )
    assert answer.status_code == 303
    where = answer.headers["location"]
    page = plain(await ada.page(where))
    assert "The file is good. Nothing has changed yet" in page
    assert "Sales per day: EUR 8,000 → EUR 8,500" in page  # the euro is the seller's
    assert "1 position is new , 1 changes".replace(" ,", ",") in page
    assert "Would be gone" in page
    assert "TikTok Shop United States EUR 11,040" in page
    assert [one.platform for one in desk.settings.sellers[0].positions] == ["TikTok Shop", "Amazon"]
    assert not place(desk.state, "acme").exists()

    taken = await desk.post(ada, where)
    assert (taken.status_code, taken.headers["location"]) == (303, "/exposure?seller=acme&done=kept")
    acme = desk.settings.sellers[0]
    assert [(one.platform, one.country, one.stock) for one in acme.positions] == [
        ("Amazon", "DE", Decimal(90000)),
        ("Shopee", "VN", Decimal("1.5")),
    ]
    page = plain(await ada.page("/exposure?seller=acme&done=kept"))
    assert "Taken. Everything is weighed by the new figures" in page
    assert "These figures were uploaded here" in page
    ((_, record),) = await desk.store.people.records(did=("exposure.upload",))
    assert (record.who, record.subject) == ("ada", "acme")
    assert record.detail.startswith("2 positions, 21053 EUR a day, 264810 EUR tied up -> 2 positions, ")
    assert "+ Shopee VN, ~ Amazon DE, - TikTok Shop US" in record.detail
    assert (await desk.post(ada, where)).status_code == 409  # it was taken already

    back = await desk.post(ada, "/exposure/file", seller="acme")
    assert back.headers["location"] == "/exposure?seller=acme&done=file"
    assert [one.platform for one in desk.settings.sellers[0].positions] == ["TikTok Shop", "Amazon"]
    assert not place(desk.state, "acme").exists()
    assert (await desk.post(ada, "/exposure/file", seller="acme")).status_code == 409


async def test_every_fault_is_told_at_its_line_and_nothing_can_be_taken(desk):
    ada = await desk.browser("ada")
    sheet = "platform,country,stock\nAmazon,DE,1\nTikTok Shp,US,2\nShopee,ID,much\n<script>alert(1)</script>,UK,3\n"
    where = (await desk.upload(ada, sheet)).headers["location"]
    raw = await ada.page(where)
    page = plain(raw)
    assert "The file has 4 faults. Nothing is taken" in page
    assert "did you mean TikTok Shop?" in page
    assert "is no amount" in page
    assert "write GB" in page
    assert "<script>alert" not in raw
    assert "&lt;script&gt;alert(1)" in raw
    assert "Take these figures" not in page
    assert (await desk.post(ada, where)).status_code == 409
    assert not place(desk.state, "acme").exists()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "The file is empty"),
        (b"x" * 1_000_001, "larger than 1 MB"),
        (b"\x89PNG\r\n\x1a\n\xff", "is not UTF-8 text"),
        (b"platform,country\n", "holds no line under its header"),
        (b"a,b\n1,2\n", "is no column that is known"),
    ],
)
async def test_what_is_no_sheet_is_refused_in_words(desk, content, says):
    ada = await desk.browser("ada")
    answer = await desk.upload(ada, content)
    page = answer.text if answer.status_code == 409 else await ada.page(answer.headers["location"])
    assert says in plain(page)


async def test_a_check_is_forgotten_after_a_while_and_is_nobody_elses(desk):
    ada = await desk.browser("ada")
    where = (await desk.upload(ada, "platform,country,stock\nAmazon,DE,1\n")).headers["location"]
    eve = await desk.browser("eve")
    assert (await eve.client.get(where)).status_code == 404
    desk.now += timedelta(minutes=15)
    gone = await ada.client.get(where)
    assert gone.status_code == 404
    assert "it is kept for 15 minutes" in gone.text


async def test_what_the_whole_configuration_refuses_is_put_back(desk):
    ada = await desk.browser("ada")
    where = (await desk.upload(ada, "platform,country,stock\nAmazon,DE,1\n")).headers["location"]
    desk.refuses = True
    refused = await desk.post(ada, where)
    assert refused.status_code == 409
    assert "settings.yaml:3: web: is wrong" in refused.text
    assert not place(desk.state, "acme").exists()
    desk.refuses = False
    assert (await desk.post(ada, where)).status_code == 303


async def test_what_somebody_else_took_meanwhile_must_be_looked_at_once_more(desk):
    ada = await desk.browser("ada")
    first = (await desk.upload(ada, "platform,country,stock\nAmazon,DE,1\n")).headers["location"]
    second = (await desk.upload(ada, "platform,country,stock\nAmazon,DE,2\n")).headers["location"]
    assert (await desk.post(ada, second)).status_code == 303
    refused = await desk.post(ada, first)
    assert refused.status_code == 409
    assert "The figures have changed since" in refused.text
    assert desk.settings.sellers[0].positions[0].stock == 2


@pytest.mark.parametrize("name", ["vera", "otto"])
async def test_only_an_admin_says_what_is_at_stake(desk, name):
    who = await desk.browser(name)
    assert (await desk.upload(who, "platform,country,stock\nAmazon,DE,1\n")).status_code == 403
    assert (await desk.post(who, "/exposure/file", seller="acme")).status_code == 403
    assert (await who.client.get("/exposure/upload/x")).status_code == 403


async def test_what_is_downloaded_can_be_uploaded_again_and_changes_nothing(desk):
    ada = await desk.browser("ada")
    sheet = await ada.client.get("/exposure.csv?seller=acme")
    assert sheet.headers["content-disposition"] == 'attachment; filename="exposure-acme.csv"'
    rows = list(csv.DictReader(io.StringIO(sheet.text.removeprefix("\ufeff"))))
    assert rows[0]["sales_per_day"] == "11040"
    page = plain(await ada.page((await desk.upload(ada, sheet.content)).headers["location"]))
    assert "0 positions are new, 0 change, 2 stay as they were, 0 go" in page
    template = await ada.client.get("/exposure/template.csv")
    assert "The file is good" in await ada.page((await desk.upload(ada, template.content)).headers["location"])
    assert (await ada.client.get("/exposure.csv?seller=nobody")).status_code == 404


async def test_what_was_uploaded_comes_back_in_its_own_money_with_its_notes(tmp_path):
    known = TWO.replace("currency: EUR", "currency: EUR\n    rates: {JPY: 0.006}", 1)
    async with desk_in(tmp_path, known) as desk:
        ada = await desk.browser("ada")
        assert "what the files state in other money is converted" in await ada.page("/exposure?seller=acme")
        sheet = "seller,platform,country,stock,sales_per_day,currency,note\n"
        sheet += 'acme,Amazon,JP,"1,500,000",20000,JPY,=a note\nacme,Amazon,DE,90,,,\nbolt,Shopee,ID,7,,,\n'
        where = (await desk.upload(ada, sheet)).headers["location"]
        assert (await desk.post(ada, where)).status_code == 303
        assert desk.settings.sellers[0].positions[0].stock == 9000
        given = await ada.client.get("/exposure.csv?seller=acme")
        rows = list(csv.DictReader(io.StringIO(given.text.removeprefix("\ufeff"))))
        shown = [(one["country"], one["stock"], one["sales_per_day"], one["currency"], one["note"]) for one in rows]
        assert shown == [("JP", "1500000", "20000", "JPY", "'=a note"), ("DE", "90", "", "", "")]
        assert "is converted" not in await ada.page("/exposure?seller=acme")
        page = plain(await ada.page((await desk.upload(ada, given.content)).headers["location"]))
        assert "0 positions are new, 0 change, 2 stay as they were, 0 go" in page


async def test_a_program_with_a_token_uploads_too(desk):
    key = await Accounts(desk.store.people, lambda: desk.now, QUICK).program("erp", Role.ADMIN, "ada")
    ada = await desk.browser("ada")
    ada.client.cookies.clear()
    ada.client.headers["Authorization"] = f"Bearer {key}"
    content = b"platform,country,stock\nAmazon,DE,1\n"
    checks = "/api/v1/exposure/checks"
    answer = await ada.client.post(checks, data={"seller": "acme"}, files={"file": ("erp.csv", content)})
    check = answer.json()
    assert (check["good"], check["changed"], check["after"]["stock"]) == (True, 1, "1")
    taken = await ada.client.post(f"{checks}/{check['id']}/take")
    assert taken.json() == {"seller_id": "acme"}
    assert (await ada.client.post(f"{checks}/{check['id']}/take")).status_code == 409
    assert (await ada.client.post("/api/v1/exposure/file", data={"seller": "acme"})).json() == {"seller_id": "acme"}


async def test_a_desk_without_figures_says_what_to_do_and_takes_the_first_ones(tmp_path):
    async with desk_in(tmp_path, "") as desk:
        vera, ada = await desk.browser("vera"), await desk.browser("ada")
        assert "Somebody with the role admin can upload them here." in await vera.page("/exposure")
        where = (await desk.upload(ada, "platform,country,stock\nAmazon,DE,1\n", "everybody")).headers["location"]
        assert "add a column currency" in await ada.page(where)
        sheet = "platform,country,stock,currency\nAmazon,JP,1,JPY\n"
        where = (await desk.upload(ada, sheet, "everybody")).headers["location"]
        assert (await desk.post(ada, where)).status_code == 303
        assert [(one.id, one.currency) for one in desk.settings.sellers] == [("everybody", "JPY")]
        assert "JPY" in await vera.page("/exposure")


def test_no_more_is_at_risk_than_is_exposed_where_an_event_falls_into_a_peak():
    acme = seller(position("TikTok Shop", "ID", 1000, stock=50_000), position("Lazada", "ID", 100, stock=5_000))
    taken = AtRisk("TikTok Shop", "ID", Decimal(50_000), Decimal(1000), Decimal(60_000), incidents=("incident-1",))
    portfolio = Portfolio("acme", "EUR", (taken, AtRisk("Lazada", "ID")))
    cells = [cell for _, row in heat(acme, portfolio).rows for cell in row if cell]
    assert [(cell.worst, cell.exposed) for cell in cells] == [(110_000, 110_000), (0, 8000)]
    assert risk(acme, portfolio).share == pytest.approx(110_000 / 118_000)
