"""Each third-party library, each native face and each side effect has one home."""

import ast
import re
import sys
from collections.abc import Sequence

import pytest

from tests.meta import sources

# Library -> where it may be imported.  A library that is not here may not be imported at all.
OWNERS: dict[str, str | tuple[str, ...]] = {
    "ruamel": "tiffin.formats",
    "fsspec": "tiffin.api",
    "tqdm": "tiffin.cli",
    "urllib3": "tiffin.fs",
    # Extras of the live logger, imported when a plot or an image of theirs is logged.
    "sklearn": ("tiffin.live", "tiffin.train.estimators"),
    "numpy": ("tiffin.live", "tiffin.tables", "tiffin.testing.tables", "tiffin.train"),
    # An extra for models with networks, and for algorithms in it.
    "torch": (
        "tiffin.train._algorithm",
        "tiffin.train._deep",
        "tiffin.train._resident",
        "tiffin.train._torch_parts",
        "tiffin.train._torch_runner",
    ),
    "PIL": "tiffin.live",
    "matplotlib": "tiffin.live",
    "pandas": "tiffin.live",
    # Extras of new projects, for templates of others; Jinja is what both stand on.
    "cookiecutter": "tiffin.scaffold._cookiecutter",
    "copier": "tiffin.scaffold._copier",
    "jinja2": "tiffin.scaffold",
    # Extras for tables and for compressed data.
    "polars": "tiffin.stream._polars",
    "zstandard": "tiffin.stream",
    # Boosted trees, an extra; LightGBM stands on SciPy.
    "lightgbm": "tiffin.train._forest",
    "scipy": "tiffin.train._forest",
    # Vega, an extra.
    "vl_convert": "tiffin.plots._vega",
    # Hydra, an extra for experiments whose parameters it composes.
    "hydra": "tiffin.experiments.composing",
    "omegaconf": "tiffin.experiments.composing",
    # Extras of the parameter files that are written in TOML.
    "tomlkit": "tiffin.formats",
}

# Where the environment, the clock and the working directory may be read: tests/meta shows it, design.md says it.
PRINTING = ("tiffin.cli", "tiffin.testing")
MAY_CHDIR = ("tiffin.cli", "tiffin.testing")
READS_ENVIRONMENT = ("tiffin.api", "tiffin.cli", "tiffin.config", "tiffin.live", "tiffin.testing")

# What an absolute path of a developer's machine looks like.  /dev, /proc and /tmp are every machine's.
MACHINE_PATH = re.compile(r"(?<![\w.$}])/(?:home|Users|root|work|mnt|opt)/\w")


def _inside(name: str, homes: Sequence[str]) -> bool:
    return any(name == home or name.startswith(home + ".") for home in homes)


@pytest.mark.parametrize("name", sources.modules())
def test_a_third_party_library_has_one_owner(name):
    for imported, line in sources.imported(name):
        library = imported.split(".")[0]
        if library == "tiffin" or library in sys.stdlib_module_names:
            continue
        owner = OWNERS.get(library)
        assert owner, f"{name}:{line} imports {library}, which has no owner; name one in OWNERS"
        owners = (owner,) if isinstance(owner, str) else owner
        assert _inside(name, owners), f"{name}:{line} imports {library}, which belongs to {owners}"


@pytest.mark.parametrize("name", [name for name in sources.modules() if not _inside(name, ("tiffin._native",))])
def test_the_compiled_module_is_reached_through_its_package(name):
    for imported, line in sources.imported(name):
        assert not imported.startswith(("tiffin._native._core", "tiffin._native._learn")), (
            f"{name}:{line} reaches past tiffin._native"
        )


@pytest.mark.parametrize("name", [name for name in sources.modules() if not _inside(name, ("tiffin.testing",))])
def test_the_product_does_not_import_its_test_doubles(name):
    for imported, line in sources.imported(name):
        assert not _inside(imported, ("tiffin.testing",)), f"{name}:{line} imports {imported}"


@pytest.mark.parametrize("name", sources.modules())
def test_only_the_shell_prints_and_changes_directory(name):
    for node in ast.walk(sources.tree(name)):
        match node:
            case ast.Call(func=ast.Name(id="print"), lineno=line):
                assert _inside(name, PRINTING), f"{name}:{line} prints"
            case ast.Attribute(value=ast.Name(id="os"), attr="chdir", lineno=line):
                assert _inside(name, MAY_CHDIR), f"{name}:{line} changes the working directory"
            case ast.Attribute(value=ast.Name(id="os"), attr="environ" | "getenv" | "environb", lineno=line):
                assert _inside(name, READS_ENVIRONMENT), f"{name}:{line} reads the environment"


@pytest.mark.parametrize("name", sources.modules())
def test_no_path_of_one_machine_is_in_the_sources(name):
    text = sources.modules()[name].read_text(encoding="utf-8")
    assert not MACHINE_PATH.findall(text), name
