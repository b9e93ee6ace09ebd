"""What the settings say of second opinions, as the part that asks for them takes it."""

from monitor.config import Config
from monitor.domain.opinions import Weighing
from monitor.opinion.settings import AnswerFormat, OpinionSettings


def second_opinion(settings: Config) -> OpinionSettings | None:
    """Who is asked about uncertain documents; None when nobody is."""
    asked = settings.settings.second_opinion
    if not asked.enabled:
        return None
    return OpinionSettings(
        base_url=asked.base_url,
        model=asked.model,
        memory=settings.state_dir / "second-opinion.db",
        api_key=asked.api_key.get_secret_value(),
        rule=Weighing(*asked.band, asked.weight),
        requests_per_day=asked.requests_per_day,
        tokens_per_day=asked.tokens_per_day,
        timeout=asked.timeout.total_seconds(),
        most_characters=asked.most_characters,
        answer_tokens=asked.answer_tokens,
        remembered=asked.remembered,
        formats=tuple(AnswerFormat) if asked.format.value == "auto" else (AnswerFormat(asked.format.value),),
        insecure=asked.insecure,
    )
