"""Cases 5, 27 to 30 and 33 of the faults that we must survive, where words leave us: hostile titles and private
targets by every channel, and what Slack may answer."""

import csv
import io
import json
import re
import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import structlog
from given_targets import at
from http_sink import http_sink
from letters import closing
from test_hostile_text import check_slack, poisoned, units

import monitor
from monitor import reach
from monitor.channels import channels
from monitor.config import load
from monitor.domain.alerts import AttemptClass, Delivery, DeliveryState
from monitor.domain.delivery import after_attempt
from monitor.notify.alertmanager import AlertmanagerChannel, alert
from monitor.notify.apprise import AppriseChannel
from monitor.notify.blocks import payload
from monitor.notify.note import note
from monitor.notify.slack import SlackChannel
from monitor.notify.webhook import WebhookChannel, event
from monitor.notify.written import written
from monitor.ports import Channel
from monitor.web.sheets import lines

NOW = datetime(2024, 10, 2, 9, 30, tzinfo=UTC)


def guarded() -> dict[str, Channel]:
    """Every channel that calls an address of the settings, as it is when nobody lets it into our own network."""
    return {
        "slack": SlackChannel(20),
        "webhook": WebhookChannel(lambda: NOW, 20),
        "alertmanager": AlertmanagerChannel(20),
        "apprise": AppriseChannel(20),
    }


HOSTS = ["127.0.0.1", "localhost", "[::1]", "0", "127.1", "2130706433", "[::ffff:127.0.0.1]"]


@pytest.mark.parametrize(
    ("name", "host"),
    [
        *((name, host) for name in ("slack", "webhook", "alertmanager") for host in HOSTS),
        *(("apprise", host) for host in HOSTS[:-1]),  # whose parser makes another host of the last, that is nowhere
    ],
)
async def test_case_5_a_private_address_is_refused_before_anything_is_sent(name: str, host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        scheme = "json" if name == "apprise" else "https"
        address = f"{scheme}://{host}:{listener.getsockname()[1]}/hook"
        attempt = await guarded()[name].send(at(address), closing())
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert attempt.code in {"private_address", "bad_url"}, "an unusual spelling is no address at all"
    assert after_attempt(closing(), attempt, NOW, 0.5)[0] is DeliveryState.DEAD, "shown, counted, and to its fallback"


async def test_case_5_a_name_that_turns_private_later_is_refused_then(monkeypatch: pytest.MonkeyPatch) -> None:
    """The address that counts is the one that is connected to, whatever the name said when it was written down."""
    async with http_sink() as sink:
        answers = socket.getaddrinfo

        def rebound(host: str, *more: object, **named: object) -> object:
            return answers("127.0.0.1" if host == "rebound.example" else host, *more, **named)  # type: ignore[arg-type]

        monkeypatch.setattr(socket, "getaddrinfo", rebound)
        for name, channel in guarded().items():
            scheme = "json" if name == "apprise" else "https"
            attempt = await channel.send(at(f"{scheme}://rebound.example:{sink.port}/hook"), closing())
            assert attempt.code == "private_address", name
    assert sink.posts == []


async def test_case_5_of_a_name_with_both_only_the_public_address_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as private:
        port = private.getsockname()[1]
        with socket.create_server(("127.0.0.2", port)) as public:
            both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port)) for host in ("127.0.0.1", "127.0.0.2")]
            monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)
            monkeypatch.setattr(reach, "may_reach", lambda address, allow_private: address == "127.0.0.2")
            attempt = await WebhookChannel(lambda: NOW, 0.5).send(at(f"https://both.example:{port}/"), closing())
            public.setblocking(False)
            private.setblocking(False)
            public.accept()[0].close()
            with pytest.raises(BlockingIOError):
                private.accept()
    assert attempt.code == "timeout", "it connected, and nobody answered"


def test_case_5_it_is_said_at_start_that_apprise_opens_its_own_sockets(tmp_path) -> None:
    targets = (
        "[{id: a, channel: apprise, address: 'ntfy://topic'}, {id: b, channel: apprise, address: 'x://verysecret'}]"
    )
    (tmp_path / "settings.yaml").write_text(f"targets: {targets}")
    (tmp_path / "settings.yaml").chmod(0o600)
    (tmp_path / "platforms.yaml").write_text("[{name: Temu, id: temu, owner: PDD, kind: marketplace}]")
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "press.yaml").write_text("[]")
    with structlog.testing.capture_logs() as lines:
        channels(load(tmp_path, {}))
    said = {line["event"]: line for line in lines}
    assert said["apprise_opens_its_own_sockets"]["targets"] == ["a", "b"]
    assert said["apprise_cannot_send"]["target"] == "b"
    assert "verysecret" not in repr(lines)


CALLS = "<!channel> <!here> <@U1> <https://evil.example|pay> `x` @everyone [pay](https://evil.example) "


def everywhere(delivery: Delivery) -> dict[str, str]:
    """All that people read of it, by channel."""
    letter = written(delivery)
    return {
        "slack": json.dumps(payload(letter), ensure_ascii=False),
        "webhook": event(delivery)["data"]["text"],
        "alertmanager": json.dumps(alert(delivery)["annotations"], ensure_ascii=False),
        "note": note(letter, 4000),
    }


@pytest.mark.case(27)
def test_case_27_a_title_calls_nobody_and_hides_no_link_in_any_channel() -> None:
    seen = everywhere(poisoned(CALLS))
    assert "&lt;!channel&gt; &lt;!here&gt; &lt;@U1&gt; &lt;https://evil.example|pay&gt;" in seen["slack"]
    check_slack(poisoned(CALLS))
    for name in ("webhook", "alertmanager", "note"):  # whatever shows them in the end
        assert not re.search(r"<[!@#&]|@everyone|\]\(", seen[name]), name


@pytest.mark.case(27)
def test_case_27_a_title_of_50_kilobytes_fits_every_block() -> None:
    for block in payload(written(poisoned("<!channel>" * 5_000)))["blocks"]:
        texts = [block.get("text"), *block.get("fields", []), *block.get("elements", [])]
        assert all(
            units(one["text"]) <= 3_000 for one in texts if isinstance(one, dict) and isinstance(one["text"], str)
        )
    assert len(json.dumps(event(poisoned("x" * 50_000)))) < 300_000
    assert len(json.dumps(alert(poisoned("x" * 50_000)))) < 20_000


@pytest.mark.case(28)
async def test_case_28_a_line_break_in_a_title_makes_no_header_and_no_second_line() -> None:
    title = "a\r\nBcc: victim@example.com\r\nwebhook-id: forged\r\n\r\nbody\x00"
    async with http_sink() as sink:
        plain = WebhookChannel(lambda: NOW, 20, allow_private=True)
        await plain.send(at(sink.url), closing())
        await plain.send(at(sink.url), poisoned(title))
        await AppriseChannel(20, allow_private=True).send(at(f"json://127.0.0.1:{sink.port}/"), poisoned(title))
        await AlertmanagerChannel(20, allow_private=True).send(at(sink.url), poisoned(title))
    ours, theirs, apprised, alerted = sink.posts
    assert theirs.headers.keys() == ours.headers.keys()
    assert theirs.headers["webhook-id"] == ours.headers["webhook-id"]
    incident = theirs.data["data"]["incident"]
    assert incident["headline"] == "a Bcc: victim@example.com webhook-id: forged body"
    for text in (apprised.data["title"], alerted.data[0]["annotations"]["summary"]):
        assert "\n" not in text
        assert "\r" not in text
    for post in (apprised, alerted):
        assert "Bcc" not in post.headers
        assert not any(line.startswith(("Bcc:", "webhook-id:")) for line in post.body.decode().splitlines())


@pytest.mark.case(28)
async def test_case_28_a_key_that_is_no_header_is_not_sent() -> None:
    async with http_sink() as sink:
        channel = WebhookChannel(lambda: NOW, 20, allow_private=True)
        attempt = await channel.send(at(sink.url), replace(closing(), key="a\r\nX: y"))
    assert attempt.result is not AttemptClass.OK
    assert sink.posts == []


@pytest.mark.case(29)
def test_case_29_what_turns_words_round_is_shown_and_a_false_host_is_spelled_out() -> None:
    delivery = poisoned("\u202egnp.exe\u202c pay\u200bpal")
    message, incident = delivery.message, delivery.message.incident
    false = replace(incident.evidence[0], url="https://tіktok.example/", title="TikTok\u200b")  # a Cyrillic і
    false_one = replace(delivery, message=replace(message, incident=replace(incident, evidence=(false,))))
    for name, text in everywhere(false_one).items():
        assert "[U+202E]gnp.exe[U+202C] paypal" in text.replace("​", ""), name
        assert "\u202e" not in text, name
        assert "https://tіktok" not in text, name
        if name in {"slack", "note", "webhook"}:
            assert "https://xn--tktok-n2e.example/" in text, name
    assert event(false_one)["data"]["incident"]["sources"][0]["url"] == "https://xn--tktok-n2e.example/"


@pytest.mark.case(30)
@pytest.mark.parametrize("cell", ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_case_30_no_cell_of_a_sheet_is_a_formula(cell: str) -> None:
    ((read, ours),) = csv.reader(io.StringIO(lines([[cell, Decimal("-1.5")]]), newline=""))
    assert (read, ours) == (f"'{cell}", "-1.5")


@pytest.mark.case(30)
def test_case_30_one_file_alone_writes_sheets() -> None:
    sheets = re.compile(r"csv\.(writer|DictWriter)|openpyxl|xlsxwriter|\.to_(csv|excel)")
    files = Path(monitor.__file__).parent.rglob("*.py")
    assert [file.name for file in files if sheets.search(file.read_text("utf-8"))] == ["sheets.py"]


@pytest.mark.case(33)
@pytest.mark.parametrize(
    ("status", "body", "state"),
    [
        (200, "ok", DeliveryState.SENT),
        (200, "<html>Sign in to the guest network", DeliveryState.RETRY),
        (302, "", DeliveryState.DEAD),
        (400, "invalid_payload", DeliveryState.DEAD),
        (403, "action_prohibited", DeliveryState.DEAD),
        (404, "channel_not_found", DeliveryState.DEAD),
        (410, "channel_is_archived", DeliveryState.DEAD),
        (429, "", DeliveryState.RETRY),
        (500, "rollup_error", DeliveryState.RETRY),
        (503, "", DeliveryState.RETRY),
    ],
)
async def test_case_33_each_answer_of_slack_leads_where_it_must(status: int, body: str, state: DeliveryState) -> None:
    async with http_sink(status=status, body=body, headers={"Retry-After": "30"} if status == 429 else {}) as sink:
        attempt = await SlackChannel(20, allow_private=True).send(at(sink.url), closing())
    after, again = after_attempt(closing(), attempt, NOW, 0.5)
    assert after is state
    assert len(sink.posts) == 1, "no library repeats it behind our back"
    if status == 429:
        assert again == NOW + timedelta(seconds=30), "its own wish wins over our backoff"


@pytest.mark.case(33)
@pytest.mark.parametrize(("stall", "state"), [("before", DeliveryState.UNKNOWN), ("after headers", DeliveryState.SENT)])
async def test_case_33_a_slow_answer_is_a_doubt_and_a_slow_body_after_a_yes_is_none(
    stall: str, state: DeliveryState
) -> None:
    async with http_sink(stall=stall) as sink:
        attempt = await SlackChannel(0.5, allow_private=True).send(at(sink.url), closing())
    assert after_attempt(closing(), attempt, NOW, 0.5)[0] is state
    assert len(sink.posts) == 1
