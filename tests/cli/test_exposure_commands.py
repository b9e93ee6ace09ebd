"""`exposure`, `exposure check` and `what-if` as a seller meets them: the sums, the words, and what is refused."""

import asyncio
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from given import evidence, incident
from typer.testing import CliRunner

from monitor import cli, wiring
from monitor.config import load
from monitor.daemon import utc_now
from monitor.steps import Step

SHIPPED = Path(__file__).parents[2] / "config"


@pytest.fixture(scope="module")
def platforms() -> str:
    """Some of the shipped platforms, since all of them take a second to read."""
    wanted = {"Amazon", "TikTok", "TikTok Shop", "eBay", "Shopee", "Rakuten"}
    shipped = yaml.load((SHIPPED / "platforms.yaml").read_bytes(), Loader=yaml.CSafeLoader)
    return yaml.safe_dump([record for record in shipped if record["name"] in wanted], allow_unicode=True)


@pytest.fixture
def directory(tmp_path: Path, monkeypatch, platforms: str) -> Path:
    """The shipped calendar, the example of a stake, and a state directory of its own."""
    config = tmp_path / "config"
    config.mkdir()
    (config / "platforms.yaml").write_text(platforms, encoding="utf-8")
    shutil.copy(SHIPPED / "calendar.yaml", config)
    shutil.copy(SHIPPED / "exposure.example.yaml", config / "exposure.yaml")
    monkeypatch.setenv("SELLERWATCH_STATE_DIR", str(tmp_path / "state"))
    return config


def ran(directory: Path, *words: str):
    return CliRunner().invoke(cli.app, [*words, "--config", str(directory)])


def said(directory: Path, *words: str):
    result = ran(directory, *words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def knows(directory: Path, *known) -> None:
    """These incidents are open in the store."""

    async def keep() -> None:
        store = await wiring.open_store(load(directory, {"SELLERWATCH_STATE_DIR": str(directory.parent / "state")}))
        await store.ledger.keep(Step(at=utc_now(), incidents=known))
        await store.database.close()

    asyncio.run(keep())


def test_exposure_sums_a_stake_says_how_concentrated_it_is_and_names_what_hangs_on_one_thing(directory: Path):
    out = ran(directory, "exposure").output
    assert "20,093 EUR of sales a day, 329,400 EUR tied up" in out
    assert "by company  Herfindahl index 0.46, highly concentrated: as if spread evenly over 2.2 companies" in out
    assert "█" * 30 in out
    assert "platform TikTok Shop: 55% of all sales and 54% of all that is tied up" in out
    assert "alone in a country of less than 10% of all sales: eBay in GB (5%)" in out
    assert "platform eBay:" not in out
    assert "nothing: no open incident touches a position" in out
    assert "\x1b" not in out, "no colours where it is piped"


def test_figures_that_were_uploaded_at_the_desk_count_and_are_named_as_that(directory: Path):
    kept = directory.parent / "state/exposure-acme.csv"
    kept.parent.mkdir(parents=True)
    kept.write_text("platform;country;sales per day\nShopee;ID;1.000,50\n")
    out = ran(directory, "exposure").output
    assert "1,000 EUR of sales a day, 0 EUR tied up" in out
    assert f"uploaded at the desk, in place of the file's: {kept}" in out
    assert said(directory, "exposure")[0]["uploaded"] is True


def test_exposure_for_machines_has_every_figure(directory: Path):
    (acme,) = said(directory, "exposure")
    assert acme["by_company"]["parts"][0]["name"] == "ByteDance"
    assert round(acme["by_platform"]["herfindahl"]["sales"], 2) == 0.46
    assert [point["name"] for point in acme["single_points"]["found"][:2]] == ["TikTok Shop", "US"]
    assert acme["at_risk"] == {"worst": "0", "expected": "0", "at_once": "0", "per_day": "0", "positions": []}


def test_exposure_says_what_is_at_risk_now_and_nothing_twice(directory: Path):
    now = utc_now()
    words = {"regions": ["US"], "at": now}
    knows(directory, incident(evidence("d1", platforms=["TikTok Shop"], **words), now=now))
    (alone,) = said(directory, "exposure")
    assert alone["at_risk"]["at_once"] == "179400.00"
    ban = incident(evidence("d2", event="ban", platforms=["TikTok"], **words), now=now)
    knows(directory, replace(ban, id="i2"))
    (both,) = said(directory, "exposure")
    assert (both["at_risk"]["worst"], both["at_risk"]["at_once"]) == (alone["at_risk"]["worst"], "179400.00")
    assert both["at_risk"]["positions"][0]["incidents"] == ["i1", "i2"]
    out = ran(directory, "exposure").output
    assert "TikTok Shop US (by i1, i2)" in out
    assert "to be expected of it" in out


def test_a_file_is_checked_before_it_is_put_to_use(directory: Path, tmp_path: Path):
    example = ran(directory, "exposure", "check", str(SHIPPED / "exposure.example.csv"))
    assert example.exit_code == 0, example.stderr
    assert "1,987 EUR a day of it is sold elsewhere" in example.output
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("platform,country,stock,currency\nTikTok Shp,US,5,EUR\n")
    result = ran(directory, "exposure", "check", str(wrong))
    assert result.exit_code == 1
    assert f"{wrong}:2: platform (column A): no platform is called 'TikTok Shp' (did you mean TikTok Shop?)" in (
        result.stderr.replace("\n", "")
    )
    folder = ran(directory, "exposure", "check", str(tmp_path)).stderr.replace("\n", "")
    assert f"error {tmp_path}: cannot be read" in folder
    machines = ran(directory, "exposure", "check", str(wrong), "--json")
    assert machines.exit_code == 1
    assert json.loads(machines.stdout)[0]["line"] == 2
    assert said(directory, "exposure", "check", str(SHIPPED / "exposure.example.csv"))[0]["elsewhere"] == "1987.22"


def test_a_stake_without_sales_is_weighed_by_what_is_tied_up(directory: Path, tmp_path: Path):
    stock = tmp_path / "stock.csv"
    stock.write_text("platform,country,stock,currency\nAmazon,DE,30,EUR\neBay,GB,10,EUR\n")
    out = ran(directory, "exposure", "check", str(stock)).output
    assert "by platform  Herfindahl index 0.62 of what is tied up, highly concentrated" in out
    assert "or alone in a country" in out


def test_who_spreads_the_stake_has_no_single_point_of_failure(directory: Path, tmp_path: Path):
    spread = tmp_path / "spread.csv"
    names, places = ("Amazon", "eBay", "Shopee", "TikTok", "Rakuten"), ("SG", "MY", "TH", "PH", "VN")
    rows = [f"{name},{place},10,SGD\n" for name in names for place in places]
    spread.write_text("platform,country,sales_per_day,currency\n" + "".join(rows))
    out = ran(directory, "exposure", "check", str(spread)).output
    assert out.rstrip().endswith("none")
    assert "Herfindahl index 0.20, highly concentrated: as if spread evenly over 5.0 platforms" in out


def test_what_if_shows_the_whole_sum_term_by_term(directory: Path):
    out = ran(directory, "what-if", "tiktok-shop", "US", "--from", "2025-01-19").output
    lines = [" ".join(line.split()) for line in out.splitlines()]
    for line in (
        "shutdown of TikTok Shop in US from 2025-01-19, as of 2025-01-19",
        "That day is not ahead: it is reckoned as on that day.",
        "TikTok Shop US: stock 138,000 EUR",
        "TikTok Shop US: unsettled payouts 36,800 EUR",
        "TikTok Shop US: prepaid ads 4,600 EUR",
        "lost at once 179,400 EUR",
        "TikTok Shop US: 19 days of sales 209,760 EUR",
        "TikTok Shop US: 11 days of Valentine's Day, sales x1.2 145,728 EUR",
        "worst case, 30 days of lost sales with it 534,888 EUR",
        "to be expected of it, as sure as it is (90%) 481,399 EUR",
        "can be saved: stock, until 2025-01-19, it takes effect (0 days left) 138,000 EUR",
        "55% of daily sales (at least 25%) +1",
    ):
        assert line in lines, out


@pytest.mark.parametrize(("event", "odds"), [("policy", "4.5%"), ("trade_rule", "22.5%"), ("insolvency", "67.5%")])
def test_the_part_that_is_to_be_expected_is_shown_as_exactly_as_it_is_reckoned_with(directory: Path, event, odds):
    assert f"as sure as it is ({odds})" in ran(directory, "what-if", "tiktok-shop", "US", "--event", event).output


def test_what_if_for_machines_adds_up(directory: Path):
    found = said(directory, "what-if", "TikTok", "us", "--from", "2031-11-25", "--event", "ban", "--seller", "acme")
    assert found["asked"] == {
        "platform": "TikTok", "country": "US", "event": "ban", "from": "2031-11-25", "as_of": str(utc_now().date()),
    }  # fmt: skip
    (acme,) = found["sellers"]
    sums = sum(float(term["amount"]) for term in acme["lost_sales"])
    assert float(acme["worst"]) == float(acme["at_once"]) + sums
    assert {"Black Friday", "Christmas shopping"} <= {
        term["label"].split(" of ")[1].split(",")[0] for term in acme["lost_sales"]
    }
    assert any("falls into Black Friday" in reason for reason in acme["reasons"])


@pytest.mark.parametrize(
    ("name", "canonical"),
    [("tiktok-shop", "TikTok Shop"), ("TikTok小店", "TikTok Shop"), ("tts", "TikTok Shop"), ("bytedance", "ByteDance")],
)
def test_a_platform_goes_by_any_of_its_names(directory: Path, name: str, canonical: str):
    found = said(directory, "what-if", name, "United States")
    assert (found["asked"]["platform"], found["asked"]["country"]) == (canonical, "US")
    assert found["sellers"][0]["exposed"] is True


@pytest.mark.parametrize("name", ["UK", "uk", "United Kingdom", "GB"])
def test_a_country_goes_by_its_code_its_name_and_what_people_write_for_it(directory: Path, name: str):
    assert said(directory, "what-if", "TikTok", name)["asked"]["country"] == "GB"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["tiktok-shp", "US"], "no platform is called 'tiktok-shp' (did you mean tiktok-shop?)"),
        (["qqqqqq", "US"], "no platform is called 'qqqqqq' (see platforms.yaml)"),
        (["TikTok", "ENG"], "'ENG' is no country code (two capital letters"),
        (["TikTok", "Atlantis"], "'ATLANTIS' is no country code (two capital letters such as DE, or EU, or WORLD)"),
        (["TikTok", "US", "--from", "19.1.2025"], "--from: '19.1.2025' is not YYYY, YYYY-MM or YYYY-MM-DD"),
        (["TikTok", "US", "--seller", "acne"], "no seller is called 'acne' (did you mean acme?)"),
    ],
)
def test_what_nobody_knows_is_refused_with_what_was_probably_meant(directory: Path, words: list[str], says: str):
    result = ran(directory, "what-if", *words)
    assert result.exit_code == 2
    assert says in result.stderr.replace("\n", "")


def test_who_is_not_there_is_not_hit_and_who_wrote_nothing_down_is_told_how_to(directory: Path):
    assert "none of the positions is on its platforms in its places" in ran(directory, "what-if", "Shopee", "SG").output
    (directory / "exposure.yaml").unlink()
    out = " ".join(ran(directory, "what-if", "Shopee", "SG").output.split())
    assert "Everybody: high" in out
    assert "Copy exposure.example.yaml to exposure.yaml" in out


def test_a_small_stake_is_shown_with_its_decimals(directory: Path, tmp_path: Path):
    small = tmp_path / "small.csv"
    small.write_text("platform,country,sales per day,stock,currency\nAmazon,DE,0.05,0.5,EUR\neBay,GB,0.25,4000.4,EUR\n")
    out = ran(directory, "exposure", "check", str(small)).output
    assert "0.30 EUR of sales a day, 4,001 EUR tied up" in out
    assert "0.05 EUR a day" in out
