"""Completion in a real shell, at a terminal: the script is loaded, and the key is pressed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import termios
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from seeder.cli import command
from seeder.cli.completion import SHELLS

if TYPE_CHECKING:
    from collections.abc import Iterator

STARTS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], 'PS1="READY> "; eval "$(seeder completion bash)"'),
    "zsh": (
        ["zsh", "-f", "-i"],
        'PS1="READY> "; autoload -U compinit; compinit -u -D; eval "$(seeder completion zsh)"',
    ),
    "fish": (
        ["fish", "--no-config", "-i"],
        'function fish_prompt; echo "READY> "; end; seeder completion fish | source',
    ),
}
_ESCAPES = re.compile(
    r"\x1b(\[[0-9;?<>=]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[()][A-B0]|[=>])|\x07|\x08|\r"
)


@dataclass
class Terminal:
    """An interactive shell, and what it has shown."""

    process: subprocess.Popen[bytes]
    master: int

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def shown(self, wanted: str, timeout: float = 30) -> None:
        """Wait until `wanted` is shown, a pattern."""
        seen = ""
        deadline = time.monotonic() + timeout
        while not re.search(wanted, plain := _ESCAPES.sub("", seen), re.DOTALL):
            assert time.monotonic() < deadline, f"no {wanted!r} in {plain!r}"
            if select.select([self.master], [], [], 0.2)[0]:
                seen += os.read(self.master, 65536).decode(errors="replace")

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.master)


@pytest.fixture(params=SHELLS)
def terminal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Terminal]:
    arguments, begin = STARTS[request.param]
    if shutil.which(arguments[0]) is None:
        missing = pytest.fail if os.environ.get("CI") else pytest.skip
        missing(f"this machine has no {arguments[0]}; scripts/test-tools.sh installs it")
    master, slave = pty.openpty()
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "TERM": "xterm",
        "LC_ALL": "C.UTF-8",
        "SEED_PATH": str(tmp_path / "seeds"),
        "COLUMNS": "200",
    }
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds/fruit_kinds.csv").write_text("name\n")
    (tmp_path / "other").mkdir()
    (tmp_path / "other/vegetables.yaml").write_text("environments: [staging]\nrows: []\n")
    process = subprocess.Popen(
        arguments,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        cwd=tmp_path,
        env=environment,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - fish wants a terminal of its own
    )
    os.close(slave)
    shell = Terminal(process, master)
    one_more = "(math 1 + 1)" if request.param == "fish" else "$((1 + 1))"
    with contextlib.closing(shell):
        shell.type(f"{begin}; echo LOADED{one_more}\n")
        shell.shown("LOADED2.*READY> ")
        yield shell


@pytest.mark.slow
@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("seeder --fru", "seeder --fruit_kinds "),
        ("seeder --path other --veg", "seeder --path other --vegetables "),
        ("seeder vali", "seeder validate "),
        ("seeder resolve fru", "seeder resolve fruit_kinds "),
        ("seeder --strictness len", "seeder --strictness lenient "),
        ("seeder --path other --environment st", "seeder --path other --environment staging "),
        ("seeder --path oth", "seeder --path other/"),
    ],
)
def test_the_key_completes(terminal: Terminal, typed: str, completed: str) -> None:
    terminal.type(f"{typed}\t")
    terminal.shown(re.escape(completed))


def answers(words: str, **environ: str) -> list[str]:
    """What is answered to bash, whose cursor is at the end of `words`."""
    asked = {"COMP_WORDS": words, "COMP_CWORD": str(words.count(" ")), "_SEEDER_COMPLETE": "bash_complete"}
    done = subprocess.run(
        [sys.executable, "-m", "seeder"],
        env={**os.environ, **asked, **environ},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return [line.partition(",")[2] for line in done.stdout.splitlines() if line]


def test_the_options_and_the_seeders(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x\n")
    found = answers("seeder --", SEED_PATH=str(tmp_path))
    assert {"--all", "--path", "--dry-run", "--a"} <= set(found)
    assert "--tools" not in found


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("seeder --model-c", ["--model-configs"]),
        ("seeder resolve --take ", ["seed", "live"]),
        ("seeder list --format ", ["text", "json"]),
        ("seeder validate --format g", ["github"]),
        ("seeder completion ", list(SHELLS)),
        ("seeder --ledger ", ["off"]),
        ("seeder --log-level d", ["debug"]),
        ("seeder --path /nowhere --to", []),
        ("seeder nonsense ", []),
        ("seeder --strictness='le", ["lenient"]),
    ],
)
def test_what_may_follow(words: str, found: list[str]) -> None:
    assert answers(words) == found


def test_a_shell_that_is_not_known(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["completion", "tcsh"], {}) == 2
    assert 'there is no completion for "tcsh"; the shells are bash, zsh, fish' in capsys.readouterr().err


def test_a_run_imports_nothing_of_it() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            (
                "import sys; from seeder.cli import command; command.main(['list'], {});"
                "print('seeder.cli.completion' in sys.modules, 'click.shell_completion' in sys.modules)"
            ),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "False False"
