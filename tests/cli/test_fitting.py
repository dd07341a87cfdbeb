"""Wide tables on a narrow terminal."""

from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from tiffin.cli._fitting import Style, _cut, drawn, fit, squeeze
from tiffin.cli._table_text import MARGIN, Column, width

STYLE = Style(gap=2, margin=MARGIN)


def _wide(names: int, rows: int) -> list[Column]:
    """A column of names, and columns of which every other one is the same in all rows."""
    values = [Column(f"value_{at}", [str(1000 + at + row * (at % 2)) for row in range(rows)]) for at in range(names)]
    return [Column("Path", [f"file_{row}" for row in range(rows)]), *values]


def _fitted(columns: list[Column], space: int) -> str:
    return drawn(fit(columns, space, STYLE, labels=columns[0].cells), whole="--md")


def test_a_table_that_fits_stays_as_it_is():
    columns = _wide(3, 2)
    assert fit(columns, 80, STYLE, labels=columns[0].cells) == ([columns], [])


def test_columns_that_are_the_same_in_all_rows_are_left_out_first():
    assert _fitted(_wide(6, 2), 40) == snapshot("""\
Path    value_1    value_3    value_5
file_0  1001       1003       1005
file_1  1002       1004       1006
Left out, the same in all rows: 3 columns (value_0, value_2, value_4).
--md and a pipe get everything.
""")


def test_a_hash_is_shortened_before_anything_is_left_out():
    columns = [*_wide(1, 2), Column("data", ["d" * 32, "e" * 32 + ".dir"])]
    assert _fitted(columns, 40) == snapshot("""\
Path    value_0    data
file_0  1000       ddddddd
file_1  1000       eeeeeee
Long values are cut.
--md and a pipe get everything.
""")


def test_rows_become_columns_where_that_fits():
    assert _fitted(_wide(5, 1), 30) == snapshot("""\
Path →    file_0
value_0   1000
value_1   1001
value_2   1002
value_3   1003
value_4   1004
""")


def test_what_fits_neither_way_is_broken_into_panels():
    columns = [Column(f"v{at}", [f"{at}{row}" for row in range(9)]) for at in range(6)]
    assert _fitted([Column("Path", [f"f{row}" for row in range(9)]), *columns], 22) == snapshot("""\
Path    v0    v1
f0      00    10
f1      01    11
f2      02    12
f3      03    13
f4      04    14
f5      05    15
f6      06    16
f7      07    17
f8      08    18

Path    v2    v3
f0      20    30
f1      21    31
f2      22    32
f3      23    33
f4      24    34
f5      25    35
f6      26    36
f7      27    37
f8      28    38

Path    v4    v5
f0      40    50
f1      41    51
f2      42    52
f3      43    53
f4      44    54
f5      45    55
f6      46    56
f7      47    57
f8      48    58
""")


def test_of_few_columns_the_values_are_cut():
    columns = [
        Column("Path", ["params.yaml"]),
        Column("Param", ["layers"]),
        Column("HEAD", ["[1, 2, 3, 4, 5, 6, 7]" * 2]),
    ]
    found = squeeze(columns, 40, STYLE, order=[2, 0, 1])
    assert drawn(found, whole="--md") == snapshot("""\
Path         Param    HEAD
params.yaml  layers   [1, 2, 3, 4… 6, 7]
Long values are cut.
--md and a pipe get everything.
""")
    assert squeeze(columns, 80, STYLE, order=[2, 0, 1]).panels == [columns]


texts = st.text(st.characters(codec="utf-8", exclude_categories=["C", "M"]), max_size=12)


@st.composite
def tables(draw: st.DrawFn) -> list[Column]:
    rows = draw(st.integers(1, 5))
    cells = st.lists(texts, min_size=rows, max_size=rows)
    return [Column(f"c{at}", found) for at, found in enumerate(draw(st.lists(cells, min_size=1, max_size=12)))]


@given(columns=tables(), space=st.integers(12, 100), keys=st.integers(1, 2))
def test_nothing_is_lost_unless_it_is_said_and_everything_fits(columns, space, keys):
    keys = min(keys, len(columns))
    found = fit(columns, space, STYLE, labels=[str(row) for row in range(len(columns[0].cells))], keys=keys)
    shown = [cell for panel in found.panels for column in panel for cell in (column.header, *column.cells)]
    if not found.notes:
        assert {cell for column in columns[keys:] for cell in (column.header, *column.cells)} <= set(shown)
    for panel in found.panels:
        # One value beside what the row is cannot be broken any further.
        assert STYLE.width(panel) <= space or len(panel) <= keys + 1


@given(text=texts, size=st.integers(3, 12))
def test_a_cut_text_has_its_size(text, size):
    assert width(_cut(text, size)) <= max(size, 1)
    assert width(text) > size or _cut(text, size) == text
