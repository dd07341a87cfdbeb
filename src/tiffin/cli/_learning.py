"""What `tiffin train` does."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tiffin import train as training
from tiffin.cli._passes import Asked, Passes, figures_of
from tiffin.cli._train import Options
from tiffin.cli._training import METRICS, place, places
from tiffin.cli._ui import Ui
from tiffin.errors import UsageError
from tiffin.fs import write_atomically
from tiffin.models import BUILT_IN, SETTINGS, Model, check_place, read_manifest, with_settings
from tiffin.stream import Amount, Flow, amount_of, flow, parted_at, parted_by_share
from tiffin.train import (
    Counting,
    Counts,
    Evaluation,
    Pass,
    Trained,
    kind_of,
    load,
    profile,
    specified,
    train,
)
from tiffin.train import Data as Examples
from tiffin.train import Options as How

if TYPE_CHECKING:
    from tiffin.live import Live
    from tiffin.train import Algorithm

__all__ = ["learn"]

_ROLES = ("label", "weight", "time")
LONG_S = 2.0  # training that took less needs no advice on time


def learn(options: Options, ui: Ui) -> int:
    """Run the command."""
    if not options.data:
        raise UsageError("no data was named", hint=f"tiffin train {options.spec} --data FILE... --out DIR")
    if options.out is None and not options.explain_plan:
        raise UsageError("no directory for the model was named", hint="add --out DIR")
    if options.passes < 1:
        raise UsageError(f"--passes: expected a number from 1 on, found {options.passes}")
    if options.patience < 1:
        raise UsageError(f"--patience: expected a number from 1 on, found {options.patience}")
    if options.checkpoint_every < 0:
        raise UsageError(f"--checkpoint-every: expected seconds from 0 on, found {options.checkpoint_every}")
    if "," in options.spec:
        return _try(options, ui)
    if options.resume and options.checkpoint is None and options.out is not None:
        options = options._replace(checkpoint=f"{options.out.rstrip('/')}.checkpoint")
    start = _start(options, ui)
    model = _model(options, ui) if start is None else start.model
    how = _how(options, ui)
    if options.out is not None:
        check_place(place(ui, options.out))
    described = model if isinstance(model, Model) else model.described
    data, valid = _parts(ui, options, described)
    if options.explain_plan or options.out is None:
        ui.write(training.explain(described, data, how))
        return 0
    out = place(ui, options.out)
    how = how._replace(valid=valid or ())

    def evaluate(trained: Trained) -> Evaluation:
        return trained.evaluate(valid or [], data_format=how.data_format, threads=how.threads, max_bad=how.max_bad)

    asked = Asked(data, out, options.passes, options.patience, options.slim, None if valid is None else evaluate)
    # A run that goes on would count its own part, beside the rows of all.
    counting = None if options.resume else Counting()
    with _live(ui, options.live) as live, ui.progress("Training", "row") as bar:
        bar.expect(*(Amount() if isinstance(data, Flow) else amount_of(data)).times(options.passes))
        told = Passes(ui, asked, bar, live)
        trained = train(model, data, how, start=start, progress=told.moved, after_pass=told.after_pass, tell=ui.status)
    counts = None if counting is None else counting.after(sum(map(_rows_of, trained.passes)))
    if valid is None:
        trained.save(out, state=not options.slim)
    _write_metrics(out, trained, counts)
    if how.checkpoint is not None:
        training.remove_checkpoints(how.checkpoint)
    if sum(done.seconds for done in trained.passes) >= LONG_S:
        names = places(ui, options.data)
        kept = how.cache is not None and not isinstance(data, Flow)
        ui.write(profile(trained.passes, names, deterministic=how.deterministic, kept=kept, counts=counts))
    return 0


def _try(options: Options, ui: Ui) -> int:
    """Several models, of which the best is kept."""
    from tiffin.cli._trying import models_of, try_models  # noqa: PLC0415 - few runs have several

    if options.start is not None:
        raise UsageError("only one model goes on from another", hint=f"name the one that '{options.start}' is")
    for flag, given in (
        ("--checkpoint", options.checkpoint is not None),
        ("--resume", options.resume),
        ("--live", options.live is not None),
        ("--patience", options.patience != 1),
    ):
        if given:
            raise UsageError(f"{flag} is for one model, and '{options.spec}' are several", hint="leave it out")
    named = {name: value for name in _ROLES if (value := getattr(options, name)) is not None}
    found = models_of(options.spec, ui.context.directory, dict(map(_setting, options.set)))
    models = {name: model._replace(**named) for name, model in found.items()}
    data, valid = _parts(ui, options, next(iter(models.values())))
    how = _how(options, ui)._replace(valid=valid or ())
    if options.explain_plan or options.out is None:
        for name, model in models.items():
            ui.write(f"{name}:\n{training.explain(model, data, how)}")
        return 0
    out = place(ui, options.out)
    check_place(out)
    return try_models(ui, models, data, how, out, state=not options.slim)


def _how(options: Options, ui: Ui) -> How:
    return How(
        options.passes,
        options.threads or 0,
        options.deterministic,
        options.max_bad or 0,
        options.data_format,
        None if options.cache is None else place(ui, options.cache),
        None if options.checkpoint is None else place(ui, options.checkpoint),
        options.checkpoint_every,
        options.resume,
        _part(options.negatives),
    )


def _start(options: Options, ui: Ui) -> Trained | None:
    """What training goes on from, of which nothing is asked but what it is."""
    if options.start is None:
        return None
    here = dict(map(_setting, options.set))  # those of this machine are no part of the model
    if not all(name in SETTINGS and SETTINGS[name].here for name in here) or any(
        getattr(options, name) is not None for name in _ROLES
    ):
        raise UsageError(
            "a model that goes on keeps its settings", hint="leave --set out, or train anew without --from"
        )
    asked = kind_of(options.spec, ui.context.directory)
    place_ = place(ui, options.start)
    known = with_settings(read_manifest(place_).model, here) if here else None
    start = load(place_, known, algorithm=None if isinstance(asked, Model) else asked)
    if asked.score != start.model.score:
        raise UsageError(f"the model in '{options.start}' is no {options.spec}", hint="name the model that it is")
    if isinstance(asked, Model) and options.spec not in BUILT_IN:
        _check_same(asked, start.model, options)
    return start


def _check_same(asked: Model, known: Model, options: Options) -> None:
    """A model goes on with its own settings: a file that says others would be told so by nobody else."""
    for name, value in asked._asdict().items():
        is_said = value or name not in ("features", "fields", *_ROLES)  # else they were found in the data
        kept = getattr(known, name)
        if is_said and value != kept and not (name in SETTINGS and SETTINGS[name].here):
            what = "other features" if name == "features" else f"{name}={value}, and not {kept}"
            raise UsageError(
                f"the model in '{options.start}' goes on with its own settings, and '{options.spec}' says {what}",
                hint="put that back, or train anew without --from",
            )


def _model(options: Options, ui: Ui) -> "Model | Algorithm":
    """What was asked for."""
    named = {name: value for name in _ROLES if (value := getattr(options, name)) is not None}
    found = specified(options.spec, ui.context.directory, dict(map(_setting, options.set)))
    if isinstance(found, Model):
        return found._replace(**named)
    for name, value in named.items():
        setattr(found, name, value)
    return found


def _parts(ui: Ui, options: Options, model: Model) -> tuple[Examples, Examples | None]:
    """What is learned from, and what is held out."""
    data, valid = places(ui, options.data), places(ui, options.valid)
    ways = [
        way
        for way, given in (("--valid", valid), ("--valid-from", options.valid_from), ("--holdout", options.holdout))
        if given
    ]
    if len(ways) > 1:
        raise UsageError(f"{ways[0]} and {ways[1]} both say what is held out", hint="leave one of them out")
    if options.valid_from is None and options.holdout is None:
        return data, valid or None
    if not model.time:
        raise UsageError(f"{ways[0]} needs to know which column is the time", hint="add --time COL")
    tables = flow(data, data_format=options.data_format)
    if options.valid_from is not None:
        return parted_at(tables, model.time, options.valid_from)
    try:
        share = float(options.holdout or "")
    except ValueError:
        raise UsageError(f"--holdout: expected a number between 0 and 1, found '{options.holdout}'") from None
    return parted_by_share(tables, model.time, share)


@contextmanager
def _live(ui: Ui, directory: str | None) -> "Iterator[Live | None]":
    """A logger of the run, where one is wanted.  It leaves dvc.yaml alone: the stage names its files there."""
    if directory is None:
        yield None
        return
    from tiffin.live import Live  # noqa: PLC0415 - few runs have one

    with Live(place(ui, directory), dvcyaml=None) as live:
        yield live


def _rows_of(done: Pass) -> int:
    """Learned from and predicted."""
    return done.learned.rows + (0 if done.held_out is None else done.held_out.rows)


def _write_metrics(out: str, trained: Trained, counts: Counts | None) -> None:
    import json  # noqa: PLC0415 - the model's own manifest needs it, too

    write_atomically(
        os.path.join(out, METRICS), json.dumps(figures_of(trained, counts), indent=2) + "\n", durable=False
    )


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise UsageError(f"--set: expected NAME=VALUE, found '{text}'")
    return name, value


def _part(text: str | None) -> float:
    try:
        return 1.0 if text is None else float(text)
    except ValueError:
        raise UsageError(f"--negatives: expected a number up to 1, found '{text}'") from None
