"""What is wrong is refused at its file, line and key, with a hint: the cases are the files in bad/."""

import re
from pathlib import Path

import pytest

from monitor.config import ConfigError, load

FILES = {
    "settings": "settings.yaml",
    "sources": "sources/press.yaml",
    "exposure": "exposure.yaml",
    "platforms": "platforms.yaml",
}
CASES = [
    pytest.param(name, text, id=f"{stem}: {story}")
    for stem, name in FILES.items()
    for case in (Path(__file__).parent / "bad" / f"{stem}.txt").read_text(encoding="utf-8").split("\n=== ")[1:]
    for story, text in [case.split("\n", 1)]
]


@pytest.mark.parametrize(("name", "text"), CASES)
def test_a_bad_line_is_refused_in_the_words_of_its_mark_and_no_other_is(name, text, refused):
    lines = enumerate(text.splitlines(), 1)
    marks = [f"{name}:{n}: {mark.strip()}" for n, line in lines for mark in line.split("#! ")[1:]]

    assert sorted(map(str, refused({name: text}))) == sorted(marks)


def test_a_problem_keeps_its_parts(refused):
    (problem,) = refused({"settings.yaml": "web:\n  prot: 80"})

    assert (problem.file, problem.line, problem.key) == ("settings.yaml", 2, "web.prot")
    assert (problem.what, problem.hint) == ("unknown key 'prot'", "did you mean port?")


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("VDN", "did you mean VND?"),  # and not VNN, which Vietnam gave up in 1985
        ("PNL", "did you mean PLN?"),
        ("CNZ", "did you mean CNY?"),
        ("INRR", "did you mean INR?"),
        ("usd", "write USD"),
        ("RMB", "write CNY"),
        ("dem", "an ISO 4217 code such as EUR"),
    ],
)
def test_a_currency_that_is_none_is_met_by_one_of_today_s(refused, written: str, hint: str):
    (problem,) = refused({"exposure.yaml": f"sellers: [{{id: acme, name: Acme, currency: {written}, positions: []}}]"})
    assert (problem.what, problem.hint) == (f"'{written}' is no currency code", hint)


def test_all_problems_of_all_files_are_found_at_once(refused):
    problems = refused(
        {
            "settings.yaml": """\
                web: {prot: 80, port: high}
                fetch: {timeout: 20}
                channels: {email: {port: 0}}
                targets:
                  - {id: a, channel: emial}
                  - {id: b, channel: slack, address: "secret:hook"}
                """,
            "sources/press.yaml": """\
                - {id: a, name: A, url: ftp://h, kind: feed, authority: newz, publisher: A, every: 1s, countries: [UK]}
                - {id: b, name: A, url: https://h, kind: feed, authority: news, publisher: A, every: 1h, platforms: [X]}
                """,
            "sources/shops.yaml": """\
                - {id: a, name: A, url: https://H/, kind: feed, authority: news, publisher: A, every: 1h}
                """,
            "platforms.yaml": "- {name: TikTok, id: tiktok, owner: ByteDance, kind: 7}",
            "exposure.yaml": """\
                sellers: [{id: acme, name: Acme, currency: EUR, positions: [{platform: TikTok, country: UK}]}]
                """,
        }
    )

    assert [(p.file, p.line, p.key) for p in problems] == [
        ("exposure.yaml", 1, "sellers.acme.positions[0].country"),
        ("platforms.yaml", 1, "tiktok.kind"),
        ("settings.yaml", 1, "web.port"),
        ("settings.yaml", 1, "web.prot"),
        ("settings.yaml", 2, "fetch.timeout"),
        ("settings.yaml", 3, "channels.email.port"),
        ("settings.yaml", 5, "targets.a.channel"),
        ("settings.yaml", 6, "targets.b.address"),
        ("sources/press.yaml", 1, "a.authority"),
        ("sources/press.yaml", 1, "a.countries[0]"),
        ("sources/press.yaml", 1, "a.every"),
        ("sources/press.yaml", 1, "a.url"),
        ("sources/press.yaml", 2, "b.platforms[0]"),
        ("sources/shops.yaml", 1, "a.id"),
    ]


def test_a_directory_that_is_not_there_is_said_so(tmp_path):
    with pytest.raises(ConfigError, match="nowhere: there is no such directory"):
        load(tmp_path / "nowhere", {})


def test_without_platforms_only_their_absence_is_a_problem(refused):
    text = "- {id: a, name: A, url: https://h, kind: feed, authority: news, publisher: A, every: 1h, platforms: [X]}"

    (problem,) = refused({"sources/press.yaml": text, "platforms.yaml": None})

    assert str(problem) == "platforms.yaml: cannot be read: No such file or directory"


def test_an_exposure_file_that_says_nothing_is_a_mistake(refused):
    (problem,) = refused({"exposure.yaml": "# later"})

    assert str(problem) == "exposure.yaml: holds nothing (write sellers: [...], or remove the file)"


@pytest.mark.parametrize("name", ["settings.yml", "sources/shops.yml"])
def test_a_file_that_would_be_passed_over_in_silence_is_a_problem(name, refused):
    (problem,) = refused({name: ""})

    assert str(problem) == f"{name}: is not read (let its name end in .yaml)"


def test_bytes_that_are_no_text_are_a_problem_of_their_file(write):
    directory = write()
    (directory / "settings.yaml").write_bytes("# Größe".encode("latin-1"))

    with pytest.raises(
        ConfigError, match=re.escape("settings.yaml:1: is not UTF-8 text (save it as UTF-8; first bad byte at 4)")
    ):
        load(directory, {})


def test_characters_that_yaml_does_not_allow_are_refused(refused):
    (problem,) = refused({"settings.yaml": "web: '\a'"})

    assert str(problem) == "settings.yaml: holds characters YAML does not allow"


def test_broken_yaml_is_refused_where_it_breaks(refused):
    (problem,) = refused({"settings.yaml": "web: {}\nlog: [a\nread: {}\n"})

    assert (problem.file, problem.line) == ("settings.yaml", 3)
    assert problem.what.startswith("is not valid YAML: expected ',' or ']'")


def test_a_billion_laughs_are_refused_before_they_grow(refused):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]

    problems = refused({"settings.yaml": "\n".join(lines)})

    assert sum("aliases (*name)" in problem.what for problem in problems) == 29 * 9


def test_a_file_nested_two_thousand_deep_is_refused(refused):
    (problem,) = refused({"settings.yaml": "web: " + "[" * 2_000})

    assert str(problem) == "settings.yaml: is nested too deeply"
