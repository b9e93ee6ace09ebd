"""When the entries of a list were published, and what of a row is its headline."""

import pytest
from list_cases import read_list, rows


def days(*dates: str, lang: str = "en") -> list[str]:
    return [d.published.date().isoformat() if d.published else "" for d in read_list(rows(*dates, lang=lang)).documents]


def test_a_date_that_can_be_read_one_way_only_says_how_the_others_are_meant():
    assert days("25/10/2026", "05/10/2026", "03/10/2026", "02/09/2026")[1:] == [
        "2026-10-05",
        "2026-10-03",
        "2026-09-02",
    ]
    assert days("10/25/2026", "10/05/2026", "10/03/2026", "09/02/2026")[1:] == [
        "2026-10-05",
        "2026-10-03",
        "2026-09-02",
    ]


def test_dates_that_can_be_read_both_ways_are_read_as_the_language_writes_them():
    assert days("05/04/2026", lang="fr") == ["2026-04-05"]
    assert days("05/04/2026", lang="en") == ["2026-05-04"]
    assert days("05/04/2026", lang="en-GB") == ["2026-04-05"]
    assert days("05/04/2026", lang="en-US") == ["2026-05-04"]


def test_dates_that_would_be_yet_to_come_are_read_the_other_way():
    assert days("05/11/2026", "04/12/2025", "02/12/2025") == ["2026-05-11", "2025-04-12", "2025-02-12"]
    assert days("05/12/2025", "04/10/2026", "03/12/2026", lang="fr") == ["2025-05-12", "2026-04-10", "2026-03-12"]
    assert days("12/05/2026", "11/02/2026", lang="en") == ["2026-05-12", "2026-02-11"]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("[2026-11-20]", "2026-11-20"),
        ("发布时间：2026年11月20日 09:30", "2026-11-20"),
        ("令和8年11月20日", "2026-11-20"),
        ("民國115年11月20日", "2026-11-20"),
        ("2026.11.20.", "2026-11-20"),
        ("20 พ.ย. 2569", "2026-11-20"),
        ("ngày 20 tháng 11 năm 2026", "2026-11-20"),
        ("20 Agustus 2026", "2026-08-20"),
        ("1er octobre 2026", "2026-10-01"),
        ("20 de noviembre de 2026", "2026-11-20"),
        ("2026. november 20.", "2026-11-20"),
        ("20-Nov-2026", "2026-11-20"),
        ("Published Nov 20, 2026 | 3 min read", "2026-11-20"),
        ("20 नवंबर 2026", "2026-11-20"),
        ("11-20", "2026-11-20"),
        ("12-20", "2025-12-20"),
        ("Nov 20", "2026-11-20"),
        ("<time datetime='2026-11-20T08:00:00Z'>a week ago</time>", "2026-11-20"),
        ("<b>20</b><u>2026-11</u>", "2026-11-20"),
        ("31 February 2026", ""),
        ("20 November 1998", ""),
        ("20 November 2031", ""),
        ("1.2.3", ""),
    ],
)
def test_a_date_is_read_as_lists_print_it(raw, expected):
    assert days(raw, "1 October 2026", "30 September 2026")[0] == expected


@pytest.mark.parametrize("said", ["Today", "New", "2 hours ago", ""])
def test_the_newest_entry_is_one_though_its_date_cannot_be_read(said):
    assert days(said, "19 November 2026", "18 November 2026", "12 November 2026") == [
        "",
        "2026-11-19",
        "2026-11-18",
        "2026-11-12",
    ]


def test_a_date_in_the_headline_is_not_its_publication():
    page = "".join(
        f"<li><a href='/n/{n}'>Our warehouse no. {n} closes on 1 October 2026</a> <i>{d} November 2026</i></li>"
        for n, d in enumerate((20, 12, 4))
    )
    assert [d.published.day for d in read_list(f"<ul>{page}</ul>").documents] == [20, 12, 4]
    assert all(d.title.endswith("1 October 2026") for d in read_list(f"<ul>{page}</ul>").documents)


def test_a_column_of_deadlines_is_not_the_column_of_dates():
    page = "".join(
        f"<tr><td>{20 + n}.01.2027</td><td><a href='/n/{n}'>Tender for customs services {n}</a></td>"
        f"<td>{20 - n}.11.2026</td></tr>"
        for n in range(4)
    )
    assert [d.published.month for d in read_list(f"<table>{page}</table>").documents] == [11] * 4


def test_a_date_set_apart_in_the_headline_is_its_publication():
    for shape in ("{d} — {t}", "{t} ({d})", "{t} | {d}", "[{d}] {t}"):
        heads = [shape.format(t=f"Import rules of group {n} change", d=f"2026-11-{20 - n}") for n in range(3)]
        page = "".join(f"<p><a href='/n/{n}'>{head}</a></p>" for n, head in enumerate(heads))
        assert [d.published.day for d in read_list(page).documents] == [20, 19, 18]
        assert [d.title for d in read_list(page).documents] == [f"Import rules of group {n} change" for n in range(3)]


def test_days_that_stand_as_headings_date_what_is_below_them():
    page = "<h1>Changelog</h1>" + "".join(
        f"<h3>{day} November 2026</h3><ul>"
        + "".join(f"<li><a href='/c/{day}-{n}'>Change number {n} of the order interface</a></li>" for n in range(3))
        + "</ul>"
        for day in (20, 12, 4)
    )
    assert [d.published.day for d in read_list(page).documents] == [20, 20, 20, 12, 12, 12, 4, 4, 4]
    today = page.replace("<h3>12 November 2026</h3>", "").replace("<h3>4 November 2026</h3>", "")
    assert {d.published for d in read_list(today).documents} == {None}  # one date above all may be that of today


def test_a_link_that_is_a_number_or_a_file_is_titled_by_what_stands_beside_it():
    cells = "<tr><td><a href='/f/{n}.pdf'>{link}</a><td>Decision against the seller Ventoo {n}<td>{d}/26</tr>"
    for link in ("PDF", "26-04{n}", "No. 12/{n}"):
        page = "".join(cells.format(n=n, link=link.format(n=n), d=f"{20 - n}/11") for n in range(5))
        result = read_list(f"<html lang='fr'><table>{page}</table></html>")
        assert [d.title for d in result.documents] == [f"Decision against the seller Ventoo {n}" for n in range(5)]
        assert [d.published.day for d in result.documents] == [20, 19, 18, 17, 16]


def test_a_headline_that_a_whole_series_shares_is_kept():
    page = "".join(
        f"<li><a href='/n/{n}'>Weekly customs bulletin for traders</a> <i>{20 - n}.11.2026</i></li>" for n in range(5)
    )
    assert [d.title for d in read_list(f"<ul>{page}</ul>").documents] == ["Weekly customs bulletin for traders"] * 5
