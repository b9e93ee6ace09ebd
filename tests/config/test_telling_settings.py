"""Who is told, when, in which language and by whom else: from settings.yaml to what the decisions take."""

from datetime import UTC, datetime, time, timedelta

from monitor.config import load
from monitor.domain.alerts import Level, Target
from monitor.domain.exposure import Severity
from monitor.domain.hours import Hours, Quiet
from monitor.domain.signals import Status

SETTINGS = """\
    alerts:
      repeat: 2h
      most_repeats: 5
      reminders: [1, 14, 1, 0]
      escalation:
        - {after: 15m, targets: [phone]}
        - {after: 1h, targets: [phone, boss]}
    targets:
      - id: night-desk
        channel: journal
        language: de
        zone: Europe/Berlin
        languages: [id, zh]
        min_certainty: confirmed
        quiet: [{from: "22:00", to: "7:30", days: [mon, tue], below: high}]
        duty: [{from: "06:00", to: "23:00"}]
        fallback: phone
        cap: 12
        digest: weekly
        digest_at: "07:15"
      - {id: phone, channel: journal, fallback: boss}
      - {id: boss, channel: journal, alerts: false}
    """


def test_hours_levels_and_languages_arrive_in_the_types_of_the_domain(write):
    config = load(write({"settings.yaml": SETTINGS}), {})

    policy, (desk, phone, boss) = config.policy, config.targets
    assert (policy.repeat, policy.most_repeats, policy.reminders) == (timedelta(hours=2), 5, (14, 1, 0))
    assert policy.escalation == (
        Level(timedelta(minutes=15), ("phone",)),
        Level(timedelta(hours=1), ("phone", "boss")),
    )
    assert desk == Target(
        "night-desk",
        "journal",
        "",
        min_certainty=Status.CONFIRMED,
        languages=("id", "zh"),
        language="de",
        zone="Europe/Berlin",
        quiet=(Quiet(Hours(time(22), time(7, 30), frozenset({0, 1})), Severity.HIGH),),
        duty=(Hours(time(6), time(23)),),
        fallback="phone",
        cap=12,
        digest="weekly",
        digest_at=time(7, 15),
    )
    assert (phone.fallback, boss.alerts) == ("boss", False)


def test_the_night_ends_by_the_clocks_of_its_zone(write):
    desk = load(write({"settings.yaml": SETTINGS}), {}).targets[0]

    hours = desk.quiet[0].hours
    monday_night = datetime(2026, 1, 5, 22, 30, tzinfo=UTC)  # 23:30 in Berlin
    assert hours.until(monday_night, desk.zone) == datetime(2026, 1, 6, 6, 30, tzinfo=UTC)
    assert hours.until(datetime(2026, 1, 7, 22, 30, tzinfo=UTC), desk.zone) is None  # a Wednesday


def test_a_secret_of_a_target_is_looked_up_and_never_shown(write):
    text = 'targets: [{id: a, channel: journal, secret: "secret:hook"}]'
    config = load(write({"settings.yaml": text}), {"SELLERWATCH_HOOK": "whsec_abc"})

    assert config.targets[0].secret == "whsec_abc"
    assert "whsec_abc" not in repr(config)
