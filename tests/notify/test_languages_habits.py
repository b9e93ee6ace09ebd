"""What a reader notices first when a program does not speak their language: commas, the first of a month, a day that is
glued to a preposition, a country's name in place of its language's."""

import json
import re
from dataclasses import replace
from datetime import date

import pytest
from everything import blindness
from letters import closing
from test_digest_words import FULL, delivery_of, rest

from monitor.domain.alerts import Delivery
from monitor.domain.deadlines import Deadline, DeadlineRole, PartialDate
from monitor.notify.blocks import payload
from monitor.notify.letter import Letter, compose
from monitor.notify.note import note
from monitor.notify.render import bodies
from monitor.notify.tongue import tongue
from monitor.notify.written import written

LINKS = [("ack", "https://x.example/1"), ("open", "https://x.example/2")]


def refunded(language: str) -> Letter:
    """The closing, with a deadline of which no more than the month is known."""
    message = closing().message
    asked = Deadline(PartialDate("2024-12"), DeadlineRole.REFUND, "Hingga Desember.", "Asia/Jakarta", document_id="d1")
    incident = replace(message.incident, deadlines=(asked,))
    return compose(replace(closing(), message=replace(message, incident=incident), language=language), LINKS)


@pytest.mark.parametrize("language", ["zh", "ja"])
def test_chinese_and_japanese_have_commas_brackets_and_semicolons_of_their_own(language: str) -> None:
    told: list[Delivery] = [delivery_of(FULL, language), rest(language), blindness(language)]
    for letter in (refunded(language), *map(written, told)):
        both = bodies(letter)
        for text in (both.plain, note(letter, 9000), json.dumps(payload(letter)["blocks"], ensure_ascii=False)):
            lines = [line for line in text.replace('", "', "").splitlines() if "://" not in line]
            glued = [line for line in lines if re.search(r"[^\x00-\x7f][,;:(] | \(|\) |[^\x00-\x7f], ", line)]
            assert not glued


def test_the_first_of_a_month_is_written_as_it_is_there() -> None:
    first = date(2024, 11, 1)
    said = {language: " ".join(tongue(language).day(first).split()) for language in ("fr", "pt", "es", "de", "en")}
    assert said == {
        "fr": "1er nov. 2024",
        "pt": "1º de nov. de 2024",
        "es": "1 nov 2024",
        "de": "1. Nov. 2024",
        "en": "1 Nov 2024",
    }
    assert tongue("fr").partial(PartialDate("2024-11")) == "novembre 2024"


def test_days_are_counted_without_a_gap_where_the_script_has_none() -> None:
    assert [tongue(language).in_days(3) for language in ("ja", "zh", "de")] == ["3日後", "3天后", "in 3 Tagen"]


def test_a_month_is_not_glued_to_the_article_of_a_day() -> None:
    by = {language: bodies(refunded(language)).plain for language in ("fr", "es", "zh", "ja")}
    assert "- décembre 2024, heure de Jakarta\u00a0: " in by["fr"]
    assert "- diciembre de 2024, hora de Yakarta: " in by["es"]
    assert "- 最迟2024年12月（雅加达时间）：" in by["zh"]
    assert "- 2024年12月（ジャカルタ時間）まで：" in by["ja"]


def test_a_language_is_not_taken_for_a_country() -> None:
    assert "(platform itu sendiri), bahasa Indonesia, 2 Okt 2024" in bodies(refunded("id")).plain
    assert "(tiếng Indonesia)" in bodies(refunded("vi")).plain


def test_slack_names_the_language_of_what_a_deadline_rests_on_too() -> None:
    assert "“Hingga Desember.” (in Indonesian)" in json.dumps(payload(refunded("en")), ensure_ascii=False)
