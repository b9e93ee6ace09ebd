"""Ten kinds of what stands around a story on its page, for tests and benchmarks; the same for the same seed.

In the text's own language where its words are in `data/page_words.yaml`, else in English, as on many sites.
"""

import random
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import yaml

Words = dict[str, Any]
Furniture = Callable[[random.Random, Words, str, str], str]


@cache
def _words() -> dict[str, Words]:
    path = Path(__file__).parent / "data" / "page_words.yaml"
    loaded: dict[str, Words] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded


def furnish(kind: str, title: str, text: str, lang: str, seed: int) -> str:
    """The text with furniture of the kind (one of `KINDS`) around or within it."""
    words = _words().get(lang, _words()["en"])
    return KINDS[kind](random.Random(f"{kind} {seed} {title}"), words, title, text)


def _bulleted(rng: random.Random, items: list[str]) -> str:
    sign = rng.choice(["- ", "• ", "", "› ", "▪ "])
    return "\n".join(f"{sign}{item}" for item in items)


def _some_headlines(rng: random.Random, words: Words) -> list[str]:
    return rng.sample(words["headlines"], rng.randint(3, 5))


def _menu(rng: random.Random, words: Words, title: str, text: str) -> str:
    names = words["menu"]
    sign = rng.choice([" | ", " · ", " / ", "\n", "\n"])
    path = rng.choice([" > ", " › ", " » ", " / "]).join([names[0], *rng.sample(names[1:6], 2)])
    return f"{sign.join(names)}\n\n{path}\n\n{text}"


def _cookies(rng: random.Random, words: Words, title: str, text: str) -> str:
    wall = "\n".join([words["cookies"], rng.choice(["\n", " | "]).join(words["buttons"])])
    return f"{wall}\n\n{text}" if rng.random() < 0.6 else f"{text}\n\n{wall}"


def _date(rng: random.Random) -> str:
    return f"{rng.randint(2019, 2026)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"


def _bar(rng: random.Random, words: Words, title: str, text: str) -> str:
    byline = words["byline"].format(date=_date(rng))
    bar = rng.choice(["\n", " | ", " "]).join(words["share"])
    return f"{byline}\n{bar}\n\n{text}\n\n{bar}"


def _related(rng: random.Random, words: Words, title: str, text: str) -> str:
    block = f"{words['related']}{rng.choice(['', ':'])}\n{_bulleted(rng, _some_headlines(rng, words))}"
    parts = text.split("\n\n")
    if len(parts) > 2 and rng.random() < 0.4:
        return "\n\n".join([*parts[:2], f"{words['related']}: {rng.choice(words['headlines'])}", *parts[2:]])
    return f"{block}\n\n{text}" if rng.random() < 0.3 else f"{text}\n\n{block}"


def _most_read(rng: random.Random, words: Words, title: str, text: str) -> str:
    ranked = "\n".join(f"{place}. {line}" for place, line in enumerate(_some_headlines(rng, words), 1))
    return f"{text}\n\n{words['most']}\n{ranked}"


def _newsletter(rng: random.Random, words: Words, title: str, text: str) -> str:
    box = "\n".join(words["letter"])
    parts = text.split("\n\n")
    middle = (len(parts) + 1) // 2
    return "\n\n".join([*parts[:middle], box, *parts[middle:]])


def _comments(rng: random.Random, words: Words, title: str, text: str) -> str:
    names = rng.sample(["Mika", "seller_88", "Tom K.", "阿明", "Лена", "anonymous"], len(words["readers"]))
    said = [f"{name} · {words['ago']}\n{line}" for name, line in zip(names, words["readers"], strict=True)]
    return f"{text}\n\n{words['comments'].format(n=len(said))}\n\n" + "\n\n".join(said)


def _footer(rng: random.Random, words: Words, title: str, text: str) -> str:
    *links, notice = (line.format(year=rng.randint(2020, 2026)) for line in words["footer"])
    return f"{text}\n\n{rng.choice([' | ', ' · ', chr(10)]).join(links)}\n{notice}"


def _about(rng: random.Random, words: Words, title: str, text: str) -> str:
    return f"{text}\n\n{words['about']}\n{words['company']}"


TONGUES = ["English", "Deutsch", "Français", "Español", "Português", "Русский", "中文", "日本語", "한국어", "العربية"]


def _picker(rng: random.Random, words: Words, title: str, text: str) -> str:
    tongues = rng.choice([" | ", " · ", "\n", "  "]).join(rng.sample(TONGUES, 6))
    return f"{words['app']}\n{tongues}\n\n{text}"


def _ticker(rng: random.Random, words: Words, title: str, text: str) -> str:
    signs = rng.sample(["AMZN", "BABA", "PDD", "EBAY", "SE", "MELI", "ETSY", "JD"], 5)
    quotes = [f"{sign} {rng.uniform(20, 300):.2f} {rng.choice('+-')}{rng.uniform(0, 5):.2f}%" for sign in signs]
    return f"{rng.choice([' | ', chr(10), '   ']).join(quotes)}\n\n{text}"


KINDS: dict[str, Furniture] = {
    "menu": _menu,
    "cookies": _cookies,
    "share bar": _bar,
    "related": _related,
    "most read": _most_read,
    "newsletter": _newsletter,
    "comments": _comments,
    "footer and company": lambda rng, words, title, text: _footer(rng, words, title, _about(rng, words, title, text)),
    "languages and app": _picker,
    "ticker": _ticker,
}
