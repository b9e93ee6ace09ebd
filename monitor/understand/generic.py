"""Words that are no name by themselves, capital or not: those of the trade, of who is in it, of columns of news."""

from functools import cache

from monitor.understand.gazetteer import fold
from monitor.understand.wordlists import word_list

_ENDING = 2  # letters that may follow a stem: longer words may be names that begin with it (Tiendamia)
_SHORT = 2  # letters of a word that is an article or a preposition, if anything


def generic(name: str, lang: str, common: frozenset[str]) -> bool:
    """Whether all its words are such words, or of those that many texts share, and at least one is of the first."""
    if _listed(fold(name), lang):
        return True
    words = [word.strip(".,:'’") for word in fold(name).replace("-", " ").split()]
    told = [_listed(word, lang) for word in words]
    return any(told) and all(so or len(word) <= _SHORT or word in common for word, so in zip(words, told, strict=True))


def _listed(word: str, lang: str) -> bool:
    plain, stems = _words()
    langs = [plain.get(word)] + [stems.get(word[: len(word) - cut]) for cut in range(_ENDING + 1)]
    return any(of is not None and (not of or lang in of) for of in langs)


@cache
def _words() -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]]:
    """Whole words and stems, folded, with their languages; none: in any language."""
    lexicon, actors, ours = word_list("lexicon"), word_list("actors"), word_list("generic")
    lists = [lexicon["commerce"], lexicon["kind"], *ours.values()]
    lists += [words for who, words in actors.items() if who not in {"nobody", "platform"}]
    plain: dict[str, frozenset[str]] = {}
    stems: dict[str, frozenset[str]] = {}
    for form in (form for words in lists for form in words):
        text, _, langs = form.partition("@")
        into = stems if text.endswith("*") else plain
        word, of = fold(text.removesuffix("*")), frozenset(langs.split())
        known = into.get(word, of)
        into[word] = known | of if known and of else frozenset()
    return plain, stems
