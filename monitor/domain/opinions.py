"""How a second opinion weighs: one more vote with its name on it, inside the uncertain band alone."""

from dataclasses import dataclass, replace
from enum import StrEnum
from math import exp, log

from monitor.domain.signals import Assessment, EventType, Signal, Status, Vote
from monitor.domain.sources import Authority

MOST_WEIGHT = 0.5
SUREST_VOTE = 0.98  # a voter who claims to be certain is taken for this sure, at either end
_SUREST_SCORE = 0.999
_OWN_WORD = frozenset({Authority.OFFICIAL, Authority.REGULATOR, Authority.COURT})


class Heard(StrEnum):
    """What came of wanting a second opinion."""

    ANSWERED = "answered"
    REMEMBERED = "remembered"  # the same text was answered before: nobody was asked
    PAUSED = "paused"  # after failures the endpoint is left alone for a while
    BUSY = "busy"  # asking has taken its share of the path's time
    BUDGET = "budget"  # the day's requests or tokens are spent
    TIMEOUT = "timeout"
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    REFUSED = "refused"  # any other status but success: a wrong key, model or address
    DNS = "dns"
    TLS = "tls"
    CONNECTION = "connection"
    NOT_A_COMPLETION = "not_a_completion"  # what came is not the API's shape
    BAD_ANSWER = "bad_answer"  # the model's answer does not keep to the schema, or contradicts itself
    MISQUOTED = "misquoted"  # words that the document does not hold
    MEMORY = "memory"  # the file with budget and answers cannot be used: without a budget nobody is asked
    DEFECT = "defect"  # a fault of ours


class Turn(StrEnum):
    """How a vote changed a verdict."""

    WITHDRAWN = "withdrawn"  # an event that we saw counts no more
    MADE = "made"  # an event that we did not see is told
    RAISED = "raised"  # no event was seen and none is told, and the score now lies above the band


@dataclass(frozen=True, slots=True)
class Weighing:
    """When a vote is wanted and what it weighs: scores from `low` to `high` are uncertain, `weight` is at most 0.5."""

    low: float = 0.25
    high: float = 0.75
    weight: float = 0.4

    def __post_init__(self) -> None:
        if not 0 < self.low < self.high < 1 or not 0 < self.weight <= MOST_WEIGHT:
            raise ValueError("a band lies within 0 and 1, and a vote weighs at most half")

    def uncertain(self, score: float) -> bool:
        return self.low <= score <= self.high

    def wants(self, assessment: Assessment, authority: Authority) -> bool:
        """Whether a vote could change anything: what the platform, a regulator or a court says is not asked about."""
        return self.uncertain(assessment.score) and not _protected(assessment, authority)


def combine(score: float, vote: float, weight: float) -> float:
    """The two probabilities' average in log-odds (a logarithmic opinion pool; Genest and Zidek 1986)."""
    ours = min(max(score, 1 - _SUREST_SCORE), _SUREST_SCORE)
    theirs = min(max(vote, 1 - SUREST_VOTE), SUREST_VOTE)
    return 1 / (1 + exp(-((1 - weight) * _log_odds(ours) + weight * _log_odds(theirs))))


def weigh(assessment: Assessment, vote: Vote, rule: Weighing, authority: Authority) -> Assessment:
    """The assessment with the vote in its scores and under its name.

    A document outside the band stays as it was. A signal is withdrawn when the vote carries its score out of the band
    at the lower end; a signal's event, status, platforms, places and dates are never the vote's. An event that the
    platform, a regulator or a court itself reports can only gain. Where there is no signal, only the score moves; see
    `makes` for what may follow.
    """
    if not rule.uncertain(assessment.score):
        return _with(assessment, vote, "not weighed: outside the uncertain band")
    protected = _protected(assessment, authority)

    def moved(score: float) -> float:
        if not rule.uncertain(score):
            return score
        combined = round(combine(score, vote.score, rule.weight), 4)
        return max(score, combined) if protected else combined

    weighed = [replace(signal, score=moved(signal.score)) for signal in assessment.signals]
    kept = [after for before, after in zip(assessment.signals, weighed, strict=True) if _stays(before, after, rule)]
    gone = tuple(
        before.event_type
        for before, after in zip(assessment.signals, weighed, strict=True)
        if not _stays(before, after, rule)
    )
    if kept:
        kept[0] = replace(kept[0], spans=(*kept[0].spans, *vote.spans))
    score = moved(assessment.score)
    why = f"score {assessment.score:.2f} -> {score:.2f}"
    if gone:
        why += f", withdrawn: {', '.join(event.value for event in gone)}"
    elif protected and score == assessment.score:
        why += ", an official source's own word stands"
    faint = replace(assessment.faint, score=moved(assessment.faint.score)) if assessment.faint else None
    assessment = replace(assessment, score=score, signals=tuple(kept), faint=faint)
    return _with(assessment, replace(vote, withdrew=gone), why)


def makes(before: Assessment, after: Assessment, vote: Vote, threshold: float) -> tuple[EventType, Status] | None:
    """The event of which a signal is due: we saw none, and the vote raised the document over our own threshold.

    Nothing outside the band gets there, as no vote moves a score there.
    """
    raised = before.score < after.score and before.score < threshold <= after.score
    if before.signals or not raised or vote.event is None or vote.status is None:
        return None
    return vote.event, vote.status


def make(weighed: Assessment, signal: Signal) -> Assessment:
    """The weighed assessment with this signal, made for its last vote: marked with the vote's name where it quotes."""
    *others, vote = weighed.votes
    vote = replace(vote, made=True, why=f"{vote.why}, made: {signal.event_type.value}")
    signal = replace(signal, spans=(*signal.spans, *vote.spans))
    return replace(weighed, signals=(signal,), votes=(*others, vote))


def turned(before: Assessment, after: Assessment, rule: Weighing) -> Turn | None:
    """How the weighing changed the verdict; None when it did not."""
    if len(after.signals) < len(before.signals):
        return Turn.WITHDRAWN
    if after.signals and not before.signals:
        return Turn.MADE
    if not before.signals and before.score <= rule.high < after.score:
        return Turn.RAISED
    return None


def _stays(before: Signal, after: Signal, rule: Weighing) -> bool:
    return after.score >= rule.low or before.score < rule.low


def _protected(assessment: Assessment, authority: Authority) -> bool:
    return bool(assessment.signals) and authority in _OWN_WORD


def _with(assessment: Assessment, vote: Vote, why: str) -> Assessment:
    return replace(assessment, votes=(*assessment.votes, replace(vote, why=why)))


def _log_odds(p: float) -> float:
    return log(p / (1 - p))
