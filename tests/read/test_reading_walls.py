"""Walls, and the pages that only speak of them. A false wall hides news, so a doubt is decided for the page."""

import html
import json
from pathlib import Path

import pytest
from reading_cases import PAGE, capture
from wall_cases import BOT, INNOCENT, LOGIN, SHELL, WALLS, page

from monitor.domain.walls import challenged_by
from monitor.read.capture import read_capture
from monitor.read.walls import seen_wall, wall_of


@pytest.mark.parametrize("name", WALLS)
def test_a_wall_is_told_by_its_kind(name):
    reason, markup = WALLS[name]
    assert wall_of(200, (), markup) is reason


@pytest.mark.parametrize("name", INNOCENT)
def test_a_page_that_only_resembles_a_wall_is_a_page(name):
    assert seen_wall(200, (), INNOCENT[name], "https://news.example/logistics/1") is None


# Pages without news that are walls, or nothing but a notice on cookies: to log in, to sign up, gone.
BARE = {f"bare-{number}" for number in (4, 11, 35, 44, 60, 61, 68, 86, 99)}


@pytest.mark.parametrize("every", [5, pytest.param(1, marks=pytest.mark.long)])
def test_no_text_of_the_corpus_is_a_wall_below_its_headline_whatever_banner_and_login_link_stand_above(every: int):
    above = "<p>We use cookies.</p><button>Accept all</button><a href='/login'>Log in</a><script src='/a.js'></script>"
    rows = [
        json.loads(line)
        for file in sorted((Path(__file__).parents[2] / "corpus").glob("*.jsonl"))
        for line in file.read_text(encoding="utf-8").splitlines()
    ]
    told = [row for row in rows if row.get("text") and row.get("title")][::every]
    pages = {}
    for row in told:
        title, text = html.escape(row["title"]), html.escape(row["text"])
        pages[row["id"]] = page(title, f"{above}<h1>{title}</h1><p>{text}</p>")
    assert len(pages) > 1_000
    walls = {id for id, markup in pages.items() if wall_of(200, (), markup, "https://news.example/1") is not None}
    assert walls == BARE & pages.keys()


@pytest.mark.parametrize("name", WALLS)
def test_no_wall_becomes_a_document(name):
    result = read_capture(capture(WALLS[name][1], "text/html; charset=utf-8"), PAGE, frozenset(), None)
    assert (result.failure, result.documents) == (WALLS[name][0], ())


def test_a_shell_with_the_article_in_its_data_is_a_page():
    data = json.dumps({"@type": "NewsArticle", "articleBody": "Ventoo closes its shop in Poland on 30 June. " * 20})
    markup = page("Ventoo", f'<div id="root"></div><script type="application/ld+json">{data}</script>')
    (document,) = read_capture(capture(markup, "text/html; charset=utf-8"), PAGE, frozenset(), None).documents
    assert "Ventoo closes its shop in Poland" in document.text


@pytest.mark.parametrize("name", INNOCENT)
def test_an_innocent_page_with_a_thousand_words_more_is_a_page_still(name):
    markup = INNOCENT[name].replace("</body>", f"<p>{'Orders are shipped until the last day. ' * 150}</p></body>")
    assert seen_wall(200, (), markup, "https://news.example/logistics/1") is None


def test_an_article_below_a_mark_is_a_page_unless_the_answer_was_a_refusal():
    text = "<article><p>" + "Ventoo closes on 30 June and pays all sellers out. " * 8 + "</p></article>"
    markup = page("Ventoo closes", text + "<script>window._cf_chl_opt={}</script>")
    assert wall_of(200, (), markup) is None
    assert wall_of(403, (), markup) is BOT


def test_a_header_of_the_challenge_says_it_without_a_look_at_the_page():
    assert wall_of(403, (("cf-mitigated", "challenge"),), "") is BOT
    challenge = capture(page("Shop", "<p>Welcome.</p>"), "text/html", headers=(("cf-mitigated", "challenge"),))
    assert read_capture(challenge, PAGE, frozenset(), None).failure is BOT


def test_an_address_of_a_login_counts_only_with_hardly_any_text_and_as_a_whole_step_of_the_path():
    markup = page("Seller Hub", "<p>Welcome back</p>")
    assert wall_of(200, (), markup, "https://hub.example/account/login?next=/fees") is LOGIN
    assert wall_of(200, (), markup, "https://hub.example/news/login-changes") is None
    assert wall_of(200, (), markup, "https://hub.example/news/passport-control") is None


@pytest.mark.parametrize(
    "piece",
    [
        "<noscript>", "<form>", "<input ", "<title>", "<h1>", "<", "<button>accep ", "<a " + " " * 500, "<template>",
        "</form" + " " * 99, "<div " + "x" * 399, "<div id=root>" + " " * 98, "<div id=root" + " id=root" * 45 + ">",
        "document.cookie" + " " * 99, "property" + " " * 99, "og:type" + " " * 99, "<input type" + " " * 99,
        "<a><span" + " " * 150 + "<",
    ],
)  # fmt: skip
@pytest.mark.parametrize("size", [2_900_000, 5_000_000])
def test_megabytes_of_near_matches_are_looked_at_once(piece, size):
    wall_of(200, (), piece * (size // len(piece)))  # what is not linear takes minutes here


def test_what_lies_beyond_the_looked_at_beginning_is_nothing():
    mark = "<script>window._cf_chl_opt={}</script>"
    assert challenged_by(" " * 200_000 + mark) == "Cloudflare"
    assert challenged_by(" " * 300_000 + mark) == ""
    assert wall_of(200, (), "<!--" + " " * 3_200_000 + "-->" + mark) is None


@pytest.mark.parametrize("mount", ["root", "app", "__next", "__nuxt", "___gatsby", "react-root", "ice-container"])
def test_an_empty_mount_is_a_shell_and_a_filled_one_is_a_page(mount):
    script = "<script src='/main.js'></script>"
    assert wall_of(200, (), page("Hub", f'<div class="x" id="{mount}"> </div>{script}')) is SHELL
    assert wall_of(200, (), page("Hub", f'<div id="{mount}"><p>Shop closes.</p></div>{script}')) is None


def test_one_and_the_same_phrase_is_a_wall_when_it_is_said_and_none_when_it_is_quoted():
    said = page("Shop", "<p>Please verify you are human.</p>")
    quoted = page("Shop", "<p>“Verify you are human”, it reads there.</p>")
    assert (wall_of(200, (), said), wall_of(200, (), quoted)) == (BOT, None)


def test_a_captchas_widget_is_a_mark_only_where_hardly_anything_else_stands():
    markup = WALLS["datadome"][1]
    assert (challenged_by(markup), challenged_by(markup, bare=True)) == ("", "DataDome")
