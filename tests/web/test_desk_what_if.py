"""What an event would cost, asked at the desk."""

from decimal import Decimal

import pytest
from exposure_given import desk_in, plain


@pytest.fixture
async def desk(tmp_path):
    async with desk_in(tmp_path) as made:
        yield made


async def test_what_if_gives_the_whole_sum_and_its_address_can_be_shared(desk):
    vera = await desk.browser("vera")
    form = await vera.page("/what-if")
    assert '<option value="US">' in form.partition("Where you sell")[2].partition("</optgroup>")[0]
    page = plain(await vera.page("/what-if?platform=tiktok-shop&country=US&event=ban&from=2024-11-20&seller=acme"))
    assert "Stock (TikTok Shop, United States) EUR 138,000" in page
    assert "Lost at once EUR 174,800" in page
    assert "Black Friday (sales × 3)" in page
    assert "in 21 days" in page
    answer = (await vera.client.get("/api/v1/what-if?platform=TikTok+Shop&country=US&from=2024-11-20")).json()
    acme, bolt = answer["stakes"]
    assert (acme["at_once"], acme["exposed"], bolt["exposed"]) == ("174800", True, False)
    assert Decimal(acme["worst"]) == sum(Decimal(one["amount"]) for one in [*acme["tied"], *acme["sales"]])
    assert answer["since"] == "2024-11-20"


async def test_a_day_that_is_not_ahead_is_reckoned_as_on_that_day(desk):
    vera = await desk.browser("vera")
    page = await vera.page("/what-if?platform=Amazon&country=DE&from=2024-03")
    assert "That day is not ahead" in page
    assert "as of 1 Mar 2024" in page


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("platform=Amazn&country=DE", "No platform is called Amazn. Did you mean Amazon?"),
        ("platform=Amazon&country=Atlantis", "No country is called Atlantis."),
        ("platform=Amazon&country=DE&from=soon", "soon is no day, such as 2025-01-19."),
        ("platform=Amazon&country=DE&from=9999-12-31", "The day must be between 2000 and 2100."),
        ("platform=Amazon&country=DE&seller=nobody", "There is no such seller."),
    ],
)
async def test_what_nobody_knows_is_said_in_words(desk, query, says):
    vera = await desk.browser("vera")
    page = await vera.client.get(f"/what-if?{query}")
    assert page.status_code == 422
    assert says in page.text
    answer = await vera.client.get(f"/api/v1/what-if?{query}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
