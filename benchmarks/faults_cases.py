"""The faults that we must survive, 23 to 54: a line each, and whether it must be shown on both databases.

Cases 1 to 22 are what hostile sites and feeds send; `make test` shows those (`tests/faults/test_cases_01_to_11.py` and
`test_cases_12_to_22.py`).
"""

from typing import NamedTuple


class Case(NamedTuple):
    """One fault and what becomes of it. `both`: it touches the store, so SQLite and PostgreSQL must be seen to hold."""

    number: int
    what: str
    both: bool = False


CASES = {
    case.number: case
    for case in (
        # what goes out
        Case(23, "markup in a title is shown as words, on pages and in mails"),
        Case(24, "a link that is no plain web address is shown as words, without its password"),
        Case(25, "every page is open on purpose or answers its own token alone"),
        Case(26, "no foreign host name, redirect or path leads out of a page"),
        Case(27, "a mention or a masked link in a title calls nobody in Slack"),
        Case(28, "line breaks in a title make no header of a mail or a request"),
        Case(29, "turned, invisible and lookalike letters are shown as what they are"),
        Case(30, "no cell of a sheet is a formula: nothing here writes a sheet"),
        # delivery
        Case(31, "each answer of a mail server is a retry or an end, for each recipient", both=True),
        Case(32, "a lost acknowledgement is one marked copy with the same Message-ID", both=True),
        Case(33, "each answer of Slack is a retry or an end, and its wish to wait is kept", both=True),
        Case(34, "all channels down for two hours with 200 incidents: each told once", both=True),
        Case(35, "a daemon killed at any moment loses nothing and marks its second copies", both=True),
        Case(36, "of two daemons on one database one works, and each message is claimed once", both=True),
        Case(37, "a storm on one event is one page, and a cap names what it holds back", both=True),
        Case(38, "what opens and closes fifty times in an hour wakes people once"),
        Case(39, "a silence has an end, tells what it held, and does not hide its end"),
        Case(40, "what nobody answers goes to the next level; an answer counts once"),
        Case(41, "a test message goes the whole way and says that it is one", both=True),
        # secrets
        Case(42, "no secret is in a log, report, metric, page or process list"),
        Case(43, "an error is reported without secrets, and a dead Sentry holds nobody up"),
        Case(44, "a secret in a file that others can read stops the start, with the command that closes it"),
        # the store
        Case(45, "kill -9 while it writes: nothing acknowledged is lost, nothing is there by halves", both=True),
        Case(46, "a full disk: unready but alive, nothing kept by halves or called sent; then it goes on", both=True),
        Case(47, "a reader that never ends holds up no writer, and the journal shrinks after it", both=True),
        Case(48, "locks, restarts, cut and refused connections: tried again, no claim lost", both=True),
        # operations
        Case(49, "a clock that jumps, or a summer time that begins, makes nothing early and no storm", both=True),
        Case(50, "asked to stop it ends what is in hand; when it hangs it is killed and resumes", both=True),
        Case(51, "a damaged, foreign or newer database and a wrong configuration are refused by name", both=True),
        Case(52, "a hundred thousand hostile values make no more series than the configuration"),
        Case(53, "slow, huge and many requests are refused and hold up no delivery"),
        Case(54, "no network for a day is a notice or two, none for each source; the heartbeat is silent", both=True),
    )
}

APART: dict[int, str] = {}
"""Cases that do not concern us, and why."""
