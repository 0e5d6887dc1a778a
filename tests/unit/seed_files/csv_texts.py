"""CSV texts of every kind, right and wrong, of two columns."""

from __future__ import annotations

from hypothesis import strategies as st

_FIELD = st.sampled_from(
    [
        "",
        "a",
        "é",
        " ",
        '""',
        '"a"',
        '"a,b"',
        '"a""b"',
        '"""a"""',
        '""""',
        '"x\n\ny"',
        '"\r\n"',
        "\\.",
        '"\\."',
    ]
)
_RECORD = st.tuples(_FIELD, _FIELD).map(",".join)
_PIECE = st.one_of(
    _FIELD, st.sampled_from(['"', ",", "\n", "\r", "\r\n", "\n\n", "\n\\.\n", "\0", "1,2\n", "1,2\r\n"])
)
_ORDERLY = st.builds(
    lambda records, end, last: end.join(records) + last,
    st.lists(_RECORD),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["", "\n", "\r\n"]),
)
CSV_TEXTS: st.SearchStrategy[str] = st.one_of(_ORDERLY, st.lists(_PIECE, max_size=12).map("".join)).map(
    "a,b\n".__add__
)
