"""Tables as text."""

from inline_snapshot import snapshot

from tiffin.cli._experiments import as_csv, as_markdown, as_text, table_of
from tiffin.cli._table_text import cell, markdown, plain
from tiffin.experiments import Data, DependencyState, Failure, Reading, State

DAY = 1_700_000_000
LONG = "x" * 90


def _state(rev, name, accuracy, rate, *experiments, time=DAY):
    data = Data(
        time,
        params={"params.yaml": Reading({"lr": rate, "model": {"layers": [0.123456789, 2]}})},
        metrics={"m.json": Reading({"acc": accuracy}) if accuracy is not None else Reading(failure=Failure("E", "no"))},
        deps={"data": DependencyState("d" * 32, 1, None)},
        outs={},
    )
    return State(rev, name, data, None, experiments)


def _states():
    one = (_state("1" * 40, "calm-owl", 0.875, 0.1),)
    two = (_state("2" * 40, "bold-elk", 0.123456789, None),)
    return [
        _state("workspace", None, None, 0.3, time=None),
        _state("a" * 40, "main", 0.5, 0.2, one, two),
        State("b" * 40, failure=Failure("YAMLValidationError", "broken")),
    ]


def _table(**options):
    shown = {"precision": 5, "csv": False, "keep": (), "drop": (), "only_changed": False, **options}
    table = table_of(
        _states(), **{key: shown[key] for key in ("precision", "csv", "sort_by", "descending") if key in shown}
    )
    return table.chosen(
        keep=shown["keep"], drop=shown["drop"], only_changed=shown["only_changed"], joined=not shown["csv"]
    )


def test_experiments_as_text():
    assert as_text(_table()) == snapshot("""\
───────────────────────────────────────────────────────────────────────────────────────────────────────
Experiment               Created            acc   lr    model.layers   data
───────────────────────────────────────────────────────────────────────────────────────────────────────
workspace                -                    !   0.3   [0.12346, 2]   dddddddddddddddddddddddddddddddd
main                     Nov 14, 2023       0.5   0.2   [0.12346, 2]   dddddddddddddddddddddddddddddddd
├── 1111111 [calm-owl]   Nov 14, 2023     0.875   0.1   [0.12346, 2]   dddddddddddddddddddddddddddddddd
└── 2222222 [bold-elk]   Nov 14, 2023   0.12346   -     [0.12346, 2]   dddddddddddddddddddddddddddddddd
bbbbbbb                  -                    -   -     -              -
───────────────────────────────────────────────────────────────────────────────────────────────────────
""")


def test_experiments_as_markdown():
    assert as_markdown(_table(drop=["data", "model"])) == snapshot("""\
| Experiment             | Created      | acc     | lr   |
|------------------------|--------------|---------|------|
| workspace              | -            | !       | 0.3  |
| main                   | Nov 14, 2023 | 0.5     | 0.2  |
| ├── 1111111 [calm-owl] | Nov 14, 2023 | 0.875   | 0.1  |
| └── 2222222 [bold-elk] | Nov 14, 2023 | 0.12346 | -    |
| bbbbbbb                | -            | -       | -    |

""")


def test_experiments_as_csv():
    assert as_csv(_table(csv=True, precision=None)) == snapshot("""\
Experiment,rev,typ,Created,parent,acc,lr,model.layers,data\r
,workspace,baseline,,,!,0.3,"[0.123456789, 2]",dddddddddddddddddddddddddddddddd\r
,main,baseline,2023-11-14T22:13:20,,0.5,0.2,"[0.123456789, 2]",dddddddddddddddddddddddddddddddd\r
calm-owl,1111111,branch_commit,2023-11-14T22:13:20,,0.875,0.1,"[0.123456789, 2]",dddddddddddddddddddddddddddddddd\r
bold-elk,2222222,branch_base,2023-11-14T22:13:20,,0.123456789,,"[0.123456789, 2]",dddddddddddddddddddddddddddddddd\r
,bbbbbbb,baseline,,,,,,\r
""")


def test_experiments_sorted_with_missing_values_last():
    names = [line.split()[1] for line in as_text(_table(sort_by="lr")).splitlines() if "─ " in line]
    assert names == ["1111111", "2222222"]
    names = [
        line.split()[1] for line in as_text(_table(sort_by="m.json:acc", descending=True)).splitlines() if "─ " in line
    ]
    assert names == ["1111111", "2222222"]


def test_columns_are_kept_and_dropped_by_pattern():
    assert [column.header for column in _table(drop=["acc", "da"]).columns] == snapshot(
        ["Experiment", "Created", "lr", "model.layers"]
    )
    assert [column.header for column in _table(only_changed=True, keep=["data"]).columns] == snapshot(
        ["Experiment", "Created", "acc", "lr", "model.layers", "data"]
    )


def test_columns_stand_under_their_headers():
    rows = [["a.json", "acc", "0.5", "-"], ["b", LONG, "短い", "x"]]
    assert plain(["Path", "Metric", "HEAD", "workspace"], rows) == snapshot("""\
Path    Metric                                                                                      HEAD    workspace
a.json  acc                                                                                         0.5     -
b       xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx  短い    x
""")


def test_a_table_without_rows_is_nothing_but_in_markdown():
    assert plain(["Path"], []) == ""
    assert markdown(["Path"], []) == "| Path   |\n|--------|\n\n"


def test_a_cell_breaks_neither_line_nor_column():
    assert cell("one\ntwo") == "one\\ntwo"
    assert markdown(["Path"], [["a|b"]]) == "| Path   |\n|--------|\n| a\\|b   |\n\n"


def test_digits_after_the_point_or_in_all():
    assert cell(1234.56789, 2) == "1234.57"
    assert cell(1234.56789, 2, significant=True) == "1.2e+03"
    assert cell({"a": [0.123456]}, 3, significant=True) == "{'a': [0.123]}"
    assert cell(True, 3) == "True"
