"""The model in the package: its files fit together, it reads whatever it is given, alone, and as well as it must."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from monitor.training.examples import FOUND, REPORTS, STORIES, read
from monitor.training.validate import TITLES
from monitor.understand.cues import hints
from monitor.understand.encoder import E5, GLANCE, LONGEST, SHIPPED, WIDTH, meaning
from monitor.understand.model import HEADS, Model

PROJECT = Path(__file__).parents[2]
TRANSLATIONS = (
    (
        "The marketplace will close in June and sellers must withdraw their money.",
        "Der Marktplatz schließt im Juni, Händler müssen ihr Geld abheben.",
        "Le site ferme en juin et les vendeurs doivent retirer leur argent.",
        "该平台将于六月关闭，卖家必须提取资金。",
        "マーケットプレイスは6月に閉鎖され、出品者は資金を引き出す必要があります。",
        "Площадка закроется в июне, продавцы должны вывести деньги.",
        "سيغلق السوق في يونيو وعلى البائعين سحب أموالهم.",
    ),
    (
        "The home team won the match with two goals in extra time.",
        "Die Heimmannschaft gewann das Spiel mit zwei Toren in der Verlängerung.",
        "El equipo local ganó el partido con dos goles en la prórroga.",
        "主队在加时赛中打进两球赢得了比赛。",
        "Đội chủ nhà thắng trận nhờ hai bàn trong hiệp phụ.",
        "홈팀이 연장전에서 두 골을 넣어 경기에서 이겼다.",
    ),
    (
        "The recipe needs three eggs, some flour and a little sugar.",
        "Das Rezept braucht drei Eier, etwas Mehl und ein wenig Zucker.",
        "La receta necesita tres huevos, algo de harina y un poco de azúcar.",
        "这个食谱需要三个鸡蛋、一些面粉和少许糖。",
        "สูตรนี้ต้องใช้ไข่สามฟอง แป้งและน้ำตาลเล็กน้อย",
        "इस विधि में तीन अंडे, थोड़ा आटा और थोड़ी चीनी चाहिए।",
    ),
)


@pytest.fixture(scope="module")
def card():
    return json.loads((SHIPPED / "card.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def encoder():
    return E5()


def test_its_files_fit_together(encoder, card):
    tokenizer = Tokenizer.from_file(str(SHIPPED / "tokenizer.json"))
    with np.load(SHIPPED / "words.npz", allow_pickle=False) as stored:
        words, weights = stored["words"], stored["weights"]
    assert words.shape == (tokenizer.get_vocab_size(), GLANCE)
    assert weights.shape == (tokenizer.get_vocab_size(),)
    import onnxruntime  # after `monitor.understand`, which sets it up

    session = onnxruntime.InferenceSession(str(SHIPPED / "encoder.onnx"))
    assert [(one.name, one.type, one.shape) for one in session.get_inputs()] == [
        ("pieces", "tensor(int64)", [1, "length"])
    ]
    shape = (1, encoder.dimensions // WIDTH, WIDTH)
    assert [(one.name, tuple(one.shape)) for one in session.get_outputs()] == [("means", shape)]
    assert session.run(None, {"pieces": np.array([[0, len(words) - 1, 2]])})[0].shape == shape
    assert card["encoder"] == encoder.name


def test_the_model_reads_the_features_that_this_version_gives(encoder):
    model, hinted = Model.load(), 3 * len(hints()) + 4 + 4 + 4 + 3
    assert model.gate.mean.shape == (GLANCE + hinted,)
    assert model.reader.mean.shape == (encoder.dimensions + hinted,)
    assert (model.gate.biases.shape, model.reader.biases.shape) == ((1,), (HEADS,))
    assert np.isfinite([model.admitted, model.slope, model.offset]).all()
    assert model.slope > 0
    assert 0.2 <= model.threshold <= 0.8


def test_a_sentence_is_nearer_to_its_translations_than_to_any_other(encoder):
    texts = [(topic, text) for topic, some in enumerate(TRANSLATIONS) for text in some]
    vectors = np.array([meaning(vector) for vector in encoder.encode([text for _, text in texts])])
    topics = np.array([topic for topic, _ in texts])
    alike = vectors @ vectors.T
    for row, topic in enumerate(topics):
        own = (topics == topic) & (np.arange(len(topics)) != row)
        assert alike[row][own].min() > alike[row][topics != topic].max(), texts[row]


def test_a_text_means_the_same_whatever_is_read_with_it_and_in_any_thread(encoder):
    texts = [text for some in TRANSLATIONS for text in some]
    together = encoder.encode(texts), encoder.glance(texts)
    with ThreadPoolExecutor(4) as pool:
        alone = list(pool.map(lambda text: (encoder.encode([text])[0], encoder.glance([text])[0]), texts * 2))
    for number, (vector, glance) in enumerate(alone):
        assert np.array_equal(vector, together[0][number % len(texts)])
        assert np.array_equal(glance, together[1][number % len(texts)])


def test_threads_that_are_all_the_first_to_ask_load_one_encoder_between_them():
    fresh = E5()
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: fresh.glance(["Temu leaves Vietnam"])[0], range(4)))
    assert all(np.array_equal(left, right) for left, right in pairwise(found))


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\0",
        "\ud800",
        "a\ud800b\udfff",
        "\u202e" * 40,
        "\U0010ffff",
        "a" * 100_000,
        "关" * 100_000,
        "a b " * 25_000,
    ],
    ids=lambda text: ascii(text[:4]) + str(len(text)),
)
def test_it_reads_anything(encoder, text):
    (vector,), (glance,) = encoder.encode([text]), encoder.glance([text])
    assert np.isfinite(vector).all()
    assert np.isfinite(glance).all()
    assert np.allclose(np.linalg.norm(vector.reshape(-1, WIDTH), axis=1), 1, atol=1e-5)


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(codec=None), max_size=200))
def test_it_reads_any_text_to_vectors_of_unit_length(text):
    (vector,) = _SHARED.encode([text])
    assert np.allclose(np.linalg.norm(vector.reshape(-1, WIDTH), axis=1), 1, atol=1e-5)
    assert np.isfinite(_SHARED.glance([text])).all()


_SHARED = E5()


def test_of_a_text_too_long_only_the_beginning_counts(encoder):
    begun = "The marketplace closes. " * LONGEST
    assert np.array_equal(encoder.encode([begun])[0], encoder.encode([f"{begun} A recipe with eggs."])[0])


OFFLINE = """
import sys
from datetime import UTC, datetime, timedelta

def refuse(event, arguments):
    if event.startswith(("socket.", "urllib.", "http.client.", "subprocess.", "os.system")):
        raise PermissionError(event)

sys.addaudithook(refuse)
from monitor.domain.documents import Document
from monitor.domain.platforms import Platform
from monitor.domain.sources import Authority, Source, SourceKind
from monitor.understand.analyst import Analyst

now = datetime(2025, 3, 3, 9, tzinfo=UTC)
source = Source("s", "S", "https://s.example", SourceKind.FEED, Authority.NEWS, "S", timedelta(minutes=30))
document = Document("d", "s", "c", "https://s.example/1", "Vietnam blocks Temu", "Providers cut access.", now, now)
said = Analyst((Platform("Temu", "temu", "", "app", ()),)).assess(document, source)
print(said.signals[0].event_type, said.signals[0].platforms)
"""


def test_nothing_is_downloaded_no_program_started_and_nothing_written_to_the_users_home(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", OFFLINE],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(PROJECT), "HOME": str(tmp_path)},
    )
    assert done.stdout.split(maxsplit=1)[0] == "ban"
    assert list(tmp_path.iterdir()) == []


def test_all_weights_together_are_small_enough_to_ship():  # the package index takes no file of more than 100 MB
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) < 99_000_000


@pytest.mark.parametrize(
    ("part", "average_precision", "f1", "macro_f1", "status"),
    [
        (REPORTS, 0.95, 0.89, 0.75, 0.73),
        (TITLES, 0.87, 0.77, 0.61, 0.65),
        (FOUND, 0.88, 0.85, 0.77, 0.75),
        (STORIES, 0.96, 0.90, 0.80, 0.82),
    ],
)
def test_it_finds_events_as_well_as_it_must(card, part, average_precision, f1, macro_f1, status):
    figures = {name: value[0] for name, value in card["figures"][part].items() if name != "documents"}
    assert figures["average precision"] >= average_precision
    assert figures["detection F1"] >= f1
    assert figures["event type macro F1"] >= macro_f1
    assert figures["status accuracy"] >= status


def test_every_type_and_status_has_enough_texts_to_learn_from(card):
    assert card["corpus"]["texts"] >= 3_000
    assert min(card["corpus"]["events"].values()) >= 250
    assert min(card["corpus"]["statuses"].values()) >= 200


def test_no_text_of_the_acceptance_seeds_is_among_the_texts_it_learnt_from():
    seeds = Path(__file__).parent / "data" / "documents.jsonl"
    learnt = {example.text.strip() for example in read(PROJECT / "corpus").examples if not example.bare}
    for line in seeds.read_text(encoding="utf-8").splitlines():
        assert json.loads(line)["text"].strip() not in learnt
