"""What is at stake, out of a spreadsheet: how its numbers are read, and what is wrong in it by line and column."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config import load
from monitor.config.amounts import AmountError, Style, amount, style_of, written
from monitor.config.exposure_file import sellers_in
from monitor.config.units import Known
from monitor.domain.exposure import Position, Seller

KNOWN = Known(
    {
        "shopee": "Shopee",
        "tiktok": "TikTok",
        "tiktok shop": "TikTok Shop",
        "tiktok-shop": "TikTok Shop",
        "虾皮": "Shopee",
    }
)


@pytest.fixture
def sheet(tmp_path: Path):
    """Writes a sheet and reads it alone: its sellers, or what is wrong in words."""

    def _read(content: str | bytes) -> tuple[Seller, ...] | list[str]:
        path = tmp_path / "exposure.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        sellers, problems = sellers_in(path, KNOWN)
        assert (sellers is None) is bool(problems)
        return sellers or [str(problem) for problem in problems]

    return _read


@pytest.mark.parametrize(
    ("text", "currency", "value"),
    [
        ("12000", "EUR", "12000"),
        ("12000.50", "EUR", "12000.50"),
        ("1,234.56", "EUR", "1234.56"),
        ("1.234,56", "EUR", "1234.56"),
        ("1.234.567", "EUR", "1234567"),
        ("1 234 567,5", "EUR", "1234567.5"),
        ("1\u202f234,50\u00a0€", "EUR", "1234.50"),
        ("1’234.50", "CHF", "1234.50"),
        ("1 234", "EUR", "1234"),
        ("12,34,567.50", "INR", "1234567.50"),
        ("0,125", "EUR", "0.125"),
        ("€ 5", "EUR", "5"),
        ("$1,200.00", "SGD", "1200.00"),
        ("R$ 99,90", "BRL", "99.90"),
        ("1200 EUR", "EUR", "1200"),
        ("+7", "EUR", "7"),
        ("-7", "EUR", "-7"),
    ],
)
def test_an_amount_is_read_as_it_was_meant(text: str, currency: str, value: str):
    assert amount(written(text, currency), None) == Decimal(value)


@pytest.mark.parametrize(
    ("text", "currency", "says"),
    [
        ("about 5", "EUR", "'about 5' holds 'about', which is no currency sign"),
        ("1.2.3", "EUR", "'1.2.3' is no amount"),
        ("12,34,5", "EUR", "'12,34,5' is no amount"),
        ("(500)", "EUR", "'(500)' holds '(', which is no currency sign"),
        ("n/a", "EUR", "'n/a' is no amount"),
        ("1e6", "EUR", "'1e6' is no amount"),
        ("$5", "EUR", "'$5' is not in EUR"),
        ("5 USD", "EUR", "'5 USD' is not in EUR"),
        ("€5", "", "'€5' is not in a currency that is said"),
    ],
)
def test_what_is_no_amount_or_in_another_currency_is_refused(text: str, currency: str, says: str):
    with pytest.raises(AmountError) as caught:
        amount(written(text, currency), Style.POINT)
    assert str(caught.value) == says
    assert caught.value.hint


def test_a_number_that_may_be_two_is_read_as_the_others_of_its_file_are():
    lone = written("1,234", "")
    assert amount(lone, style_of([lone, written("5.50", "")], ";")) == 1234
    assert amount(lone, style_of([lone, written("5,50", "")], ",")) == Decimal("1.234")
    assert amount(lone, style_of([lone], ",")) == 1234, "a comma separates the cells, so it is no decimal mark"
    assert amount(lone, style_of([lone], ";")) == Decimal("1.234")
    with pytest.raises(AmountError, match=r"may be 1\.234 or 1234"):
        amount(lone, style_of([lone], "\t"))
    with pytest.raises(AmountError):
        amount(lone, style_of([lone, written("5,5", ""), written("5.5", "")], ","))


@given(st.decimals(0, 10**9, places=2), st.sampled_from([Style.POINT, Style.COMMA]))
def test_what_a_spreadsheet_writes_is_what_is_read(value: Decimal, style: Style):
    text = f"{value:,.2f}"
    if style is Style.COMMA:
        text = text.translate(str.maketrans(",.", ".,"))
    assert amount(written(text, ""), None) == value


WANTED = (
    Seller(
        "acme-gmbh",
        "Acme GmbH",
        "EUR",
        (
            Position("TikTok Shop", "US", Decimal("1234.56"), stock=Decimal(150000)),
            Position("Shopee", "SG", Decimal(800), prepaid_ads=Decimal("0.5")),
        ),
    ),
    Seller("best", "Best", "SGD", (Position("Shopee", "SG", Decimal(5)),)),
)
LINES = [
    ["Seller", "Platform", "Country", "Sales per day", "Stock", "prepaid-ads", "Currency", "Note"],
    ["Acme GmbH", "TikTok Shop", "US", "1234.56", "150000", "", "EUR", "the\nlarge one"],
    ["", "", "", "", "", "", "", ""],
    ["ACME GmbH", "Shopee", "SG", "800", "", "0.5", "EUR", 'a "small" one'],
    ["Best", "Shopee", "SG", "5", "", "", "SGD", ""],
]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_every_way_to_save_the_same_sheet_gives_the_same_sellers(sheet, delimiter: str, encoding: str, end: str):
    rows = [delimiter.join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row) for row in LINES]
    assert sheet((end.join(rows) + end).encode(encoding)) == WANTED


def test_the_line_that_spreadsheets_write_about_their_separator_is_no_header(sheet):
    assert sheet("sep=;\r\nplatform;country;sales_per_day;currency\r\nShopee;SG;1.500,00;SGD\r\n") == (
        Seller("seller", "Seller", "SGD", (Position("Shopee", "SG", Decimal("1500.00")),)),
    )


HEADER = "platform,country,sales_per_day,stock,currency,share\n"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", ["exposure.csv: holds nothing (begin with a line of platform, country, ...)"]),
        ("\n ,\n", ["exposure.csv: holds nothing (begin with a line of platform, country, ...)"]),
        (HEADER, ["exposure.csv:1: holds no line under its header (write one line for each platform and country)"]),
        (
            "platform country stock\nShopee SG 5\n",
            ["exposure.csv:1: platform country stock (column A): is no column that is known ("],
        ),
        ("platform\nShopee\n", ["exposure.csv:1: holds one column (separate the columns by comma, semicolon or tab)"]),
        ("platform,stock\nShopee,5\n", ["exposure.csv:1: holds no column country (the first line names the columns"]),
        ("platform,county,stok\nShopee,SG,5\n", [
            "exposure.csv:1: county (column B): is no column that is known (did you mean country?)",
            "exposure.csv:1: stok (column C): is no column that is known (did you mean stock?)",
        ]),
        (
            "platform,country,stock,Stock\nShopee,SG,5,6\n",
            ["exposure.csv:1: Stock (column D): stands above two columns (keep one)"],
        ),
        (
            HEADER + "TikTk Shop,UK,5,,EUR,\n",
            ["exposure.csv:2: platform (column A): no platform is called 'TikTk Shop' (did you mean TikTok Shop?)",
             "exposure.csv:2: country (column B): 'UK' is no country code (write GB)"],
        ),
        (
            HEADER + "虾皮,SG,5,,EUR,\n",
            ["exposure.csv:2: platform (column A): no platform is called '虾皮' (write Shopee)"],
        ),
        (
            HEADER + "Shopee,SG,5,,EUR,\n" + "Shopee,,some,-5,EURO,\n",
            ["exposure.csv:3: sales_per_day (column C): 'some' is no amount (write the number alone, such as 12000.50)",
             "exposure.csv:3: currency (column E): Seller has amounts in EUR and in EURO (convert them, or write",
             "exposure.csv:3: country (column B): is missing",
             "exposure.csv:3: stock (column D): should be greater than or equal to 0"],
        ),
        (
            HEADER + "Shopee,SG,5,,,\n",
            ["exposure.csv:2: currency (column E): is missing (add a column currency, such as EUR)"],
        ),
        (
            HEADER + "Shopee,SG,5,,eur,\n",
            ["exposure.csv:2: currency (column E): 'eur' is no currency code (write EUR)"],
        ),
        (
            HEADER + "Shopee,SG,5,,EUR,\n" + "Shopee,SG,5,,EUR,,7\n",
            ["exposure.csv:3: has 7 cells, and the header 6 (put a cell that holds the separator in quotes)"],
        ),
        (
            HEADER + '"Shopee,SG,5,,EUR,\n',
            ["exposure.csv:2: is not valid CSV: unexpected end of data (a cell that holds quotes is written"],
        ),
        (
            HEADER + '"Shopee","SG",5,,EUR,\n"Shopee",\n"SG",5\n"Shopee","SG",9,,EUR,\n',
            ["exposure.csv:3: country (column B): is missing",
             "exposure.csv:4: platform (column A): no platform is called 'SG'",
             "exposure.csv:4: country (column B): '5' is no country code",
             "exposure.csv:5: Shopee in SG is written twice, first in line 2"],
        ),
        (
            "platform\tcountry\tstock\tcurrency\nShopee\tSG\t1,234\tEUR\n",
            ["exposure.csv:2: stock (column C): '1,234' may be 1.234 or 1234 (write 1234 or 1234.00)"],
        ),
        (b"Gr\xf6\xdfe;x", ["exposure.csv: is not UTF-8 text (save it as CSV UTF-8 in the spreadsheet; first bad"]),
        (b"\xff\xfea", ["exposure.csv: is not UTF-16 text (save it as CSV UTF-8 in the spreadsheet; first bad"]),
        (b"x" * 5_000_001, ["exposure.csv: is larger than 5 MB (one line for each platform and country is enough)"]),
        ("seller,platform,country,currency\n深圳,Shopee,SG,EUR\n,Shopee,US,EUR\n", [
            "exposure.csv:3: seller (column A): is missing (every line says whose it is)",
            "exposure.csv:2: seller (column A): '深圳' cannot become an id (write a name in Latin letters, such as",
        ]),
        ("seller,platform,country,currency\n深圳 Co,Shopee,SG,EUR\n深圳 co,Shopee,MY,EUR\n北京 Co,Shopee,US,EUR\n", [
            "exposure.csv:4: seller (column A): '北京 Co' would be one seller with '深圳 Co': co (write names that",
        ]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_by_line_and_column_with_what_to_do(sheet, content, says):
    found = sheet(content)
    assert len(found) == len(says), found
    assert [one for one, said in zip(found, says, strict=True) if not one.startswith(said)] == []


@pytest.mark.parametrize(
    ("shares", "elsewhere"),
    [
        (["25%", "75%"], "0"),
        (["0.25", ""], "0"),
        (["10%", "30%"], "600.00"),
        (["10%", ""], "600.00"),
        (["26%", "74%"], "0"),
    ],
)
def test_shares_of_all_sales_agree_with_the_figures_and_tell_what_is_sold_elsewhere(sheet, shares, elsewhere):
    (one,) = sheet(
        HEADER
        + "".join(f"{p},SG,{n},,EUR,{s}\n" for p, n, s in zip(["Shopee", "TikTok"], [100, 300], shares, strict=True))
    )
    assert one.elsewhere == Decimal(elsewhere)


@pytest.mark.parametrize(
    ("sales", "share", "says"),
    [
        (100, "40%", "is 40%, and by sales_per_day it is 25%"),
        ("", "40%", "stands without sales_per_day"),
        (100, "25", "is more than all (write 35% or 0.35)"),
        (100, "-5%", "should be"),
        (100, "half", "'half' is no amount"),
    ],
)
def test_a_share_that_the_figures_contradict_is_refused(sheet, sales, share: str, says: str):
    found = sheet(HEADER + f"Shopee,SG,{sales},,EUR,{share}\nTikTok,SG,300,,EUR,75%\n")
    assert any("share (column F)" in one and says in one for one in found), found


@given(st.binary(max_size=200) | st.text(alphabet='platformcountry,;\t"\n$€.,0123456789%-SG\r\0', max_size=200))
def test_no_bytes_make_reading_a_sheet_fail_otherwise_than_in_words(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "hostile.csv"
    path.write_bytes(content if isinstance(content, bytes) else f"{HEADER}{content}".encode())
    sellers, problems = sellers_in(path, KNOWN)
    assert (sellers is None) is bool(problems)
    assert all(str(problem).startswith("hostile.csv") for problem in problems)


# --- beside exposure.yaml

YAML = """\
sellers:
  - {id: acme, name: Acme, currency: EUR, rates: {USD: 0.5}, horizon: 14, exposure_file: stakes.csv}
  - {id: best, name: Best, currency: SGD, exposure_file: stakes.csv}
"""
STAKES = "seller,platform,country,stock,currency\nAcme,TikTok,US,$100,USD\nacme,Shopee,SG,7,\nbest,Shopee,SG,S$ 9,\n"


def test_a_sheet_of_an_agency_gives_each_client_its_own_lines(write):
    acme, best = load(write({"exposure.yaml": YAML, "stakes.csv": STAKES}), {}).sellers

    assert acme.positions == (
        Position("TikTok", "US", stock=Decimal(50)),
        Position("Shopee", "SG", stock=Decimal(7)),
    )
    assert (acme.horizon, best.horizon) == (14, 30)
    assert best.positions == (Position("Shopee", "SG", stock=Decimal(9)),)


@pytest.mark.parametrize(
    ("yaml", "stakes", "says"),
    [
        (YAML, STAKES + "bst,Shopee,SG,1,\n", "stakes.csv:5: seller: no seller is called 'bst' (did you mean best?)"),
        (YAML, STAKES.replace("best", "acme").replace("SG,S$ 9", "US,9"), "stakes.csv: seller (column A): has no line"),
        (
            YAML, STAKES.replace("USD", "GBP").replace("$100", "100"),
            "stakes.csv:2: currency (column E): there is no rate for GBP",
        ),
        (
            YAML, STAKES.replace("Shopee,SG,7", "Shope,SG,7"),
            "stakes.csv:3: platform (column B): no platform is called 'Shope'",
        ),
        (YAML, STAKES.replace("7", "x"), "stakes.csv:3: stock (column D): 'x' is no amount"),
        (YAML, None, "stakes.csv: cannot be read: No such file or directory"),
        (YAML.replace("stakes.csv", "stakes.xlsx"), STAKES, "exposure.yaml:2: sellers.acme.exposure_file: is no CSV"),
        (
            YAML.replace("horizon: 14", "positions: [{platform: Shopee, country: SG}]"), STAKES,
            "exposure.yaml:2: sellers.acme.exposure_file: stands beside positions (keep one of the two)",
        ),
        (YAML.replace("horizon: 14", "horizon: 0"), STAKES, "exposure.yaml:2: sellers.acme.horizon: should be greater"),
    ],
)  # fmt: skip
def test_what_is_wrong_between_the_two_files_is_said_where_it_stands(refused, yaml, stakes, says):
    assert any(str(problem).startswith(says) for problem in refused({"exposure.yaml": yaml, "stakes.csv": stakes}))


def test_a_sheet_that_would_be_passed_over_in_silence_is_a_problem(refused):
    (problem,) = refused({"exposure.yaml": "sellers: []", "exposure.csv": HEADER + "Shopee,SG,5,,EUR,\n"})
    assert str(problem).startswith(
        "exposure.csv: is not read, since there is exposure.yaml (write exposure_file: exposure.csv"
    )


def test_a_sheet_alone_is_enough(write):
    (one,) = load(write({"exposure.csv": HEADER + "Shopee,SG,5,,EUR,\n"}), {}).sellers
    assert one.positions == (Position("Shopee", "SG", Decimal(5)),)
