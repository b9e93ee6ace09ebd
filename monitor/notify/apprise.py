"""Everything Apprise speaks (github.com/caronc/apprise): DingTalk, Feishu, WeCom, Telegram, Teams, PagerDuty, ntfy ...

Apprise opens sockets of its own, in threads, and says afterwards only whether it went well, which for some services it
does not look up. So what it does is watched where the interpreter reports it (PEP 578): a connection to a private
address is refused before it is made, and what was sent and answered is known. What a plugin does in threads that it
starts itself is not seen: the configuration refuses such plugins, and those that touch this machine
(`monitor.config.addresses`).
"""

import asyncio
import json
import sys
import warnings
import zlib
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection, HTTPResponse
from typing import Any

import apprise
from apprise import AppriseAsset, NotifyFormat, NotifyType
from apprise.conversion import convert_between
from apprise.logger import logger as apprise_log
from apprise.manager_plugins import NotificationManager
from multidict import CIMultiDict

from monitor.domain.alerts import Attempt, AttemptClass, Delivery, Target
from monitor.domain.exposure import Severity
from monitor.notify.bulletin import Bulletin
from monitor.notify.egress import Answer, classed
from monitor.notify.facts import resolved
from monitor.notify.letter import Letter
from monitor.notify.note import Size, cut, inert, note, octets, units
from monitor.notify.written import Links, no_links, written
from monitor.reach import PrivateAddressError, reachable, watched

_BYTES = {"dingtalk", "feishu", "lark", "wecombot", "ntfy", "ntfys"}  # these count bytes, not characters
_LIMITS = {  # by the services' own documentation, where Apprise knows of none or of a larger one
    "dingtalk": 19_000,
    "feishu": 19_000,
    "lark": 19_000,
    "wecombot": 2_048,
    "ntfy": 4_000,  # a longer message becomes an attachment
    "ntfys": 4_000,
    "pagerduty": 1_024,
}
_VERDICTS = {"dingtalk": "errcode", "wecombot": "errcode", "feishu": "code", "lark": "code"}  # in a body of status 200
_LATER = {-1, 9499, 11232, 45009, 45033, 130101, 410100}  # too many, too fast, or busy: of all four
_TYPES = {Severity.CRITICAL: NotifyType.FAILURE, Severity.HIGH: NotifyType.FAILURE, Severity.MEDIUM: NotifyType.WARNING}
_LONGEST_ANSWER = 4096
_LONGEST_READ = 256 * 1024  # bytes on the wire; packed ones become a thousand times as many
_WORTH_IT = 20  # characters; a shorter body says nothing
_ASSET = AppriseAsset(
    app_id="Sellerwatch",
    app_desc="Sellerwatch",
    app_url="",
    image_url_mask="",
    image_url_logo="",
    http_redirects=False,
    interpret_emojis=False,
)


@dataclass(slots=True)
class _Trial:
    """What one try was seen to do, and the last answer that it got."""

    allow_private: bool
    by_http: bool  # else nobody sees when the message leaves, and it may have as soon as there is a connection
    over: bool = False  # nobody waits any more
    left: bool = False
    refused: bool = False
    tried: bool = False
    answer: Answer | None = None

    def saw(self, event: str, args: tuple[Any, ...]) -> None:
        """Raises PrivateAddressError where a connection must not be made, TimeoutError when it is too late to send."""
        if self.over:
            raise TimeoutError("too late")
        if event == "http.client.send":
            self.left, self.answer = True, None
            connection: HTTPConnection = args[0]
            connection.response_class = partial(_Answered, self)  # type: ignore[assignment]
        elif isinstance(args[-1], tuple):  # else a socket of this machine
            if not reachable(args, self.allow_private):
                self.refused = True
                raise PrivateAddressError(None, "private address")
            self.tried = True
            self.left = self.left or not self.by_http


class _Measured:
    """A connection's bytes as they come, head and body; an answer without end ends here, and so does one that nobody
    waits for any more. No thread can be stopped from outside."""

    def __init__(self, stream: Any, trial: _Trial) -> None:
        self._stream, self._trial, self._left = stream, trial, _LONGEST_READ

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def read(self, size: int | None = -1) -> bytes:
        whole = size is None or size < 0
        return self._counted(self._stream.read(_LONGEST_READ if whole else size))

    def read1(self, size: int = -1) -> bytes:
        return self._counted(self._stream.read1(size))

    def readline(self, size: int = -1) -> bytes:
        return self._counted(self._stream.readline(size))

    def readinto(self, buffer: Any) -> int:
        size: int = self._stream.readinto(buffer)
        self._counted(bytes(size))
        return size

    def _counted(self, piece: bytes) -> bytes:
        self._left -= len(piece)
        if self._left <= 0 or self._trial.over:
            raise ConnectionAbortedError("the answer is too long, or too late")
        return piece


class _Answered(HTTPResponse):
    """An answer that is also shown to the trial."""

    def __init__(self, trial: _Trial, *args: Any, **more: Any) -> None:
        self._trial = trial
        super().__init__(*args, **more)
        self.fp = _Measured(self.fp, trial)  # type: ignore[assignment]

    def begin(self) -> None:
        super().begin()
        self._trial.answer = Answer(self.status, CIMultiDict(self.headers.items()), b"", False)

    def read(self, amt: int | None = None) -> bytes:
        read = super().read(amt)
        if (known := self._trial.answer) and len(known.body) < _LONGEST_ANSWER:
            self._trial.answer = Answer(known.status, known.headers, (known.body + read)[:_LONGEST_ANSWER], False)
        return read


with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # one of its plugins asks for a module that Python gave up
    NotificationManager().load_modules()  # type: ignore[no-untyped-call]


class AppriseChannel:
    """Sends by the target's address, one Apprise URL with one recipient. `timeout` (seconds) is for a whole try."""

    name = "apprise"

    def __init__(self, timeout: float = 30.0, allow_private: bool = False, links: Links = no_links) -> None:
        self._timeout, self._allow_private, self._links = timeout, allow_private, links
        apprise_log.disabled = True  # it writes addresses and payloads

    def trouble(self, address: str) -> str:
        """Why nothing can be sent there; "" when something can."""
        plugin = built(address)
        return plugin.detail if isinstance(plugin, Attempt) else ""

    async def send(self, target: Target, delivery: Delivery) -> Attempt:
        """One try, in a thread. A plugin that is too slow can send nothing any more once the time is over."""
        plugin = built(target.address)
        if isinstance(plugin, Attempt):
            return plugin
        plugin.socket_connect_timeout = plugin.socket_read_timeout = self._timeout + 1  # ours is the one that counts
        name = scheme(target.address)
        title, body = said(written(delivery, self._links(delivery)), name, plugin)
        plugin.body_maxlen = len(body) + len(title) + 2  # it fits: nothing is to be cut in the midst of an escape
        kind = NotifyType.SUCCESS if resolved(delivery.message) else _TYPES.get(delivery.severity, NotifyType.INFO)
        trial = _Trial(self._allow_private, "requests" in vars(sys.modules[type(plugin).__module__]))
        accepted = timed_out = False
        try:
            with watched(trial.saw):
                async with asyncio.timeout(self._timeout):
                    accepted = await asyncio.to_thread(
                        plugin.notify, body=body, title=title, notify_type=kind, body_format=NotifyFormat.TEXT
                    )
        except TimeoutError:
            timed_out = trial.over = True
        except OSError:  # the network's, or our own refusal, where the plugin does not expect one
            accepted = False
        return _classed(accepted, timed_out, name, trial)


def scheme(url: str) -> str:
    """`ntfy` of `ntfy://...`."""
    return url.partition("://")[0].lower()


def built(url: str) -> Any:
    """The plugin of an address, or how a try with it ends. What the address asks for beside it does not count."""
    plugin = apprise.Apprise.instantiate(url, asset=_ASSET)
    if plugin is None:
        return Attempt(AttemptClass.PERMANENT, "bad_url", "Apprise does not understand the target's address")
    plugin.retry, plugin.optional, plugin.redirects, plugin.verify_certificate = 0, False, False, True
    if not plugin.enabled:
        return Attempt(AttemptClass.PERMANENT, "not_installed", "Apprise lacks what it needs for this kind of address")
    if len(plugin) > 1:
        return Attempt(AttemptClass.PERMANENT, "several", "the address names several recipients: one target each")
    return plugin


def said(letter: Letter | Bulletin, name: str, plugin: Any) -> tuple[str, str]:
    """Title and body within the service's limits and in its format; without room for a title, it is the body's first
    line. Outside words can hide no link in them, and call nobody."""
    count: Size = octets if name in _BYTES else units
    form = plugin.notify_format

    def size(text: str) -> int:
        """Escapes of HTML are read before anybody counts."""
        return count(text if form == NotifyFormat.HTML else _formed(text, form))

    limit = _LIMITS.get(name, plugin.body_maxlen)
    subject = inert(letter.subject)
    title = cut(subject, plugin.title_maxlen, count) if plugin.title_maxlen else ""
    if title:
        room = limit - (count(title) + 2 if plugin.overflow_amalgamate_title else 0)
        text = note(letter, room, size)
    else:
        text = cut(subject, limit, size)
        room = limit - size(text) - 2
        text = f"{text}\n\n{note(letter, room, size)}" if room > _WORTH_IT else text
    return title, _formed(text, form)


def _formed(text: str, form: str) -> str:
    """As the plugin takes it: a line of Markdown ends with two spaces, else it runs on."""
    if form == NotifyFormat.HTML:
        return str(convert_between(NotifyFormat.TEXT, form, text))  # type: ignore[no-untyped-call]
    return text.replace("\n", "  \n") if form == NotifyFormat.MARKDOWN else text


def _classed(accepted: bool, timed_out: bool, name: str, trial: _Trial) -> Attempt:
    answer = trial.answer
    verdict = _verdict(name, answer)
    if verdict:
        later = verdict in _LATER
        words = "asks to come back later" if later else "refuses the message"
        result = AttemptClass.TRANSIENT if later else AttemptClass.PERMANENT
        return Attempt(result, "later" if later else "refused", f"the service {words} (its code {verdict})")
    if accepted:
        return Attempt(AttemptClass.OK, "accepted", "the service took it")
    if trial.refused and not trial.tried:
        return Attempt(AttemptClass.PERMANENT, "private_address", "the address is inside a private network")
    if answer and answer.status >= 300:
        return classed(answer, "the service")
    if trial.left:
        code, detail = ("timeout", "no answer in time") if timed_out else ("disconnected", "the connection broke")
        if answer:
            code, detail = "unreadable", "an answer that Apprise does not take for a yes"
        return Attempt(AttemptClass.AMBIGUOUS, code, f"{detail} after the message was handed over")
    code = "timeout" if timed_out else "connection"
    return Attempt(AttemptClass.TRANSIENT, code, "no usable connection to the service")


def _verdict(name: str, answer: Answer | None) -> int:
    """What a service says in the body of an answer that looks like a yes; 0 is a yes."""
    if answer is None or name not in _VERDICTS or answer.status >= 300:
        return 0
    body = answer.body
    try:
        if answer.headers.get("Content-Encoding") in {"gzip", "deflate"}:
            body = zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(body, 16 * _LONGEST_ANSWER)
        said = json.loads(body)
    except (ValueError, RecursionError, zlib.error):
        return 0
    code = said.get(_VERDICTS[name], 0) if isinstance(said, dict) else 0
    return code if isinstance(code, int) else 0
