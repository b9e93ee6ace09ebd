"""Tell the addresses in a credential that a unit failed. It must work where all else is broken: standard library alone.

One address a line; an empty line or one that begins with # is none:

    https://hooks.slack.com/services/...            posted {"text": ...}: Slack, Mattermost, Google Chat
    smtp://user:password@mail.example.com/ops@example.com     mail, by STARTTLS where the server offers it (587)
    smtps://user:password@mail.example.com/ops@example.com    mail by TLS (465)
"""

import json
import os
import smtplib
import ssl
import sys
import urllib.request
from email.message import EmailMessage
from http.client import HTTPException
from pathlib import Path
from urllib.parse import unquote, urlsplit

TIMEOUT = 20  # seconds for each address
MEANING = {
    "75": "another daemon holds the state or the database",
    "78": "the configuration or the database cannot be used",
}


def words(unit: str, host: str) -> tuple[str, str]:
    """A subject and a text, from what systemd says of the unit (systemd.exec(5), MONITOR_*)."""
    result, status = (os.environ.get(f"MONITOR_{one}", "") for one in ("SERVICE_RESULT", "EXIT_STATUS"))
    why = " ".join(one for one in (result, status and f"status {status}") if one)
    meaning = f": {MEANING[status]}" if status in MEANING else ""
    text = f"{unit} on {host} failed ({why}){meaning}.\n" if why else f"{unit} on {host} failed.\n"
    alerts = "A backup was not made.\n" if "backup" in unit else "Nobody is told of incidents until it runs again.\n"
    return f"{unit} failed on {host}", f"{text}{alerts}See there: journalctl -u {unit} -n 50"


def post(address: str, text: str) -> None:
    """One webhook."""
    body = json.dumps({"text": text}).encode()
    headers = {"Content-Type": "application/json", "User-Agent": "Sellerwatch"}
    request = urllib.request.Request(address, body, headers)  # noqa: S310 - main() lets http and https pass alone
    urllib.request.urlopen(request, timeout=TIMEOUT).close()  # noqa: S310


def mail(address: str, host: str, subject: str, text: str) -> None:
    """One mail. A password is never sent in the clear."""
    to, tls = urlsplit(address), ssl.create_default_context()
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = f"sellerwatch@{host}", unquote(to.path.strip("/")), subject
    message.set_content(text)
    server = to.hostname or "localhost"
    if to.scheme == "smtps":
        link: smtplib.SMTP = smtplib.SMTP_SSL(server, to.port or 465, timeout=TIMEOUT, context=tls)
    else:
        link = smtplib.SMTP(server, to.port or 587, timeout=TIMEOUT)
    with link:
        link.ehlo()
        if to.scheme == "smtp" and (to.username or link.has_extn("starttls")):
            link.starttls(context=tls)
        if to.username:
            link.login(unquote(to.username), unquote(to.password or ""))
        link.send_message(message)


def main(unit: str, host: str) -> int:
    """How many could not be told. What is printed never holds an address: it may be a secret."""
    lines = (Path(os.environ["CREDENTIALS_DIRECTORY"]) / "tell-failure").read_text(encoding="utf-8").splitlines()
    addresses = [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    subject, text = words(unit, host)
    failed = 0
    for number, address in enumerate(addresses, 1):
        try:
            scheme = urlsplit(address).scheme
            if scheme in {"http", "https"}:
                post(address, text)
            elif scheme in {"smtp", "smtps"}:
                mail(address, host, subject, text)
            else:
                raise ValueError("it begins with none of https://, smtp:// and smtps://")
        except (OSError, ValueError, HTTPException, smtplib.SMTPException) as error:
            failed += 1
            print(f"address {number} of tell-failure was not told: {type(error).__name__}", file=sys.stderr)  # noqa: T201
    print(f"told {len(addresses) - failed} of {len(addresses)} addresses")  # noqa: T201
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
