"""`Live`, the logger a training script holds."""

import os
import time
import warnings
import weakref
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Final, Literal, Self

from tiffin.errors import ConfigError, FormatError, GitError, LiveError
from tiffin.formats import yaml
from tiffin.live._artifacts import artifact_path, copy_artifact, default_name, describe, is_name, refuse_name
from tiffin.live._dvcyaml import Entry, Sections, read_entries
from tiffin.live._files import encode_json, read_json, replace_file
from tiffin.live._images import image_name, save_image
from tiffin.live._metric import Metric, Row, Value, loggable, relative_name
from tiffin.live._plots import KINDS, as_rows, plot_config, sklearn_rows
from tiffin.live._report import Report, Status
from tiffin.live._versioned import NO_REPOSITORY, Versioned, warn
from tiffin.live._vscode import clear_step_completed, signal_file
from tiffin.live._writer import MOST_ROWS, Published, Writer

__all__ = ["Live"]

DVC_YAML: Final = "dvc.yaml"
PLOT_FOLDERS: Final = ("metrics", "images", "custom", "sklearn")


class Live:
    """Logs one run into a folder, in DVCLive's files, and draws a report of it.

    Logging costs about a microsecond: values are buffered and written by a background thread within a second.  They
    are all on disk after `sync`, `make_summary` and `end`, and when the process exits; a process that is killed loses
    the last second at most.  Methods that write at once raise TransferError when the disk refuses, `next_step` when it
    refused the background thread.
    """

    def __init__(
        self,
        dir: str | os.PathLike[str] = "dvclive",  # noqa: A002 - DVCLive's word
        resume: bool = False,  # noqa: FBT001, FBT002 - DVCLive's order
        report: Literal["html"] | None = None,
        save_dvc_exp: bool = False,  # noqa: FBT001, FBT002 - DVCLive's order
        dvcyaml: str | os.PathLike[str] | bool | None = DVC_YAML,  # noqa: FBT001 - DVCLive's order
        cache_images: bool = False,  # noqa: FBT001, FBT002 - DVCLive's order
        exp_name: str | None = None,
        exp_message: str | None = None,
    ) -> None:
        """Start a run, or go on with one.

        dir: where the files go.  What an earlier run left there is removed unless `resume`.
        resume: keep what is there and go on at the step after the last; the environment variable DVCLIVE_RESUME does
        the same.
        report: "html" keeps DIR/report.html up to date, a page that follows the run while it is open; with
        DVCLIVE_OPEN in the environment a browser opens it.
        save_dvc_exp: keep the run as an experiment when it ends, as `tiffin exp save` does.  In a stage of a pipeline
        it is ignored: `tiffin exp run` saves experiments there.
        dvcyaml: the dvc.yaml that shall name the files of the run; None or False for none.
        cache_images: track the images as `tiffin add` does when the run ends.
        exp_name: of the experiment; a random one if not given, or taken.
        exp_message: of the experiment's commit.

        What cannot be saved or tracked, and why, is a warning: the run goes on, and its files stay.

        Raises ConfigError for a setting that is not supported, FormatError when a file to resume from is broken.
        """
        self.summary: dict[str, Any] = {}
        self._dir = os.fspath(dir)
        self._resume = resume or _truthy("DVCLIVE_RESUME")
        self._report_mode = _checked_report(report)
        self._dvcyaml, self._dvc_file = _checked_dvcyaml(dvcyaml)
        self._step: int | None = None
        self._completed: int | None = None
        self._params: dict[str, Any] = {}
        self._metrics: dict[str, Metric] = {}
        self._plots: dict[str, dict[str, Any]] = {}
        self._artifacts: dict[str, dict[str, Any]] = {}
        self._has_images = False
        self._cache_images = cache_images
        self._inside_with = False
        # The files stay where they are when the script changes its directory: the thread writes there later.
        self._home = os.path.abspath(self._dir)
        self._dvc_path = os.path.abspath(self._dvc_file)
        self._dvc_home = os.path.dirname(self._dvc_path)
        self._metrics_folder = os.path.join(self._home, "plots", "metrics")
        self._versioned = Versioned(save=save_dvc_exp, name=exp_name, message=exp_message)
        os.makedirs(self._home, exist_ok=True)
        if self._resume:
            self._continue()
        else:
            self._clean()
        self._has_rows = os.path.isdir(self._metrics_folder)
        self._sections_stale = True
        root = os.environ.get("DVC_ROOT") or self._versioned.root
        self._signal_file = signal_file(root) if root else None
        self._report = self._make_report_page()
        self._writer = Writer(
            metrics_file=os.path.join(self._home, "metrics.json"),
            dvc_file=self._dvc_path,
            signal_file=self._signal_file,
            report=self._report,
        )
        self._rows: list[Row] = self._writer.rows
        # Runs when this object is forgotten and when the process exits; the writer does not know this object.
        weakref.finalize(self, self._writer.close)
        if self._report is not None and _truthy("DVCLIVE_OPEN"):
            self._open_report()

    @property
    def dir(self) -> str:
        """The folder of the run, as it was given."""
        return self._dir

    @property
    def params_file(self) -> str:
        """DIR/params.yaml."""
        return os.path.join(self._dir, "params.yaml")

    @property
    def metrics_file(self) -> str:
        """DIR/metrics.json: the latest value of each metric, and the step."""
        return os.path.join(self._dir, "metrics.json")

    @property
    def dvc_file(self) -> str:
        """The dvc.yaml that names the files of the run."""
        return self._dvc_file

    @property
    def plots_dir(self) -> str:
        """DIR/plots: metric histories, images and plots."""
        return os.path.join(self._dir, "plots")

    @property
    def artifacts_dir(self) -> str:
        """DIR/artifacts: copies of artifacts."""
        return os.path.join(self._dir, "artifacts")

    @property
    def report_file(self) -> str | None:
        """DIR/report.html, or None without a report."""
        return os.path.join(self._dir, "report.html") if self._report_mode else None

    @property
    def step(self) -> int:
        """The step that is being logged, from 0."""
        return self._step or 0

    @step.setter
    def step(self, value: int) -> None:
        self._step = value

    def log_metric(self, name: str, val: Value, timestamp: bool = False, plot: bool = True) -> None:  # noqa: FBT001, FBT002 - DVCLive's order
        """Log the value of a metric at this step.

        name: parts between "/" become folders and levels of the summary.  val: a number, a NumPy scalar or a string.
        timestamp: write the time beside it, in milliseconds.  plot: False keeps only the latest value.

        Raises LiveError for another type, and for a name that cannot be one.
        """
        metric = self._metrics.get(name)
        if metric is None:
            metric = self._add_metric(name)
        if type(val) is not float or val - val != 0.0:  # the second is true of NaN and infinities
            val = loggable(name, val)
        keys = metric.keys
        if len(keys) == 1:
            self.summary[keys[0]] = val
        else:
            self._summarize(keys, val)
        if not plot:
            return
        self._rows.append((metric, self._step or 0, val, time.time_ns() // 1_000_000 if timestamp else None))
        if not self._has_rows:
            self._has_rows = self._sections_stale = True
        if not self._writer.armed:
            self._writer.arm()
        elif len(self._rows) > MOST_ROWS:
            self._writer.flush()

    def log_param(self, name: str, val: Any) -> None:
        """Log one parameter: a number, a string, a boolean, None, or lists and dictionaries of these."""
        self.log_params({name: val})

    def log_params(self, params: Mapping[str, Any]) -> None:
        """Log parameters, and write them all to `params_file` at once.  Raises LiveError for what YAML cannot hold."""
        merged = {**self._params, **params}
        try:
            content = yaml.dump(merged).encode()
        except (TypeError, ValueError) as error:
            raise LiveError(
                f"parameters {', '.join(map(repr, params))} cannot be logged: {error}",
                hint="use numbers, strings, booleans, None, and lists and dictionaries of these",
            ) from None
        replace_file(os.path.join(self._home, "params.yaml"), content)
        if not self._params:
            self._sections_stale = True
        self._params = merged
        if self._report is not None:
            self._report.set_params(merged)

    def log_image(self, name: str, val: Any) -> None:
        """Store an image as `plots_dir`/images/NAME; a name with "{step}.png" for a file keeps one per step.

        val: a path, a PIL image, a matplotlib figure (closed afterwards) or a NumPy array.  Raises LiveError for
        anything else, and for a name that does not end in .jpg, .jpeg, .gif or .png.
        """
        name = image_name(name, val)
        path = os.path.join(self._home, "plots", "images", name)
        save_image(name, val, path)
        if not self._has_images:
            self._has_images = self._sections_stale = True
        if self._report is not None:
            self._report.set_image(name, path)

    def log_plot(
        self,
        name: str,
        datapoints: Any,
        x: str,
        y: str | list[str],
        template: str | None = "linear",
        title: str | None = None,
        x_label: str | None = None,
        y_label: str | None = None,
    ) -> None:
        """Store data points as `plots_dir`/custom/NAME.json, a plot of y over x.

        datapoints: a list of dictionaries, a pandas DataFrame or a NumPy array with the fields x and y.  template: one
        of DVC's (linear, simple, smooth, scatter, bar_horizontal, confusion, ...) or a file of .dvc/plots.

        Raises LiveError for other data points.
        """
        rows = as_rows(name, datapoints)
        self._store_plot("custom", name, rows, rows, plot_config(template, x, y, title, x_label, y_label))

    def log_sklearn_plot(
        self,
        kind: str,
        labels: Any,
        predictions: Any,
        name: str | None = None,
        title: str | None = None,
        x_label: str | None = None,
        y_label: str | None = None,
        normalized: bool | None = None,  # noqa: FBT001 - DVCLive's order
        **kwargs: Any,
    ) -> None:
        """Store a plot that scikit-learn computes as `plots_dir`/sklearn/NAME.json.

        kind: calibration, confusion_matrix, det, precision_recall or roc.  labels: the true classes.  predictions: the
        predicted classes for a confusion matrix, else the probabilities of the positive class.  name: the kind if not
        given.  normalized: shares instead of counts, for a confusion matrix.  kwargs: passed to scikit-learn.

        Raises LiveError for another kind, and without scikit-learn.
        """
        if kind not in KINDS:
            raise LiveError(f"there is no plot {kind!r} (known: {', '.join(KINDS)})")
        if normalized and kind != "confusion_matrix":
            raise LiveError(f"a {kind} plot cannot be normalized", hint="only confusion_matrix can")
        chosen = KINDS[kind]
        config = plot_config(
            "confusion_normalized" if normalized else chosen.template,
            chosen.x,
            chosen.y,
            title or chosen.title,
            x_label or chosen.x_label,
            y_label or chosen.y_label,
        )
        rows = sklearn_rows(kind, labels, predictions, kwargs)
        self._store_plot("sklearn", name or kind, rows if kind == "confusion_matrix" else {kind: rows}, rows, config)

    def log_artifact(
        self,
        path: str | os.PathLike[str],
        type: str | None = None,  # noqa: A002 - DVCLive's word
        name: str | None = None,
        desc: str | None = None,
        labels: list[str] | None = None,
        meta: Mapping[str, Any] | None = None,
        copy: bool = False,  # noqa: FBT001, FBT002 - DVCLive's order
        cache: bool = True,  # noqa: FBT001, FBT002 - DVCLive's order
    ) -> None:
        """Track a file or directory as `tiffin add` does, and describe it in `dvc_file`.

        type, desc, labels, meta: what dvc.yaml says of it, under `artifacts`; nothing if neither these nor a name are
        given.  name: that of the file, without its suffix, if not given.  copy: copy it into `artifacts_dir` first, in
        the place of what an earlier run copied there.  cache: False only describes it.  What a stage of the running
        pipeline has as an output is tracked by the pipeline.

        What cannot be tracked is a warning.  Raises LiveError where nothing is at the path, for a name that cannot be
        one and for what dvc.yaml cannot hold, TransferError where it cannot be copied.
        """
        place = artifact_path(path)
        said = describe(place, type=type, desc=desc, labels=labels, meta=meta)
        if name and not is_name(name):
            raise refuse_name(name)
        if self._versioned.root is None:
            found, hint = NO_REPOSITORY
            warn(f"Live cannot log artifact '{path}': {found}", hint)
            return
        place = self._versioned.inside(place)
        if copy:
            place = copy_artifact(place, os.path.join(self._home, "artifacts"))
        if cache:
            self._versioned.track(place)
        if not (name or any(said.values())):
            return
        name = name or default_name(place)
        if not is_name(name):
            error = refuse_name(name)
            warn(
                f"Live does not describe artifact '{path}' in {self._dvc_file}: {error}",
                f"give it a name; {error.hint}",
            )
            return
        self._artifacts[name] = {"path": place, **said}
        self._sections_stale = True

    def next_step(self) -> None:
        """Complete the step: what was logged is on disk within a second, and the next value belongs to the next step.

        Raises TransferError when earlier values could not be written.
        """
        self._step = self._step or 0
        self.summary["step"] = self._step
        if self._sections_stale and self._dvcyaml:
            self._configure()
        self._completed = self._step
        self._writer.publish(Published(_copy(self.summary), self._step))
        if not self._writer.armed:
            self._writer.arm()
        self._step += 1
        if self._writer.troubled:
            self._writer.raise_failure()

    def sync(self) -> None:
        """Write everything now: metrics, summary, dvc.yaml, report."""
        self._sync("running")

    def make_summary(self) -> None:
        """Write `metrics_file` and all metric values now."""
        self._publish()
        self._writer.flush()

    def make_dvcyaml(self) -> None:
        """Write the entries of this run into `dvc_file` now; all else in it stays."""
        self._configure()
        self._writer.flush()

    def make_report(self) -> None:
        """Write `report_file` now; nothing happens without a report."""
        if self._report is not None:
            self._writer.flush(report="running")

    def end(self) -> None:
        """Complete the run: everything is written, the report says that it is finished, the experiment is saved.

        Inside a `with` block of this object nothing happens: the end of the block does it.
        """
        if not self._inside_with:
            self._end("finished")

    def save_dvc_exp(self) -> None:
        """Keep the workspace as the experiment of this run, in the place of what was saved of it before; see `end`.

        Nothing happens unless `save_dvc_exp` was asked for.
        """
        self._versioned.save([self._home, *([self._dvc_path] if self._dvcyaml else [])])

    def __enter__(self) -> Self:
        self._inside_with = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._inside_with = False
        self._end("finished" if kind is None else "failed")

    def _end(self, status: Status) -> None:
        # After `next_step` the step is one ahead of what was logged.
        if "step" in self.summary:
            self._step = self.summary["step"]
        self._completed = None
        self._writer.stop()
        self._sync(status)
        if self._cache_images and self._has_images:
            self._versioned.track(os.path.join(self._home, "plots", "images"))
        if self._signal_file is not None:
            clear_step_completed(self._signal_file)
        if os.environ.get("DVC_ROOT") and os.environ.get("DVC_EXP_BASELINE_REV"):
            self._hand_to_git()
        self.save_dvc_exp()

    def _hand_to_git(self) -> None:
        # Inside `exp run`: the experiment's commit takes what Git knows, so it must know the files of the run.
        from tiffin.scm import Git, find_git_root  # noqa: PLC0415 - late: only here, and starts programs

        root = find_git_root(self._home)
        if root is None:
            return
        paths = [self._home]
        if self._dvcyaml:
            paths.append(self._dvc_path)
        try:
            git = Git(root)
            ignored = git.ignored(paths)
            git.add(path for path in paths if path not in ignored)
        except GitError as error:
            warnings.warn(f"Live could not add its files to Git: {error}", stacklevel=3)

    def _sync(self, status: Status) -> None:
        self._publish()
        if self._dvcyaml:
            self._configure()
        self._writer.flush(report=status)

    def _publish(self) -> None:
        if self._step is not None:
            self.summary["step"] = self._step
        self._writer.publish(Published(_copy(self.summary), self._completed))

    def _configure(self) -> None:
        self._sections_stale = False
        self._writer.configure(self._sections())

    def _add_metric(self, name: str) -> Metric:
        relative = relative_name(name, "metric")
        metric = self._metrics.get(relative)
        if metric is None:
            metric = self._metrics[relative] = Metric(relative, self._metrics_folder, repair=self._resume)
            self._sections_stale = True
        self._metrics[name] = metric
        return metric

    def _summarize(self, keys: tuple[str, ...], val: Value) -> None:
        level = self.summary
        for depth, key in enumerate(keys[:-1]):
            level = level.setdefault(key, {})
            if not isinstance(level, dict):
                above = "/".join(keys[: depth + 1])
                raise LiveError(f"metric {'/'.join(keys)!r} cannot be logged: {above!r} is a metric, not a group")
        level[keys[-1]] = val

    def _store_plot(
        self, folder: str, name: str, content: Any, rows: list[dict[Any, Any]], config: dict[str, Any]
    ) -> None:
        relative = relative_name(name.replace(".json", ""), "plot")
        path = os.path.join(self._home, "plots", folder, f"{relative}.json")
        try:
            encoded = encode_json(content)
        except (TypeError, ValueError) as error:
            raise LiveError(f"plot {name!r} cannot be logged: {error}") from None
        replace_file(path, encoded)
        if self._plots.get(path) != config:
            self._plots[path] = config
            self._sections_stale = True
        if self._report is not None:
            self._report.set_plot(relative, rows, config)

    def _sections(self) -> Sections:
        plots: list[Entry] = []
        if self._has_rows:
            plots.append({self._from_dvcyaml("plots", "metrics"): {"x": "step"}})
        if self._has_images:
            plots.append(self._from_dvcyaml("plots", "images"))
        plots += [{self._from_dvcyaml(path): config} for path, config in self._plots.items()]
        return Sections(
            live_dir=self._from_dvcyaml(),
            params=self._from_dvcyaml("params.yaml") if self._params else None,
            metrics=self._from_dvcyaml("metrics.json") if self.summary or self._metrics else None,
            plots=plots,
            artifacts={
                name: {**artifact, "path": self._from_dvcyaml(artifact["path"])}
                for name, artifact in self._artifacts.items()
            },
            keep=self._resume,
        )

    def _from_dvcyaml(self, *parts: str) -> str:
        return os.path.relpath(os.path.join(self._home, *parts), self._dvc_home).replace(os.sep, "/")

    def _clean(self) -> None:
        plots = os.path.join(self._home, "plots")
        if os.path.isdir(plots):
            import shutil  # noqa: PLC0415 - late: slow to load, and most runs begin in an empty folder

            for folder in PLOT_FOLDERS:
                shutil.rmtree(os.path.join(plots, folder), ignore_errors=True)
        stale = [os.path.join(self._home, name) for name in ("metrics.json", "params.yaml", "report.html", "report.md")]
        stale += [os.path.join(self._home, name) for name in os.listdir(self._home) if name.endswith("dvc.yaml")]
        for path in stale:
            if os.path.lexists(path):
                os.remove(path)

    def _continue(self) -> None:
        path = os.path.join(self._home, "params.yaml")
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                self._params = yaml.load(file.read(), self.params_file) or {}
        self.summary = read_json(self.metrics_file)
        # As in DVCLive, a run whose last step is 0 goes on with step 0: without a step the file says 0, too.
        step = self.summary.get("step", 0)
        if not isinstance(step, int):
            raise FormatError(f"the step is {step!r}, not a whole number", path=self.metrics_file)
        self._step = step + 1 if step else 0

    def _make_report_page(self) -> Report | None:
        if self._report_mode is None:
            return None
        report = Report(os.path.join(self._home, "report.html"), self._dir)
        if self._resume:
            report.read_earlier(os.path.join(self._home, "plots"), self._earlier_plots(), self._dvc_home)
            report.set_params(self._params)
        return report

    def _earlier_plots(self) -> list[Entry]:
        try:
            return read_entries(self._dvc_path, self._from_dvcyaml())
        except FormatError:
            return []  # only the report lacks something; whoever needs the file will say what is wrong with it

    def _open_report(self) -> None:
        import webbrowser  # noqa: PLC0415 - late: loads subprocess, and hardly ever needed

        self.make_report()
        webbrowser.open(f"file://{os.path.join(self._home, 'report.html')}")


def _copy(summary: dict[str, Any]) -> dict[str, Any]:
    return {name: _copy(value) if type(value) is dict else value for name, value in summary.items()}


def _truthy(variable: str) -> bool:
    value = os.environ.get(variable, "").lower()
    return any(sign in value for sign in ("1", "y", "true"))


def _checked_report(report: Any) -> Literal["html"] | None:
    if report in {None, "html"}:
        return "html" if report else None
    raise ConfigError(f'report={report!r} is not supported (supported: "html", None)')


def _checked_dvcyaml(dvcyaml: Any) -> tuple[bool, str]:
    if dvcyaml is None or isinstance(dvcyaml, bool):
        return bool(dvcyaml), DVC_YAML
    path = os.fspath(dvcyaml)
    if os.path.basename(path) != DVC_YAML:
        raise ConfigError(f"dvcyaml={path!r} is not supported: the file must be called {DVC_YAML}")
    return True, path
