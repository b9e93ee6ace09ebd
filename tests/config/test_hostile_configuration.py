"""Whatever stands in a file, loading it ends in a Config or in problems, never in another error."""

import contextlib
import tempfile
from pathlib import Path

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.config import ConfigError, load
from monitor.config.settings import Settings

PLATFORMS = "- {name: Shopee, id: shopee, owner: Sea Limited, kind: marketplace}"
FILES = st.sampled_from(
    [
        *("settings.yaml", "platforms.yaml", "sources/press.yaml", "searches.yaml"),
        *("exposure.yaml", "exposure.csv", "calendar.yaml"),
    ]
)
KEYS = st.sampled_from(
    [
        *Settings.model_fields,
        *("id", "name", "url", "channel", "address", "sellers", "positions", "rates", "currency"),
        *("each", "query", "language", "platforms", "risks", "names"),
        *("platform", "country", "share", "exposure_file", "horizon", "factor", "countries", "rule", "dates"),
    ]
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.sampled_from(
        [
            "EUR",
            "Shopee",
            "SG",
            "slack",
            "email",
            "secret:a",
            "https://h.eu/x",
            "30m",
            "ban",
            "{id}",
            "{query}",
            "35%",
            "exposure.csv",
            "FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=11",
            "\ud800",
        ]
    ),
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=12
)


def load_with(name: str, content: bytes, environ: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as temporary, contextlib.suppress(ConfigError):
        directory = Path(temporary)
        (directory / "sources").mkdir()
        (directory / "platforms.yaml").write_text(PLATFORMS, encoding="utf-8")
        (directory / name).write_bytes(content)
        load(directory, environ)


@settings(deadline=None)  # a busy machine is no defect
@given(FILES, st.binary(max_size=200))
def test_any_bytes(name, content):
    load_with(name, content, {})


@settings(deadline=None)
@given(FILES, st.text("abc:-[]{}&*!|>'\"#%@\n\t ,?", max_size=60))
def test_any_text_made_of_the_signs_of_yaml(name, text):
    load_with(name, text.encode(), {})


@settings(max_examples=200, deadline=None)
@given(FILES, VALUES)
def test_any_values_under_the_keys_that_we_know(name, value):
    load_with(name, yaml.safe_dump(value, allow_unicode=True).encode(), {})


@settings(max_examples=200, deadline=None)
@given(VALUES, VALUES, st.sampled_from(["https://h.eu/{query}", "https://h.eu/{a}", "https://h.eu/{since}"]))
def test_any_template(each, query, url):
    record = {"id": "a-{a}", "name": "{b}", "url": url, "kind": "feed", "authority": "news", "publisher": "A"}
    made = {**record, "every": "1h", "each": each, "query": query, "countries": ["{a}"], "spec": {"only": "{b}"}}
    load_with("sources/press.yaml", yaml.safe_dump([made], allow_unicode=True).encode(), {})


@settings(deadline=None)
@given(st.dictionaries(KEYS.map(str.upper), st.text(max_size=20), max_size=3), st.sampled_from(["", "__ID", "__URL"]))
def test_any_environment(variables, suffix):
    load_with("settings.yaml", b"", {f"SELLERWATCH_{key}{suffix}": value for key, value in variables.items()})
