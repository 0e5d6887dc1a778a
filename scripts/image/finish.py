"""Runs in the Dockerfile's last stage: warms the standard library's bytecode and takes pip out.

Official Python images come without the standard library's bytecode, and the seeder, which is not root and may
have a read-only file system, would compile it at each start. Importing what the seeder imports writes what is
missing, and shows on the way that everything installed can be loaded on this base.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import shutil
import subprocess
import sys
from pathlib import Path

# Loaded by the seeder only when a run needs them, and so not seen by importing its modules.
LATE = (
    "logging.handlers",
    "psycopg",
    "sqlalchemy.dialects.postgresql.psycopg",
    "structlog.dev",
    "tenacity",
    "yaml",
)
# Doors into the package whose libraries are optional and not in the image.
OPTIONAL = frozenset({"seeder.__main__", "seeder.fastapi", "seeder.pytest_plugin"})


def import_everything() -> None:
    seeder = importlib.import_module("seeder")
    modules = (module.name for module in pkgutil.walk_packages(seeder.__path__, "seeder."))
    for name in (*LATE, *modules):
        if name not in OPTIONAL:
            importlib.import_module(name)


def remove_pip() -> None:
    """Take pip, and the copy of it that `ensurepip` keeps, out of the base image's own Python."""
    base = Path(sys.executable).resolve()
    found = subprocess.run(
        [base, "-c", "import pathlib, pip; print(pathlib.Path(pip.__file__).parent)"],
        check=False,
        capture_output=True,
        text=True,
    )
    if found.returncode == 0:
        package = Path(found.stdout.strip())
        for folder in (package, *package.parent.glob("pip-*.dist-info")):
            shutil.rmtree(folder)
        for script in base.parent.glob("pip*"):
            script.unlink()
    ensurepip = importlib.util.find_spec("ensurepip")
    if ensurepip is not None and ensurepip.origin is not None:
        shutil.rmtree(Path(ensurepip.origin).parent)


if __name__ == "__main__":
    import_everything()
    remove_pip()
