"""The certainty ladder: which rung the evidence puts an incident on, and why (docs/ladder.md).

Everything here is a function of the set of evidence and of today's date. Rungs are climbed and, but for a denial,
never left: old history retold does not move an incident back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from monitor.domain.deadlines import PartialDate
from monitor.domain.incidents import Evidence, aloud, barely, hearsay, in_order, observed, sovereign, unexplained
from monitor.domain.origins import origins, several
from monitor.domain.signals import Status

RUNGS = (Status.RUMOR, Status.PROPOSED, Status.CONFIRMED, Status.EFFECTIVE)
DECIDED = frozenset({Status.CONFIRMED, Status.EFFECTIVE})


@dataclass(frozen=True, slots=True)
class Standing:
    """The words that count now, oldest first: since the last denial was lifted, or the denials since the last turn.

    `earlier` are the words to fall back on for what the standing ones leave open (dates): all before the turn when the
    incident is reversed, only the denials when it was lifted, since what they denied holds no more. Two more reverse
    and lift nothing, but people should see them: `doubts`, a lone press denial of what a sovereign decided, or a faint
    one of anything; and `contrary`, words against the denials that are too few.
    """

    reversed: bool
    words: tuple[Evidence, ...]
    earlier: tuple[Evidence, ...] = ()
    doubts: tuple[Evidence, ...] = ()
    contrary: tuple[Evidence, ...] = ()


def standing(evidence: Sequence[Evidence]) -> Standing:
    """Read the evidence in order of publication and keep what stands.

    A denial above hearsay reverses, as it is then the newest word; but what a sovereign has decided the press denies
    only with two independent origins, since a false all-clear costs as much as a missed alert. A denial is lifted by a
    newer contrary sovereign word; by a press word when a single press origin made it; else by two independent press
    origins. What a probe sees takes back what that probe saw, and nothing that anybody said, in both directions. A
    faint denial is shown beside the firm words that are older than it, and is no voice. What can barely be heard says
    nothing beside others.
    """
    words: list[Evidence] = []
    earlier: list[Evidence] = []
    doubts: list[Evidence] = []
    denials: list[Evidence] = []
    contrary: list[Evidence] = []
    firm = False  # whether any of the words is above hearsay
    heard = [word for word in evidence if not barely(word)] or evidence
    for word in in_order(heard):
        denies = word.signal.status is Status.REVERSED
        if hearsay(word):
            if firm and denies and word.signal.faint:
                doubts.append(word)
            elif not denials:
                words.append(word)
        elif denies:
            doubts.append(word)
            said = [doubt for doubt in doubts if not hearsay(doubt)]
            if denials or _believed(word, words, said):
                if not denials:
                    earlier, words, firm = words, [], False
                denials, doubts, contrary = denials + said, [], []
        elif denials:
            contrary.append(word)
            if _lifts(word, denials, contrary):
                words, earlier, denials, contrary, firm = contrary, denials, [], [], True
        else:
            words.append(word)
            doubts, firm = [], True
    return Standing(bool(denials), tuple(denials or words), tuple(earlier), tuple(doubts), tuple(contrary))


def _believed(denial: Evidence, words: Sequence[Evidence], doubts: Sequence[Evidence]) -> bool:
    if observed(denial):
        probes = {doubt.source_id for doubt in doubts}
        return all(hearsay(word) or (observed(word) and word.source_id in probes) for word in words)
    said = [doubt for doubt in doubts if not observed(doubt)]
    decided = any(sovereign(word) and word.signal.status in DECIDED for word in words)
    return sovereign(denial) or several(said) or not decided


def _lifts(word: Evidence, denials: Sequence[Evidence], contrary: Sequence[Evidence]) -> bool:
    said = [denial for denial in denials if not observed(denial)]
    if observed(word):
        return not said
    single = not any(map(sovereign, said)) and not several(said)
    return sovereign(word) or single or several(item for item in contrary if not observed(item))


def rung(stands: Standing, today: date, effective: PartialDate | None) -> tuple[Status, str]:
    """The rung that the words reach on that day, and the rule and the words that put it there.

    The platform, a regulator or a court is believed on its own word; so is the press, since a missed alert costs
    money, but then `why` says when one source stands alone. Hearsay alone is a rumor. What is confirmed takes effect
    when its date has passed; before its date only a sovereign word can say that it has.
    """
    if stands.reversed:
        over = "no longer so" if unexplained(stands.words) else "lifted, delayed or denied"
        return Status.REVERSED, f"{over}: {_who(stands.words)}"
    ahead = effective is not None and effective.first_day > today
    heights = [_height(word, ahead) for word in stands.words]
    top = max(heights)
    reached = RUNGS[top]
    who = _who([word for word, height in zip(stands.words, heights, strict=True) if height == top])
    if stands.doubts:
        last = stands.doubts[-1]
        denies = "is where a probe saw otherwise" if observed(last) else "alone denies it"
        who = f"{who}; {last.publisher} {denies}, {last.published:%Y-%m-%d}"
    if reached is Status.CONFIRMED and effective is not None and effective.last_day <= today:
        return Status.EFFECTIVE, f"its date, {effective}, has come; confirmed: {who}"
    return reached, f"{reached.value}: {who}"


def counts_as(word: Evidence, today: date, effective: PartialDate | None) -> Status:
    """The rung that one word that stands reaches alone; not that of a denial."""
    return RUNGS[_height(word, effective is not None and effective.first_day > today)]


def _height(word: Evidence, ahead: bool) -> int:
    if hearsay(word):
        return 0
    if word.signal.status is Status.EFFECTIVE and ahead and not sovereign(word):
        return RUNGS.index(Status.CONFIRMED)
    return RUNGS.index(word.signal.status)


def _who(words: Sequence[Evidence]) -> str:
    """Those who say so: the sovereign ones by name, else how many independent origins."""
    words = aloud(words)
    own = [word for word in words if sovereign(word)]
    if own:
        return f"{own[-1].publisher} ({own[-1].authority.value}) itself says so, {own[-1].published:%Y-%m-%d}"
    voices = origins(words)
    if hearsay(words[-1]):
        return f"community only ({voices} {'origin' if voices == 1 else 'origins'})"
    if unexplained(words):
        probes = len({word.source_id for word in words})
        seen = f"seen by {probes} {'probe' if probes == 1 else 'probes'}, which cannot see why"
        return f"{seen}; the latest: {words[-1].publisher}, {words[-1].published:%Y-%m-%d}"
    if voices == 1:
        return f"one source, {words[-1].publisher} ({words[-1].authority.value}), {words[-1].published:%Y-%m-%d}"
    return f"{voices} independent origins, the latest {words[-1].publisher}, {words[-1].published:%Y-%m-%d}"
