"""What is wrong with a source, in plain words, and what somebody can do about it."""

from monitor.domain.health import Health, Standing
from monitor.notify.sight import CAUSE
from monitor.notify.tongue import Tongue, noop

_FURTHER = {
    "too_large": noop("It is larger than we take"),
    "private_address": noop("Its address is not a public one"),
    "bad_url": noop("Its address cannot be fetched"),
    "too_many_headers": noop("Its answer has too many header fields"),
    "raised": noop("Reading it failed"),
    "cpu_limit": noop("Reading it takes too long"),
    "memory_limit": noop("Reading it takes too much memory"),
    "wall_limit": noop("Reading it takes too long"),
    "crashed": noop("Reading it failed"),
    "step_failed": noop("What came of it could not be kept"),
}
_WAIT = noop("If many fail so, look at this machine's own network. Else wait a day, then look for another source.")
_OPEN = noop("Open its address. If it has entries, its form has changed: try the address of its site here.")
_THEIRS = noop("Whoever runs it must mend it; until then look for another source.")
_REPORT = noop("What came is kept for a while: have a look at it, and report it if it looks right.")
_TO_DO = {
    "silent": noop("It may have nothing to say. If it lives on at another address, write that into its record."),
    "bot_wall": noop("Its site keeps programs out: look for its feed, or for others who report the same."),
    "login_wall": noop("It is for those who are logged in: look for a public page with the same words."),
    "robots": noop("The site wants no program there: ask its owner, or look for its feed."),
    "moved": noop("Write the new address into its record, if it is right."),
    "gone": noop("Look for where it went: try the address of its site here."),
    "http_4xx": noop("Not found: try the address of its site here. Refused: look for another source."),
    "http_5xx": noop("Wait a day, then look for another source."),
    "rate_limited": noop("Let it be looked at less often: a longer `every` in its record."),
    "timeout": _WAIT,
    "dns": _WAIT,
    "connection": _WAIT,
    "tls": _THEIRS,
    "not_a_feed": noop("A page may stand where the feed was: try the address of its site here."),
    "damaged": _THEIRS,
    "went_empty": _OPEN,
    "empty": _OPEN,
    "no_text": noop("Its own scripts may draw it: with `rendered: true` in its record a browser opens it."),
    "selector_broken": noop("The page was rebuilt: mend the `spec` in its record."),
    "no_browser": noop("Install a browser where Sellerwatch runs, and the extra `rendered`."),
    "too_large": noop("Look for a shorter list of the same, or raise `fetch.max_bytes`."),
    "private_address": noop("Only with `fetch.allow_private: true` addresses of this house are fetched."),
    "bad_url": noop("Mend the address in its record."),
}  # fmt: skip


def cause_of(health: Health) -> str:
    """The one word under which it is grouped: a failure's reason, or `silent`; "" when nothing is wrong."""
    if not health.blind and health.reason is None:
        return ""
    return "silent" if health.standing is Standing.SILENT or health.reason is None else health.reason.value


def cause_words(cause: str, t: Tongue) -> str:
    """What is wrong, in the reader's language."""
    return t.say(CAUSE.get(cause) or _FURTHER.get(cause) or cause)


def to_do(cause: str, t: Tongue) -> str:
    """What to do about it."""
    return t.say(_TO_DO.get(cause, _REPORT)) if cause else ""
