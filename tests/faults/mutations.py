"""Seed files of every kind, and what may become of one on its way: bits that flip, lines that double, files cut short.

Each mutation takes a source of randomness, the bytes of a file and those of another one, and returns bytes.
"""

from __future__ import annotations

import gzip
import struct
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import Random

    Mutation: TypeAlias = Callable[[Random, bytes, bytes], bytes]

TABLE: Final = """\
CREATE TABLE {} (
    id    int PRIMARY KEY,
    name  text,
    price numeric,
    day   date,
    at    timestamptz,
    flag  boolean,
    doc   jsonb,
    tags  text[],
    raw   bytea,
    uid   uuid,
    span  int4range,
    up    int
)
"""
"""What the seed files are for, with a place for the table's name."""

BESIDE: Final[Mapping[str, bytes]] = {
    "parts/prompt.md": "Be kind.\nÉté.\n".encode(),
    "parts/doc.json": b'{"a": [1, 2.50, {"b": null}]}\n',
    "parts/raw.bin": bytes(range(256)),
    "parts/table.sql": b"CREATE TABLE IF NOT EXISTS nowhere (id int PRIMARY KEY);\n",
}
"""What `!file` names in the seed files."""

ENVIRON: Final[Mapping[str, str]] = {"WORD": "a word", "EMPTY": ""}

_YAML: Final = b"""\
key: [id]
defaults: &defaults
  flag: false
  doc: {a: 1, b: [x, y]}
rows:
  - {id: 1, name: "one", price: 1.50, day: 2026-01-31, at: 2026-01-31T12:00:00Z}
  - id: 2
    name: !env WORD
    tags: [a, "b c", null]
    uid: 6f2c9c5e-6f7e-4f8e-9d0a-3f6b0c7f7a11
  - &three
    id: 3
    name: !file parts/prompt.md
    raw: !!binary aGVsbG8=
    doc: !file parts/doc.json
    span: "[1,10)"
  - <<: *three
    id: 0x4
    name: !!str 007
    doc: {deep: [[[{a: null, b: true, c: 1e3, d: 0o17}]]]}
  - id: 5
    up: !ref {table: parents, where: {name: five}, column: id}
    name: |
      several
      lines
    raw: !file parts/raw.bin
  - {id: 6, name: !env "NOT_SET:a default"}
"""

_FIELDS: Final = b"""\
table: '"public"."{stem}"'
key: [id]
formerly: [older, shop/oldest]
depends_on: []
environments: []
required: false
ddl: !file parts/table.sql
insert_only: [flag]
mode: upsert
existing_rows: keep
edited_rows: overwrite
deleted_rows: restore
retired_rows: {set: {flag: false}}
timestamps: {created: null, updated: null}
rows:
- {id: 1, flag: true, name: ~}
- {id: 2, flag: null, name: ""}
- {id: 3, flag: true, name: 'it''s'}
"""

_JSON: Final = """\
{
  "key": ["id"],
  "mode": "upsert",
  "retired_rows": "delete",
  "timestamps": false,
  "rows": [
    {"id": 1, "name": "one", "price": 1.50, "doc": {"a": [1, 2.0, 1e2], "é": "\\u00e9\\ud83d\\ude00"}},
    {"id": 2, "name": null, "flag": true, "tags": ["x", null, "\\"quoted\\""]},
    {"id": -3, "day": "2026-02-28", "at": "2026-02-28 23:59:59.999999+00", "span": "empty"}
  ]
}
""".encode()

_CSV: Final = '''\
id,name,price,day,at,flag,doc,tags,raw,uid,span
1,one,1.50,2026-01-31,2026-01-31T12:00:00Z,t,"{""a"": 1}","{a,b}",\\xff00,,"[1,5)"
2,"two, and ""more""",,,,f,null,{},,6f2c9c5e-6f7e-4f8e-9d0a-3f6b0c7f7a11,
3,"several
lines",0.0000001,1999-12-31,,,[],,,,empty

4,été,-1,,,true,,"{NULL,""x""}",,,
5,"",1e10,,,no,,,,,
'''.encode()

_NDJSON: Final = """\
{"id": 1, "name": "one", "price": 1.50, "doc": {"a": [1, {"b": null}]}}
{"id": 2, "name": "é\\u00e9", "tags": ["x", "y z"]}

{"id": 3, "flag": false, "day": "2026-12-31", "raw": "\\\\x00ff"}
{"id": 4, "span": "(,7]", "uid": "6f2c9c5e-6f7e-4f8e-9d0a-3f6b0c7f7a11"}
""".encode()

_HISTORY: Final = b"""\
{"release": "1.0.0", "row": {"id": 1, "name": "uno", "doc": {"!": {"!ref": 1}}}}
{"release": "1.1.0", "row": {"id": 2, "raw": {"!bytes": "AAEC"}}}
{"release": "1.1.0", "row": {"id": 2, "up": {"!ref": {"table": "parents", "where": {"name": "five"}}}}}
{"release": "1.2.0", "row": {"id": 3, "name": {"!sha256": "%b"}}}
{"release": "2.0.0", "text": {"id": "4", "name": null, "price": "1.5"}}
{"release": "2.0.0", "row": {"id": {"!plain": "005"}}}
""" % (b"9f86d081" * 8)

_SQL: Final = """\
-- seeder: run=changed, required=false
-- seeder: environments=
CREATE TABLE IF NOT EXISTS pg_temp.made (id int PRIMARY KEY, name text);
INSERT INTO pg_temp.made VALUES (1, 'it''s'), (2, $$a; b$$), (3, E'\\n') ON CONFLICT DO NOTHING;
/* a /* nested */ comment; */ SELECT "id", $tag$été$tag$ FROM pg_temp.made;
DO $do$ BEGIN PERFORM 1; END $do$;
""".encode()

_PYTHON: Final = b'''\
"""Seeds a row."""
from __future__ import annotations

DEPENDS_ON = ["a"]
REQUIRED: bool = False
ENVIRONMENTS = {"production"}


def seed_sync(session) -> None:
    raise AssertionError("nobody runs this")
'''

_SET: Final = b"""\
application: shop
release: 1.2.3-rc.1
environments: [development, production]
existing_rows: keep
edited_rows: fail
retired_rows: {set: {flag: false}}
"""


def _gz(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


FILES: Final[Mapping[str, bytes]] = {
    ".yaml": _YAML,
    ".fields.yaml": _FIELDS,
    ".json": _JSON,
    ".csv": _CSV,
    ".csv.gz": _gz(_CSV),
    ".ndjson": _NDJSON,
    ".ndjson.gz": _gz(_NDJSON),
    ".sql": _SQL,
    ".py": _PYTHON,
}
"""A valid file of each kind that is a seeder by itself, by the end of its name."""

HISTORY: Final = _HISTORY
SET: Final = _SET

WORDS: Final[tuple[bytes, ...]] = (
    b"\0", b"\x01", b"\x1b[31m", b"\x7f", b"\t", b"\r", b"\r\n", b"\n", b"\v", b"\f", b"\xff", b"\xc0\x80",
    b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xef\xbb\xbf", b"\xfe\xff", b"\xff\xfe", "\u00a0".encode(),
    "\u2028".encode(), "\u3000".encode(), "\u200b".encode(), "\u202e".encode(), "\u0085".encode(), "\ufffe".encode(),
    "\u0435".encode(), "\uff1a".encode(),
    "\U0001f600".encode(), "e\u0301".encode(), b"\\u0000", b"\\ud800", b"\\udc00\\ud800",
    b"NaN", b"-Infinity", b"Infinity", b".nan", b".inf", b"1e999999999", b"-0", b"9" * 400, b"0x" + b"f" * 5000,
    b"0" * 5000, b"1_000", b"infinity", b"-infinity", b"294276-12-31", b"4714-11-24 BC", b"0000-00-00",
    b"10000000-01-01", b"2026-02-30", b"now", b"tomorrow", b"epoch", b"allballs", b"24:00:00", b"12:00:60+15:59:59",
    b"!env", b"!env X", b"!env PGPASSWORD", b"!file", b"!file ..", b"!file ../../etc/passwd", b"!file /etc/passwd",
    b"!file parts", b"!file parts/missing", b"!file \0", b"!ref", b"!ref {}", b"!ref {table: t, where: {id: 1}}",
    b"!!binary", b"!!binary ====", b"!!python/object:os.system x", b"!!int x", b"!!null", b"!<tag:x>", b"! x", b"!a!b",
    b"&a ", b"*a", b"&a *a", b"<<: *a", b"<<: [*a, *a]", b"? ", b"? [a]: b", b"- ", b": ", b"{", b"}", b"[", b"]",
    b",", b'"', b"'", b"|", b">", b"|9", b">-\n", b"%YAML 9.9\n---\n", b"%TAG ! tag:x,2000:\n---\n", b"---\n", b"...\n",
    b"#", b"@", b"`", b"\\", b"\\.", b"\n\\.\n", b'""', b'"""', b"{{", b"{a", b"{1,2", b"[1,", b"null", b"true", b"~",
    b"rows: []\n", b"id: 1\n", b"key: []\n", b"rows:\n", b"$$", b"$x$", b"--", b"/*", b"*/", b";",
    b"COPY x FROM STDIN;",
    b"\\copy", b"\\!", b"BEGIN;", b"COMMIT;", b"ROLLBACK;", b"SET ROLE postgres;",
)  # fmt: skip
"""What somebody, or something, may put into a file."""


def flip(random: Random, content: bytes, _: bytes) -> bytes:
    """Flip one to eight bits."""
    changed = bytearray(content)
    for _count in range(random.randint(1, 8)):
        if changed:
            changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def retype(random: Random, content: bytes, _: bytes) -> bytes:
    """Another letter for a letter, another digit for a digit: often the file is as valid as before."""
    changed = bytearray(content)
    places = [at for at, byte in enumerate(content) if chr(byte).isascii() and chr(byte).isalnum()]
    for at in random.sample(places, min(len(places), random.randint(1, 3))):
        changed[at] = random.choice(b"0123456789" if chr(content[at]).isdigit() else b"abcxyzABC")
    return bytes(changed)


def insert_byte(random: Random, content: bytes, _: bytes) -> bytes:
    at = random.randint(0, len(content))
    return content[:at] + random.randbytes(random.randint(1, 4)) + content[at:]


def insert_word(random: Random, content: bytes, _: bytes) -> bytes:
    at = random.randint(0, len(content))
    return content[:at] + random.choice(WORDS) + content[at:]


def replace_word(random: Random, content: bytes, _: bytes) -> bytes:
    """Put a word in the place of what stands between two separators."""
    ends = [at for at, byte in enumerate(content) if byte in b' ,:\n"[]{}=']
    if len(ends) < 2:
        return content + random.choice(WORDS)
    first = random.randrange(len(ends) - 1)
    return content[: ends[first] + 1] + random.choice(WORDS) + content[ends[first + 1] :]


def delete(random: Random, content: bytes, _: bytes) -> bytes:
    at = random.randint(0, len(content))
    return content[:at] + content[at + random.randint(1, 40) :]


def cut(random: Random, content: bytes, _: bytes) -> bytes:
    return content[: random.randint(0, len(content))]


def double_line(random: Random, content: bytes, _: bytes) -> bytes:
    lines = content.splitlines(keepends=True) or [b""]
    at = random.randrange(len(lines))
    return b"".join([*lines[: at + 1], *[lines[at]] * random.choice([1, 1, 2, 50]), *lines[at + 1 :]])


def swap_lines(random: Random, content: bytes, _: bytes) -> bytes:
    lines = content.splitlines(keepends=True)
    if len(lines) > 1:
        one, other = random.randrange(len(lines)), random.randrange(len(lines))
        lines[one], lines[other] = lines[other], lines[one]
    return b"".join(lines)


def splice(random: Random, content: bytes, other: bytes) -> bytes:
    """The beginning of the file, and the end of another."""
    return content[: random.randint(0, len(content))] + other[random.randint(0, len(other)) :]


def nest(random: Random, content: bytes, _: bytes) -> bytes:
    """Brackets in brackets, closed or not."""
    opening, closing = random.choice(
        [(b"[", b"]"), (b"{a: ", b"}"), (b'{"a": ', b"}"), (b"(", b")"), (b"- ", b"")]
    )
    depth = random.choice([50, 99, 101, 600, 5000, 50_000])
    at = random.randint(0, len(content))
    within = random.choice([b"1", b"NaN", b""])
    return (
        content[:at]
        + opening * depth
        + within
        + closing * random.choice([depth, depth - 1, 0])
        + content[at:]
    )


def anchor(random: Random, content: bytes, _: bytes) -> bytes:
    """Aliases of aliases: a billion laughs, a node within itself, a chain of merges."""
    laughs = b"a0: &a0 [x, x]\n" + b"".join(
        b"a%d: &a%d [%b]\n" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 9))
        for n in range(1, random.choice([3, 9]))
    )
    merges = b"m0: &m0 {x: 1}\n" + b"".join(
        b"m%d: &m%d {<<: [*m%d, *m%d], x%d: 1}\n" % (n, n, n - 1, n - 1, n)
        for n in range(1, random.choice([5, 30, 90]))
    )
    return random.choice([laughs + content, merges + content, content + laughs, b"s: &s [*s]\n" + content])


def encode_anew(random: Random, content: bytes, _: bytes) -> bytes:
    """The same text in another encoding."""
    text = content.decode("utf-8", "replace")
    return text.encode(
        random.choice(["utf-16", "utf-16-le", "utf-32", "latin-1", "cp1252", "utf-8-sig", "utf-7"]), "replace"
    )


def end_lines_otherwise(random: Random, content: bytes, _: bytes) -> bytes:
    """Some of the line ends, or all of them, in another form."""
    end = random.choice([b"\r\n", b"\r", "\u0085".encode(), "\u2028".encode(), b"\n\n", b"\n\t", b" \n"])
    share = random.choice([0.1, 0.5, 1.0])
    return b"".join(
        line[:-1] + (end if random.random() < share else b"\n") if line.endswith(b"\n") else line
        for line in content.splitlines(keepends=True)
    )


def lengthen(random: Random, content: bytes, _: bytes) -> bytes:
    """A very long line, or word."""
    at = random.randint(0, len(content))
    return (
        content[:at]
        + random.choice([b"x", b" ", b",", b'"', "é".encode(), b"\t", b"0", b"\0"]) * 200_000
        + content[at:]
    )


MUTATIONS: Final[tuple[Mutation, ...]] = (
    *(
        retype,
        retype,
        retype,
        flip,
        insert_byte,
        insert_word,
        insert_word,
        replace_word,
        replace_word,
        replace_word,
    ),
    *(delete, cut, double_line, swap_lines, splice, nest, anchor, encode_anew, end_lines_otherwise, lengthen),
)


def damage_gzip(random: Random, content: bytes) -> bytes:
    """Something wrong with the compressed file itself, or unusual: members, checksums, lengths, what follows."""
    behind = [b"\0" * 1000, b"garbage", content[:20], b"\x1f\x8b", content, _gz(b"") + _gz(b"9,nine\n")]
    return random.choice(
        [
            content[:-8] + random.randbytes(4) + content[-4:],
            content[:-4] + struct.pack("<I", random.randrange(1 << 32)),
            content + random.choice(behind),
            content[: random.randint(0, len(content))],
            gzip.decompress(content),
            flip(random, content, b""),
        ]
    )


class Mutated(NamedTuple):
    """A file that was mutated."""

    end: str
    """The end of its name, as in `.csv.gz`."""
    content: bytes
    done: tuple[str, ...]
    """The names of the mutations."""


def mutate(random: Random, content: bytes) -> tuple[bytes, tuple[str, ...]]:
    """One to three mutations of the content of a file."""
    done = []
    for _ in range(random.choice([1, 1, 1, 2, 3])):
        mutation = random.choice(MUTATIONS)
        content = mutation(random, content, random.choice(list(FILES.values())))
        done.append(mutation.__name__)
    return content, tuple(done)


def mutated(random: Random, end: str, stem: str = "t") -> Mutated:
    """A file of a kind, mutated. Of a compressed one mostly what is inside."""
    content = FILES[end].replace(b"{stem}", stem.encode())
    if not end.endswith(".gz"):
        return Mutated(end, *mutate(random, content))
    if random.random() < 0.4:
        return Mutated(end, damage_gzip(random, content), ("damage_gzip",))
    inside, done = mutate(random, gzip.decompress(content))
    return Mutated(end, gzip.compress(inside, 1, mtime=0), done)
