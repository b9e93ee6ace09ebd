"""The entries of a lock that some extras of pyproject.toml need, with their hashes: `pip install -r` takes them.

    locked_extras.py PYPROJECT LOCK EXTRA[,EXTRA]

The lock says of each release by what it came ("# via"), so what an extra needs, and what that needs, can be followed.
"""

import re
import sys
import tomllib
from pathlib import Path


def named(requirement: str) -> str:
    """The name in a requirement, as an index compares it."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\s\[<>=!~;@(]", requirement.strip(), maxsplit=1)[0]).lower()


def main(pyproject: str, lock: str, extras: str) -> None:
    """Prints them. Ends with a message when there is no such extra, or the lock lacks what it needs."""
    known = tomllib.loads(Path(pyproject).read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    if wrong := [extra for extra in extras.split(",") if extra not in known]:
        sys.exit(f"error: there is no part {wrong[0]!r}; there are: {', '.join(known)}")
    entries = re.findall(r"^[\w.\[\],-]+==.*\n(?:[ \t].*\n?)*", Path(lock).read_text(encoding="utf-8"), re.MULTILINE)
    by_name: dict[str, str] = {}
    for entry in entries:  # a name has several where it depends on the interpreter
        by_name[named(entry)] = by_name.get(named(entry), "") + entry
    via = {
        name: {named(word) for word in re.findall(r"^\s+#\s+(?:via )?(\S+)", text, re.M)}
        for name, text in by_name.items()
    }
    wanted = {named(one) for extra in extras.split(",") for one in known[extra]}
    if missing := wanted - by_name.keys():
        sys.exit(f"error: {Path(lock).name} lacks {', '.join(sorted(missing))}; `make lock` writes it")
    while more := {name for name in by_name if via[name] & wanted} - wanted:
        wanted |= more
    sys.stdout.write("".join(by_name[name] for name in sorted(wanted)))


if __name__ == "__main__":
    main(*sys.argv[1:])
