"""YAML + environment + credentials -> frozen typed settings; every problem by file, line and key."""

from monitor.config.load import Config, load
from monitor.config.problems import ConfigError, Problem
from monitor.config.settings import Settings
from monitor.config.summary import Row, describe, warnings

__all__ = ["Config", "ConfigError", "Problem", "Row", "Settings", "describe", "load", "warnings"]
