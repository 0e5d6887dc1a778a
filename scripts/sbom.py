"""Lists what is in an image, as a CycloneDX bill of materials. Run by scripts/sbom.sh.

The image is asked, not the requirement lists: the Python packages and the Debian packages that are really in it.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

if TYPE_CHECKING:
    from collections.abc import Iterator

# Runs inside the image, so with nothing but the standard library.
INVENTORY = r"""
import importlib.metadata, json, pathlib, platform

def paragraphs(path):
    for paragraph in path.read_text().split("\n\n"):
        fields = (line.split(": ", 1) for line in paragraph.splitlines() if ": " in line and line[0] != " ")
        yield dict(fields)

status = pathlib.Path("/var/lib/dpkg/status")
print(json.dumps({
    "release": platform.freedesktop_os_release(),
    "python": platform.python_version(),
    "python_packages": [
        [d.name, d.version, d.metadata.get("License-Expression") or d.metadata.get("License") or ""]
        for d in importlib.metadata.distributions()
    ],
    "system_packages": [
        [p["Package"], p["Version"], p["Architecture"]]
        for p in (paragraphs(status) if status.exists() else ())
        if p.get("Status", "").endswith(" installed")
    ],
}))
"""


def docker(*args: str, stdin: str | None = None) -> str:
    return subprocess.run(
        ["docker", *args], input=stdin, stdout=subprocess.PIPE, text=True, check=True
    ).stdout


def components(inventory: dict[str, Any]) -> Iterator[Component]:
    licences = LicenseFactory()
    release = inventory["release"]
    yield Component(
        name="python",
        version=inventory["python"],
        type=ComponentType.PLATFORM,
        bom_ref="python",
        purl=PackageURL("generic", None, "python", inventory["python"]),
    )
    for name, version, licence in inventory["python_packages"]:
        one_line = licence and "\n" not in licence
        yield Component(
            name=name,
            version=version,
            type=ComponentType.LIBRARY,
            bom_ref=f"pypi:{name}",
            purl=PackageURL("pypi", None, re.sub(r"[-_.]+", "-", name).lower(), version),
            licenses=[licences.make_from_string(licence)] if one_line else None,
        )
    for name, version, architecture in inventory["system_packages"]:
        qualifiers = {"arch": architecture, "distro": f"{release['ID']}-{release.get('VERSION_ID', '')}"}
        yield Component(
            name=name,
            version=version,
            type=ComponentType.LIBRARY,
            bom_ref=f"deb:{name}:{architecture}",
            purl=PackageURL("deb", release["ID"], name, version, qualifiers),
        )


def bill_of_materials(image: str) -> str:
    (config,) = json.loads(docker("image", "inspect", image))
    run = ("run", "--rm", "--interactive", "--network", "none", "--entrypoint", "python", image, "-I", "-")
    inventory = json.loads(docker(*run, stdin=INVENTORY))
    labels = config["Config"]["Labels"] or {}
    bom = Bom(components=components(inventory))
    bom.metadata.component = Component(
        name=labels.get("org.opencontainers.image.title", image),
        version=labels.get("org.opencontainers.image.version") or config["Id"],
        type=ComponentType.CONTAINER,
        bom_ref=config["Id"],
    )
    bom.register_dependency(bom.metadata.component, bom.components)
    text = JsonV1Dot6(bom).output_as_string(indent=2)
    if error := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        raise SystemExit(f"what was made is no valid CycloneDX: {error}")
    return text


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: scripts/sbom.sh IMAGE")
    print(bill_of_materials(sys.argv[1]))
