"""What the daemon is made of: known advisories, licences, and a bill of materials, all from requirements.lock.

    python .ci/supply.py audit [--required]
    python .ci/supply.py licences [--write]
    python .ci/supply.py sbom

Exits 0 when nothing is wrong, 1 with what is. docs/supply.md explains.
"""

import argparse
import importlib.metadata
import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from license_expression import ExpressionError, Licensing, get_spdx_licensing
from locked import Pin, SupplyError, pins

ROOT = Path(__file__).resolve().parents[1]
LOCK, POLICY, TABLE = ROOT / "requirements.lock", ROOT / ".ci/supply.toml", ROOT / "docs/licences.md"
# ---- advisories


def judged(report: dict[str, Any], allowed: Sequence[dict[str, Any]], today: date) -> tuple[list[str], list[str]]:
    """What an answer of pip-audit says: advisories that nobody has excused, and packages that were not looked up."""
    wrong, unasked = [], []
    excused: set[str] = set()
    for package in report["dependencies"]:
        if "skip_reason" in package:
            unasked.append(package["name"])
        for advisory in package.get("vulns", ()):
            ids = {advisory["id"], *advisory.get("aliases", ())}
            known = next((one for one in allowed if one["package"] == package["name"] and one["id"] in ids), None)
            if known:
                excused.add(known["id"])
            mend = ", ".join(advisory.get("fix_versions", ())) or "no release mends it yet"
            told = f"{package['name']} {package['version']}: {advisory['id']} (mended in: {mend})"
            if known is None:
                wrong.append(told)
            elif known["until"] < today:
                wrong.append(f"{told}; it was excused until {known['until']}: look again")
    if not unasked:
        idle = [one["id"] for one in allowed if one["id"] not in excused]
        wrong += [f"{name} is excused and nobody reports it: take it out" for name in idle]
    return wrong, unasked


def asked(requirements: str) -> dict[str, Any]:
    """pip-audit's answer for pinned and hashed requirements, exactly these and no others."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "requirements.txt")
        file.write_text(requirements, encoding="utf-8")
        told = subprocess.run(
            [sys.executable, "-m", "pip_audit", "--disable-pip", "--no-deps", "--progress-spinner=off",
             "--format=json", "--requirement", str(file)],
            capture_output=True, text=True, timeout=600,
        )  # fmt: skip
    try:
        answer: dict[str, Any] = json.loads(told.stdout)
    except ValueError:
        raise SupplyError(f"pip-audit: {(told.stderr.strip().splitlines() or ['no answer'])[-1]}") from None
    return answer


def audit(policy: dict[str, Any], required: bool, ask: Callable[[str], dict[str, Any]]) -> str:
    """Asks what is known of each locked release; first of one that is known to be bad, to see whether it is told."""
    locked, canary, allowed = pins(LOCK.read_text(encoding="utf-8")), policy["canary"], policy.get("advisories", [])
    for one in allowed:
        if not one.get("reason", "").strip() or not isinstance(one.get("until"), date):
            raise SupplyError(f".ci/supply.toml: {one.get('id')} needs a reason and a date (until)")
    try:
        heard = ask(f"{canary['package']}=={canary['version']}\n")
        answers = any(package.get("vulns") for package in heard["dependencies"])
        why = f"the advisory service says nothing of {canary['package']} {canary['version']}, of which it must"
    except SupplyError as error:
        answers, why = False, str(error)
    wrong: list[str] = []
    unasked = [pin.name for pin in locked]
    if answers:
        wrong, unasked = judged(ask("".join(f"{pin.name}=={pin.version}\n" for pin in locked)), allowed, today())
        why = f"the advisory service does not know {', '.join(unasked)}"
    if wrong:
        raise SupplyError("\n".join(wrong))
    if unasked:
        told = f"NOT AUDITED: {len(unasked)} of {len(locked)} locked packages. {why}"
        if required:
            raise SupplyError(told)
        return f"{told}\nNothing is known of them, good or bad. Run `make audit` where the service can be reached."
    return f"{len(locked)} locked packages, no advisory that is not excused ({len(allowed)} are)"


def today() -> date:
    """By UTC, as advisories are."""
    return datetime.now(UTC).date()


# ---- licences


def expression(name: str, metadata: Any, policy: dict[str, Any], spdx: Licensing) -> str:
    """The SPDX expression of one installed package: what it says itself, else what somebody read in its files."""
    rules = policy["licences"]
    field = (metadata.get("License-Expression") or metadata.get("License") or "").strip()
    lines = [line for line in metadata.get_all("Classifier") or () if line.startswith("License ::")]
    classified = sorted({line.rpartition("::")[2].strip() for line in lines} - {"OSI Approved"})
    said = [field, *classified]
    for words in (field, *classified[: len(classified) == 1]):  # of two, none says whether it is both or either
        spelt = str(rules["words"].get(words, words))
        if "\n" not in spelt and len(spelt) < 200 and known(spelt, spdx):
            if name in rules["read"]:
                raise SupplyError(f"{name} says {spelt} by itself: take it out of [licences.read]")
            return spelt
    if name in rules["read"]:
        return str(rules["read"][name])
    raise SupplyError(f"{name}: licence unknown; its metadata say {[words[:60] for words in said if words]}")


def known(words: str, spdx: Licensing) -> bool:
    """Whether it is an expression of SPDX names alone."""
    try:
        return bool(words) and spdx.parse(words, validate=True, strict=True) is not None
    except ExpressionError:
        return False


def permitted(words: str, allowed: Sequence[str], spdx: Licensing) -> bool:
    """OR leaves the choice to us, AND does not; a name that is not in the list is not permitted."""

    def holds(node: Any) -> bool:
        if not hasattr(node, "operator"):  # a name, or a name WITH an exception
            return str(node) in allowed
        return (any if "OR" in node.operator else all)(map(holds, node.args))

    return holds(spdx.parse(words, validate=True, strict=True))


def licences(locked: Sequence[Pin], policy: dict[str, Any]) -> dict[str, str]:
    """The licence of every package that runs somewhere; all that is wrong at once."""
    spdx = get_spdx_licensing()
    found, wrong = {}, []
    for pin in locked:
        if not pin.runs:
            continue
        try:
            words = expression(pin.name, importlib.metadata.metadata(pin.name), policy, spdx)
            found[pin.name] = words
            if not permitted(words, policy["licences"]["allowed"], spdx):
                wrong.append(f"{pin.name}: {words} is not in the list of what we may use")
        except importlib.metadata.PackageNotFoundError:
            wrong.append(f"{pin.name} {pin.version} is locked and not installed: run this after `make install`")
        except SupplyError as error:
            wrong.append(str(error))
    if wrong:
        raise SupplyError("\n".join(wrong))
    return found


def table(locked: Sequence[Pin], found: dict[str, str]) -> str:
    """docs/licences.md."""
    rows = [f"| {pin.name} | {pin.version} | {found[pin.name]} |" for pin in locked if pin.name in found]
    never = sorted({pin.name for pin in locked if not pin.runs})
    return "\n".join([
        "# Licences of what the daemon runs on", "",
        "Made from `requirements.lock` and the packages' own metadata by `make licences`, and checked by CI; "
        "[supply.md](supply.md) says what is allowed.", "",
        f"{len(rows)} releases. Locked for platforms that we do not run on, not listed: {', '.join(never) or 'none'}.",
        "",
        "| package | release | licence (SPDX) |", "|---|---|---|", *rows, "",
    ])  # fmt: skip


# ---- the command


def main(arguments: Sequence[str]) -> int:
    """One of the three; prints what it found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("what", choices=("audit", "licences", "sbom"))
    parser.add_argument("--required", action="store_true", help="fail where the advisory service cannot be asked")
    parser.add_argument("--write", action="store_true", help="write docs/licences.md")
    options = parser.parse_args(arguments)
    policy = tomllib.loads(POLICY.read_text(encoding="utf-8"))
    try:
        print(*told(options, policy), sep="\n")
    except SupplyError as error:
        print(f"supply: {error}", file=sys.stderr)
        return 1
    return 0


def told(options: argparse.Namespace, policy: dict[str, Any]) -> Iterator[str]:
    """What the command has to say."""
    if options.what == "audit":
        yield audit(policy, options.required, asked)
        return
    locked = pins(LOCK.read_text(encoding="utf-8"))
    found = licences(locked, policy)
    if options.what == "licences":
        page = table(locked, found)
        if options.write:
            TABLE.write_text(page, encoding="utf-8")
        elif not TABLE.is_file() or TABLE.read_text(encoding="utf-8") != page:
            raise SupplyError("docs/licences.md is not what is locked: run `make licences`")
        yield f"{len(found)} packages, every licence known and allowed"
        return
    from epoch import moment  # both beside this file; only the bill needs its library
    from materials import write

    file, components = write(ROOT, ROOT / "dist", locked, found, moment(ROOT))
    yield f"{file.relative_to(ROOT)}: {components} components, valid CycloneDX 1.6"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
