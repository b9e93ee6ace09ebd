"""Fitting the rankers of dates, on texts of which it is plain what there is to learn."""

import json
from datetime import date, timedelta

import pytest

from monitor.corpus.rows import Labelled
from monitor.training import dates as training
from monitor.training.dates import Case, cases, choice, conditional, figures, fit, held_out, load, shares

FIRST = date(2025, 1, 6)


def row(number: int, status: str, text: str, day: date | None = None, due: date | None = None) -> Labelled:
    return Labelled.model_validate(
        {
            "id": f"row-{number}",
            "lang": "en",
            "published": str(FIRST + timedelta(days=number)),
            "title": "",
            "source_kind": "news",
            "text": text,
            "event_type": "shutdown",
            "status": status,
            "effective_date": day and str(day),
            "deadlines": [{"date": str(due), "what": "orders"}] if due else [],
        }
    )


def told(number: int) -> Labelled:
    """A shop that closes on one day and takes orders until another."""
    day = FIRST + timedelta(days=number + 40)
    due = day - timedelta(days=9 + number % 5)
    text = f"The shop closes on {day:%d %B %Y}. Orders are taken until {due:%d %B %Y}."
    return row(number, "confirmed", text, day, due)


def untold(number: int) -> Labelled:
    """A rumour, and a meeting on some day."""
    return row(
        number, "rumor", f"It may close, one hears. They meet on {FIRST + timedelta(days=number + 30):%d %B %Y}."
    )


@pytest.fixture(scope="module")
def some() -> list[Case]:
    rows = [make(number) for number in range(40) for make in (told, untold)]
    rows = [one.model_copy(update={"id": f"{one.id}-{one.status}"}) for one in rows]
    return [case for one in rows for case in cases(one, story=True)]


def test_a_text_is_read_as_of_its_day_and_as_of_no_day() -> None:
    known, unknown = cases(told(1), story=False)
    assert known.event.published == FIRST + timedelta(days=1)
    assert unknown.event.published is None
    assert known.right == unknown.right == (True, False, False)
    assert len(known.features) == 3


def test_a_day_that_the_text_does_not_tell_makes_not_telling_right() -> None:
    for case in cases(untold(1), story=False):
        assert case.right == (False, True)


def test_from_a_month_on_means_its_first_day() -> None:
    text = "The shop closes. From May 2025 nothing can be ordered."
    for label, right in (("2025-05-01", True), ("2025-05", True), ("2025-05-02", False)):
        one = row(1, "confirmed", text).model_copy(update={"effective_date": label})
        assert [case.right for case in cases(one, story=True)] == [(right, not right)] * 2


def test_a_text_counts_for_less_when_its_day_is_taken_away() -> None:
    known, unknown = cases(told(1), story=True)
    assert unknown.weight == training.UNPUBLISHED * known.weight


def test_texts_of_one_incident_fall_into_one_fold() -> None:
    pair = [told(number).model_copy(update={"incident": "the-same"}) for number in (1, 2)]
    assert len({case.fold for one in pair for case in cases(one, story=True)}) == 1


def test_it_learns_which_day_is_the_events_own_and_when_there_is_none(some: list[Case]) -> None:
    held = held_out(some)
    pairs = list(zip(some, held, strict=True))
    assert figures(pairs, choice(some, held)) == "found 1.000 of 40, invented 0.000 of 40"
    assert all(float(share.sum()) == pytest.approx(1) for share in held)


def test_a_case_that_weighs_more_is_believed_more() -> None:
    texts = [row(n, "effective", f"It closed on {FIRST - timedelta(days=n):%d %B %Y}.") for n in range(30)]
    dated = [one.model_copy(update={"effective_date": str(FIRST - timedelta(days=n))}) for n, one in enumerate(texts)]
    mixed = [
        case
        for n, (without, known) in enumerate(zip(texts, dated, strict=True))
        for case in list(cases(known if n % 2 else without, story=bool(n % 2)))[:1]
    ]
    assert {case.weight for case in mixed} == {training.SURE, training.UNSURE}
    weights = conditional(mixed)
    assert all(shares(case, weights)[0] > 0.5 for case in mixed)


def test_it_learns_what_is_due(some: list[Case]) -> None:
    weights = fit(some)
    assert set(weights) == {"effective", "deadline", "role"}
    assert weights["deadline"]["role and until"] > 0
    assert 0 < weights["effective"]["threshold"] <= 1
    assert 0 < weights["deadline"]["threshold"] < 1


def test_it_reads_what_is_labelled_and_leaves_the_reports_alone(tmp_path) -> None:
    line = told(1).model_dump_json()
    for name in ("stories-some", "written-romance", "written-abstracts", "reports"):
        (tmp_path / f"{name}.jsonl").write_text(line + "\n", encoding="utf-8")
    assert [case.story for case in load(tmp_path)] == [True, True, False, False]
    (tmp_path / "stories-other.jsonl").write_text("{}\n", encoding="utf-8")
    with pytest.raises(ValueError, match="stories-other"):
        load(tmp_path)


def test_the_shipped_weights_have_a_threshold_and_name_each_feature_once() -> None:
    pairs = json.loads(training.WEIGHTS.read_text("utf-8"), object_pairs_hook=list)
    assert [name for name, _ in pairs] == ["deadline", "effective", "role"]
    for ranker, weights in pairs:
        names = [name for name, _ in weights]
        assert len(names) == len(set(names))
        assert ("threshold" in names) is (ranker != "role")  # of the roles, the likeliest is taken
