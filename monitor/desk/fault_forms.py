"""Sentences about what went wrong, as `recorded_forms` has those of decisions: how channels say that a try ended, and
how the checks of an upload say what is wrong with a cell and how to mend it."""

from monitor.desk.recorded_forms import Said
from monitor.notify.tongue import noop

ANSWERS: dict[str, Said] = {
    "{who} took it": noop("It was taken."),
    "written to the service's log": noop("Written to the service's log."),
    "{who} asks to come back later (its code {code})": noop("The other side asks to come back later ({code})."),
    "{who} asks to come back later ({code})": noop("The other side asks to come back later ({code})."),
    "{who} asks to come back later": noop("The other side asks to come back later."),
    "{who} does not take messages at this address ({code})": noop(
        "The other side does not take messages at this address ({code})."
    ),
    "{who} refuses the message (its code {code})": noop("The other side refuses the message ({code})."),
    "no answer in time after the message was handed over": noop(
        "No answer in time after it was handed over: it may have arrived."
    ),
    "no answer in time after the mail was handed over": noop(
        "No answer in time after it was handed over: it may have arrived."
    ),
    "the connection broke after the message was handed over": noop(
        "The connection broke after it was handed over: it may have arrived."
    ),
    "the connection broke after the mail was handed over": noop(
        "The connection broke after it was handed over: it may have arrived."
    ),
    "an answer that Apprise does not take for a yes after the message was handed over": noop(
        "The answer was no clear yes: it may have arrived."
    ),
    "Slack's answer broke off": noop("The answer was no clear yes: it may have arrived."),
    "the address is inside a private network": noop("The address is inside a private network."),
    "the target's address is not a web address": noop("The target's address is not a web address."),
    "the target's address is not one mail address": noop("The target's address is not one mail address."),
    "Apprise does not understand the target's address": noop("Apprise does not understand the target's address."),
    "Apprise lacks what it needs for this kind of address": noop(
        "Apprise lacks what it needs for this kind of address."
    ),
    "the address names several recipients: one target each": noop(
        "The address names several recipients: make one target of each."
    ),
    "no connection to the target's host ({detail})": noop("No connection ({detail})."),
    "no usable connection to the mail server ({detail})": noop("No connection ({detail})."),
    "no usable connection to the service": noop("No connection to the service."),
    "the mail server refused the mail ({code})": noop("The mail server refused the mail ({code})."),
    "the mail server refused an address ({code})": noop("The mail server refused an address ({code})."),
    "the mail server refused the login ({code})": noop("The mail server refused the login ({code})."),
    "no trusted encrypted connection to the mail server": noop("No trusted encrypted connection to the mail server."),
    "the mail server did not answer in time": noop("The mail server did not answer in time."),
    "the mail server is not ready ({code})": noop("The mail server is not ready ({code})."),
    "the target's secret is no whsec_ key": noop("The target's secret is no whsec_ key."),
    "the target's secret fits in no header": noop("The target's secret fits in no header."),
    "the target's secret is not the token of a Slack app": noop("The target's secret is not the token of a Slack app."),
    "a web page answered in Slack's place (a proxy?)": noop("Something else answered in Slack's place: a proxy?"),
    "something else answered in Slack's place (a proxy?)": noop("Something else answered in Slack's place: a proxy?"),
    "Slack failed, and may have posted it before": noop("Slack failed, and may have posted it before."),
    "the thread is gone": noop("The thread is gone."),
    "Slack knows no such channel, or the app may not see it": noop(
        "Slack knows no such channel, or the app may not see it."
    ),
    "the channel is archived": noop("The channel is archived."),
    "the app is not in the channel: invite it": noop("The app is not in the channel: invite it."),
    "the workspace does not let the app write there": noop("The workspace does not let the app write there."),
    "Slack does not know the token": noop("Slack does not know the token."),
    "Slack got no token": noop("Slack got no token."),
    "the token was revoked": noop("The token was revoked."),
    "the token has expired": noop("The token has expired."),
    "the token's owner is gone": noop("The token's owner is gone."),
    "the app lacks the scope chat:write": noop("The app lacks the scope chat:write."),
    "the token may not write": noop("The token may not write."),
    "Slack finds the message too long": noop("Slack finds the message too long."),
    "Slack does not take the message's form": noop("Slack does not take the message's form."),
    "Slack does not take the message": noop("Slack does not take the message."),
    "its target is no longer configured": noop("Its target is no longer configured."),
    "its channel is no longer configured": noop("Its channel is no longer configured."),
    "the channel raised {detail}": noop("A fault of ours in the channel: {detail}."),
    "the log could not be written ({detail})": noop("The log could not be written ({detail})."),
    "the sender ended before it said how the attempt went": noop(
        "The sender ended before it said how the attempt went."
    ),
    "folded into {key}": noop("Another message says it as well."),
    "told with others: {key}": noop("Another message says it as well."),
    "withdrawn before it was sent": noop("It was withdrawn before it was sent."),
    "the row cannot be read: {detail}": noop("What is kept of it cannot be read ({detail})."),
    "its incident was closed by {who} meanwhile": noop("Its incident was closed meanwhile by {who}."),
    "{who} said meanwhile that it is not for them": noop("{who} said meanwhile that it is not for them."),
}
"""Of a try at a message, and of messages that need no further try."""

_FAULTS_AS_WRITTEN = (
    noop("is not {name} text"),
    noop("save it as CSV UTF-8 in the spreadsheet; first bad byte at {n}"),
    noop("is not valid CSV: {detail}"),
    noop('a cell that holds quotes is written "with ""quotes"" doubled"'),
    noop("holds nothing"),
    noop("begin with a line of {names}, ..."),
    noop("holds no line under its header"),
    noop("write one line for each platform and country"),
    noop("is no column that is known"),
    noop("did you mean {name}?"),
    noop("known here: {names}"),
    noop("stands above two columns"),
    noop("keep one"),
    noop("holds one column"),
    noop("separate the columns by comma, semicolon or tab"),
    noop("holds no column {name}"),
    noop("the first line names the columns: {name}, ..."),
    noop("put a cell that holds the separator in quotes"),
    noop("is missing"),
    noop("every line says whose it is"),
    noop("add a column currency, such as EUR"),
    noop("{text} holds {sign}, which is no currency sign"),
    noop("{text} is no amount"),
    noop("write the number alone, such as 12000.50"),
    noop("write the number alone"),
    noop("{text} is not in a currency that is said"),
    noop("{text} is not in {currency}"),
    noop("add a column currency, or write the number alone"),
    noop("mend one of them"),
    noop("{text} may be {one} or {other}"),
    noop("write {one} or {other}"),
    noop("write 35% or 0.35"),
    noop("write its id or name there"),
    noop("write {name}"),
    noop("has no line of {name}"),
    noop("has more faults than these"),
    noop("mend these first"),
    noop("there is no rate for {currency}"),
    noop("add rates: {rates}, what one {currency} is worth in the seller's currency"),
    noop("{platform} in {country} is written twice, first in line {n}"),
    noop("add them up"),
    noop("stands without sales_per_day"),
    noop("a share alone has no amount: write both"),
    noop("the share is of all sales, those elsewhere too; mend one of them, or leave the share out"),
    noop("holds more than {n} lines"),
    noop("one line for each platform and country is enough"),
    noop("no seller is called {name}"),
    noop("no platform is called {name}"),
    noop("add it to platforms.yaml"),
    noop("{text} is no country code"),
    noop("two capital letters such as DE, or EU, or WORLD"),
    noop("{text} is no currency code"),
    noop("an ISO 4217 code such as EUR"),
    noop("is more than all"),
    noop("should be a plain number"),
    noop("without a currency sign or thousands separators, such as 12000.50"),
    noop("{name} (column {letters})"),
)

FAULTS: dict[str, Said] = {
    **{one: one for one in _FAULTS_AS_WRITTEN},
    "has {n} cells, and the header {most:n}": noop("has {n} cells, and the header {most}"),
    "is {share}, and by sales_per_day it is {other:share}": noop("is {share}, and by sales_per_day it is {other}"),
    "should be greater than or equal to {n}": noop("should be {n} or more"),
    "Decimal input should have no more than {n} digits in total": noop("should have {n} digits at most"),
}
"""Of a sheet. They begin and end in any words, so they are tried after all others."""
