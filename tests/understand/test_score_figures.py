"""Every figure is what its definition says, on rows that can be counted by hand and on any rows at all."""

import importlib.util
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.corpus.rows import Labels, Predicted, parse
from monitor.understand.figures import Figure, cases, differences, draws, measures, score
from monitor.understand.score import EVENTS

#: The scorer that the releases are judged by, where the project lies beside it.
JUDGE = Path(__file__).parents[3] / "shared" / "eval" / "score.py"

LANGUAGES, STATUSES = ("en", "zh", "fr"), ("rumor", "proposed", "confirmed", "effective", "reversed")
PLATFORMS, REGIONS = ("Temu", "SHEIN", "Shopee"), ("VN", "ID", "EU")
DATES, ROLES = ("2024", "2024-11", "2024-11-28"), ("refund", "orders")


def gold(id: str, event: str = "none", **more) -> Labels:
    status = {"status": "confirmed"} if event != "none" else {}
    return parse({"id": id, "lang": "en", "event_type": event, **status, **more}, Labels)


def said(*rows: dict) -> dict[str, Predicted]:
    return {row["id"]: parse(row, Predicted) for row in rows}


GOLD = [
    gold("a", "ban", platforms=["Temu"], regions=["VN", "ID"], effective_date="2024-11", incident="i",
         deadlines=[{"date": "2024-11-01", "what": "refund"}, {"date": "2024-12-01", "what": "orders"}]),
    gold("b", "ban", alt_platforms=["SHEIN"], alt_status=["effective"], incident="i"),
    gold("c", "shutdown", alt_event_type=["market_exit"], effective_date="2025-01-19", incident="j"),
    gold("d", "policy", date_unsure=True, alt_dates=["2025-05-05"], lang="zh"),
    gold("e", hard_negative=True),
    gold("f", hard_negative=True, lang="zh"),
]  # fmt: skip
GIVEN = said(
    {"id": "a", "event_type": "ban", "status": "confirmed", "score": 0.9, "platforms": ["TEMU", "SHEIN"],
     "regions": ["VN"], "effective_date": "2024-11-28", "incident": "x",
     "deadlines": [{"date": "2024-11-01", "what": "orders"}, {"date": "2024-12-01", "what": "orders"}]},
    {"id": "b", "event_type": "ban", "status": "effective", "score": 0.8, "platforms": ["SHEIN"],
     "effective_date": "2024-01-01", "incident": "x"},
    {"id": "c", "event_type": "market_exit", "status": "rumor", "score": 0.4, "effective_date": "2025",
     "incident": "x"},
    {"id": "d", "score": 0.3, "deadlines": [{"date": "2025-05-05", "what": "other"}]},
    {"id": "e", "event_type": "ban", "status": "rumor", "score": 0.6},
)  # fmt: skip


def value(name: str) -> float:
    return score(GOLD, GIVEN).figures[name].value


@pytest.mark.parametrize(
    ("name", "wanted", "n"),
    [
        ("detection F1", 2 * 3 / (2 * 3 + 1 + 1), 4),  # a, b, c found; e a false alarm; d missed
        ("average precision", (1 + 1 + 3 / 4 + 4 / 5) / 4, 4),  # a b e c d f
        ("recall at precision 0.95", 2 / 4, 4),
        ("core events F1", 2 * 3 / (2 * 3 + 1), 3),
        ("hard negatives passed", 1 / 2, 2),
        ("event type macro F1", (2 * 2 / (2 * 2 + 1) + 1 + 0) / 3, 4),  # ban, shutdown read kindly, policy
        ("status accuracy", 2 / 3, 3),
        ("platforms F1", 2 * 1 / (2 * 1 + 1), 1),  # SHEIN of b is also right, that of a is not
        ("regions F1", 2 * 1 / (2 * 1 + 1), 2),
        ("effective dates found", 1 / 2, 2),  # a day meets its month; a year does not meet a day
        ("effective dates invented", 1 / 1, 1),
        ("deadlines F1, by date", 1.0, 2),
        ("deadlines F1, by date and role", 1 / 2, 2),
        ("Brier score", (0.1**2 + 0.2**2 + 0.6**2 + 0.7**2 + 0.6**2 + 0) / 6, 6),
        ("calibration error", (0.1 + 0.2 + 0.6 + 0.7 + 0.6 + 0) / 6, 6),  # each in a bin of its own
    ],
)
def test_a_figure_is_what_counting_by_hand_gives(name, wanted, n):
    figure = score(GOLD, GIVEN).figures[name]
    assert figure.value == pytest.approx(wanted)
    assert figure.n == n
    assert figure.low <= figure.high


def test_the_parts_are_counted_by_language_and_the_worst_needs_five_events():
    result = score(GOLD, GIVEN)
    assert (result.languages["en"][0].wanted, result.languages["en"][1]) == (3, 4)
    assert result.languages["zh"][0].f1 == 0
    assert result.worst_language is None
    many = [gold(f"n{k}", "ban", lang="fr") for k in range(5)]
    assert score([*GOLD, *many], GIVEN).worst_language == ("fr", 0.0)


def test_texts_of_one_incident_that_are_put_together_with_a_stranger_cost_precision():
    clusters = score(GOLD, GIVEN).clusters  # a, b, c in one; a, b belong together
    assert clusters.precision == pytest.approx((2 / 3 + 2 / 3 + 1 / 3) / 3)
    assert clusters.recall == 1
    assert clusters.wanted == 3


def test_the_confusion_has_every_document_once_and_right_ones_on_its_diagonal():
    counts = score(GOLD, GIVEN).confusion
    assert sum(map(sum, counts)) == len(GOLD)
    ban, shutdown = EVENTS.index("ban"), EVENTS.index("shutdown")
    assert (counts[ban][ban], counts[shutdown][shutdown], counts[-1][ban], counts[-1][-1]) == (2, 1, 1, 1)


def test_mistakes_are_ranked_by_how_sure_they_were():
    assert [(m.id, m.wanted, m.got) for m in score(GOLD, GIVEN).mistakes] == [
        ("d", "policy", "none"),
        ("e", "none", "ban"),
    ]


def test_a_document_without_a_prediction_counts_as_none():
    result = score(GOLD, {})
    assert (result.missing_predictions, result.detection.recall) == (len(GOLD), 0)


def test_without_rows_there_is_nothing_to_score():
    with pytest.raises(ValueError, match="no labelled rows"):
        score([], GIVEN)


def test_the_bins_of_the_scores_hold_every_document_and_a_sure_score_falls_into_the_last():
    bins = score(GOLD, {**GIVEN, **said({"id": "f", "score": 1.0})}).reliability
    assert sum(one.documents for one in bins) == len(GOLD)
    assert (bins[-1].high, bins[-1].share) == (1.0, 0.0)
    assert all(one.low <= one.score <= one.high for one in bins)


def test_scores_that_keep_their_promise_have_no_calibration_error_and_those_that_do_not_have_all_of_it():
    rows = [gold(f"g{k}", "ban" if k % 4 else "none") for k in range(400)]
    true = said(*({"id": row.id, "score": 0.75} for row in rows))
    false = said(*({"id": row.id, "score": 0.0} for row in rows))
    assert score(rows, true).figures["calibration error"].value == pytest.approx(0)
    assert score(rows, false).figures["calibration error"].value == pytest.approx(0.75)


def test_an_interval_is_wider_when_the_texts_are_of_few_incidents():
    def width(incidents: int) -> float:
        rows = [gold(f"w{k}", "ban", incident=f"i{k % incidents}") for k in range(120)]
        given = said(
            *({"id": row.id, "event_type": "ban" if k % incidents % 2 else "none"} for k, row in enumerate(rows))
        )
        figure = score(rows, given).figures["detection F1"]
        return figure.high - figure.low

    assert width(6) > 2 * width(120)


def test_intervals_are_the_same_each_time_and_hold_the_figure():
    once, again = score(GOLD, GIVEN), score(GOLD, GIVEN)
    assert once == again
    assert all(
        f.low <= f.value <= f.high for name, f in once.figures.items() if name in ("detection F1", "Brier score")
    )


def test_every_draw_has_as_many_incidents_as_there_are_and_never_splits_one():
    some = cases(GOLD, GIVEN)
    weights = draws(some, 50)
    assert (weights[:, 0] == weights[:, 1]).all(), "a and b are of one incident"
    assert (weights[:, [0, 2, 3, 4, 5]].sum(1) == 5).all()


def test_predictions_compared_with_themselves_have_not_moved_and_better_ones_have():
    assert {(f.value, f.low, f.high) for f in differences(GOLD, GIVEN, GIVEN).values()} == {(0, 0, 0)}
    moved = differences(GOLD, GIVEN, {})["detection F1"]
    assert moved.value == pytest.approx(value("detection F1"))
    assert isinstance(moved, Figure)


def test_an_appeal_counts_as_other_which_is_how_labels_tell_it():
    wanted = [gold("a", "ban", deadlines=[{"date": "2025-03-20", "what": "other"}])]
    given = said({"id": "a", "event_type": "ban", "deadlines": [{"date": "2025-03-20", "what": "appeal"}]})
    assert score(wanted, given).figures["deadlines F1, by date and role"].value == 1.0


def test_facts_may_come_from_another_score():
    mixed = score(GOLD, {}).with_facts_of(score(GOLD, GIVEN))
    assert mixed.figures["detection F1"].value == 0
    assert mixed.figures["platforms F1"].value == value("platforms F1")
    assert mixed.clusters == score(GOLD, GIVEN).clusters


def drawn_rows(seed: int, size: int) -> tuple[list[dict], list[dict]]:
    """Any labels and any predictions: most of one's own making, many right."""
    r = random.Random(seed)

    def some(names) -> list[str]:
        return r.sample(names, r.randrange(len(names) + 1))

    def dues(dates) -> list[dict]:
        return [{"date": r.choice(dates), "what": r.choice(ROLES)} for _ in range(r.randrange(3))]

    labels, given = [], []
    for number in range(size):
        event = r.choice([*EVENTS, "none", "none"])
        row: dict = {"id": f"r{number}", "lang": r.choice(LANGUAGES), "event_type": event, "alt_dates": some(DATES)}
        row["alt_event_type"] = r.choice([[], [], ["ban", "none"], ["policy"]])
        if event == "none":
            row["hard_negative"] = r.random() < 0.7
        else:
            row |= {"status": r.choice(STATUSES), "platforms": some(PLATFORMS), "regions": some(REGIONS)}
            row |= {
                "effective_date": r.choice([None, *DATES]),
                "deadlines": dues(DATES),
                "date_unsure": r.random() < 0.2,
            }
            row |= {"incident": r.choice([None, "i", "j", "k"]), "alt_status": some(STATUSES)[:1]}
            row |= {"alt_platforms": some(PLATFORMS), "alt_regions": some(REGIONS)}
        labels.append(row)
        if r.random() < 0.9:
            got = event if r.random() < 0.6 else r.choice([*EVENTS, "none"])
            one: dict = {"id": row["id"], "event_type": got, "score": r.choice([0.0, 0.5, r.random()])}
            if got != "none":
                one |= {"status": r.choice(STATUSES), "platforms": some(PLATFORMS), "regions": some(REGIONS)}
                one |= {"effective_date": r.choice([None, *DATES]), "incident": r.choice([None, "x", "y"])}
            given.append({**one, "deadlines": dues(DATES)})
    return labels, given


def ours(labels: list[dict], given: list[dict]) -> dict[str, object]:
    result = score([parse(row, Labels) for row in labels], said(*given))
    figures = {name: figure.value for name, figure in result.figures.items()}
    return {
        "documents": result.documents,
        "missing_predictions": result.missing_predictions,
        "detection": _rates(result.detection),
        "detection_core": _rates(result.core),
        "average_precision": figures["average precision"],
        "recall_at_precision_0.95": figures["recall at precision 0.95"],
        "hard_negatives_passed": figures["hard negatives passed"],
        "event_type_macro_f1": figures["event type macro F1"],
        "event_type": {event: _rates(rate) for event, rate in result.types.items()},
        "status_accuracy": figures["status accuracy"],
        "platforms": figures["platforms F1"],
        "regions": figures["regions F1"],
        "effective_date": (figures["effective dates found"], figures["effective dates invented"]),
        "deadlines_by_date": figures["deadlines F1, by date"],
        "incidents_bcubed": _rates(result.clusters),
        "language": {lang: (*_rates(rate), n) for lang, (rate, n) in result.languages.items()},
        "worst_language_f1": result.worst_language[1] if result.worst_language else None,  # two may be the worst
    }


def _rates(rate) -> tuple[float, ...]:
    return rate.precision, rate.recall, rate.f1, rate.wanted


def flat(value) -> list[float | str | None]:
    """The numbers of a nested value in order."""
    if isinstance(value, dict):
        return [one for key in sorted(value) for one in flat(value[key])]
    if isinstance(value, list | tuple):
        return [one for part in value for one in flat(part)]
    return [value]


FROZEN: dict[str, list[float]] = {
    "detection": [0.902174, 0.882979, 0.892473, 94],
    "detection_core": [0.857143, 0.681818, 0.759494, 44],
    "average_precision": [0.78199],
    "recall_at_precision_0.95": [0.010638],
    "hard_negatives_passed": [0.631579],
    "event_type_macro_f1": [0.653548],
    "status_accuracy": [0.246914],
    "platforms": [0.518868],
    "regions": [0.548387],
    "effective_date": [0.361111, 0.769231],
    "deadlines_by_date": [0.192308],
    "incidents_bcubed": [0.663327, 0.229093, 0.340565, 69],
}


def test_random_rows_give_the_numbers_that_the_judge_once_gave():
    found = ours(*drawn_rows(7, 120))
    for name, wanted in FROZEN.items():
        assert flat(found[name]) == pytest.approx(wanted, abs=1e-6), name


if JUDGE.is_file():

    def judged(labels: list[dict], given: list[dict]) -> dict[str, object]:
        spec = importlib.util.spec_from_file_location("judge", JUDGE)
        assert spec is not None
        assert spec.loader is not None
        judge = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(judge)
        said = judge.score({row["id"]: row for row in labels}, {row["id"]: row for row in given})

        def rates(value: dict) -> tuple[float, ...]:
            return value["p"], value["r"], value["f1"], value["n"]

        return {
            **said,
            **{name: rates(said[name]) for name in ("detection", "detection_core", "incidents_bcubed")},
            **{name: said[name]["share"] for name in ("hard_negatives_passed", "status_accuracy")},
            **{name: said[name]["f1"] for name in ("platforms", "regions", "deadlines_by_date")},
            "event_type": {event: rates(value) for event, value in said["event_type"].items()},
            "effective_date": (said["effective_date"]["found_right"], said["effective_date"]["invented"]),
            "language": {lang: (*rates(value), value["documents"]) for lang, value in said["language"].items()},
            "worst_language_f1": said["worst_language_f1"][0] if said["worst_language_f1"] else None,
        }

    @settings(max_examples=60, deadline=None)
    @given(st.integers(0, 10**9), st.integers(1, 60))
    def test_on_any_rows_it_agrees_with_the_scorer_that_releases_are_judged_by(seed, size):
        labels, given = drawn_rows(seed, size)
        theirs, found = judged(labels, given), ours(labels, given)
        assert set(theirs) == set(found)
        for name in theirs:
            one, other = flat(found[name]), flat(theirs[name])
            assert [x for x in one if isinstance(x, float | int)] == pytest.approx(
                [x for x in other if isinstance(x, float | int)]
            ), name


def test_weighing_a_document_twice_is_having_it_twice():
    labels, given = drawn_rows(11, 30)
    rows = [parse(row, Labels) for row in labels]
    doubled = [*rows, *(row.model_copy(update={"id": f"{row.id} again"}) for row in rows[:9])]
    found = said(*given)
    twice = {**found, **{f"{id} again": one for id, one in found.items()}}
    weights = np.array([[2.0] * 9 + [1.0] * 21])
    by_weight = measures(cases(rows, found), weights)
    by_copy = measures(cases(doubled, twice), np.ones((1, 39)))
    for name in set(by_weight) - {"average precision", "recall at precision 0.95"}:  # where a tie is broken by order
        assert by_weight[name][0] == pytest.approx(by_copy[name][0]), name
