"""Every command: where it lives and what it does, so that help needs no command module."""

from typing import NamedTuple

__all__ = ["COMMANDS", "GROUPS", "HIDDEN", "ONLY_IN_DVC", "Command"]


class Command(NamedTuple):
    """module: has an `Options` tuple and `run(options, ui) -> exit code`.  help: one line."""

    module: str
    help: str


COMMANDS: dict[str, Command] = {
    "train": Command("tiffin.cli._train", "Learn a model from files of examples."),
    "predict": Command("tiffin.cli._predict", "Predict with a model: one line for each example."),
    "export": Command("tiffin.cli._export", "Write a model in the form that predictions need, in fewer bytes."),
    "evaluate": Command("tiffin.cli._evaluate", "Compare a model's predictions with the labels of other examples."),
    "init": Command("tiffin.cli._init", "Make this directory a repository for data."),
    "new": Command("tiffin.cli._new", "Make a new project from a template."),
    "add": Command(
        "tiffin.cli._add", "Track files or directories: their content goes to the cache, a .dvc file to Git."
    ),
    "status": Command("tiffin.cli._status", "Show what changed in data and pipelines, or between cache and remote."),
    "data status": Command(
        "tiffin.cli._data_status",
        "Show what changed in tracked data since the last commit, and since it was recorded.",
    ),
    "diff": Command("tiffin.cli._diff", "Show which data differs between two revisions, or from the workspace."),
    "commit": Command("tiffin.cli._commit", "Record the outputs as they are now, without running anything."),
    "checkout": Command("tiffin.cli._checkout", "Bring the workspace's data to what the .dvc files and dvc.lock say."),
    "push": Command("tiffin.cli._push", "Upload what the remote lacks."),
    "pull": Command("tiffin.cli._pull", "Download what the cache lacks and check it out."),
    "fetch": Command("tiffin.cli._fetch", "Download what the cache lacks."),
    "remote add": Command("tiffin.cli._remote_add", "Add a remote storage."),
    "remote list": Command("tiffin.cli._remote_list", "List the remotes."),
    "remote modify": Command("tiffin.cli._remote_modify", "Set or unset an option of a remote."),
    "remote default": Command("tiffin.cli._remote_default", "Set, unset or show the default remote."),
    "remote remove": Command("tiffin.cli._remote_remove", "Remove a remote storage from the settings."),
    "remote rename": Command("tiffin.cli._remote_rename", "Give a remote another name."),
    "stage add": Command("tiffin.cli._stage_add", "Add a stage to dvc.yaml."),
    "dataset add": Command("tiffin.cli._dataset_add", "Give data elsewhere a name, and pin what is there."),
    "dataset update": Command("tiffin.cli._dataset_update", "Pin a data set to what its source has now."),
    "stage list": Command("tiffin.cli._stage_list", "List the stages."),
    "repro": Command("tiffin.cli._repro", "Run the stages whose command, dependencies or parameters changed."),
    "logs": Command("tiffin.cli._logs", "Show, or follow, what the commands of a stage write."),
    "runs": Command("tiffin.cli._runs", "Show what ran, when, how it ended, and what it took."),
    "freeze": Command("tiffin.cli._freeze", "Leave stages as they are, whatever changes."),
    "unfreeze": Command("tiffin.cli._unfreeze", "Let frozen stages be run again."),
    "dag": Command("tiffin.cli._dag", "Draw the pipeline."),
    "params diff": Command(
        "tiffin.cli._params_diff", "Compare parameters between two revisions, or with the workspace."
    ),
    "metrics show": Command("tiffin.cli._metrics_show", "Show metrics."),
    "metrics diff": Command(
        "tiffin.cli._metrics_diff", "Compare metrics between two revisions, or with the workspace."
    ),
    "plots show": Command("tiffin.cli._plots_show", "Show plots of data files and images."),
    "plots diff": Command("tiffin.cli._plots_diff", "Show plots of several revisions, one over the other."),
    "plots modify": Command("tiffin.cli._plots_modify", "Say in dvc.yaml how the output of a stage is drawn."),
    "plots templates": Command("tiffin.cli._plots_templates", "List the built-in plot templates, or print one."),
    "report": Command(
        "tiffin.cli._report", "Write what differs between two revisions as Markdown, for a pull request."
    ),
    "exp run": Command("tiffin.cli._exp_run", "Run an experiment and keep its result beside Git's history."),
    "exp show": Command("tiffin.cli._exp_show", "Compare experiments in a table."),
    "exp diff": Command("tiffin.cli._exp_diff", "Compare metrics and parameters of two experiments."),
    "exp list": Command("tiffin.cli._exp_list", "List experiments."),
    "exp apply": Command("tiffin.cli._exp_apply", "Bring an experiment into the workspace."),
    "exp branch": Command("tiffin.cli._exp_branch", "Make a Git branch of an experiment."),
    "exp save": Command("tiffin.cli._exp_save", "Keep the workspace as it is as an experiment."),
    "exp rename": Command("tiffin.cli._exp_rename", "Give an experiment another name."),
    "exp remove": Command("tiffin.cli._exp_remove", "Remove experiments."),
    "exp push": Command("tiffin.cli._exp_push", "Share experiments through a Git remote, with their data."),
    "exp pull": Command("tiffin.cli._exp_pull", "Get experiments from a Git remote, with their data."),
    "exp clean": Command("tiffin.cli._exp_clean", "Remove what killed experiments left behind."),
    "exp exec-run": Command("tiffin.cli._exp_exec_run", "Run an experiment where a worker put it."),
    "exp queue-worker": Command("tiffin.cli._exp_queue_worker", "Run what waits in the queue."),
    "queue start": Command("tiffin.cli._queue_start", "Run the queued experiments in the background."),
    "queue stop": Command("tiffin.cli._queue_stop", "Let the workers of the queue end."),
    "queue status": Command("tiffin.cli._queue_status", "Show the queued experiments, and how they stand."),
    "queue logs": Command("tiffin.cli._queue_logs", "Show what a queued experiment wrote."),
    "queue kill": Command("tiffin.cli._queue_kill", "Interrupt experiments that run from the queue."),
    "queue remove": Command("tiffin.cli._queue_remove", "Take experiments out of the queue."),
    "remove": Command("tiffin.cli._remove", "Stop tracking data, or take stages out of dvc.yaml."),
    "move": Command("tiffin.cli._move", "Rename tracked data, or move it, with its .dvc file."),
    "unprotect": Command("tiffin.cli._unprotect", "Replace links into the cache by copies that may be written to."),
    "check-ignore": Command("tiffin.cli._check_ignore", "Say which paths .dvcignore excludes."),
    "destroy": Command("tiffin.cli._destroy", "Remove everything of DVC and tiffin from this repository but the data."),
    "get": Command("tiffin.cli._get", "Download a file or directory from another repository."),
    "import": Command("tiffin.cli._import", "Download data from another repository, and track where it came from."),
    "import-url": Command("tiffin.cli._import_url", "Track a file or directory from a URL or elsewhere on the disk."),
    "get-url": Command("tiffin.cli._get_url", "Download a file or directory from a URL or elsewhere on the disk."),
    "list-url": Command("tiffin.cli._list_url", "List a directory that is elsewhere."),
    "update": Command("tiffin.cli._update", "Bring imported data to what its source has now."),
    "list": Command("tiffin.cli._list", "List what is in a repository, tracked or in Git."),
    "du": Command("tiffin.cli._du", "Show how many bytes the files of a repository have."),
    "artifacts get": Command("tiffin.cli._artifacts_get", "Download a version of an artifact of a repository."),
    "fsck": Command("tiffin.cli._fsck", "Check every object of the cache or of a remote, and repair what is harmed."),
    "gc": Command("tiffin.cli._gc", "Remove objects from the cache that nothing in scope names."),
    "install": Command("tiffin.cli._install", "Have Git call tiffin: hooks, and drivers that merge data."),
    "completion": Command("tiffin.cli._completion", "Print a script that completes what you type, for a shell."),
    "complete": Command("tiffin.cli._complete", "Print the words that may stand somewhere."),
    "git-hook": Command("tiffin.cli._git_hook", "Run what a hook of Git stands for."),
    "live-name": Command("tiffin.cli._live_name", "Name the experiment of a run."),
    "live-track": Command("tiffin.cli._live_track", "Track what a run made."),
    "cache dir": Command("tiffin.cli._cache_dir", "Show, set or unset the directory of the cache."),
    "cache migrate": Command("tiffin.cli._cache_migrate", "Bring a cache that DVC 2 wrote to the form of 3.x."),
    "config": Command("tiffin.cli._config", "Get, set or list settings."),
    "root": Command("tiffin.cli._root", "Print the path to the repository's root."),
    "version": Command("tiffin.cli._version", "Show the version of tiffin and of what it stands on."),
}

# What other programs call: in no list, but it works.
HIDDEN = ("git-hook", "complete", "exp exec-run", "exp queue-worker", "live-name", "live-track")

GROUPS: dict[str, str] = {
    "data": "Tracked data.",
    "cache": "Where the objects of tracked data are.",
    "artifacts": "Artifacts of a repository, by name and version.",
    "remote": "Storage that data is pushed to and pulled from.",
    "stage": "Stages of the pipeline in dvc.yaml.",
    "dataset": "Data elsewhere, by name.",
    "params": "Parameters of the pipeline.",
    "metrics": "Metrics of the pipeline.",
    "plots": "Plots of the pipeline.",
    "exp": "Experiments.",
    "queue": "Experiments that wait to be run.",
}

# What people who come from DVC will type, so that it is not answered with a guess at another command.
ONLY_IN_DVC = ("import-db", "studio")
