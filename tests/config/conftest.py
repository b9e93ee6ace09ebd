import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.config import ConfigError, Problem, load

GOOD = {
    "platforms.yaml": """\
        - {name: Shopee, id: shopee, owner: Sea Limited, kind: marketplace, aliases: [虾皮, 蝦皮], ambiguous: [虾皮]}
        - {name: TikTok, id: tiktok, owner: ByteDance, kind: social-commerce, parent: ByteDance, ancestors: [ByteDance]}
        - {name: TikTok Shop, id: tiktok-shop, owner: ByteDance, kind: social-commerce}
        """,
    "sources/press.yaml": """\
        - id: shopee-newsroom
          name: Shopee newsroom
          url: https://news.example.com/feed.xml
          kind: feed
          authority: official
          publisher: Shopee
          every: 30m
        """,
}


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes a small good configuration, the given files in place of its own, and returns the directory."""

    def _write(files: dict[str, str | None] | None = None) -> Path:
        for name, text in {**GOOD, **(files or {})}.items():
            if text is None:  # not this file
                continue
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(textwrap.dedent(text), encoding="utf-8")
            path.chmod(0o600)  # a secret may stand in it
        return tmp_path

    return _write


@pytest.fixture
def refused(write: Callable[..., Path]) -> Callable[..., tuple[Problem, ...]]:
    """All that `load` finds wrong with the given files; the test fails when it finds nothing."""

    def _refused(files: dict[str, str | None], environ: dict[str, str] | None = None) -> tuple[Problem, ...]:
        directory = write(files)
        with pytest.raises(ConfigError) as caught:
            load(directory, environ or {})
        return caught.value.problems

    return _refused
