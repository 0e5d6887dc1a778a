"""Make a table hold the rows of a seed file: stage, compare three ways, apply, and write the ledger."""

from seeder.merge.blame import find_refused
from seeder.merge.held import held
from seeder.merge.ledger import Ledger
from seeder.merge.merge import Merged, Options, create_table, merge
from seeder.merge.retirement import Retired, retire
from seeder.merge.staged_columns import Layout
from seeder.merge.target import Target, find_target, former_names

__all__ = [
    "Layout",
    "Ledger",
    "Merged",
    "Options",
    "Retired",
    "Target",
    "create_table",
    "find_refused",
    "find_target",
    "former_names",
    "held",
    "merge",
    "retire",
]
