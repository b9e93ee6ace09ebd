"""What has happened, as whole sentences: one for each event, how far it has come and what is known of its day.

They are whole so that a translator may put the verb, the day and the preposition where the language wants them. Each
has a form for one platform and one for several.
"""

from enum import Enum, auto

from monitor.domain.signals import EventType
from monitor.notify.tongue import forms, noop

Forms = tuple[str, str]
"""Of one, of several."""


class Phase(Enum):
    """How far it has come."""

    MAY = auto()
    WILL = auto()
    DID = auto()


HAPPENS: dict[tuple[EventType, Phase], tuple[Forms, Forms, Forms]] = {
    (EventType.SHUTDOWN, Phase.MAY): (
        forms("{who} may close", "{who} may close"),
        forms("{who} may close on {day}", "{who} may close on {day}"),
        forms("{who} may close in {month}", "{who} may close in {month}"),
    ),
    (EventType.SHUTDOWN, Phase.WILL): (
        forms("{who} closes", "{who} close"),
        forms("{who} closes on {day}", "{who} close on {day}"),
        forms("{who} closes in {month}", "{who} close in {month}"),
    ),
    (EventType.SHUTDOWN, Phase.DID): (
        forms("{who} closed", "{who} closed"),
        forms("{who} closed on {day}", "{who} closed on {day}"),
        forms("{who} closed in {month}", "{who} closed in {month}"),
    ),
    (EventType.MARKET_EXIT, Phase.MAY): (
        forms("{who} may leave the market", "{who} may leave the market"),
        forms("{who} may leave the market on {day}", "{who} may leave the market on {day}"),
        forms("{who} may leave the market in {month}", "{who} may leave the market in {month}"),
    ),
    (EventType.MARKET_EXIT, Phase.WILL): (
        forms("{who} leaves the market", "{who} leave the market"),
        forms("{who} leaves the market on {day}", "{who} leave the market on {day}"),
        forms("{who} leaves the market in {month}", "{who} leave the market in {month}"),
    ),
    (EventType.MARKET_EXIT, Phase.DID): (
        forms("{who} left the market", "{who} left the market"),
        forms("{who} left the market on {day}", "{who} left the market on {day}"),
        forms("{who} left the market in {month}", "{who} left the market in {month}"),
    ),
    (EventType.BAN, Phase.MAY): (
        forms("{who} may be banned", "{who} may be banned"),
        forms("{who} may be banned from {day}", "{who} may be banned from {day}"),
        forms("{who} may be banned from {month}", "{who} may be banned from {month}"),
    ),
    (EventType.BAN, Phase.WILL): (
        forms("{who} is banned", "{who} are banned"),
        forms("{who} is banned from {day}", "{who} are banned from {day}"),
        forms("{who} is banned from {month}", "{who} are banned from {month}"),
    ),
    (EventType.BAN, Phase.DID): (
        forms("{who} banned", "{who} banned"),
        forms("{who} banned from {day}", "{who} banned from {day}"),
        forms("{who} banned from {month}", "{who} banned from {month}"),
    ),
    (EventType.ENFORCEMENT, Phase.MAY): (
        forms("{who} may act against sellers", "{who} may act against sellers"),
        forms("{who} may act against sellers from {day}", "{who} may act against sellers from {day}"),
        forms("{who} may act against sellers from {month}", "{who} may act against sellers from {month}"),
    ),
    (EventType.ENFORCEMENT, Phase.WILL): (
        forms("{who} acts against sellers", "{who} act against sellers"),
        forms("{who} acts against sellers from {day}", "{who} act against sellers from {day}"),
        forms("{who} acts against sellers from {month}", "{who} act against sellers from {month}"),
    ),
    (EventType.ENFORCEMENT, Phase.DID): (
        forms("{who} acted against sellers", "{who} acted against sellers"),
        forms("{who} acted against sellers from {day}", "{who} acted against sellers from {day}"),
        forms("{who} acted against sellers from {month}", "{who} acted against sellers from {month}"),
    ),
    (EventType.POLICY, Phase.MAY): (
        forms("{who} may change seller terms", "{who} may change seller terms"),
        forms("{who} may change seller terms from {day}", "{who} may change seller terms from {day}"),
        forms("{who} may change seller terms from {month}", "{who} may change seller terms from {month}"),
    ),
    (EventType.POLICY, Phase.WILL): (
        forms("{who} changes seller terms", "{who} change seller terms"),
        forms("{who} changes seller terms from {day}", "{who} change seller terms from {day}"),
        forms("{who} changes seller terms from {month}", "{who} change seller terms from {month}"),
    ),
    (EventType.POLICY, Phase.DID): (
        forms("{who} changed seller terms", "{who} changed seller terms"),
        forms("{who} changed seller terms from {day}", "{who} changed seller terms from {day}"),
        forms("{who} changed seller terms from {month}", "{who} changed seller terms from {month}"),
    ),
    (EventType.INSOLVENCY, Phase.MAY): (
        forms("{who} may be insolvent", "{who} may be insolvent"),
        forms("{who} may be insolvent from {day}", "{who} may be insolvent from {day}"),
        forms("{who} may be insolvent from {month}", "{who} may be insolvent from {month}"),
    ),
    (EventType.INSOLVENCY, Phase.WILL): (
        forms("{who} is insolvent", "{who} are insolvent"),
        forms("{who} is insolvent from {day}", "{who} are insolvent from {day}"),
        forms("{who} is insolvent from {month}", "{who} are insolvent from {month}"),
    ),
    (EventType.INSOLVENCY, Phase.DID): (
        forms("{who} insolvent", "{who} insolvent"),
        forms("{who} insolvent from {day}", "{who} insolvent from {day}"),
        forms("{who} insolvent from {month}", "{who} insolvent from {month}"),
    ),
    (EventType.TRADE_RULE, Phase.MAY): (
        forms("Trade rules may change for {who}", "Trade rules may change for {who}"),
        forms("Trade rules may change for {who} from {day}", "Trade rules may change for {who} from {day}"),
        forms("Trade rules may change for {who} from {month}", "Trade rules may change for {who} from {month}"),
    ),
    (EventType.TRADE_RULE, Phase.WILL): (
        forms("Trade rules change for {who}", "Trade rules change for {who}"),
        forms("Trade rules change for {who} from {day}", "Trade rules change for {who} from {day}"),
        forms("Trade rules change for {who} from {month}", "Trade rules change for {who} from {month}"),
    ),
    (EventType.TRADE_RULE, Phase.DID): (
        forms("Trade rules changed for {who}", "Trade rules changed for {who}"),
        forms("Trade rules changed for {who} from {day}", "Trade rules changed for {who} from {day}"),
        forms("Trade rules changed for {who} from {month}", "Trade rules changed for {who} from {month}"),
    ),
}
"""Each without a day, with one, and with no more than its month or year."""

RULES: dict[Phase, tuple[str, str, str]] = {
    Phase.MAY: (
        noop("Trade rules may change"),
        noop("Trade rules may change from {day}"),
        noop("Trade rules may change from {month}"),
    ),
    Phase.WILL: (
        noop("Trade rules change"),
        noop("Trade rules change from {day}"),
        noop("Trade rules change from {month}"),
    ),
    Phase.DID: (
        noop("Trade rules changed"),
        noop("Trade rules changed from {day}"),
        noop("Trade rules changed from {month}"),
    ),
}
"""The same of a trade rule that names no platform."""

OFF: dict[EventType, tuple[str, str]] = {
    EventType.SHUTDOWN: (noop("{who} closing called off"), noop("Closing called off")),
    EventType.MARKET_EXIT: (noop("{who} market exit called off"), noop("Market exit called off")),
    EventType.BAN: (noop("{who} ban called off"), noop("Ban called off")),
    EventType.ENFORCEMENT: (
        noop("{who} action against sellers called off"),
        noop("Action against sellers called off"),
    ),
    EventType.POLICY: (noop("{who} change of seller terms called off"), noop("Change of seller terms called off")),
    EventType.TRADE_RULE: (noop("{who} trade rule called off"), noop("Trade rule called off")),
    EventType.INSOLVENCY: (noop("{who} insolvency called off"), noop("Insolvency called off")),
}
"""Called off, with a name and without."""

EVENT: dict[EventType, str] = {
    EventType.SHUTDOWN: noop("shutdown"),
    EventType.MARKET_EXIT: noop("market exit"),
    EventType.BAN: noop("ban"),
    EventType.ENFORCEMENT: noop("action against sellers"),
    EventType.POLICY: noop("change of seller terms"),
    EventType.TRADE_RULE: noop("trade rule"),
    EventType.INSOLVENCY: noop("insolvency"),
}
"""The event by its kind."""
