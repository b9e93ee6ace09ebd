"""No secret leaves by the logs."""

import io
import json
import logging
import sys
from base64 import b64encode, urlsafe_b64encode
from pathlib import PurePath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor import logs


@pytest.fixture
def written():
    """What reaches standard error, as the JSON lines that an operator's log store would read."""
    logs.setup("debug", "json")
    out = io.StringIO()
    handler = logging.getLogger().handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(out)
    logs.REDACT.configure(["hunter2-token"])
    return lambda: [json.loads(line) for line in out.getvalue().splitlines()]


def test_secrets_never_reach_the_log_by_value_by_url_or_by_exception(written):
    logs.log("test").info("told", detail="sent with hunter2-token", to=["https://user:pa55@mail.example.com/x"])
    try:
        raise ValueError("cannot reach https://hooks.slack.com/services/T0/B0/abcdef with hunter2-token")
    except ValueError:
        logs.log("test").exception("failed")
    logging.getLogger("somebody.else").warning("theirs: %s", "hunter2-token")
    text = json.dumps(written())
    assert len(written()) == 3
    assert "[hidden]" in text
    for secret in ("hunter2-token", "pa55", "T0/B0", "abcdef"):
        assert secret not in text


@given(st.lists(st.text("0123456789", min_size=4), min_size=1), st.lists(st.text("abc /\\n\u4e2d")))
def test_configured_secrets_are_gone_from_any_text_even_when_one_holds_another(secrets, words):
    text = "".join(secret + word for secret, word in zip(secrets, [*words, *" " * len(secrets)], strict=False))
    safe = logs.Redactor(secrets).text(text)
    assert all(secret not in safe for secret in secrets)


def test_what_is_neither_text_nor_number_is_made_safe_as_text(written):
    logs.REDACT.configure(["hunter2-token"])
    logs.log("test").info("told", path=PurePath("/keys/hunter2-token"), to={"hunter2-token"}, tries=3, at=None)
    [line] = written()
    assert (line["path"], line["to"], line["tries"], line["at"]) == ("/keys/[hidden]", ["[hidden]"], 3, None)


def test_what_was_a_secret_before_a_reload_stays_hidden():
    hides = logs.Redactor(["old-password"])
    hides.configure(["new-password"])
    assert hides.text("neither old-password nor new-password") == "neither [hidden] nor [hidden]"


def test_a_key_is_hidden_however_its_bytes_are_spelled():
    key = bytes(range(100, 132))
    hides = logs.Redactor([key])
    for spelled in (key.hex(), repr(key), str(b64encode(b"a" + key)), urlsafe_b64encode(key).decode()):
        assert "[hidden]" in hides.text(f"it is {spelled} here")
        assert key.hex()[4:-4] not in hides.text(spelled)


@given(st.text(min_size=4))
def test_any_text_may_be_a_secret(secret):
    assert secret not in logs.Redactor([secret]).text(f"it is {secret} here") or secret in "it is [hidden] here"


def test_the_last_words_of_a_crash_hide_secrets_too(written):
    try:
        raise ValueError("cannot reach https://mail.example.com with hunter2-token")
    except ValueError as error:
        sys.excepthook(ValueError, error, error.__traceback__)
    [line] = written()
    assert (line["event"], line["level"]) == ("crashed", "critical")
    assert "with [hidden]" in line["exception"]


def test_a_line_brings_its_error_along_for_whoever_listens_and_writes_it_once(written):
    heard: list[logging.LogRecord] = []
    listener = logging.Handler()
    listener.emit = heard.append
    logging.getLogger().addHandler(listener)
    error = ValueError("no")
    logs.log("test").error("failed", exc_info=error)
    logs.log("test").error("not_kept", error=error)
    logs.log("test").error("plain")
    assert [record.exc_info and record.exc_info[1] for record in heard] == [error, error, None]
    assert [sorted(set(line) & {"exception", "error", "_error"}) for line in written()] == [
        ["exception"],
        ["error"],
        [],
    ]
