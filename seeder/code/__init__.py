"""Seeders that are code: SQL scripts and Python modules, run, counted and noted as any other seeder."""

from seeder.code.execution import CodeOptions, Execution
from seeder.code.session_state import SessionState
from seeder.code.statistics import Executed

__all__ = ["CodeOptions", "Executed", "Execution", "SessionState"]
