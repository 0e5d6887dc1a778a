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

# What every run needs. The libraries are loaded late, and so not seen by importing the seeder's own modules.
NEEDED = (
    "logging.handlers",
    "psycopg",
    "seeder.cli.command",
    "seeder.run.runner",
    "sqlalchemy.dialects.postgresql.psycopg",
    "structlog.dev",
    "tenacity",
    "yaml",
)


def import_everything() -> None:
    for name in NEEDED:
        importlib.import_module(name)
    seeder = importlib.import_module("seeder")
    for module in pkgutil.walk_packages(seeder.__path__, "seeder."):
        try:
            importlib.import_module(module.name)
        except ImportError as error:
            # The other doors into the package want libraries that are not in the image.
            if (error.name or "").startswith("seeder"):
                raise


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
