"""`sellerwatch doctor`: one table of what is right and wrong here, and how to mend it."""

import asyncio
from typing import Annotated

import typer
from rich.text import Text

from monitor.daemon import utc_now
from monitor.doctor import examine
from monitor.findings import Finding, Grade
from monitor.invocation import AsJson, ConfigDir, default_config
from monitor.tables import complaints, console, print_json, table

_STYLE = {Grade.GOOD: "green", Grade.NOTE: "yellow", Grade.WRONG: "bold red"}


def doctor(
    config: ConfigDir = None,
    as_json: AsJson = False,
    network: Annotated[bool, typer.Option("--network", help="Ask a mail server on another machine too.")] = False,
) -> None:
    """Look at everything here that can be wrong, and say how to mend it. Exit code 1 when something is wrong."""

    async def all_of_it() -> list[Finding]:
        with complaints.status("Looking") as status:
            found = []
            async for finding in examine(config or default_config(), utc_now(), network):
                status.update(f"Looking: {finding.check}")
                found.append(finding)
        return found

    found = asyncio.run(all_of_it())
    ill = sum(finding.grade is Grade.WRONG for finding in found)
    if as_json:
        print_json(found)
    else:
        rows = [[Text(one.grade.value, _STYLE[one.grade]), one.check, one.what, one.mend] for one in found]
        table("Doctor", "", "check", "found", "how to mend it", rows=rows, empty="")
        console.print(f"{ill} things are wrong" if ill > 1 else "1 thing is wrong" if ill else "Nothing is wrong.")
    raise typer.Exit(1 if ill else 0)
