"""What a silence holds, and what it does not."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from given import KIN, NOW, day, evidence, incident, position, seller

from monitor.domain.addressing import deliveries
from monitor.domain.alerts import Policy, Reason, Send, Target
from monitor.domain.exposure import Seller
from monitor.domain.impact import impact
from monitor.domain.incidents import Incident
from monitor.domain.signals import EventType
from monitor.domain.silences import Silence, ended, silencing
from monitor.domain.waits import Calm, moved

BASE = Silence("s1", NOW, day(1), "anna", "a quiet week")
MAIL, SLACK = Target("mail", "email", "x"), Target("slack", "slack", "x")
HERE = seller(position(country="ID"))
BOTH = seller(position(country="ID"), position(country="BR"))
SHOP = seller(position("TikTok Shop", "US"))
BAN = incident(evidence(event="ban", platforms=["TikTok"], regions=["US"]))


def holds(
    what: dict[str, Any], known: Incident | None = None, who: Seller = HERE, at=NOW, all_clear: bool = False
) -> bool:
    known = known or incident(evidence())
    one = replace(BASE, **what)
    return bool(silencing([one], known, impact(known, who, NOW.date(), KIN), all_clear, KIN, at))


@pytest.mark.parametrize(
    ("what", "held"),
    [
        ({}, True),
        ({"platforms": ("tiktok music",)}, True),
        ({"platforms": ("Shopee",)}, False),
        ({"countries": ("ID",)}, True),
        ({"countries": ("BR",)}, False),
        ({"countries": ("ID", "BR")}, True),
        ({"countries": ("WORLD",)}, True),
        ({"events": (EventType.SHUTDOWN,)}, True),
        ({"events": (EventType.POLICY,)}, False),
        ({"seller_id": "acme"}, True),
        ({"seller_id": "zeta"}, False),
        ({"incident_id": "i1"}, True),
        ({"incident_id": "i2"}, False),
        ({"platforms": ("TikTok Music",), "countries": ("BR",)}, False),
    ],
)
def test_a_silence_holds_what_matches_all_that_it_names(what: dict[str, Any], held: bool) -> None:
    assert holds(what) is held


def test_what_reaches_beyond_a_silence_is_said() -> None:
    assert holds({"countries": ("ID",)}, who=HERE)
    assert not holds({"countries": ("ID",)}, who=BOTH), "it hits Brazil as well"
    wide = incident(evidence(platforms=["TikTok Music", "Temu"]))
    two = seller(position(country="ID"), position("Temu", "ID"))
    assert not holds({"platforms": ("Temu",)}, wide, two)
    assert holds({"platforms": ("Temu", "TikTok Music")}, wide, two)


def test_without_positions_the_incident_itself_counts() -> None:
    anybody = seller()
    assert not holds({"countries": ("ID",)}, who=anybody)
    assert holds({"countries": ("ID", "BR")}, who=anybody)
    everywhere = incident(evidence(regions=[]))
    assert not holds({"countries": ("ID",)}, everywhere, anybody)
    assert holds({"countries": ("WORLD",)}, everywhere, anybody)
    nameless = incident(evidence(platforms=[]))
    assert not holds({"platforms": ("Temu",)}, nameless, anybody)


def test_who_silences_a_platform_silences_what_is_part_of_it() -> None:
    assert holds({"platforms": ("TikTok",)}, BAN, SHOP)
    assert holds({"platforms": ("TikTok Shop",)}, BAN, SHOP)
    part = incident(evidence(event="ban", platforms=["TikTok Shop"], regions=["US"]))
    assert holds({"platforms": ("TikTok",)}, part, SHOP)


def test_a_silence_ends_by_itself_or_by_somebody() -> None:
    assert not holds({}, at=day(1))
    over = ended(BASE, "bob", day(0.5))
    assert (over.until, over.ended_by, over.who) == (day(0.5), "bob", "anna")


def test_an_all_clear_passes_all_but_the_silence_of_a_person() -> None:
    assert not holds({"platforms": ("TikTok Music",)}, all_clear=True)
    assert not holds({"target": "mail", "platforms": ("TikTok Music",)}, all_clear=True)
    assert holds({"target": "mail"}, all_clear=True)


def test_it_says_what_it_holds() -> None:
    assert BASE.what == "everything"
    named = replace(BASE, platforms=("Temu",), countries=("ID",), events=(EventType.MARKET_EXIT,), target="mail")
    assert named.what == "market exit, Temu, in ID, to mail"


def said(*silences: Silence, targets=(MAIL, SLACK)):
    known = incident(evidence())
    weighed = impact(known, HERE, NOW.date(), KIN)
    calm = Calm(silences, kin=KIN)
    send = Send(Reason.FIRST, "")
    return deliveries(known, HERE, weighed, send, None, targets, Policy(), NOW, calm=calm)


def test_a_targets_silence_holds_its_own_mail_alone_and_changes_no_key() -> None:
    mail, slack = said(replace(BASE, target="mail"))
    assert (mail.not_before, mail.waits_for) == (day(1), "silence of anna")
    assert (slack.not_before, slack.waits_for) == (NOW, "")
    assert mail.give_up_at - mail.not_before == slack.give_up_at - slack.not_before
    assert [one.key for one in said()] == [mail.key, slack.key]


def test_what_waits_is_moved_when_silences_change_and_left_alone_when_they_do_not() -> None:
    (free,) = said(targets=[MAIL])
    assert moved(free, MAIL, [], KIN, NOW) is None
    held = moved(free, MAIL, [BASE], KIN, NOW)
    assert held is not None
    assert (held.not_before, held.waits_for, held.key) == (day(1), "silence of anna", free.key)
    assert moved(held, MAIL, [BASE], KIN, day(0.2)) is None
    let_go = moved(held, MAIL, [], KIN, day(0.5))
    assert let_go is not None
    assert (let_go.not_before, let_go.waits_for) == (day(0.5), "silence of anna")
    assert moved(held, MAIL, [], KIN, day(1)) is None, "its time has come by itself"


def test_nothing_but_hours_and_silences_is_moved() -> None:
    (free,) = said(targets=[MAIL])
    senders = replace(free, waits_for="a full hour", not_before=NOW + timedelta(hours=1))
    assert moved(senders, MAIL, [], KIN, NOW) is None
    assert moved(replace(free, attempts=1), MAIL, [BASE], KIN, NOW) is None
    assert moved(replace(free, reason=Reason.TEST), MAIL, [BASE], KIN, NOW) is None
