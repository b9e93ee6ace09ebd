"""What is watched and for whom, by the settings."""

from monitor.config import Config
from monitor.deciding import Watch


def watch(settings: Config) -> Watch:
    """The part of the configuration that decisions are made from."""
    known = settings.sources, settings.sellers, settings.targets, settings.policy, settings.platforms
    return Watch.over(*known, settings.playbooks)
