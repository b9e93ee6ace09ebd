"""Settings from outside: environment variables laid over the file, and where secrets come from."""

import json
from textwrap import dedent

import pytest

from monitor.config import ConfigError, describe, load

SECRET = "hunter2-correct-horse"
HOOK = "https://hooks.slack.com/services/T000/B000/XXXX"
SMTP = """\
    channels: {email: {host: mail.example.com, username: me}}
    targets: [{id: a, channel: email, address: ops@example.com}]
    """
SLACK = 'targets: [{id: ops, channel: slack, address: "secret:slack-webhook"}]'


def test_any_setting_can_be_overridden_from_the_environment(write):
    directory = write({"settings.yaml": "web: {host: localhost, port: 1}"})
    environ = {
        "SELLERWATCH_WEB__PORT": "9999",
        "SELLERWATCH_FETCH__ALLOW_PRIVATE": "true",
        "SELLERWATCH_FETCH__TIMEOUT": "7s",
        "SELLERWATCH_CHANNELS__SLACK__PER_SECOND": "0.5",
        "SELLERWATCH_CHANNELS__EMAIL__USERNAME": "12345",
        "SELLERWATCH_ALERTS__MIN_SEVERITY": "high",
        "SELLERWATCH_STATE_DIR": "/srv/state",
        "SELLERWATCH_TARGETS": json.dumps([{"id": "log", "channel": "journal"}]),
        "SELLERWATCH_LOG": json.dumps({"level": "debug"}),
        "SELLERWATCH_SMTP_PASSWORD": "no setting, and nobody's business",
        "HOME": "/root",
    }

    config = load(directory, environ)
    settings = config.settings

    assert (settings.web.host, settings.web.port) == ("localhost", 9999)
    assert settings.fetch.allow_private is True
    assert settings.fetch.timeout.total_seconds() == 7
    assert settings.channels.slack.per_second == 0.5
    assert settings.channels.email.username == "12345"
    assert config.policy.min_severity.name == "HIGH"
    assert str(config.state_dir) == "/srv/state"
    assert [target.id for target in config.targets] == ["log"]
    assert settings.log.level == "debug"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SELLERWATCH_WEB__PROT", "1", "unknown key 'prot' (did you mean port?)"),
        ("SELLERWATCH_WEBB__PORT", "1", "there is no setting 'webb' (did you mean web?)"),
        ("SELLERWATCH_WEB__PORT", "high", "should be a valid integer"),
        (
            "SELLERWATCH_FETCH__TIMEOUT",
            "soon",
            "is not a duration (write a number and s, m, h or d, such as 30s or 45d)",
        ),
        ("SELLERWATCH_FETCH__TIMEOUT", "20", "is not a duration (write a number and s, m, h or d, such as 30s or 45d)"),
        ("SELLERWATCH_FETCH__MAX_BYTES", "20", "is not a size (write a number and KB, MB or GB, such as 10MB)"),
        ("SELLERWATCH_ALERTS__MIN_SEVERITY", "2", "is not one of info, low, medium, high, critical"),
        ("SELLERWATCH_TARGETS", "[{", "is not valid JSON (sections and lists are JSON here)"),
        ("SELLERWATCH_CHANNELS__EMAIL", "mail", "is not valid JSON (sections and lists are JSON here)"),
        (
            "SELLERWATCH_TARGETS",
            '[{"id": "a", "channel": "sms"}]',
            "'sms' is not one of email, slack, webhook, alertmanager, apprise, journal",
        ),
        ("SELLERWATCH_TARGETS", '{"a": 1}', "should be a list (write [one, two])"),
        ("SELLERWATCH_STORE__URL", "mysql://h/d", "must begin with postgresql:// or sqlite:///"),
    ],
)
def test_what_is_wrong_in_the_environment_is_named_by_its_variable(name, value, said, refused):
    (problem,) = refused({}, {name: value})

    assert str(problem) == f"environment: {name}: {said}"


def test_a_good_value_in_the_environment_mends_a_bad_one_in_the_file(write):
    directory = write({"settings.yaml": "web: {port: high}"})

    assert load(directory, {"SELLERWATCH_WEB__PORT": "80"}).settings.web.port == 80


def from_a_variable(tmp_path):
    return {"SELLERWATCH_SMTP_PASSWORD": SECRET}


def from_a_file(tmp_path):
    (tmp_path / "password").write_text(f"{SECRET}\n")
    return {"SELLERWATCH_SMTP_PASSWORD_FILE": str(tmp_path / "password")}


def from_a_systemd_credential(tmp_path):
    (tmp_path / "credentials").mkdir()
    (tmp_path / "credentials" / "smtp-password").write_text(f"{SECRET}\n")
    return {"CREDENTIALS_DIRECTORY": str(tmp_path / "credentials")}


@pytest.mark.parametrize("place", [from_a_variable, from_a_file, from_a_systemd_credential])
def test_a_secret_is_found(place, write, tmp_path):
    config = load(write({"settings.yaml": SMTP}), place(tmp_path))

    assert config.settings.channels.email.password.get_secret_value() == SECRET


def test_the_variable_wins_over_the_file_and_the_file_over_the_credential(write, tmp_path):
    directory = write({"settings.yaml": SMTP})
    last = from_a_systemd_credential(tmp_path)
    (tmp_path / "password").write_text("from a file")
    middle = {**last, "SELLERWATCH_SMTP_PASSWORD_FILE": str(tmp_path / "password")}
    first = {**middle, "SELLERWATCH_SMTP_PASSWORD": "from a variable"}

    found = [load(directory, environ).settings.channels.email.password for environ in (first, middle, last)]

    assert [secret.get_secret_value() for secret in found] == ["from a variable", "from a file", SECRET]


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "cannot be read: No such file or directory"), (b" \n", "is empty"), (b"\xff", "is not UTF-8 text")],
)
def test_a_secret_file_that_is_no_use_is_named(content, said, refused, tmp_path):
    if content is not None:
        (tmp_path / "password").write_bytes(content)

    (problem,) = refused({"settings.yaml": SMTP}, {"SELLERWATCH_SMTP_PASSWORD_FILE": str(tmp_path / "password")})

    assert problem.key == "channels.email.password"
    assert problem.what == f"the file that SELLERWATCH_SMTP_PASSWORD_FILE names ({tmp_path}/password) {said}"


def test_without_a_login_no_password_is_looked_for(write):
    config = load(write({"settings.yaml": "channels: {email: {host: mail.example.com}}"}), {})

    assert config.settings.channels.email.password.get_secret_value() == ""


def test_secrets_are_in_no_text_that_a_person_or_a_log_sees(write):
    text = (
        f"{dedent(SMTP)}sentry: {{dsn: 'secret:dsn'}}\nstore: {{url: 'postgresql://sw@db/d', password: 'secret:pg'}}\n"
    )
    hooks = [{"id": "ops", "channel": "slack", "address": "secret:slack-webhook"}]
    environ = {
        "SELLERWATCH_SMTP_PASSWORD": SECRET,
        "SELLERWATCH_PG": SECRET,
        "SELLERWATCH_DSN": f"https://{SECRET}@sentry.example.com/1",
        "SELLERWATCH_SLACK_WEBHOOK": f"https://hooks.slack.com/services/{SECRET}",
        "SELLERWATCH_TARGETS": json.dumps(hooks),
    }

    config = load(write({"settings.yaml": text}), environ)

    assert SECRET in config.targets[0].address
    assert SECRET in config.store_url
    assert SECRET in config.settings.sentry.dsn.get_secret_value()
    seen = [repr(config), str(config), repr(config.targets), str(config.settings), config.settings.model_dump_json()]
    assert SECRET not in " ".join([*seen, *map(str, describe(config))])


@pytest.mark.parametrize(
    "text",
    [
        f"channels: {{email: {{password: [{SECRET}]}}}}",
        f"channels: {{email: {{host: h, username: u, password: 'secret:{SECRET} '}}}}",
        f"targets: [{{id: a, channel: slack, address: 'http://h/{SECRET}'}}]",
        f"targets: [{{id: a, channel: email, address: '{SECRET}'}}]\nchannels: {{email: {{host: h}}}}",
        f"store: {{url: 'postgresql://u:{SECRET}@h/d'}}",
        f"sentry: {{dsn: {SECRET}}}",
        f"sentry: {{dsn: '{SECRET}",
    ],
)
def test_a_misplaced_secret_is_not_in_the_error_either(text, write):
    with pytest.raises(ConfigError) as caught:
        load(write({"settings.yaml": text}), {})

    assert SECRET not in str(caught.value)
    assert SECRET not in repr(caught.value.problems)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_secret_written_out_in_a_file_that_others_can_read_is_refused_with_the_command_that_closes_it(mode, write):
    directory = write({"settings.yaml": f"targets:\n- id: a\n  channel: slack\n  address: {HOOK}\n"})
    path = directory / "settings.yaml"
    path.chmod(mode)

    with pytest.raises(ConfigError) as caught:
        load(directory, {})

    (problem,) = caught.value.problems
    assert (problem.line, problem.key) == (4, "targets.a.address")
    assert problem.what == "is a secret, and others can read this file"
    assert problem.hint == f"chmod 600 {path}, or write secret:NAME here"
    path.chmod(0o600)
    assert load(directory, {}).targets[0].address == HOOK


def test_references_to_secrets_may_be_read_by_everybody(write):
    directory = write({"settings.yaml": SLACK})
    (directory / "settings.yaml").chmod(0o644)

    assert load(directory, {"SELLERWATCH_SLACK_WEBHOOK": HOOK}).targets[0].address == HOOK


def test_a_secret_from_the_environment_does_not_ask_for_the_modes_of_a_file(write):
    directory = write({"settings.yaml": "sentry: {dsn: 'secret:dsn'}"})
    (directory / "settings.yaml").chmod(0o644)

    config = load(directory, {"SELLERWATCH_SENTRY__DSN": "https://k@sentry.example.com/1"})

    assert config.settings.sentry.dsn.get_secret_value() == "https://k@sentry.example.com/1"


def test_a_sink_on_this_machine_is_a_slack_target_only_where_private_addresses_are_allowed(write, refused):
    sink = "targets: [{id: a, channel: slack, address: 'http://127.0.0.1:8080/hook'}]\n"

    assert [problem.what for problem in refused({"settings.yaml": sink})] == ["is not a webhook address"]
    directory = write({"settings.yaml": f"{sink}fetch: {{allow_private: true}}"})
    (directory / "settings.yaml").chmod(0o644)
    assert load(directory, {}).targets[0].address == "http://127.0.0.1:8080/hook"
