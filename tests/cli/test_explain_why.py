"""From a document to the words that decided it: highlighted, and weighed by leaving each out."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from given import day, evidence, incident
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from typer.testing import CliRunner

from monitor import cli
from monitor.domain.documents import Document
from monitor.domain.platforms import Platform
from monitor.domain.sources import Authority, Source, SourceKind
from monitor.explain.document import show_why
from monitor.explain.evidence import origins_of, show_origins
from monitor.highlight import WHOLE, Mark, harmless, highlighted, legend, stretches
from monitor.understand.analyst import Analyst
from monitor.understand.model import Model
from monitor.understand.why import MOST_ENCODINGS, SHOWN, split, weigh

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TEXT = "Temu will close its shop in Poland on 31 March 2026. Orders are accepted until 15 March. Lunch was good."
CHINESE = "Temu宣布将于2026年3月31日关闭波兰站。卖家须在3月15日前处理完所有订单。"
SHIPPED = Path(__file__).parents[2] / "config"
MARKS = st.lists(
    st.builds(
        lambda a, b, role: Mark(min(a, b), max(a, b), role),
        st.integers(0, 60),
        st.integers(0, 60),
        st.sampled_from(["event", "date"]),
    ),
    max_size=6,
)


@pytest.fixture(scope="module")
def analyst() -> Analyst:
    return Analyst((Platform("Temu", "temu", "PDD", "marketplace", ()),))


def document_of(text: str, title: str = "") -> Document:
    return Document("d1", "press", "c1", "https://press.example.com/1", title, text, NOON, NOON)


def source_of(authority: Authority = Authority.NEWS) -> Source:
    return Source("press", "Press", "https://p.example.com", SourceKind.FEED, authority, "press", timedelta(hours=1))


@pytest.mark.parametrize(("text", "title"), [(TEXT, "Temu leaves Poland"), (CHINESE, "Temu退出波兰")])
def test_terms_quote_the_document_and_what_raised_it_is_told_from_what_lowered_it(analyst, text, title):
    document = document_of(text, title)
    why = weigh(analyst, document, source_of())
    assert why.score >= why.threshold
    assert why.raised[0].change > 0
    assert all(term.change > 0 for term in why.raised)
    assert all(term.change < 0 for term in why.lowered)
    for terms in (why.raised, why.lowered):
        assert len(terms) <= SHOWN
        assert [abs(term.change) for term in terms] == sorted((abs(term.change) for term in terms), reverse=True)
    for term in (*why.raised, *why.lowered):
        assert getattr(document, term.field)[term.start : term.end] == term.quote
    assert "Temu" in {quote for hint in why.hints if hint.name == "platforms" for quote in hint.quotes}
    assert weigh(analyst, document, source_of()) == why


def test_what_a_sentence_gives_is_what_the_document_loses_without_it(analyst):
    why = weigh(analyst, document_of(TEXT), source_of())
    (first,) = [term for term in (*why.raised, *why.lowered) if term.sentence and term.start == 0]
    without = weigh(analyst, document_of(TEXT[first.end :].strip()), source_of())
    assert without.odds == pytest.approx(why.odds - first.change, abs=0.3), "but for the space that is left"


def test_the_words_of_a_text_with_invisible_signs_are_quoted_as_published(analyst):
    hidden = "".join(f"{sign}\u200b" for sign in TEXT)
    why = weigh(analyst, document_of(hidden), source_of())
    assert why.odds == pytest.approx(weigh(analyst, document_of(TEXT), source_of()).odds, abs=1e-3)
    for term in why.raised:
        assert hidden[term.start : term.end] == term.quote


def test_a_long_page_costs_no_more_than_it_may_and_says_what_was_not_tried(analyst):
    beats: list[tuple[int, int]] = []
    page = "\n\n".join([TEXT, *(f"{TEXT} And {number} more words follow here." for number in range(40))])
    why = weigh(analyst, document_of(page), source_of(), lambda done, total: beats.append((done, total)))
    assert beats[-1] == (MOST_ENCODINGS, MOST_ENCODINGS)
    assert why.tried == MOST_ENCODINGS - 1 < why.parts
    assert why.windows > 1


@pytest.mark.parametrize("text", ["", " \n ", "x", "\ud800", "。" * 50, "\u0e34" * 40])
def test_a_text_with_nothing_to_leave_out_is_weighed_too(analyst, text):
    why = weigh(analyst, document_of(text), source_of(Authority.OFFICIAL))
    assert why.tried <= why.parts


def test_an_official_source_is_always_read_if_it_tells_anything(analyst):
    assert weigh(analyst, document_of("We thank all for a fine year."), source_of(Authority.OFFICIAL)).gate.opened
    short = document_of("Update")
    willing = Analyst((), replace(Model.load(), admitted=-99.0))  # its gate holds everything worth reading
    why = weigh(willing, short, source_of(Authority.OFFICIAL))
    assert not why.gate.opened
    out = Console(width=100)
    with out.capture() as captured:
        show_why(out, why, willing.assess(short, source_of(Authority.OFFICIAL)), source_of(Authority.OFFICIAL))
    assert "gate: stayed shut, as so few letters tell nothing" in " ".join(captured.get().split())
    assert "the reader was not asked then" in captured.get()


def test_what_the_gate_stopped_is_said_to_be_stopped_and_weighed_all_the_same(analyst):
    strict = Analyst((), replace(Model.load(), admitted=99.0))
    why = weigh(strict, document_of(TEXT), source_of())
    assert (why.gate.opened, why.gate.admitted, why.read) == (False, 99.0, 0)
    assert why.odds == pytest.approx(weigh(Analyst(()), document_of(TEXT), source_of()).odds, abs=1e-4)
    out = Console(width=100)
    with out.capture() as captured:
        show_why(out, why, strict.assess(document_of(TEXT), source_of()), source_of())
    assert "gate: stayed shut" in captured.get()
    assert "the reader was not asked then" in captured.get()


def test_what_names_a_known_platform_is_read_whatever_the_gate_holds_of_it():
    temu = Platform("Temu", "temu", "PDD", "marketplace", ())
    strict = Analyst((temu,), replace(Model.load(), admitted=99.0))
    why = weigh(strict, document_of(TEXT), source_of())
    assert why.gate.opened
    assert why.gate.decision < why.gate.admitted
    assert strict.assess(document_of(TEXT), source_of()).signals
    elsewhere = TEXT.replace("Temu", "The company")
    assert not weigh(strict, document_of(elsewhere), source_of()).gate.opened
    out = Console(width=100)
    with out.capture() as captured:
        show_why(out, why, strict.assess(document_of(TEXT), source_of()), source_of())
    assert "gate: opened for who speaks or is named" in captured.get()


@given(
    st.text(alphabet="ab1 .,关闭波兰กิ่ง月日\n-", max_size=60),
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60))),
)
def test_words_come_in_order_never_overlap_and_never_begin_within_a_letter(text, known):
    found = list(split(text, [(a, b) for a, b in known if a < b <= len(text)]))
    ends = [0, *(end for _, end in found)]
    assert all(before <= start < end for before, (start, end) in zip(ends, found, strict=False))
    left = set(range(len(text))) - {at for start, end in found for at in range(start, end)}
    assert not any(text[at].isalnum() for at in left)


def test_a_script_without_spaces_is_cut_at_names_and_else_in_runs_of_two_to_four():
    text = "宣布将于2026年3月31日关闭波兰站点业务"
    known = [(text.index("2026"), text.index("关")), (text.index("波兰"), text.index("站"))]
    assert [text[a:b] for a, b in split(text, known)] == ["宣布将于", "2026年3月31日", "关闭", "波兰", "站点业务"]


@given(st.text(alphabet="ab \n\x1b\u202e关", max_size=60), MARKS)
def test_colours_change_no_word_and_brackets_only_add_themselves(text, marks):
    marks = [mark for mark in marks if mark.end <= len(text)]
    assert highlighted(text, marks, coloured=True).plain == harmless(text)
    bare = highlighted(text, marks, coloured=False).plain
    real = [mark for mark in marks if mark.start < mark.end]
    assert bare.count("[") == bare.count("]") == len(real)
    for role in ("event", "date"):
        bare = bare.replace(f"[{role}: ", "")
    assert bare.replace("]", "") == harmless(text)


def test_nothing_that_a_terminal_obeys_leaves_a_document():
    shown = highlighted("a\x1b[2Jb\u202ec\x9bd\rq", [Mark(0, 3, "event")], coloured=True).plain
    assert not set(shown) & set("\x1b\u202e\x9b\r")


def test_of_a_long_text_the_lines_with_something_in_them_and_their_neighbours_are_shown():
    text = "\n".join(f"line {number} {'x' * 80}" for number in range(60))
    at = text.index("line 30 ")
    shown = highlighted(text, [Mark(at, at + 7, "event")], coloured=False).plain
    assert len(text) > WHOLE
    assert [number for number in range(60) if f"line {number} " in shown.replace("[event: line 30] ", "line 30 ")] == [
        29,
        30,
        31,
    ]
    assert shown.startswith("[...]\n")
    assert shown.endswith("[...]\n")
    assert list(stretches(text[:100], [])) == [(0, 100)]


def test_the_legend_names_the_roles_that_are_there():
    assert legend([Mark(0, 1, "date"), Mark(1, 2, "event", 2)]).plain == "event  date"


def test_a_text_from_a_file_or_a_pipe_is_explained_for_people_and_for_machines(tmp_path: Path):
    path = tmp_path / "notice.txt"
    path.write_text(TEXT, encoding="utf-8")
    result = CliRunner().invoke(cli.app, ["explain", "--text", str(path), "--config", str(SHIPPED)])
    assert result.exit_code == 0, result.stderr
    assert "[platform: Temu]" in result.stdout
    assert "What raised it" in result.stdout
    assert "█" in result.stdout
    assert "gate: opened" in result.stdout
    piped = ["explain", "--text", "-", "--json", "--config", str(SHIPPED)]
    given = json.loads(CliRunner().invoke(cli.app, piped, input=TEXT).stdout)
    assert given["why"]["raised"][0]["change"] > 0
    assert given["assessment"]["signals"][0]["platforms"] == ["Temu"]
    missing = CliRunner().invoke(cli.app, ["explain", "--text", str(tmp_path / "none"), "--config", str(SHIPPED)])
    assert missing.exit_code == 1
    assert "No such file" in missing.stderr


def test_what_another_model_understood_and_a_source_that_is_gone_are_said(analyst):
    document = document_of(TEXT, "Temu leaves Poland")
    known = analyst.assess(document, source_of())
    why = weigh(analyst, document, source_of())
    out = Console(width=100)
    with out.capture() as captured:
        show_why(out, why, known, None)
    assert "weighed as if a newspaper spoke" in captured.get()
    assert max(map(len, captured.get().splitlines())) <= 100


def test_who_says_it_faintly_is_named_apart_from_the_voices() -> None:
    low = evidence("c", at=day(1), by="El Diario")
    low = replace(low, signal=replace(low.signal, score=0.3, leanings=((low.signal.event_type, 1.0),)))
    said = incident(evidence("a", by="Ledger"), low)
    out = StringIO()
    show_origins(Console(file=out, width=200), said, origins_of(said))
    assert out.getvalue().split("\n")[1:] == [
        "Whose words 1 independent origin in 2 documents",
        "  each on its own: Ledger",
        "  too faint to be a voice: El Diario",
        "",
    ]
