"""The pictures of docs/: what somebody sees who has the demo's story on their desk.

SELLERWATCH_WRITE_SCREENSHOTS=1 writes them anew; else it is held that each can still be taken.
"""

import io
import os
import re
from pathlib import Path

import pytest
from looking import PHONE, WIDE, person
from PIL import Image

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("browser")]

DOCS = Path(__file__).parents[2] / "docs"
MOST_BYTES = 120_000
TALLEST = 1500  # pixels of a page that are shown
WRITES = os.environ.get("SELLERWATCH_WRITE_SCREENSHOTS") == "1"
PICTURES = {  # name -> path, window, colours; INCIDENT is the one with the most at stake
    "overview": ("/", WIDE, "light"),
    "overview-dark": ("/", WIDE, "dark"),
    "incident": ("/incidents/INCIDENT", WIDE, "light"),
    "incident-phone": ("/incidents/INCIDENT", PHONE, "dark"),
    "sources": ("/sources", WIDE, "light"),
    "what-if": ("/what-if?platform=Bazarino&country=PL&event=shutdown", WIDE, "light"),
    "search": ("/search?q=Bazarino", WIDE, "light"),
    "messages": ("/messages", WIDE, "light"),
}


def drawn(shot: bytes) -> tuple[bytes, int]:
    """The picture in at most 192 colours, and in how many it was drawn."""
    picture = Image.open(io.BytesIO(shot)).convert("RGB")
    colours = picture.getcolors(picture.width * picture.height)
    small = io.BytesIO()
    picture.quantize(192, Image.Quantize.MEDIANCUT, kmeans=2, dither=Image.Dither.NONE).save(
        small, "PNG", optimize=True
    )
    return small.getvalue(), len(colours)


@pytest.mark.parametrize("name", PICTURES)
async def test_the_picture_in_the_documents_can_be_taken(desk, browser, name):
    path, size, scheme = PICTURES[name]
    incident = next(one for one in await desk.store.desk.incidents(10) if "PL" in one.regions)
    async with person(browser, desk.at, size, scheme) as ada:
        await ada.logs_in("ada")
        await ada.goes(path.replace("INCIDENT", incident.id))
        tall = min(TALLEST, await ada.page.evaluate("document.documentElement.scrollHeight"))
        await ada.page.set_viewport_size({"width": size["width"], "height": tall})
        shot, colours = drawn(await ada.page.screenshot())
    assert colours > 16, "an empty page"
    assert len(shot) < MOST_BYTES
    if WRITES:
        (DOCS / "images").mkdir(exist_ok=True)
        (DOCS / f"images/desk-{name}.png").write_bytes(shot)


def test_every_picture_that_a_document_shows_is_there_and_every_one_that_is_there_is_shown():
    text = "".join(path.read_text(encoding="utf-8") for path in DOCS.glob("*.md"))
    shown = set(re.findall(r"\]\((images/[\w.-]+\.png)\)", text))
    assert shown == {f"images/{path.name}" for path in (DOCS / "images").glob("*.png")}
    assert shown == {f"images/desk-{name}.png" for name in PICTURES}
