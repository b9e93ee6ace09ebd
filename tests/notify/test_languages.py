"""The nine languages: nothing left untranslated, nothing English in another language's letter, dates and sums as they
are written there; and each language's letter as a golden.

After a wanted change of words, write the goldens anew with SELLERWATCH_WRITE_GOLDENS=1 and read the difference.
"""

import io
import os
import string
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from everything import ENGLISH_OF_THE_DOMAIN, blindness, stuffed
from letters import closing, delivery, rumored_ban
from sentences_said import LOCALE, desk_sentences, sentences

from monitor.config.units import MESSAGE_LANGUAGES
from monitor.domain.deadlines import PartialDate
from monitor.domain.signals import EventType, Status
from monitor.domain.sources import DRILL
from monitor.notify.headline import headline
from monitor.notify.letter import compose
from monitor.notify.render import bodies
from monitor.notify.tongue import LANGUAGES, tongue
from monitor.notify.written import written

GOLDENS = Path(__file__).parent / "goldens"
OTHERS = [language for language in LANGUAGES if language != "en"]
SENTENCES = sentences()


def catalogue(language: str) -> Catalog:
    return read_po(io.BytesIO((LOCALE / language / "messages.po").read_bytes()), locale=language)


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_the_settings_offer_the_languages_that_are_written() -> None:
    assert set(LANGUAGES) == set(MESSAGE_LANGUAGES)
    assert {path.name for path in LOCALE.iterdir()} == set(OTHERS)
    assert len(SENTENCES) > 300


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_is_translated_with_the_same_names_in_it(language: str) -> None:
    known = catalogue(language)
    entries = {str(one.id[0] if one.pluralizable else one.id): one for one in known if one.id}
    assert not set(SENTENCES) - set(entries), "sentences without a translation"
    assert not set(entries) - set(SENTENCES), "translations of what nobody says"
    for text, many in SENTENCES.items():
        entry = entries[text]
        assert not entry.fuzzy, text
        assert entry.pluralizable is (many is not None), text
        forms = entry.string if many is not None else (entry.string,)
        assert len(forms) == (known.num_plurals if many is not None else 1), text
        for form in forms:
            assert form.strip() or text == "; ", text
            assert fields(text) - {"n"} <= fields(form) <= fields(text), text
            assert "n" in fields(form) or "n" not in fields(text), text


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_is_no_copy_of_the_english(language: str) -> None:
    """Sentences of some length; a word like `Info` or `{day}, {zone}` may well be the same."""
    for entry in catalogue(language):
        if entry.id and not entry.pluralizable and len(str(entry.id)) > 25 and str(entry.id).count(" ") > 3:
            assert entry.string != entry.id


@pytest.mark.parametrize("language", OTHERS)
def test_no_english_of_ours_stands_in_the_letter_of_another_language(language: str) -> None:
    letter = compose(stuffed(language), [("ack", "https://x.example/1"), ("open", "https://x.example/2")])
    both = bodies(letter)
    same = {one.id for one in catalogue(language) if one.id and not one.pluralizable and one.string == one.id}
    ours = [one for one in SENTENCES if len(one) > 9 and " " in one and "{" not in one and one not in same]
    for text in (letter.subject, both.plain, both.html, repr(letter)):
        assert ENGLISH_OF_THE_DOMAIN not in text
        assert not [one for one in ours if one in text]
    assert "{" not in both.plain
    assert {action.kind for action in letter.actions} == {"ack", "open"}


@pytest.mark.parametrize("language", OTHERS)
def test_no_english_of_ours_stands_in_a_notice_either(language: str) -> None:
    same = {one.id for one in catalogue(language) if one.id and not one.pluralizable and one.string == one.id}
    ours = [one for one in SENTENCES if len(one) > 9 and " " in one and "{" not in one and one not in same]
    for notice in (blindness(language), blindness(language, DRILL)):
        bulletin = written(notice)
        both = bodies(bulletin)
        for text in (bulletin.subject, both.plain, both.html):
            assert ENGLISH_OF_THE_DOMAIN not in text
            assert not [one for one in ours if one in text]


@pytest.mark.parametrize("language", OTHERS)
def test_each_language_tells_the_closing_as_it_was_agreed(language: str) -> None:
    told = replace(closing(), language=language, zone="Asia/Shanghai")
    letter = compose(told)
    now = f"{letter.subject}\n\n{bodies(letter).plain}"
    golden = GOLDENS / f"closing.{language}.txt"
    if os.environ.get("SELLERWATCH_WRITE_GOLDENS"):
        golden.write_text(now, encoding="utf-8")
    assert now == golden.read_text(encoding="utf-8"), golden.name


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_event_has_a_headline_on_every_rung_with_and_without_a_date(language: str) -> None:
    t, incident = tongue(language), closing().message.incident
    names = (("Ozon",), ("Ozon", "Wildberries"), ())
    dates = (None, PartialDate("2025-03-04"), PartialDate("2025-03"), PartialDate("2025"))
    for event, status, platforms, day in product(EventType, Status, names, dates):
        made = replace(incident, event_type=event, status=status, platforms=platforms, effective_date=day)
        said = headline(made, t)
        assert "{" not in said
        assert "  " not in said
        assert all(name in said for name in platforms)
        assert day is None or status is Status.REVERSED or "2025" in said
        assert said.endswith(("(ID, BR, AU, SG, MX)", "（ID、BR、AU、SG、MX）"))


def test_a_quotation_stays_as_it_is_and_its_language_is_named_in_the_readers() -> None:
    what = {language: compose(replace(rumored_ban(), language=language)).facts[0].text for language in LANGUAGES}
    assert what["en"] == "Việt Nam có thể chặn Temu từ tháng 12 (in Vietnamese)"
    assert what["de"] == "Việt Nam có thể chặn Temu từ tháng 12 (auf Vietnamesisch)"
    assert what["zh"] == "Việt Nam có thể chặn Temu từ tháng 12（越南语）"
    assert what["vi"] == "Việt Nam có thể chặn Temu từ tháng 12"
    step = compose(stuffed("fr")).steps[0]
    assert (step.quote, step.lang, step.language) == ("kutipan", "id", "en indonésien")


def test_shipped_steps_are_translated_and_peoples_own_stay_as_they_wrote_them() -> None:
    message = closing().message
    shipped = "Pause advertising there, and ask for what is prepaid."
    tasks = tuple(
        replace(task, step=replace(task.step, do=do))
        for task, do in zip(message.tasks, (shipped, "Frag Anna {zuerst}"), strict=False)
    )
    jobs = compose(delivery(replace(message, tasks=tasks), language="ja")).jobs
    assert jobs[0].what == "広告を停止し、前払い分の返金を求める。"
    assert (jobs[1].what, jobs[1].owner) == ("Frag Anna {zuerst}", "経理")


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_of_the_desk_is_translated_with_the_same_names_in_it(language: str) -> None:
    said = desk_sentences()
    assert len(said) > 500
    entries = {
        str(one.id[0] if one.pluralizable else one.id): one
        for one in read_po(io.BytesIO((LOCALE / language / "desk.po").read_bytes()), locale=language)
        if one.id
    }
    assert not set(said) - set(entries), "sentences without a translation"
    assert not set(entries) - set(said), "translations of what nobody says"
    for text, many in said.items():
        entry = entries[text]
        forms = entry.string if many is not None else (entry.string,)
        assert entry.pluralizable is (many is not None), text
        assert all(forms), text
        for form in forms:
            assert fields(form) <= fields(text) | fields(many or ""), text
            assert many is not None or fields(form) == fields(text), text
