"""The failure handler's script, as its unit starts it: with a credential, and what systemd says of the unit."""

import asyncio
import sys
from pathlib import Path

from http_sink import http_sink
from smtp_sink import smtp_sink

SCRIPT = Path(__file__).parents[2] / "systemd/tell_failure.py"


async def told(directory: Path, addresses: str, unit: str = "sellerwatch.service", **says: str) -> tuple[int, str]:
    """How it ended, and what it printed."""
    (directory / "tell-failure").write_text(addresses, encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", str(SCRIPT), unit, "shop-3",
        env={"CREDENTIALS_DIRECTORY": str(directory), **says},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    printed, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, printed.decode()


async def test_a_webhook_and_a_mailbox_hear_which_unit_failed_where_and_why(tmp_path: Path):
    async with http_sink("/secret-hook") as hook, smtp_sink() as mail:
        addresses = f"# the desk\n\n{hook.url}\nsmtp://127.0.0.1:{mail.port}/ops@example.com\n"
        status = {"MONITOR_SERVICE_RESULT": "exit-code", "MONITOR_EXIT_STATUS": "78"}
        assert await told(tmp_path, addresses, **status) == (0, "told 2 of 2 addresses\n")
    [post], [letter] = hook.posts, mail.mails
    for text in (post.data["text"], letter.get_content()):
        assert "sellerwatch.service on shop-3 failed (exit-code status 78): the configuration" in " ".join(text.split())
        assert "journalctl -u sellerwatch.service" in text


async def test_an_address_that_fails_hinders_no_other_and_is_never_printed(tmp_path: Path):
    async with http_sink("/hook") as hook:
        secrets = f"https://127.0.0.1:1/secret-path\nsmtp://joe:secret-word@127.0.0.1:1/a@example.com\nsecret-talk\n{hook.url}\n"
        status, printed = await told(tmp_path, secrets, "sellerwatch-backup.service")
    assert status == 1
    assert printed.count("was not told") == 3
    assert "told 1 of 4 addresses" in printed
    assert "secret" not in printed
    assert "A backup was not made" in hook.posts[0].data["text"]


async def test_an_address_that_is_none_hinders_no_other_and_is_never_printed(tmp_path: Path):
    async with http_sink("/hook") as hook:
        misspelt = f"https://[secret-host/hook\nhttp://127.0.0.1:1/secret path\n{hook.url}\n"
        status, printed = await told(tmp_path, misspelt)
    assert status == 1
    assert "told 1 of 3 addresses" in printed
    assert "secret" not in printed
    assert len(hook.posts) == 1


async def test_a_password_is_not_sent_where_there_is_no_tls(tmp_path: Path):
    async with smtp_sink() as mail:
        status, printed = await told(tmp_path, f"smtp://joe:secret-word@127.0.0.1:{mail.port}/ops@example.com\n")
    assert (status, mail.mails) == (1, [])
    assert "secret-word" not in printed


async def test_nobody_to_tell_is_no_failure(tmp_path: Path):
    assert await told(tmp_path, "#") == (0, "told 0 of 0 addresses\n")
