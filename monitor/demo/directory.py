"""The configuration directory of the story's daemon: what a user would write, filled in with loopback addresses."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from monitor.demo.site import Site
from monitor.demo.story import Outlet, Story
from monitor.shipped import shipped

EVERY = "2s"
PLAYBOOKS = "playbooks.yaml"
TARGETS = {"ops-mail": "mail", "ops-slack": "slack"}  # target -> the sink where it arrives


def write(directory: Path, story: Story, site: Site, smtp_port: int, webhook: str) -> None:
    """Write settings, platforms, exposure and sources, and the shipped playbooks where there are any."""
    _dump(directory / "settings.yaml", _settings(directory, smtp_port, webhook))
    _dump(directory / "platforms.yaml", list(story.platforms))
    _dump(directory / "exposure.yaml", {"sellers": list(story.sellers)})
    _dump(directory / "sources" / "story.yaml", [_source(outlet, site) for outlet in story.outlets])
    if (config := shipped("config")) and (config / PLAYBOOKS).is_file():
        shutil.copy(config / PLAYBOOKS, directory / PLAYBOOKS)


def environment(base: Mapping[str, str]) -> dict[str, str]:
    """The child's environment: that of this process without settings meant for another daemon."""
    foreign = ("SELLERWATCH_", "NOTIFY_SOCKET", "WATCHDOG_", "STATE_DIRECTORY", "CREDENTIALS_DIRECTORY")
    return {name: value for name, value in base.items() if not name.upper().startswith(foreign)}


def database(directory: Path) -> str:
    """The address of the daemon's database."""
    return f"sqlite:///{directory / 'state' / 'sellerwatch.db'}"


def _settings(directory: Path, smtp_port: int, webhook: str) -> dict[str, Any]:
    return {
        "state_dir": str(directory / "state"),
        "web": {"port": 0},
        "fetch": {
            "contact": "the demo, on loopback",
            "allow_private": True,
            "min_every": "1s",
            "per_host": 8,
            "page_lease": "5s",
        },
        "alerts": {"group_wait": "2s", "group_interval": "2s"},
        "channels": {
            "email": {"host": "127.0.0.1", "port": smtp_port, "security": "none", "password": ""},
            "slack": {"per_second": 5.0},
        },
        "targets": [
            {"id": "ops-mail", "channel": "email", "address": "ops@nordlicht.example"},
            {"id": "ops-slack", "channel": "slack", "address": webhook},
        ],
        "log": {"level": "info", "format": "json"},
    }


def _source(outlet: Outlet, site: Site) -> dict[str, Any]:
    return {
        "id": outlet.id,
        "name": outlet.name,
        "url": site.address(outlet.id),
        "kind": "page" if outlet.form == "page" else "feed",
        "authority": outlet.authority.value,
        "publisher": outlet.publisher,
        "every": EVERY,
        "platforms": list(outlet.platforms),
        "countries": list(outlet.countries),
        "languages": [outlet.lang],
        "provenance": "invented for the demo",
    }


def _dump(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(value, allow_unicode=True, sort_keys=False, width=120), encoding="utf-8")
