"""Answers in JSON: bytes to a value, or the reason why there is none."""

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from monitor.domain.documents import Capture, ReadResult
from monitor.domain.errors import FailureReason
from monitor.read.charset import decode
from monitor.read.text import clean, html_to_text
from monitor.read.walls import seen_wall

LARGEST = 10 * 1024 * 1024  # bytes
_GUARD = re.compile(r"\s*\)\]\}'?,?\s*")  # what some put before JSON, so that no script of another site can read it
_HTML = re.compile(r"\s*(?:<!doctype\s+html|<html|<head|<body|<!--)", re.IGNORECASE)
_MARKUP = re.compile(r"<[a-z/!][^<>]*>|&(?:[a-z]{2,8}|#[0-9]{1,7}|#x[0-9a-f]{1,6});", re.IGNORECASE)
_LOGIN = re.compile(
    r"unauthori[sz]ed|unauthenticated|not authenticated|authentication|not logged in|log ?in required|need_?login|"
    r"please (?:log|sign) in|sign in to|permission denied|forbidden|access denied|api[ _-]?key|"
    r"token (?:is |has )?(?:missing|invalid|expired|required)|invalid[ _-](?:access[ _-])?token|session[ _-]?expired|"
    r"fail_sys_session",
    re.IGNORECASE,
)
_BOT = re.compile(
    r"captcha|fail_sys_user_validate|rgv587|x5sec|punish|robot check|unusual traffic|bot detected",
    re.IGNORECASE,
)
_PACE = re.compile(r"too many requests|limit (?:your )?requests|rate[ _-]?limit|quota exceeded|throttl", re.IGNORECASE)
_REFUSALS = (
    (_BOT, FailureReason.BOT_WALL),
    (_PACE, FailureReason.RATE_LIMITED),
    (_LOGIN, FailureReason.LOGIN_WALL),
)
_EXCUSES = ("error", "errors", "error_description", "message", "msg", "detail", "reason", "code", "ret", "url")
_LONGEST_EXCUSE = 300  # characters
_LARGEST_NUMBER = 10**40  # longer ones are no ids


def answered(capture: Capture) -> Any:
    """The value in the capture, or the ReadResult that says why there is none. Raises nothing but MemoryError."""
    if len(capture.body) > LARGEST:
        return failed(FailureReason.TOO_LARGE, f"{len(capture.body)} bytes, at most {LARGEST} are read")
    text = decode(capture.body, capture.content_type).text
    if not text.strip("\ufeff\0 \t\r\n"):
        return failed(FailureReason.EMPTY, "no characters")
    guard = _GUARD.match(text)
    try:
        return json.loads(text[guard.end() :] if guard else text)
    except RecursionError:
        return failed(FailureReason.RAISED, "JSON nested too deep")
    except ValueError:  # no JSON, or a number of more digits than Python reads
        if _HTML.match(text):
            return walled(capture, text) or failed(FailureReason.NOT_A_FEED, "an HTML page where JSON was expected")
        return refused(text.strip()) or failed(FailureReason.NOT_A_FEED, "no JSON")


def failed(reason: FailureReason, detail: str) -> ReadResult:
    """A whole capture that gave nothing."""
    return ReadResult(failure=reason, detail=detail)


def walled(capture: Capture, markup: str) -> ReadResult | None:
    """The failure when the page is a wall. A blank page or an empty shell is none: no page was asked for."""
    wall = seen_wall(capture.status, capture.headers, markup, capture.url)
    if wall is None or wall.reason in {FailureReason.NO_TEXT, FailureReason.NO_BROWSER}:
        return None
    return failed(wall.reason, wall.detail)


def refused(value: Any) -> ReadResult | None:
    """The failure when the answer is an excuse: a login wanted, a robot suspected, a pace exceeded; else None."""
    for excuse in _excuses(value, depth=3):
        for tells, reason in _REFUSALS:
            if tells.search(excuse):
                return failed(reason, clean(excuse, 120))
    return None


def _excuses(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value[:_LONGEST_EXCUSE]
    elif depth and isinstance(value, dict):
        for key in _EXCUSES:
            yield from _excuses(value.get(key), depth - 1)
    elif depth and isinstance(value, list):
        for item in value[:5]:
            yield from _excuses(item, depth - 1)


def words(value: Any, depth: int = 4) -> str:
    """A field's own words as plain text: strings as they are or out of their markup, numbers, and lists of those."""
    if isinstance(value, str):
        text = value.encode("utf-8", "ignore").decode()  # lone surrogates, which JSON can spell
        for _ in range(2):  # markup, and markup that was escaped once more to travel in JSON
            if not _MARKUP.search(text):
                break
            text = html_to_text(text)
        return clean(text)
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, int):
        return str(value) if abs(value) < _LARGEST_NUMBER else ""
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else ""
    if isinstance(value, list) and depth:
        return clean("\n\n".join(part for item in value[:100] if (part := words(item, depth - 1))))
    return ""
