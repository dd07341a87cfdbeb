"""What `tiffin train` says and keeps."""

import gzip
import io
import json
import mmap
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.learning.examples import libsvm, teacher_rows
from tiffin.cli import main
from tiffin.cli._passes import Asked, Passes, best_of
from tiffin.cli._progress import Bar
from tiffin.cli._ui import Context, Ui
from tiffin.models import make_model
from tiffin.stream import amount_of
from tiffin.train import Counting, Counts, Evaluation, Pass, Trained, load, profile, train


@pytest.fixture
def data(tmp_path: Path) -> str:
    (tmp_path / "a.svm").write_text(libsvm(teacher_rows(4_000, seed=1)) * 20, encoding="utf-8")
    return str(tmp_path / "a.svm")


def made(**seconds: float) -> Pass:
    chosen = {"read_s": 0.0, "parse_s": 0.0, "learn_s": 0.0, "wait_s": 0.0, "from_cache": False, **seconds}
    return Pass(Evaluation(10, 0.5, None, None, 0), 2.0, 100, 50, **chosen)  # type: ignore[arg-type]


def test_the_last_line_says_what_took_the_time() -> None:
    def line(done: Pass, path: str = "a.svm", *, deterministic: bool = False, kept: bool = False) -> str:
        return profile([done], [path], deterministic=deterministic, kept=kept)

    assert line(made(parse_s=3, learn_s=1)) == (
        "time: read 0%, parse 75%, learn 25%, wait 0%; "
        "parsing bound it: with --cache DIR, later runs begin with parsed examples, as further passes do"
    )
    assert line(made(parse_s=3), kept=True).endswith("this once: the next run begins with what was kept")
    assert line(made(read_s=3), "a.svm.gz").endswith("reading bound it: .zst decompresses several times as fast as .gz")
    assert line(made(read_s=3)).endswith("the disk, or what feeds it, is slower than training")
    assert line(made(read_s=3, from_cache=True)).endswith("the cache is on a slow disk, or larger than the memory")
    assert line(made(wait_s=3), deterministic=True).endswith("with --deterministic one thread learns at a time")
    assert line(made(wait_s=3)).endswith("as all write to the same rows")
    assert line(made(learn_s=3)).endswith(
        "learning bound it, as it should; fewer bits or a smaller k take less memory and time"
    )
    assert line(made()) == ""
    assert line(made(learn_s=3, queued=2.34)).startswith(
        "time: read 0%, parse 0%, learn 100%, wait 0%, queue 2.3; learning"
    )
    several = [made(read_s=4, learn_s=3), *[made(learn_s=1.5, from_cache=True)] * 2]
    assert profile(several, ["a.svm.gz"], deterministic=False, kept=False).startswith(
        "time: read 40%, parse 0%, learn 60%, wait 0%; reading"
    )


def test_a_second_line_has_what_was_counted() -> None:
    def lines(counts: Counts | None) -> list[str]:
        found = profile([made(learn_s=3)], ["a.svm"], deterministic=False, kept=False, counts=counts)
        assert found.startswith("time: read 0%, parse 0%, learn 100%, wait 0%; learning bound it")
        return found.split("\n")[1:]

    counts = Counts(2_000, cycles=4_000_000, instructions=3_000_000, cache_misses=25_000, page_faults=12_345)
    assert lines(counts) == ["counted: 0.75 instructions a cycle, 12.5 cache misses a row, 12,345 page faults"]
    assert counts.fields() == {
        "rows": 2_000,
        "cycles": 4_000_000,
        "instructions": 3_000_000,
        "cache_misses": 25_000,
        "page_faults": 12_345,
        "instructions_per_cycle": 0.75,
        "cache_misses_per_row": 12.5,
    }
    # A virtual machine has no counters of the processor.
    assert lines(Counts(2_000, page_faults=3)) == ["counted: 3 page faults"]
    assert lines(Counts(2_000, instructions=1, cache_misses=2_000)) == ["counted: 1.0 cache misses a row"]
    for nothing in (None, Counts(2_000), Counts(0, cycles=0, instructions=0, cache_misses=0)):
        assert lines(nothing) == []
    assert Counts(2_000).fields() == {}


@pytest.mark.parametrize(
    ("words", "size"),
    [
        (["lr", "--set", "alpha=1", "--set", "bits=20"], 8 << 20),
        (["fm", "--set", "bits=99"], 8 << 32),
        (["lr"], None),
        (["lr", "--set", "bits=x"], None),
        (["lr", "--set", "bits=20", "--set", "table=exact"], None),
        (["trees", "--set", "bits=20"], None),
    ],
)
def test_memory_of_a_table_is_cleared_while_modules_are_loaded(
    words: list[str], size: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr("tiffin._native.learning.get_memory_ready", asked.append)
    assert main(["train", *words, "--data", "nowhere", "--out", "m"]) != 0
    assert asked == ([] if size is None else [size])


def test_page_faults_are_counted() -> None:
    counting = Counting()
    before = counting.after(0).page_faults
    size = 16 << 20
    with mmap.mmap(-1, size) as memory:
        for place in range(0, size, mmap.PAGESIZE):
            memory[place] = 1
        after = counting.after(0).page_faults
    assert before is not None
    assert after is not None
    assert after > before
    assert counting.after(0).cycles is None or (counting.after(0).cycles or 0) > 0


def test_the_best_pass_is_the_one_that_predicts_held_out_rows_best() -> None:
    held = [made()._replace(held_out=Evaluation(1, loss, None, None, 0)) for loss in (0.5, 0.4, 0.45)]
    assert best_of(held) == 2
    assert best_of([made(), made()]) == 2


def test_the_bar_shows_rows_loss_and_time_left() -> None:
    stream = io.StringIO()
    with Bar("Training", stream, "row") as bar:
        bar.expect(0, 0)
        bar.note(lambda: "5 rows/s, loss 0.44, AUC 0.79")
        bar(100, 1000)
        bar.expect_in_all(200, 0)
        time.sleep(0.7)
        bar(150, 2000)
    last = [shown for shown in stream.getvalue().split("\r") if shown.strip()][-1]
    assert "150/200" in last
    assert "loss 0.44, AUC 0.79]" in last


class Shown:
    """A bar that keeps what it would draw."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def __call__(self, files: int, size: int, /) -> None: ...
    def hide(self) -> None: ...
    def expect_in_all(self, files: int, size: int) -> None: ...
    def note(self, text: Callable[[], str]) -> None:
        self.notes.append(text())


@pytest.mark.parametrize("name", ["lr", "deepfm"])
def test_what_a_pass_comes_to_and_what_bounds_it_is_shown_meanwhile(data: str, tmp_path: Path, name: str) -> None:
    if name == "deepfm":
        pytest.importorskip("torch")
    bar = Shown()
    asked = Asked([data], str(tmp_path / "model"), 1, 1, slim=False, evaluate=None)
    told = Passes(Ui(Context(str(tmp_path), {})), asked, bar, None)
    train(make_model(name, {"bits": 12}), [data], progress=told.moved)
    form = r"[\d,]+ rows/s, loss \d\.\d{5}, AUC \d\.\d{5}, (read|parse|learn|wait)-bound \d+%|.* balanced \(\w+ \d+%\)"
    assert re.fullmatch(form, bar.notes[-1]), bar.notes


@pytest.mark.parametrize("ending", ["", ".gz", ".zst"])
def test_the_size_of_text_is_known_before_it_is_read(data: str, tmp_path: Path, ending: str) -> None:
    import gzip

    import zstandard

    text = Path(data).read_bytes()
    packs: dict[str, Callable[[bytes], bytes]] = {
        "": bytes,
        ".gz": lambda text: gzip.compress(text, 1),
        ".zst": lambda text: zstandard.ZstdCompressor().compress(text),
    }
    pack = packs[ending]
    (tmp_path / f"b.svm{ending}").write_bytes(pack(text))
    (tmp_path / f"c.svm{ending}").write_bytes(pack(b"1 1:1\n") * 2)
    assert amount_of([str(tmp_path / f"b.svm{ending}")]).size == pytest.approx(len(text), rel=0.05)
    assert amount_of([str(tmp_path / f"c.svm{ending}")]) == (0, 12)
    (tmp_path / f"d.svm{ending}").write_bytes(b"1" * 30)
    assert amount_of([str(tmp_path / f"d.svm{ending}")]) == (0, 0 if ending else 30)
    assert amount_of([data, str(tmp_path)]) == (0, 0)


def test_of_text_that_is_packed_thousandfold_a_part_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / "a.svm.gz").write_bytes(gzip.compress(b"1 3\n" * 3_000_000))
    assert amount_of([str(tmp_path / "a.svm.gz")]).size == pytest.approx(12_000_000, rel=0.05)


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow", "a.csv", "a.tsv", "a.jsonl", "a.csv.gz"])
def test_how_many_rows_a_table_has_is_known_before_it_is_read(tmp_path: Path, name: str) -> None:
    import gzip

    import polars as pl

    frame = pl.DataFrame({"label": [0, 1] * 5000, "x": [f"id{at % 97:04}" for at in range(10_000)]})
    path = tmp_path / name.removesuffix(".gz")
    write: dict[str, Callable[[Path], object]] = {
        ".parquet": frame.write_parquet,
        ".arrow": frame.write_ipc,
        ".csv": frame.write_csv,
        ".tsv": lambda path: frame.write_csv(path, separator="\t"),
        ".jsonl": frame.write_ndjson,
    }
    write[path.suffix](path)
    if name.endswith(".gz"):
        (tmp_path / name).write_bytes(gzip.compress(path.read_bytes()))
    rows, size = amount_of([str(tmp_path / name)] * 2)
    assert size == 0
    assert rows == (20_000 if path.suffix in {".parquet", ".arrow"} else pytest.approx(20_000, rel=0.02))
    path.write_bytes(b"")
    assert amount_of([str(path), str(tmp_path / name)]) == (0, 0), "nobody knows"


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.svm.gz", "a.parquet"])
def test_of_a_file_that_cannot_be_read_nobody_knows_how_much_there_is(tmp_path: Path, name: str) -> None:
    (tmp_path / name).symlink_to("/proc/self/mem")  # a file whose first page cannot be read
    assert amount_of([str(tmp_path / name)]) == (0, 0)


def test_a_later_run_begins_with_parsed_examples(data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, cache = str(tmp_path / "model"), str(tmp_path / "cache")
    command = ["train", "lr", "--data", data, "--out", out, "--cache", cache, "--set", "bits=12", "--deterministic"]
    assert main([*command, "--passes", "2"]) == 0
    first = load(out).predict([data])
    assert main([*command, "--passes", "2"]) == 0
    assert load(out).predict([data]) == first
    assert len(list(Path(cache).iterdir())) == 1
    metrics = json.loads((tmp_path / "model/metrics.json").read_text())
    assert set(metrics["train"]["thread_s"]) == {"read", "parse", "learn", "wait"}
    assert metrics.get("counted", {"rows": 160_000})["rows"] == 160_000
    assert "pass 2: loss " in capsys.readouterr().out


def test_checkpoints_are_asked_for_and_removed(
    data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    command = ["train", "lr", "--data", "a.svm", "--out", "model", "--set", "bits=12"]
    for place in ([], ["--checkpoint", "points"]):
        assert main([*command, *place, "--checkpoint-every", "0", "--resume"]) == 0
        assert "there is no checkpoint yet: training starts from the beginning\n" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.svm", "model"]
    (tmp_path / "points/checkpoint-000001").mkdir(parents=True)
    assert main([*command, "--checkpoint", "points"]) == 254
    assert "there are checkpoints in 'points'" in capsys.readouterr().err


@pytest.mark.parametrize(("spec", "best"), [("lr", 3), ("fm", 1)])
def test_a_run_that_is_interrupted_knows_the_best_model(
    data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, spec: str, best: int
) -> None:
    valid = tmp_path / "valid.svm"
    valid.write_text(libsvm(teacher_rows(2_000, seed=2)), encoding="utf-8")
    command = ["train", spec, "--data", data, "--valid", str(valid), "--set", "bits=12", "--deterministic"]
    command += ["--passes", "3", "--live", str(tmp_path / "live"), "--out"]
    points = ["--checkpoint", str(tmp_path / "points"), "--resume"]
    assert main([*command, str(tmp_path / "wanted")]) == 0
    said = capsys.readouterr().out.splitlines()
    wanted = json.loads((tmp_path / "wanted/metrics.json").read_text())
    assert wanted["passes"] == best
    moved = Passes.moved

    def interrupt(self: Passes, trained: Trained, rows: int, size: int) -> None:
        moved(self, trained, rows, size)
        if trained.passes:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Passes, "moved", interrupt)
        assert main([*command, str(tmp_path / "found"), *points]) != 0
    capsys.readouterr()
    assert main([*command, str(tmp_path / "found"), *points]) == 0
    out, err = capsys.readouterr()
    assert "training goes on in pass 2, after " in err
    assert out.splitlines()[-1].startswith(said[-1][:40])
    for name in ("manifest.json", "weights.npy"):
        assert (tmp_path / "found" / name).read_bytes() == (tmp_path / "wanted" / name).read_bytes()
    found = json.loads((tmp_path / "found/metrics.json").read_text())
    assert found["valid"] == wanted["valid"]
    assert (found["rows"], found["passes"]) == (wanted["rows"], wanted["passes"])
    steps = (tmp_path / "live/plots/metrics/valid/loss.tsv").read_text().splitlines()
    assert len(steps) - 1 == sum(line.startswith("held out") for line in said)


@pytest.mark.parametrize("flag", [["--checkpoint", "points"], ["--resume"], ["--live", "live"], ["--patience", "2"]])
def test_what_is_for_one_model_is_refused_for_several(
    data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], flag: list[str]
) -> None:
    out = str(tmp_path / "model")
    assert main(["train", "lr,fm", "--data", data, "--valid", data, "--out", out, *flag]) != 0
    assert f"{flag[0]} is for one model, and 'lr,fm' are several" in capsys.readouterr().err
    assert not (tmp_path / "model").exists()


def test_several_models_may_be_files_and_have_the_settings_of_a_table(
    data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = tmp_path / "small.yaml"
    small.write_text("score: linear + fm(2)\nalpha: 0.2\n", encoding="utf-8")
    command = ["train", f"lr,{small},trees", "--data", data, "--valid", data, "--out", str(tmp_path / "model")]
    assert main([*command, "--set", "table=exact", "--set", "admit=2", "--set", "rounds=3", "--explain-plan"]) == 0
    said = capsys.readouterr().out
    assert said.count("exact table") == 2, said
    assert main([*command, "--set", "rounds=3", "--set", "k=4"]) == 0
    assert str(small) in capsys.readouterr().out
    for given, what in (
        (["--set", "admit=2"], "fixed tables have no 'admit'"),
        (["--set", "table=exact", "--set", "bits=12"], "exact tables have no 'bits'"),
        (["--set", "alhpa=2"], "a model has no setting 'alhpa'"),
    ):
        assert main([*command, *given]) == 251
        assert what in capsys.readouterr().err
    assert main(["train", "lr,fm,lr", *command[2:]]) == 254
    assert "'lr' is there twice in 'lr,fm,lr'" in capsys.readouterr().err


def test_what_matters_about_the_data_is_told_once_of_several_models(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("polars")
    rows = [f"{at % 2},{at % 7},{at % 50}" for at in range(200)]
    (tmp_path / "a.csv").write_text("\n".join(["click,site,hour", *rows, "often,1,60"]) + "\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text("\n".join(["click,site,hour", *rows]) + "\n", encoding="utf-8")
    command = ["train", "lr,fm", "--label", "click", "--time", "hour", "--max-bad", "1", "--set", "bits=12"]
    places = ["--data", str(tmp_path / "a.csv"), "--valid", str(tmp_path / "b.csv"), "--out", str(tmp_path / "model")]
    assert main([*command, *places]) == 0
    said = capsys.readouterr().err
    assert said.count("skipped ") == 1, said
    assert "row 201" in said
    assert said.count("are not in the order of") == 1, said


def test_the_plan_of_several_models_is_told_and_nothing_learned(
    data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "lr,trees,gbdt_lr,deepfm", "--data", data, "--valid", data, "--explain-plan"]) == 0
    said = capsys.readouterr().out
    first, _, rest = said.partition("trees:\n")
    trees, _, rest = rest.partition("gbdt_lr:\n")
    both, _, network = rest.partition("deepfm:\n")
    assert "native" in first
    assert "LightGBM" not in first
    assert trees.splitlines()[-1].endswith("LightGBM")
    assert both.splitlines()[-1].endswith("a thread for each processor, native")
    assert network.splitlines()[-1].endswith("PyTorch, cpu")
    assert [path.name for path in tmp_path.iterdir()] == ["a.svm"]


def test_trees_have_no_checkpoints(data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["train", "trees", "--data", data, "--out", str(tmp_path / "model")]
    assert main([*command, "--checkpoint", str(tmp_path / "points")]) != 0
    assert "learns from all examples at once, and has no checkpoints" in capsys.readouterr().err
    assert not (tmp_path / "points").exists()


def test_a_model_that_goes_on_may_spill_elsewhere(
    data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["train", "lr", "--data", data, "--out", str(tmp_path / "model")]
    assert main([*command, "--set", "table=exact", "--set", "memory=1KB"]) == 0
    elsewhere = tmp_path / "spill"
    assert main([*command, "--from", str(tmp_path / "model"), "--set", f"spill={elsewhere}"]) != 0
    assert f"cannot be kept in '{elsewhere}'" in capsys.readouterr().err
    elsewhere.mkdir()
    assert main([*command, "--from", str(tmp_path / "model"), "--set", f"spill={elsewhere}"]) == 0
    assert main([*command, "--from", str(tmp_path / "model"), "--set", "alpha=1"]) != 0
    assert "a model that goes on keeps its settings" in capsys.readouterr().err


def test_a_model_file_that_says_other_settings_than_the_model_is_refused(
    data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text("alpha: 0.2\n", encoding="utf-8")
    (tmp_path / "lr.yaml").write_text("score: linear\nalpha: ${alpha}\ntable: fixed(12)\n", encoding="utf-8")
    command = ["train", "lr.yaml", "--data", data, "--out", "model"]
    assert main(command) == 0
    assert main([*command, "--from", "model"]) == 0
    (tmp_path / "params.yaml").write_text("alpha: 0.3\n", encoding="utf-8")
    before = (tmp_path / "model/weights.npy").read_bytes()
    assert main([*command, "--from", "model"]) == 254
    assert "goes on with its own settings, and 'lr.yaml' says alpha=0.3, and not 0.2" in capsys.readouterr().err
    assert (tmp_path / "model/weights.npy").read_bytes() == before


def test_training_runs_on_this_machine(data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["train", "lr", "--data", data, "--out", str(tmp_path / "model")]
    assert main([*command, "--on", "local"]) == 0
    assert main([*command, "--on", "moon"]) != 0
    assert "local" in capsys.readouterr().err


def test_a_cache_that_later_runs_have_nothing_of_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "a.csv"
    table.write_text("when,x,y\n" + "".join(f"{at},{at % 3},{at % 2}\n" for at in range(50)))
    command = ["train", "lr", "--data", str(table), "--label", "y", "--time", "when", "--out", str(tmp_path / "model")]
    kept = str(tmp_path / "kept")
    assert main([*command, "--cache", kept, "--holdout", "0.2"]) == 0
    assert f"'{kept}' has nothing of it" in capsys.readouterr().err
    assert main([*command, "--cache", kept]) == 0
    assert "has nothing of it" not in capsys.readouterr().err
