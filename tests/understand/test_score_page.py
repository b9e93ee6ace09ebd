"""The page of plots: one file that needs nothing else, which shows what was measured and no text of anybody's."""

import base64
import hashlib
import re
from xml.etree import ElementTree

from test_score_figures import GIVEN, GOLD, drawn_rows, gold, said

from monitor.corpus.rows import Labels, Predicted, parse
from monitor.understand.figures import differences, score
from monitor.understand.scorepage import page


def pictures(html: str) -> list[ElementTree.Element]:
    return [ElementTree.fromstring(found) for found in re.findall(r"<svg.*?</svg>", html, re.DOTALL)]


def test_it_asks_for_nothing_from_outside_and_its_policy_allows_its_one_style_sheet_alone():
    html = page(score(GOLD, GIVEN), "How well it reads")
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style.group(1).encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'" in html.replace("&#39;", "'").replace("&#43;", "+")
    assert not re.search(r"<script|\sstyle=|\son\w+=|https?:|url\(|@import|<link|<img", html)
    assert "prefers-color-scheme: dark" in html
    assert "@media print" in html


def test_every_picture_is_sound_has_a_name_and_stays_in_its_frame():
    labels, given = drawn_rows(5, 80)
    rows = [parse(row, Labels) for row in labels]
    result = score(rows, said(*given))
    drawn = pictures(page(result, "x", against="before", moved=differences(rows, said(*given), {})))
    assert len(drawn) == 9
    for svg in drawn:
        _, _, width, height = map(float, svg.get("viewBox", "").split())
        assert svg[0].tag == "title"
        assert svg[0].text
        for shape in svg.iter("rect"):
            x, y, w, h = (float(shape.get(key, "nan")) for key in ("x", "y", "width", "height"))
            assert 0 <= x <= x + w <= width
            assert 0 <= y <= y + h <= height


def test_it_shows_the_figures_with_their_intervals_and_a_bar_for_each_language():
    result = score(GOLD, GIVEN)
    html = page(result, "x")
    figure = result.figures["detection F1"]
    assert f"{figure.value:.3f}" in html
    assert f"{figure.low:.2f} to {figure.high:.2f}" in html
    assert ">Chinese<" in html
    assert ">English<" in html


def test_what_is_wanted_of_a_figure_stands_beside_it_and_what_falls_short_of_it_is_told_apart():
    right = [Predicted.model_validate({"id": one.id, "event_type": one.event_type, "score": float(one.risky)})
             for one in GOLD]  # fmt: skip
    good, bad = (page(score(GOLD, given), "x") for given in ({one.id: one for one in right}, GIVEN))
    assert "at least 0.93</p>" in good
    assert "at least 0.93, missed</p>" in bad
    assert "at most 0.05, missed" in bad
    assert 'class="want"' in good
    assert "Missed: detection F1;" in bad
    assert "Missed: detection F1" not in good


def test_it_names_mistakes_by_id_up_to_the_number_wanted_and_never_a_text():
    rows = [row.model_copy(update={"title": "secret words", "text": "more of them"}) for row in GOLD]
    html = page(score(rows, GIVEN), "x", worst=1)
    assert "The worst 1 mistakes of 2" in html
    assert "<code>d</code>" in html
    assert "<code>e</code>" not in html
    assert "secret" not in html
    assert "The worst" not in page(score(rows, GIVEN), "x", worst=0)


def test_words_of_the_files_are_never_read_as_markup():
    rows = [*GOLD, gold("<b>x</b>", "ban")]
    html = page(
        score(rows, GIVEN),
        "<i>title</i>",
        ["<script>alert(1)</script>"],
        against="<u>",
        moved=differences(rows, GIVEN, {}),
    )
    assert not re.search(r"<(b|i|u|script)>", html)
    assert "&lt;i&gt;title&lt;/i&gt;" in html


def test_rows_without_any_event_still_make_a_page():
    assert "no event" in page(score([gold("a"), gold("b")], {}), "x")
