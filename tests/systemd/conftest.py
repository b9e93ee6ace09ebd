"""The installed machine, once for all tests of this folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from installed import Lab, copy, index, procedure, root
from machine import machine, missing


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab | None]:
    """None, and said so, where no such machine can be: then units are checked by systemd's checker alone."""
    if why := missing():
        print(f"no machine of its own can be here ({why}): the units are checked as files alone")  # noqa: T201
        yield None
        return
    with root() as below, machine(below, *index()) as at:
        made = Lab(at, bare=below != Path("/"))
        copy(at)
        for step in procedure():
            made.follow(step)
        yield made
