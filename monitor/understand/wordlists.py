"""The word lists of `data/`."""

from importlib.resources import files
from typing import Any

import yaml

_JOINERS = {0x200C: None, 0x200D: None}


def unjoined(text: str) -> str:
    """Without the joiners that shape Persian and Indic letters: a clean text (`clean.Cleaned`) has none."""
    return text.translate(_JOINERS)


def word_list(name: str) -> Any:
    """What `data/NAME.yaml` holds, read by libyaml where PyYAML has it: in a seventh of the time, at each start."""
    text = unjoined((files("monitor.understand") / "data" / f"{name}.yaml").read_text("utf-8"))
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
