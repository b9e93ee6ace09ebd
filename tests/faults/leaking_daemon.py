"""The daemon itself, with two faults that no sink can bring about: CONFIG, the address of Slack's API on loopback.

The journal raises an error with every secret in it, and so does a loop, once a file `crash` lies in the state.
"""

import json
import sys
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from monitor import channels, commands, wiring
from monitor.config import load
from monitor.notify.journal import JournalChannel


def main(directory: str, api: str) -> int:
    settings = load(Path(directory))
    words = settings.state_dir / "crash"

    async def raising(self: Any, target: Any, delivery: Any) -> Any:
        raise ConnectionError(f"cannot reach {Path(directory, 'secrets.json').read_text()}")

    async def crash(now: datetime) -> bool:
        if words.exists():
            known = json.loads(words.read_text())
            try:
                raise ValueError(" and ".join(known))
            except ValueError as error:
                raise RuntimeError(repr(known)) from error
        return False

    rounds = wiring.roster
    JournalChannel.send = raising  # type: ignore[method-assign]
    channels.SlackChannel = partial(channels.SlackChannel, api=api)  # type: ignore[misc,assignment]
    wiring.roster = lambda *parts: {"crash": crash, **rounds(*parts)}  # type: ignore[assignment]
    return commands.run(settings)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
