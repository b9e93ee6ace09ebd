"""`sellerwatch doctor`: what is right and wrong here, and how to mend it, line by line as it is found."""

import asyncio
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from monitor.daemon import utc_now
from monitor.doctor import examine
from monitor.findings import Finding, Grade
from monitor.invocation import AsJson, ConfigDir, default_config
from monitor.tables import complaints, console, print_json

_STYLE = {Grade.GOOD: "green", Grade.NOTE: "yellow", Grade.WRONG: "bold red"}
_WIDTHS = max(map(len, Grade)), len("configuration")


def doctor(
    config: ConfigDir = None,
    as_json: AsJson = False,
    network: Annotated[bool, typer.Option("--network", help="Ask a mail server on another machine too.")] = False,
) -> None:
    """Look at everything here that can be wrong, and say how to mend it. Exit code 1 when something is wrong."""

    async def all_of_it() -> list[Finding]:
        found = []
        with (complaints if as_json else console).status("Looking") as status:
            looks = examine(
                config or default_config(), utc_now(), network, lambda check: status.update(f"Looking at: {check}")
            )
            async for finding in looks:
                found.append(finding)
                if not as_json:
                    _show(finding)
        return found

    found = asyncio.run(all_of_it())
    ill = sum(finding.grade is Grade.WRONG for finding in found)
    if as_json:
        print_json(found)
    else:
        console.print(f"{ill} things are wrong" if ill > 1 else "1 thing is wrong" if ill else "Nothing is wrong.")
    raise typer.Exit(1 if ill else 0)


def _show(finding: Finding) -> None:
    """What was found, and under it how to mend it."""
    line = Table.grid(padding=(0, 2))
    for width in _WIDTHS:
        line.add_column(width=width)
    line.add_column(overflow="fold")
    said = finding.what + (f"\nto mend it: {finding.mend}" if finding.mend else "")
    line.add_row(Text(finding.grade.value, _STYLE[finding.grade]), finding.check, Text(said))
    console.print(line)
