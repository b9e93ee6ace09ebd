"""Keys that several daemons sign with: a link that one of them sent is followed at another."""

import asyncio
import stat

import pytest
from machines_given import NOW, letter
from typer.testing import CliRunner

from monitor import cli
from monitor.calendars import CALENDAR_KEY
from monitor.links import KEY_FILE, BadLinkError, Links
from monitor.sharing import KEYS, common, share_keys
from monitor.subscriptions import stored_key
from monitor.web.calendar import calendar_key


def keys_of(machine) -> list[bytes]:
    return [(machine.state / name).read_bytes() for name in KEYS]


async def test_two_that_start_at_once_have_the_same_keys_ever_after(pair):
    one, other = pair
    await asyncio.gather(*(share_keys(m.state, m.database, NOW) for m in pair))
    assert keys_of(one) == keys_of(other)
    assert len(set(keys_of(one))) == len(KEYS), "each use has a key of its own"
    assert not [*one.state.glob("*.before"), *other.state.glob("*.before")]
    before = keys_of(one)
    await share_keys(one.state, one.database, NOW)
    assert keys_of(one) == before


async def test_the_keys_of_the_first_daemon_are_everybodys_and_old_links_hold(pair):
    old, new = pair
    ours, theirs = stored_key(old.state / KEY_FILE), stored_key(new.state / KEY_FILE)
    (_, sent), *_ = Links("https://watch.example", ours).of(letter())
    await share_keys(old.state, old.database, NOW)
    await share_keys(new.state, new.database, NOW)
    token = sent.rpartition("/")[2]
    assert Links("", stored_key(new.state / KEY_FILE)).read(token).incident_id == "i1"
    with pytest.raises(BadLinkError):
        Links("", theirs).read(token)
    kept = new.state / f"{KEY_FILE}.before"
    assert (kept.read_bytes(), stat.S_IMODE((new.state / KEY_FILE).stat().st_mode)) == (theirs, 0o600)


async def test_all_desks_sign_alike_and_no_file_says_with_what(pair):
    made = [await common(m.database, NOW) for m in pair]
    assert made[0].own == made[1].own
    assert not any(made[0].own in path.read_bytes() for m in pair for path in m.state.iterdir())


async def test_a_command_on_a_machine_without_a_daemon_gives_the_address_that_the_daemons_know(pair):
    worker, desk = pair
    await share_keys(worker.state, worker.database, NOW)
    desk.settles(web={"public_url": "https://watch.example"})
    asked = ["calendar", "--url", "--config", str(desk.directory)]
    answer = await asyncio.to_thread(CliRunner().invoke, cli.app, asked)
    assert answer.exit_code == 0, answer.output
    assert calendar_key(stored_key(worker.state / CALENDAR_KEY), "acme") in answer.output
