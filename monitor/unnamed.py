"""Why what somebody wrote names nothing: no id begins so, or several do, and then which."""

import typer

from monitor.invocation import refuse
from monitor.opened import Store
from monitor.store.beginnings import beginning

_SHOWN = 10  # letters of an id, as tables show them; more where the start is as long
_MORE = 4  # letters behind the start that tell them apart
_MOST = 5  # ids that are named


async def unnamed(store: Store, which: str, kinds: tuple[str, ...], listed: str, what: str = "id") -> typer.Exit:
    """Says it, and gives the exit. `kinds` as in `beginnings`; `listed` says where to look for `what`."""
    found = await beginning(store.database, which, kinds, _MOST + 1)
    if len(found) < 2:
        return refuse(f"{which!r} is the start of no {what}: {listed}")
    letters = max(_SHOWN, len(which) + _MORE)
    names = ", ".join(f"{kind} {id[:letters]}" for kind, id in found[:_MOST])
    others = ", ..." if len(found) > _MOST else ""
    return refuse(f"{which!r} is the start of several: {names}{others}; write more of the one that you mean")
