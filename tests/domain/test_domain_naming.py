"""A name that the catalogue does not know, found again in a title."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.naming import called, stems, strange


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("Hindlow", "Van lessor takes Hindlow Parcels to court"),
        ("Торгомир", "Поставщики «Торгомира» записываются в реестр"),
        ("Торгомира", "Торгомир: у кого ещё выплаты в обработке?"),
        ("雛菊マート", "未払い分を全額弁済、雛菊マートの再生手続きは取り下げへ"),
        ("다람마켓", "문 걸어 잠근 정산 창구, '다람마켓' 입점사 200곳"),
        ("Telar Vivo", "Telar Vivo salda la deuda con sus artesanas"),
    ],
)
def test_a_name_is_known_in_a_title_in_whatever_case_of_grammar(name: str, title: str) -> None:
    assert called(name, title)
    assert stems(name) & stems(title) or name == "雛菊マート"  # within a run of solid writing nothing begins


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("Telar Vivo", "Telar de la abuela no paga"),  # one word of two
        ("Market 24", "Market 7 closes in May"),  # another number
        ("Pay", "Pay later comes to Peru"),  # too short to tell anything
        ("Bordado", "Bordados y bordadoras"),
        ("Hindlow", ""),
    ],
)
def test_a_part_of_a_name_a_short_word_and_another_word_are_not_it(name: str, title: str) -> None:
    assert called(name, title) is (name == "Bordado")  # a plural is the same word


def test_a_platform_of_the_catalogue_is_no_stranger_however_it_is_written() -> None:
    assert not strange(["TEMU"], {"temu"})
    assert strange(["Telar Vivo"], {"temu"})
    assert strange([], {"temu"})


@given(st.text(max_size=30), st.text(max_size=60))
def test_a_word_set_off_by_blanks_is_found_by_its_beginning(name: str, title: str) -> None:
    whole = f"{title} {name} {title}"
    if stems(name) and len(whole.split()) <= 12:
        assert called(name, whole)
