"""What a table looks like, read from the catalogue in one statement."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlalchemy import TextClause, bindparam, column, table, text
from sqlalchemy.types import UserDefinedType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import TableClause


class Native(UserDefinedType[str]):
    """A type of the server's, named as `format_type` names it, its modifier included: `numeric(10,2)`."""

    cache_ok = True

    def __init__(self, name: str) -> None:
        self.name = name

    def get_col_spec(self, **_: Any) -> str:
        """The type's name, quoted by the server that gave it."""
        return self.name


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table in the database.

    `type` is the type's name with its modifier; `base` the name of the type beneath any domain; `category` is
    `pg_type.typcategory`; `equality` is the schema of the type's own `=`, where that is not `pg_catalog`; `collation`
    is the quoted name of its collation, where by that texts are equal that differ in their bytes.
    """

    name: str
    type: str
    base: str
    category: str
    not_null: bool
    has_default: bool
    generated: bool
    identity: str
    sequence: str | None
    equality: str | None
    collation: str | None

    @property
    def is_json(self) -> bool:
        """Whether its values are JSON documents."""
        return self.base in {"json", "jsonb"}


@dataclass(frozen=True)
class Table:
    """A table in the database: an ordinary or a partitioned one."""

    schema: str
    name: str
    kind: str
    columns: Mapping[str, Column]
    primary_key: tuple[str, ...]
    unique_keys: tuple[frozenset[str], ...] = ()
    """The sets of columns in which no two rows are the same, NULL included."""

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def is_writable(self) -> bool:
        """Whether rows can be told apart and written: views and foreign tables have no `ctid` to rely on."""
        return self.kind in {"r", "p"}

    @cached_property
    def clause(self) -> TableClause:
        """The table for SQLAlchemy, with the two system columns that name a row version."""
        names = (*self.columns, "ctid", "tableoid")
        return table(self.name, *(column(name) for name in names), schema=self.schema)

    @classmethod
    def from_catalogue(cls, found: Mapping[str, Any]) -> Table:
        """Build a table from the row that `CATALOGUE` returned."""
        columns = (Column(**entry) for entry in found["columns"])
        return cls(
            schema=found["schema_name"],
            name=found["table_name"],
            kind=found["kind"],
            columns={column.name: column for column in columns},
            primary_key=tuple(found["primary_key"]),
            unique_keys=tuple(map(frozenset, found["unique_keys"])),
        )


def quote(schema: str | None, name: str) -> str:
    """A name as `to_regclass` reads it, its case and its dots kept."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in (schema, name) if part is not None)


CATALOGUE: TextClause = text("""\
SELECT
    n.nspname AS schema_name,
    c.relname AS table_name,
    c.relkind AS kind,
    coalesce((
        SELECT json_agg(json_build_object(
            'name', a.attname,
            'type', format_type(a.atttypid, a.atttypmod),
            'base', base.typname,
            'category', base.typcategory,
            'not_null', a.attnotnull,
            'has_default', a.atthasdef AND a.attgenerated = '',
            'generated', a.attgenerated <> '',
            'identity', a.attidentity,
            'sequence', CASE WHEN a.attidentity <> '' OR a.atthasdef THEN (
                SELECT format('%I.%I', sn.nspname, s.relname)
                FROM pg_depend AS d
                JOIN pg_class AS s
                    ON s.oid = CASE WHEN d.classid = 'pg_class'::regclass THEN d.objid ELSE d.refobjid END
                    AND s.relkind = 'S'
                JOIN pg_namespace AS sn ON sn.oid = s.relnamespace
                WHERE (d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
                        AND d.refobjid = c.oid AND d.refobjsubid = a.attnum AND d.deptype IN ('a', 'i'))
                    OR (d.classid = 'pg_attrdef'::regclass AND d.refclassid = 'pg_class'::regclass
                        AND d.objid = (
                            SELECT def.oid FROM pg_attrdef AS def
                            WHERE def.adrelid = c.oid AND def.adnum = a.attnum))
                ORDER BY d.deptype = 'n'
                LIMIT 1) END,
            'equality', CASE WHEN base.typnamespace <> 'pg_catalog'::regnamespace THEN (
                SELECT opn.nspname
                FROM pg_operator AS o
                JOIN pg_namespace AS opn ON opn.oid = o.oprnamespace
                WHERE o.oprname = '=' AND o.oprleft = base.oid AND o.oprright = base.oid
                LIMIT 1) END,
            'collation', (
                SELECT format('%I.%I', con.nspname, co.collname)
                FROM pg_collation AS co
                JOIN pg_namespace AS con ON con.oid = co.collnamespace
                WHERE co.oid = a.attcollation AND NOT co.collisdeterministic)
        ) ORDER BY a.attnum)
        FROM pg_attribute AS a
        CROSS JOIN LATERAL (
            WITH RECURSIVE underlying AS (
                SELECT t.* FROM pg_type AS t WHERE t.oid = a.atttypid
                UNION ALL
                SELECT t.* FROM pg_type AS t JOIN underlying AS u ON u.typtype = 'd' AND t.oid = u.typbasetype)
            SELECT u.oid, u.typname, u.typcategory, u.typnamespace FROM underlying AS u WHERE u.typtype <> 'd'
        ) AS base
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    ), '[]') AS columns,
    coalesce((
        SELECT json_agg(a.attname ORDER BY k.position)
        FROM pg_index AS i
        CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, position)
        JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.attnum
        WHERE i.indrelid = c.oid AND i.indisprimary AND k.position <= i.indnkeyatts
    ), '[]') AS primary_key,
    coalesce((
        SELECT json_agg((
            SELECT json_agg(a.attname)
            FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, position)
            JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.attnum
            WHERE k.position <= i.indnkeyatts))
        FROM pg_index AS i
        WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid
            AND i.indpred IS NULL AND i.indexprs IS NULL
            AND (coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false) OR NOT EXISTS (
                SELECT 1 FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, position)
                JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.attnum
                WHERE k.position <= i.indnkeyatts AND NOT a.attnotnull))
    ), '[]') AS unique_keys
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.oid = to_regclass(:qualified)
""").bindparams(bindparam("qualified"))
"""One row that describes the table `qualified` names, or none where there is no such table."""
