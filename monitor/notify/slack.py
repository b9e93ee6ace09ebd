"""Slack: one letter to one incoming webhook, or by an app to one channel, where updates go into the first one's thread.

Errors of `chat.postMessage` and what they mean: docs.slack.dev/reference/methods/chat.postMessage.
"""

import json
import re
from typing import Any

from monitor.domain.alerts import Attempt, AttemptClass, Delivery, Reason, Target
from monitor.notify.blocks import payload
from monitor.notify.egress import Answer, Egress, classed
from monitor.notify.written import Links, no_links, written

CHANNEL = re.compile(r"[CGD][A-Z0-9]{6,20}")  # a channel's id, as its details show it; a name may change
API = "https://slack.com/api"
_LONGEST_ANSWER = 1024**2  # bytes; the API says the whole message back
_JSON = {"Content-Type": "application/json; charset=utf-8"}

# What the whole channel must see; all else of an incident stays in its thread.
_ALOUD = frozenset(
    {
        Reason.NEW_RUNG,
        Reason.WORSE,
        Reason.DATE_MOVED,
        Reason.ALL_CLEAR,
        Reason.REPEAT,
        Reason.ESCALATED,
        Reason.DUE,
    }
)
_LATER = frozenset({"ratelimited", "rate_limited", "service_unavailable", "request_timeout", "team_added_to_org"})
_UNCLEAR = frozenset({"internal_error", "fatal_error"})  # "some aspect of the operation may have succeeded"
_NO_THREAD = frozenset({"thread_not_found", "message_not_found", "cannot_reply_to_message", "invalid_thread_ts"})
_REFUSED = {
    "channel_not_found": "Slack knows no such channel, or the app may not see it",
    "is_archived": "the channel is archived",
    "not_in_channel": "the app is not in the channel: invite it",
    "restricted_action": "the workspace does not let the app write there",
    "invalid_auth": "Slack does not know the token",
    "not_authed": "Slack got no token",
    "token_revoked": "the token was revoked",
    "token_expired": "the token has expired",
    "account_inactive": "the token's owner is gone",
    "missing_scope": "the app lacks the scope chat:write",
    "no_permission": "the token may not write",
    "msg_too_long": "Slack finds the message too long",
    "msg_blocks_too_long": "Slack finds the message too long",
    "invalid_blocks": "Slack does not take the message's form",
    "invalid_arguments": "Slack does not take the message's form",
}


class SlackChannel:
    """Posts to a webhook's URL; or, when the address is a channel's id, as the app whose token (xoxb-...) is the
    target's secret. `timeout` (seconds) is for a whole try."""

    name = "slack"

    def __init__(
        self, timeout: float = 15.0, allow_private: bool = False, api: str = API, links: Links = no_links
    ) -> None:
        self._egress = Egress(timeout, allow_private, _LONGEST_ANSWER)
        self._api, self._links = api, links

    async def send(self, target: Target, delivery: Delivery) -> Attempt:
        """One try. A thread that is gone was refused for certain: the same try then says it to the channel."""
        said = payload(written(delivery, self._links(delivery)))
        if not CHANNEL.fullmatch(target.address):
            end = await self._egress.post(target.address, json.dumps(said).encode(), _JSON)
            return end if isinstance(end, Attempt) else _taken(end)
        said |= {"channel": target.address, "metadata": _metadata(delivery)}
        if not delivery.thread:
            return await self._as_app(said, target.secret)
        reply = {"thread_ts": delivery.thread, "reply_broadcast": delivery.reason in _ALOUD}
        ended = await self._as_app(said | reply, target.secret)
        return await self._as_app(said, target.secret) if ended.code in _NO_THREAD else ended

    async def _as_app(self, said: dict[str, Any], token: str) -> Attempt:
        if not token.startswith("xox") or not token.isascii() or not token.isprintable():
            return Attempt(AttemptClass.PERMANENT, "bad_token", "the target's secret is not the token of a Slack app")
        headers = _JSON | {"Authorization": f"Bearer {token}"}
        end = await self._egress.post(f"{self._api}/chat.postMessage", json.dumps(said).encode(), headers)
        return end if isinstance(end, Attempt) else _posted(end)


def _metadata(delivery: Delivery) -> dict[str, Any]:
    """What other apps of the workspace can act on, and by which a message is found again."""
    known = {"key": delivery.key, "incident": delivery.incident_id, "reason": delivery.reason.value}
    return {"event_type": "sellerwatch_message", "event_payload": known}


def _taken(answer: Answer) -> Attempt:
    """A webhook says `ok`."""
    if 200 <= answer.status < 300 and answer.body.lstrip()[:1] == b"<":
        return Attempt(AttemptClass.TRANSIENT, "not_slack", "a web page answered in Slack's place (a proxy?)")
    return classed(answer, "Slack")


def _posted(answer: Answer) -> Attempt:
    """The API says `{"ok": true, "ts": ...}`, or what is wrong: with status 200, too."""
    if not 200 <= answer.status < 300:
        return classed(answer, "Slack")
    try:
        said = json.loads(answer.body)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict) or not isinstance(said.get("ok"), bool):
        if answer.whole:
            return Attempt(AttemptClass.TRANSIENT, "not_slack", "something else answered in Slack's place (a proxy?)")
        return Attempt(AttemptClass.AMBIGUOUS, "unreadable", "Slack's answer broke off")
    if said["ok"]:
        return Attempt(AttemptClass.OK, "200", "Slack took it", provider_id=str(said.get("ts", ""))[:40])
    return _refused(str(said.get("error")), answer)


def _refused(error: str, answer: Answer) -> Attempt:
    if error in _LATER:
        later = "Slack asks to come back later"
        return Attempt(AttemptClass.TRANSIENT, error, later, retry_after=answer.retry_after)
    if error in _UNCLEAR:
        return Attempt(AttemptClass.AMBIGUOUS, error, "Slack failed, and may have posted it before")
    if error in _NO_THREAD:
        return Attempt(AttemptClass.PERMANENT, error, "the thread is gone")
    code = error if error in _REFUSED else "refused"  # a closed set: it is a metric label
    return Attempt(AttemptClass.PERMANENT, code, _REFUSED.get(error, "Slack does not take the message"))
