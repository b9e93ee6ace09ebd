"""Positions uploaded at the desk: kept in the state directory, and read in place of what the files say."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config import Config, ConfigError, describe, load, warnings
from monitor.config.kept_exposure import checked, place
from monitor.config.named import known
from monitor.config.units import Known

PLATFORMS = """
- {name: Amazon, id: amazon, owner: Amazon, kind: marketplace}
- {name: eBay, id: ebay, owner: eBay, kind: marketplace}
- {name: Shopee, id: shopee, owner: Sea, kind: marketplace}
"""
EMPTY = Path(__file__).parent / "nothing is here"
SHEETS = ("acme", "bolt", "everybody", "gone")
TWO = """
sellers:
  - {id: acme, name: Acme, currency: EUR, rates: {USD: 0.5}, positions: [{platform: eBay, country: GB, stock: 7}]}
  - {id: bolt, name: Bolt, currency: USD, positions: [{platform: Amazon, country: DE, stock: 9}]}
"""


@pytest.fixture
def house(tmp_path: Path):
    """A configuration with a few platforms alone; gives what it is now, with these files."""
    directory, state = tmp_path / "config", tmp_path / "state"
    directory.mkdir()
    (directory / "platforms.yaml").write_text(PLATFORMS)

    def now(**files: str) -> Config:
        for name, text in files.items():
            path = (
                place(state, name) if name in ("acme", "bolt", "everybody", "gone") else directory / f"exposure.{name}"
            )
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return load(directory, {"STATE_DIRECTORY": str(state)})

    return now


def stakes(config: Config) -> dict[str, list[tuple[str, str, Decimal, str]]]:
    return {
        one.id: [(held.platform, held.country, held.stock, one.currency) for held in one.positions]
        for one in config.sellers
    }


def test_a_kept_sheet_replaces_the_positions_of_its_seller_and_of_nobody_else(house):
    before = house(yaml=TWO)
    assert before.kept == frozenset()
    config = house(acme="platform;country;stock;currency\nShopee;ID;1.000,50;USD\nAmazon;DE;3;\n")
    assert stakes(config) == {
        "acme": [("Shopee", "ID", Decimal("500.25"), "EUR"), ("Amazon", "DE", Decimal(3), "EUR")],
        "bolt": [("Amazon", "DE", Decimal(9), "USD")],
    }
    assert config.kept == {"acme"}
    assert [row.detail for row in describe(config) if row.value == "Acme"] == ["2 positions, uploaded at the desk, EUR"]


def test_when_the_sheet_is_gone_the_file_counts_again(house):
    config = house(yaml=TWO, acme="platform,country,stock\nShopee,ID,1\n")
    place(config.state_dir, "acme").unlink()
    assert stakes(house())["acme"] == [("eBay", "GB", Decimal(7), "EUR")]


def test_whoever_wrote_no_file_has_the_currency_that_the_sheet_names(house):
    config = house(everybody="platform,country,stock,currency\nShopee,ID,1,SGD\n")
    assert stakes(config) == {"everybody": [("Shopee", "ID", Decimal(1), "SGD")]}
    with pytest.raises(ConfigError, match="currency: is missing"):
        house(everybody="platform,country,stock\nShopee,ID,1\n")


def test_a_kept_sheet_that_does_not_hold_any_more_is_named_with_line_and_column(house):
    with pytest.raises(ConfigError) as refused:
        house(yaml=TWO, acme="platform,country,stock\nShopee,ID,1\nMegaMarktplatz,DE,much\n")
    (amount, platform) = sorted(refused.value.problems, key=lambda one: one.key, reverse=True)
    assert (amount.line, amount.key, amount.file.endswith("state/exposure-acme.csv")) == (3, "stock (column C)", True)
    assert (platform.line, platform.key) == (3, "platform (column A)")


def test_a_sheet_of_a_seller_that_there_is_no_more_is_warned_of_and_changes_nothing(house):
    config = house(yaml=TWO, gone="platform,country,stock\nShopee,ID,1\n")
    assert stakes(config)["acme"] == [("eBay", "GB", Decimal(7), "EUR")]
    assert any("exposure-gone.csv is not read: no seller is called gone" in one for one in warnings(config))


def test_lines_of_other_sellers_are_left_out_and_lines_of_nobody_are_refused(house):
    config = house(yaml=TWO)
    names = known(config.platforms)
    sheet = "seller,platform,country,stock\nAcme,Shopee,ID,1\nBolt,Shopee,ID,2\n"
    found = checked(config.directory, "acme", sheet.encode(), "up.csv", names)
    assert found.problems == ()
    assert found.seller is not None
    assert [(one.platform, one.stock) for one in found.seller.positions] == [("Shopee", Decimal(1))]
    found = checked(config.directory, "acme", (sheet + "Blot,Shopee,VN,2\n").encode(), "up.csv", names)
    assert [str(one) for one in found.problems] == [
        "up.csv:4: seller (column A): no seller is called 'Blot' (did you mean bolt?)"
    ]


def test_nobody_is_made_to_wait_for_a_sheet_of_thousands_of_lines(house):
    config = house(yaml=TWO)
    sheet = "platform,country,stock\n" + "nonsense,ID,x\n" * 2001
    found = checked(config.directory, "acme", sheet.encode(), "up.csv", known(config.platforms))
    assert [one.what for one in found.problems] == ["holds more than 2000 lines"]


CELLS = st.text("0123456789.,;%€$ -ABCDEFabc\"'\t\n\0١é虾=", max_size=12)


@given(
    st.one_of(
        st.binary(max_size=200),
        st.lists(st.tuples(*[CELLS] * 4), max_size=4).map(
            lambda rows: ("platform,country,stock,share\n" + "\n".join(map(",".join, rows))).encode()
        ),
    )
)
def test_whatever_is_uploaded_is_either_good_or_told_what_is_wrong(raw):
    found = checked(EMPTY, "everybody", raw, "up.csv", Known({"amazon": "Amazon"}))
    assert (found.seller is None) is bool(found.problems)


def test_a_state_that_is_not_ours_to_see_leaves_the_files_as_they_are(house):
    config = house(yaml=TWO, acme="platform,country,stock\nShopee,ID,1\n")
    kept = place(config.state_dir, "acme").parent
    kept.chmod(0)
    try:
        if not _may_look(kept):  # root may always
            assert house().kept == frozenset()
    finally:
        kept.chmod(0o700)


def _may_look(directory: Path) -> bool:
    try:
        return bool(list(directory.iterdir()))
    except PermissionError:
        return False
