"""Regions named in a text: by name, by domain name, by one letter each, or only as the nation of its language."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache

from monitor.domain.places import BLOCS, EU
from monitor.understand import actors
from monitor.understand.gazetteer import LONGEST_TEXT, Form, Gazetteer, Hit
from monitor.understand.ranking import Mention
from monitor.understand.wordlists import word_list

_SITE = re.compile(  # Chinese and Japanese write on without a space: "Allegro.pl将对…"
    r"(?<![A-Za-z0-9_\u00c0-\u0dff.@-])(?:www\.)?[A-Za-z0-9][A-Za-z0-9-]{2,40}\.(?:(?:co|com)\.)?([a-z]{2})"
    r"(?![A-Za-z0-9_\u00c0-\u0dff-]|\.\w)"
)
_COUNTRIES = {  # whose code under the top says where a site sells; many others are sold for their sound
    "FR", "DE", "ES", "PT", "IT", "NL", "BE", "AT", "CH", "PL", "CZ", "SK", "HU", "RO", "BG", "GR", "SE", "DK", "NO",
    "FI", "UK", "RU", "UA", "TR", "BR", "MX", "AR", "CL", "PE", "JP", "KR", "CN", "TW", "VN", "TH", "PH", "ID", "MY",
    "SG", "AU", "NZ", "ZA", "EG", "SA", "AE", "CA", "US", "EU",
}  # fmt: skip
_CODE = {"UK": "GB"}
_LETTERS = {  # one letter for a country, as Chinese and Japanese write several in a row: "独英", "美英法"
    letter: code
    for code, letters in {
        "US": "米美", "GB": "英", "DE": "独德", "FR": "仏法", "IT": "伊意", "JP": "日", "KR": "韓韩", "CA": "加",
        "AU": "豪澳", "IN": "印", "RU": "露俄", "EU": "欧歐",
    }.items()
    for letter in letters
}  # fmt: skip
_HAN = r"\u4e00-\u9fff"
_ROW = re.compile(
    rf"(?:(?<![{_HAN}])|(?<=[在于於对對向自撤出闭閉停止]))[{''.join(_LETTERS)}]{{2,5}}(?=[^{_HAN}]|$|[两兩三四五各等站]|市[场場])"
)
_KATAKANA = re.compile(r"[\u30a1-\u30fa\u30fc]")
_SHORT_NAME = 3  # letters of katakana from which on another word may follow at once: "アメリカドル", but "タイトル"
_THAI_BEFORE = re.compile(r"[\u0e40-\u0e44]")  # a vowel that is written before its consonant
_THAI_AFTER = re.compile(r"[\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]")  # a vowel or tone above or below the letter before it

_NATIONAL = "HOME"  # in the data: words for what is national
OF_SELLERS = "sellers"  # how a place is named by which the text only says whose sellers are meant
_THEIR = re.compile(r"(?:-based)?\s?(?:[系籍人계]|的|の)?\s?(?:[^\W\d]{1,14}\s)?")  # "Chinese online sellers"
_WHENCE = re.compile(  # "sellers from China", "penjual asal Tiongkok"
    r"\s(?:from|based in|aus|de|da|do|du|des|d'|della|dalla|uit|från|fra|z|ze|из|з|із|dari|asal|từ|đến từ|din|από|من)\s"
    r"(?:la\s)?|\s?จาก",
    re.IGNORECASE,
)
_NAMED_BEHIND = frozenset({"id", "ms", "vi", "th", "fil"})  # languages in which a nation's name follows what is its own
_NAMED_BEFORE = frozenset({"zh", "ja", "ko"})  # and in which it stands before that
_NEAR = 24  # letters between a place and the sellers of it
_BEFORE = 40  # letters before a place within which it is said not to be meant
_WORDS = frozenset({"turkey", "china", "peru"})  # the bird in two languages, and plates
_STOP = re.compile(r"[.!?\n。！？]")
_SEAT = EU, "BE"  # what Brussels stands for
_COMPANY = "ジャパン"  # the end of the name of one that works there
_WEAK = frozenset({"money", "people", OF_SELLERS})  # what leaves the place open that a text calls national
LAST = frozenset({"money", "national", "seat"})  # what speaks only where no place is named
_ONLY_TOLD = frozenset({"owner", "app-store", "payments", "messaging"})


# Languages at home in one country above all: a page in one that names no place usually speaks of this one. English,
# Spanish and Arabic are at home in many, and say nothing of the place.
_HOME = {
    "ja": "JP", "ko": "KR", "th": "TH", "vi": "VN", "id": "ID", "fil": "PH", "hi": "IN", "te": "IN", "pl": "PL",
    "cs": "CZ", "sk": "SK", "tr": "TR", "da": "DK", "no": "NO", "fi": "FI", "hu": "HU", "uk": "UA", "bg": "BG",
    "fa": "IR", "it": "IT", "el": "GR", "ro": "RO", "sv": "SE", "ms": "MY", "nl": "NL", "ru": "RU", "pt": "BR",
    "bn": "BD",
}  # fmt: skip
# Where most who write a language live: a guess at the place of a text that names none, and of its "government".
_MOSTLY = _HOME | {"fr": "FR", "de": "DE", "zh": "CN"}
_TRADITIONAL = re.compile(r"[臺灣國網購賣書務營實開關開點個電從後發會產業]")
_HONG_KONG = re.compile(r"[嘅咗喺唔啲係佢]|HK\$|觀塘|港元")


def find(gazetteer: Gazetteer, text: str, lang: str, folded: str | None = None) -> list[Hit]:
    """Regions named in a text, without the phrases that only contain such a name. What a text calls national ("the
    government") speaks for the country of its language where the text names no place."""
    hits = gazetteer.find(_written(text), lang, folded)
    own = [hit for hit in hits if hit.form.value != "-" and _whole(text, hit) and _capital(text, hit)]
    found = [one for hit in own for one in _members(_as_said(text, hit, lang))]
    local = [_at_its_seat(text, hit, found) for hit in found]
    found = [
        replace(hit, form=replace(hit.form, value=_SEAT[1])) if here else hit
        for hit, here in zip(found, local, strict=True)
    ]
    named = [hit for hit in found if hit.form.value != _NATIONAL]
    placed = any(hit.form.tag == "name" and not excepted(text, hit.start, hit.end) for hit in named)
    sites = [
        hit
        for hit in (*_sites(text), *_rows(text, lang))
        if not (placed and text[hit.start].isupper())  # the name of a firm, as in a list of rivals
        and not any(hit.start < other.end and other.start < hit.end for other in named)
    ]
    if sites or any(hit.form.tag not in _WEAK and hit.form.value != EU for hit in named):
        return sorted([*named, *sites], key=lambda hit: hit.start)
    own_home = home(text, lang)
    return [
        hit if hit.form.value != _NATIONAL else replace(hit, form=replace(hit.form, value=own_home, tag="national"))
        for hit in found
        if own_home or hit.form.value != _NATIONAL
    ]


def excepted(text: str, start: int, end: int, sentence: int = 0) -> bool:
    """Whether a place is named as one that is not meant: "all of Europe except France", "sellers from outside the EU".
    `sentence` is where its sentence begins."""
    before, after = _exceptions()
    return bool(before.search(text[max(sentence, start - _BEFORE) : start]) or after.match(text, end))


@cache
def _exceptions() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What stands before and after the name of a place that is not meant. 非 is "non-", and the end of "unless" and of
    "South Africa"."""
    words = word_list("regions-exceptions")
    before, article, after = ("|".join(map(re.escape, words[key])) for key in ("before", "article", "after"))
    return re.compile(
        rf"(?:(?<!\w)|(?=[\u0e00-\uffff]))(?<![除东東西南北中])(?:{before})\s*(?:(?:{article})\s*)?$", re.IGNORECASE
    ), re.compile(rf"\s*(?:{after})")


def _at_its_seat(text: str, hit: Hit, found: Sequence[Hit]) -> bool:
    """Whether the city that stands for the Union is only one of its own country: its sentence names that, too."""
    if hit.form.tag != "cities" or hit.form.value != _SEAT[0]:
        return False
    own = ((min(hit.end, h.end), max(hit.start, h.start)) for h in found if h.form.value == _SEAT[1])
    return any(not _STOP.search(text, end, start) for end, start in own)


def _as_said(text: str, hit: Hit, lang: str) -> Hit:
    """The hit, tagged as such where it only tells whose sellers are meant: "Chinese sellers", "Händler aus Polen"."""
    if hit.form.tag not in {"name", "people"} or hit.form.value in {_NATIONAL, EU, "WORLD"}:
        return hit
    people, left = hit.form.tag == "people", max(0, hit.start - _NEAR)
    for start, _ in actors.sellers(text[hit.end : hit.end + 2 * _NEAR], lang)[:1]:
        before = people or lang in _NAMED_BEFORE or text[hit.end] == "-"
        if before and _THEIR.fullmatch(text, hit.end, hit.end + start):
            return replace(hit, form=replace(hit.form, tag=OF_SELLERS))
    for _, end in actors.sellers(text[left : hit.start], lang)[-1:]:
        behind = not text[left + end : hit.start].strip() and (people or lang in _NAMED_BEHIND)
        if behind or _WHENCE.fullmatch(text, left + end, hit.start):
            return replace(hit, form=replace(hit.form, tag=OF_SELLERS))
    return hit


def _written(text: str) -> str:
    """A text without any capital letter with one at each word: there no letter tells a name from a word."""
    titled = text.title() if text.islower() else text
    return titled if len(titled) == len(text) else text


def _capital(text: str, hit: Hit) -> bool:
    """In such a text only countries are known that are no other word: many a city is one, too."""
    return not (hit.form.capital and text[hit.start].islower()) or (
        hit.form.tag == "name" and text[hit.start : hit.end] not in _WORDS
    )


def _whole(text: str, hit: Hit) -> bool:
    """Whether it is no part of another word, in scripts that leave no space between words: no katakana goes on around
    a name in katakana, no Thai letter is torn from its marks."""
    before, first, last, after = (
        text[max(hit.start - 1, 0) : hit.start],
        text[hit.start],
        text[hit.end - 1],
        text[hit.end : hit.end + 1],
    )
    if _KATAKANA.match(before) and _KATAKANA.match(first) and hit.form.text != _COMPANY:
        return False
    if _KATAKANA.match(last) and _KATAKANA.match(after) and hit.end - hit.start <= _SHORT_NAME:
        return False
    return not (_THAI_BEFORE.match(before) or _THAI_AFTER.match(after))


def _members(hit: Hit) -> list[Hit]:
    """A bloc's name as one hit for each of its members."""
    members = sorted(BLOCS.get(hit.form.value, ()))
    return [replace(hit, form=replace(hit.form, value=member, tag="bloc")) for member in members] or [hit]


def home(text: str, lang: str) -> str:
    """The country where most texts of a language and script are written; empty for those of many countries."""
    if lang == "zh" and len(_TRADITIONAL.findall(text[:400])) > 2:
        return "HK" if _HONG_KONG.search(text) else "TW"
    return _MOSTLY.get(lang, "")


def seats(
    named: Sequence[Mention], at: Mapping[str, Sequence[str]], regions: Sequence[Mention], own: str = ""
) -> list[Mention]:
    """Mentions of the one country where a named platform works (`at`), in a text that names no place. Where it names
    only whose sellers are meant, of several countries that of its language (`own`)."""
    if any(mention.kind not in {*LAST, OF_SELLERS} for mention in regions):
        return []
    abroad = any(mention.kind == OF_SELLERS for mention in regions)
    seated = []
    for mention in named:
        countries = at.get(mention.value, ()) if mention.kind not in _ONLY_TOLD else ()
        if len(countries) == 1 or (abroad and own in countries):
            seated.append(replace(mention, value=countries[0] if len(countries) == 1 else own, kind="seat"))
    return seated


def _sites(text: str) -> list[Hit]:
    """Domain names under a country's code: `versandia.ch`."""
    return [
        Hit(match.start(), match.end(), Form(match[0], _CODE.get(code, code), "site"))
        for match in _SITE.finditer(text[:LONGEST_TEXT])
        if (code := match[1].upper()) in _COUNTRIES
    ]


def _rows(text: str, lang: str) -> list[Hit]:
    """Countries written as one letter each, two or more in a row."""
    return [
        Hit(at, at + 1, Form(text[at], _LETTERS[text[at]], "name"))
        for row in (_ROW.finditer(text[:LONGEST_TEXT]) if lang in {"ja", "zh"} else ())
        for at in range(row.start(), row.end())
    ]
