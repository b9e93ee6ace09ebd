"""The model in the package is the one that the corpus in the project gives, and as good as it must be."""

import json
from pathlib import Path

import pytest

from monitor.understand.cues import hints
from monitor.understand.learn import read
from monitor.understand.model import SHIPPED, Model

CORPUS = Path(__file__).parents[2] / "corpus"


@pytest.fixture(scope="module")
def card():
    return json.loads((SHIPPED / "card.json").read_text(encoding="utf-8"))


def test_it_was_made_from_the_corpus_as_it_stands(card):
    assert card["corpus"]["digest"] == read(CORPUS).digest


def test_it_finds_events_as_well_as_it_must(card):
    figures = card["figures"]["reports"]
    assert figures["average_precision"] >= 0.94
    assert figures["f1"] >= 0.88
    assert figures["macro_f1"] >= 0.7
    assert figures["status_accuracy"] >= 0.65


def test_it_finds_events_by_the_title_alone_nearly_as_well(card):
    figures = card["figures"]["their titles alone"]
    assert figures["average_precision"] >= 0.88
    assert figures["f1"] >= 0.78
    assert figures["hard_negatives_passed"] >= 0.85


def test_every_type_and_status_has_enough_texts_to_learn_from(card):
    assert card["corpus"]["texts"] >= 3_000
    assert min(card["corpus"]["events"].values()) >= 250
    assert min(card["corpus"]["statuses"].values()) >= 200


def test_it_reads_the_features_that_this_version_gives():
    model = Model.load()
    assert model.support.shape[1] == 384 + 3 * len(hints()) + 4 + 4


def test_it_is_small_enough_to_ship():
    assert (SHIPPED / "model.npz").stat().st_size < 5_000_000


def test_no_text_of_the_acceptance_seeds_is_among_the_texts_it_learnt_from():
    seeds = Path(__file__).parent / "data" / "documents.jsonl"
    learnt = {example.text.strip() for example in read(CORPUS).examples if not example.bare}
    for line in seeds.read_text(encoding="utf-8").splitlines():
        assert json.loads(line)["text"].strip() not in learnt
