"""The sentences that decisions keep: how each is written in store, and how it is said.

A decision writes its reasons in English, once, beside the values that machines go by; nobody writes them anew. What a
name in braces may stand for is its kind (`monitor.desk.recorded`): `{names:places}` is called `names`, and a list of
places.
"""

from monitor.notify.tongue import forms, noop

Said = str | tuple[str, str]

LABELLED = {
    "{label:rung}: {text:what}": noop("{label}: {text}"),
    "{label:severity}: {text:what}": noop("{label}: {text}"),
}
"""First of all, since a name may begin in any words."""

AS_WRITTEN = (
    # the ladder and what follows from it
    noop("no longer so: {what}"),
    noop("lifted, delayed or denied: {what}"),
    noop("its date, {day}, has come"),
    noop("its only source now says something else"),
    # stage after stage
    noop("closed by {who} on {day}"),
    noop("nobody closed it"),
    noop("reversed before anybody was told"),
    noop("it is off, and they were told of it"),
    noop("an all clear goes to whom the alarm went"),
    noop("they gave no positions"),
    noop("none of the positions is on its platforms in its places"),
    noop("they know of it"),
    noop("one community source alone"),
    noop("a date lies ahead"),
    noop("it took effect on {day}"),
    noop("the newest word is of {day}"),
    noop("it did not go and come back"),
    noop("no alarm is on record"),
    noop("a person closed it and opened it again since"),
    noop("it was off once and is back; told at {time} UTC if it still is"),
    noop("it was off {n} times and is back; told at {time} UTC if it still is"),
    noop("nothing outranks it"),
    noop("inhibition is off"),
    noop("nothing larger was told of the same platform there"),
    noop("it gets digests alone"),
    noop("it never heard of this"),
    noop("its filters let it through"),
    noop("nobody else hears of it"),
    noop("it is told when its level's turn has come"),
    noop("reversed before anybody heard of it"),
    noop("now dated {day}"),
    noop("called off in {place}"),
    noop("no longer called off in {place}"),
    noop("{what}: one source alone so far"),
    noop("told on {day}, still {rung}"),
    # said again
    noop("nobody could be reached"),
    noop("no answer for {span}"),
    noop("reminder {n}"),
    noop("the last of {n}"),
    noop("asked for again by {who}"),
    noop("as it stands now, for {who}"),
    noop("{target} was told more of it"),
    # how a source is
    noop("nobody looks any more: does the daemon run?"),
    noop("the first look failed: {detail}"),
    noop("{n} looks in a row failed: {detail}"),
    noop("it is fetched and cannot be read: {detail}"),
    noop("it has not answered yet: {detail}"),
    noop("it was never read yet: {detail}"),
    noop("it is read, and never held an entry"),
    noop("nothing new, though nine in ten of its gaps are below {span}"),
    # and how often it is looked at
    noop("as configured"),
    noop("it publishes about every {span}"),
    noop("its publisher asks for {span} between looks"),
    noop("its answers hold for {span}"),
    noop("its {n} entries are replaced within {span}"),
    noop("an incident on one of its platforms is moving"),
    noop("no source is asked more often"),
)

OTHERWISE: dict[str, Said] = {
    # the ladder
    "{publisher} is where a probe saw otherwise, {day}": noop("A probe of ours saw otherwise: {publisher}, {day}."),
    "{publisher} alone denies it, {day}": noop("{publisher} alone denies it, {day}."),
    "{publisher} ({authority}) itself says so, {day}": noop("{publisher} ({authority}) says so, {day}."),
    "one source, {publisher} ({authority}), {day}": noop("One source alone: {publisher} ({authority}), {day}."),
    "community only ({n} origin[s])": forms("Communities only, {n} origin.", "Communities only, {n} origins."),
    "seen by {n} probe[s], which cannot see why; the latest: {publisher}, {day}": forms(
        "Seen by {n} probe, which cannot see why; the latest: {publisher}, {day}.",
        "Seen by {n} probes, which cannot see why; the latest: {publisher}, {day}.",
    ),
    "{n} independent origins, the latest {publisher}, {day}": forms(
        "{n} independent origin, the latest: {publisher}, {day}.",
        "{n} independent origins, the latest: {publisher}, {day}.",
    ),
    "it was rumoured for {day}, and nobody has said since that it did: has it happened?": noop(
        "It was rumored for {day}, and nobody has said since that it happened. Has it?"
    ),
    "it was proposed for {day}, and nobody has said since that it did: has it happened?": noop(
        "It was proposed for {day}, and nobody has said since that it happened. Has it?"
    ),
    "it was to take effect {day}, and nobody has said since that it did: has it happened?": noop(
        "It was to take effect {day}, and nobody has said since that it did. Has it?"
    ),
    "{publisher} writes on {day} that it is called off or delayed, which was read unsurely, and nobody surer says so: "
    "is it?": noop(
        "{publisher} writes on {day} that it is called off or delayed. Our reading of it is unsure, and nobody surer "
        "says so. Please look."
    ),
    # what makes it as loud as it is
    "a[n] {event} is {severity}": noop("{severity} by its kind ({event})"),
    "out of sight is {severity}": noop("{severity} while it is out of sight"),
    "{n} days left (at most {most:n})": forms("{n} day left", "{n} days left"),
    "{n} days left (more than {most:n})": forms("{n} day left", "{n} days left"),
    "{share} of daily sales (at least {least:share})": noop("{share} of your daily sales"),
    "{share} of daily sales (less than {most:share})": noop("only {share} of your daily sales"),
    "{n} days of all sales lost at once (at least {least:n})": forms(
        "{n} day of all your sales lost at once", "{n} days of all your sales lost at once"
    ),
    "{day} falls into {peak} (sales x{factor})": noop("{day} falls into {peak} (sales × {factor})"),
    "{day} is within a week of {peak} (sales x{factor})": noop("{day} is within a week of {peak} (sales × {factor})"),
    "at most {severity} while only seen": noop("at most {severity} while it is only seen"),
    "at most {severity} while {rung}": noop("at most {severity} while {rung}"),
    "{what} {notes:step}": noop("{what} ({notes})"),
    # stage after stage
    "said {who} on {day}": noop("{who} said so on {day}"),
    "nobody said that it is not": noop("nobody said that it is not for them"),
    "{n} [independent ]origin[s]": forms("{n} independent origin", "{n} independent origins"),
    "the last alarm was at {at}": noop("the last alarm was on {at}"),
    "they know of the {event}: {headline} ({id})": noop("they know of something larger ({event}): {headline} ({id})"),
    "{what:severity}, and it wants {least:severity}": noop("{what}, and it wants {least} or more"),
    "{what:rung}, and it wants {least:rung}": noop("{what}, and it wants {least} or more"),
    "it is for {names}": noop("it is for {names}"),
    "it wants {names:events}": noop("it wants {names}"),
    "it wants {names:places}": noop("it wants {names}"),
    "it wants {names}": noop("it wants {names}"),
    "no source in {names:languages} says so": noop("no source in {names} says so"),
    "{what} until {at} UTC": noop("{what}, until {at}"),
    "silence of {who}": noop("a silence of {who}"),
    "quiet hours": noop("quiet hours"),
    "nobody on duty": noop("nobody on duty"),
    "{reason}, but no target wants it": noop("No target wants it"),
    "{what:rung} before": noop("{what} before"),
    "{what:severity} before": noop("{what} before"),
    "now also in {names:place}": noop("now also: {names}"),
    "now also {names}": noop("now also: {names}"),
    "{day} is now {other:day}": noop("{day} is now {other}"),
    "{day} is now {other:day} in {places}": noop("{day} is now {other}, there: {places}"),
    "now dated {day} in {places}": noop("now dated {day}, there: {places}"),
    # said again, or of what somebody did
    "It is over: {what}.": "{what}",
    "It is open again: {what}.": "{what}",
    "It is open, and nobody has acknowledged it: {what}.": "{what}",
    "Nobody acknowledged it in time: {what}.": "{what}",
    "Something is due: {what}.": "{what}",
    "{what:role} by {day} ({away})": noop("{day}: {what}"),
    "{what:role} by {day}": noop("{day}: {what}"),
    "closed by {who} as a false alarm": noop("a false alarm, says {who}"),
    "closed by {who}": noop("closed by {who}"),
    "a false alarm, says {who}": noop("a false alarm, says {who}"),
    "not for you, says {who}": noop("not for us, says {who}"),
    "says {who}": noop("{who} said so"),
    "opened by {who}": noop("opened again by {who}"),
    # what moved
    "{n} from {origins:n} origins": forms(
        "{n} document, independent origins: {origins}", "{n} documents, independent origins: {origins}"
    ),
    "date {one:day} or {other:day}": noop("{one} or {other}"),
    "place {one:places} or {other:places}": noop("{one} or {other}"),
    "status {one:rung} or {other:rung}": noop("{one} or {other}"),
    "any platform in unknown places": noop("any platform, place not known"),
    "any platform in {places}": noop("any platform ({places})"),
    "{names:platforms} in unknown places": noop("{names}, place not known"),
    "{label:place} {text:rung}": noop("{label}: {text}"),
    "{label:place} {text:day}": noop("{label}: {text}"),
    "{label:place} unknown": noop("{label}: not known"),
    "none": noop("none"),
    "unknown": noop("not known"),
    "open": noop("is open"),
    "closed": noop("is closed"),
    # how a source is
    "nobody has looked yet": noop("Nobody has looked yet."),
    "its server says that it is gone for good (410)": noop("Gone for good, says its server"),
    "it holds no entries any more": noop("It holds nothing any more"),
    "it moved for good to {detail}": noop("It moved for good to {detail}"),
    "usual for kind {detail}": noop("usual for its kind"),
    "its publisher asks for {span}": noop("its publisher asks for {span} between looks"),
    # values alone, and what else begins or ends in any words: last
    "{what:rung}": "{what}",
    "{what:day}": "{what}",
    "{what:duties}": "{what}",
    "{what:platforms} in {where:places}": noop("{what} ({where})"),
    "{what:hits}": "{what}",
}
"""Kept so -> said so. What stands in square brackets may be missing."""
