"""One record that stands for many sources: `each` fills its marks, `query` builds the words of a news search."""

from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config import load
from monitor.config.templates import MOST, fill

COMMON = "authority: news, publisher: A, every: 1h"
WORDS = """\
    en: {risks: [banned, "shut down"], context: "{name} sellers"}
    de: {risks: [Verbot], context: "{name} Händler"}
    """


@pytest.fixture
def sources(write):
    """The sources that the records of one file give."""
    return lambda text, words=WORDS: load(write({"sources/press.yaml": text, "searches.yaml": words}), {}).sources


def test_a_template_gives_one_source_for_each_value(sources):
    given_ = sources(
        """\
        - id: shop-{country}
          name: "Shop, {country}"
          url: "https://h.eu/{country}/news"
          each: {country: [DE, FR]}
          kind: feed
          countries: ["{country}"]
          authority: news
          publisher: A
          every: 1h
        """
    )

    assert [(s.id, s.name, s.url, s.countries) for s in given_] == [
        ("shop-de", "Shop, DE", "https://h.eu/DE/news", ("DE",)),
        ("shop-fr", "Shop, FR", "https://h.eu/FR/news", ("FR",)),
    ]


def test_several_keys_give_every_combination_and_blocks_give_all_their_marks(sources):
    given_ = sources(
        f"""\
        - {{id: "a-{{country}}-{{topic}}", name: "{{topic}}, {{language}}", url: "https://h.eu/{{country}}?q={{topic}}",
           kind: feed, {COMMON}, languages: ["{{language}}"],
           each: {{place: [{{country: DE, language: de}}, {{country: FR, language: fr}}], topic: [Temu, TikTok Shop]}}}}
        """
    )

    assert [(s.id, s.name, s.url, s.languages) for s in given_] == [
        ("a-de-temu", "Temu, de", "https://h.eu/DE?q=Temu", ("de",)),
        ("a-de-tiktok-shop", "TikTok Shop, de", "https://h.eu/DE?q=TikTok%20Shop", ("de",)),
        ("a-fr-temu", "Temu, fr", "https://h.eu/FR?q=Temu", ("fr",)),
        ("a-fr-tiktok-shop", "TikTok Shop, fr", "https://h.eu/FR?q=TikTok%20Shop", ("fr",)),
    ]


def test_a_text_that_is_one_mark_alone_may_become_a_list_or_a_truth_value(sources):
    (on, off) = sources(
        f"""\
        - {{id: "a-{{n}}", name: A, url: "https://h.eu/{{n}}", kind: feed, {COMMON}, off_reason: "{{why}}",
           platforms: "{{names}}", enabled: "{{on}}", each: {{shop: [
             {{n: 1, names: [Shopee, TikTok], on: true, why: ""}}, {{n: 2, names: [], on: false, why: asleep}}]}}}}
        """
    )

    assert (on.platforms, on.enabled, on.off_reason) == (("Shopee", "TikTok"), True, "")
    assert (off.platforms, off.enabled, off.off_reason) == ((), False, "asleep")


def test_marks_fill_the_spec_and_leave_those_of_the_reader_alone(sources):
    (source,) = sources(
        f"""\
        - {{id: "a-{{list}}", name: A, url: "https://h.eu/a", kind: json, {COMMON}, each: {{list: [news]}},
           spec: {{items: "data.{{list}}", title: title, page: "https://h.eu/{{id}}"}}}}
        """
    )

    assert (source.told("items"), source.told("page")) == ("data.news", "https://h.eu/{id}")


def test_a_probe_keeps_the_days_that_are_known_only_when_it_asks(sources):
    (source,) = sources(
        f"""\
        - {{id: "a-{{country}}", name: A, url: "https://h.eu/?cc={{country}}&since={{since}}&until={{until}}",
           kind: probe, spec: {{sees: ooni}}, authority: observed, {COMMON.split(", ", 1)[1]}, platforms: [Shopee],
           countries: ["{{country}}"], each: {{country: [DE]}}}}
        """
    )

    assert source.url == "https://h.eu/?cc=DE&since={since}&until={until}"


def test_records_that_are_no_templates_stay_as_they_are_beside_them(sources):
    given_ = sources(
        f"""\
        - {{id: a, name: A, url: "https://h.eu/a", kind: feed, {COMMON}}}
        - {{id: "b-{{n}}", name: B, url: "https://h.eu/{{n}}", kind: feed, {COMMON}, each: {{n: [1, 2]}}}}
        - {{id: c, name: C, url: "https://h.eu/c", kind: feed, {COMMON}}}
        """
    )

    assert [source.id for source in given_] == ["a", "b-1", "b-2", "c"]


def test_what_is_wrong_after_a_template_is_still_said_at_its_own_line(refused):
    problems = refused(
        {
            "sources/press.yaml": f"""\
                - {{id: "b-{{n}}", name: B, url: "https://h.eu/{{n}}", kind: feed, {COMMON}, each: {{n: [1, 2, 3]}}}}
                - {{id: b-2, name: B, url: "https://h.eu/c", kind: feed, {COMMON}}}
                - {{id: d, name: D, url: "https://h.eu/3", kind: feed, {COMMON}}}
                """
        }
    )

    assert [(p.line, p.key, p.what) for p in problems] == [
        (2, "b-2.id", "'b-2' is used already, in sources/press.yaml:1"),
        (3, "d.url", "is the address of b-3 too"),
    ]


def test_a_template_that_would_flood_is_refused_before_it_grows(refused):
    values = list(range(100))

    (problem,) = refused(
        {
            "sources/press.yaml": f"""\
                - {{id: "b-{{a}}-{{b}}-{{c}}-{{d}}", name: B, url: "https://h.eu/{{a}}", kind: feed, {COMMON},
                   each: {{a: {values}, b: {values}, c: {values}, d: {values}}}}}
                """
        }
    )

    assert problem.what == f"gives 100,000,000 records, and {MOST} are the most"


def test_a_search_is_built_from_the_names_of_platforms_and_the_words_of_the_language(sources):
    (source,) = sources(
        f"""\
        - {{id: news, name: News, url: "https://h.eu/search?q={{query}}&hl=en", kind: feed, {COMMON},
           query: {{language: en, platforms: [Shopee, TikTok Shop]}}}}
        """
    )

    assert parse_qs(urlsplit(source.url).query) == {
        "q": ['(Shopee OR "TikTok Shop") (banned OR "shut down")'],
        "hl": ["en"],
    }


def test_a_search_that_is_too_long_goes_on_in_further_sources(sources):
    given_ = sources(
        f"""\
        - {{id: "news-{{language}}", name: "News, {{language}}", url: "https://h.eu/?q={{query}}", kind: feed, {COMMON},
           each: {{language: [en, de]}}, query: {{language: "{{language}}", platforms: all, words: 6}}}}
        """
    )

    assert [(s.id, s.name, unquote(s.url).partition("?q=")[2]) for s in given_] == [
        ("news-en", "News, en", '(Shopee OR TikTok) (banned OR "shut down")'),
        ("news-en-2", "News, en (2)", '"TikTok Shop" (banned OR "shut down")'),
        ("news-de", "News, de", '(Shopee OR TikTok OR "TikTok Shop") Verbot'),
    ]


def test_a_search_for_all_asks_for_those_that_sell_in_the_country(write):
    directory = write(
        {
            "platforms.yaml": """\
                - {name: Coupang, id: coupang, owner: C, kind: marketplace, countries: [KR, TW]}
                - {name: Shopee, id: shopee, owner: S, kind: marketplace, countries: [SG, TW]}
                - {name: Momo, id: momo, owner: M, kind: marketplace, countries: [TW]}
                """,
            "searches.yaml": WORDS,
            "sources/press.yaml": f"""\
                - {{id: a, name: A, url: "https://h.eu/?q={{query}}", kind: feed, {COMMON},
                   query: {{language: de, platforms: all, country: TW, most: 2}}}}
                """,
        }
    )

    (source,) = load(directory, {}).sources

    assert unquote(source.url).endswith("?q=(Coupang OR Shopee) Verbot")


def test_a_search_that_no_platform_is_left_for_is_said_so(refused):
    text = f"""\
        - {{id: a, name: A, url: "https://h.eu/?q={{query}}", kind: feed, {COMMON},
           query: {{language: en, country: AQ, platforms: all}}}}
        """

    (problem,) = refused({"sources/press.yaml": text, "searches.yaml": WORDS})

    assert (problem.line, problem.what) == (2, "names no platform that is known to sell there")


@pytest.mark.parametrize(
    ("words", "key", "what"),
    [
        ("en: {risks: [], context: '{name} x'}", "en.risks", "is empty"),
        ("en: {risks: [a], context: x}", "en.context", "has no place for the name"),
        (
            "en: {risks: [a], context: '{name}', names: {Shopee: Shoppi}}",
            "en.names.Shopee",
            "'Shoppi' is no alias of Shopee",
        ),
        (
            "en: {risks: [a], context: '{name}', letters: runes}",
            "en.letters",
            "'runes' is not one of latin, simplified, ",
        ),
        ("- en", "", "should be a block of languages"),
    ],
)
def test_what_is_wrong_with_the_words_is_said_at_their_place(words, key, what, refused):
    (problem,) = refused({"searches.yaml": words})

    assert (problem.file, problem.line, problem.key) == ("searches.yaml", 1, key)
    assert problem.what.startswith(what)


@given(st.text(), st.dictionaries(st.sampled_from(["a", "b", "c"]), st.text(st.characters(exclude_categories=["Cs"]))))
def test_filling_takes_each_mark_once_and_leaves_the_rest(text, marks):
    """What is filled in is never read for marks again, and a text without known marks is unchanged."""
    looped = dict.fromkeys(marks, "{a}{b}{c}")
    plain = {"name": text.replace("{", "("), "countries": ["DE"], "every": 5}

    assert fill(plain, marks) == plain
    assert fill({"name": "{a}|{b}|{d}"}, marks) == {"name": f"{marks.get('a', '{a}')}|{marks.get('b', '{b}')}|{{d}}"}
    assert fill({"name": "<{a}>"}, looped) == {"name": "<{a}{b}{c}>" if "a" in marks else "<{a}>"}


def test_the_template_in_the_readme_works(write):
    readme = (Path(__file__).parents[2] / "config" / "sources" / "README.md").read_text(encoding="utf-8")
    platforms = "- {name: Temu, id: temu, owner: PDD Holdings, kind: marketplace}"
    record = readme.split("```yaml\n")[1].split("```")[0]

    probes = load(write({"platforms.yaml": platforms, "sources/press.yaml": record}), {}).sources

    assert [probe.id for probe in probes] == ["app-store-temu-us", "app-store-temu-de", "app-store-temu-jp"]
