"""Where the links of the desk lead."""

import re
from urllib.parse import urlsplit

from looking import Person

MOST = 120  # pages that a walk looks at
FEWEST = 12
HEAVIEST = 270_000  # bytes of a page; with what it loads it stays below 300 kB
A_KIND = 2  # pages of one kind, incidents for example: the next one shows nothing new


def kind(address: str) -> str:
    """The path without what tells one page of a kind from the next, and which fields its query has."""
    parts = urlsplit(address)
    path = re.sub(r"(?<=/)(?=[^/]*\d)[^/]{6,}", "*", parts.path)
    return path + "?" + "&".join(sorted(field.partition("=")[0] for field in parts.query.split("&")))


async def walk(who: Person) -> list[str]:
    """The addresses of all pages that links lead to from the desk, each kind a few times. All answer."""
    seen: dict[str, int] = {}
    pages, ahead = [], ["/"]
    while ahead and len(pages) < MOST:
        path = ahead.pop(0)
        seen[kind(path)] = seen.get(kind(path), 0) + 1
        if seen[kind(path)] > A_KIND:
            continue
        answer = await who.context.request.get(who.at + path)
        assert answer.ok, f"{path}: {answer.status}"
        if not answer.headers.get("content-type", "").startswith("text/html"):
            continue  # a download
        pages.append(path)
        html = await answer.body()
        assert len(html) < HEAVIEST, f"{path}: {len(html)} bytes"
        hrefs = re.findall(r'<a\b[^>]*?\bhref="(/[^"]*)"', html.decode())
        ahead += [
            found for href in hrefs if (found := href.replace("&amp;", "&").partition("#")[0]) not in ahead + pages
        ]
    assert len(pages) >= FEWEST, pages
    return pages
