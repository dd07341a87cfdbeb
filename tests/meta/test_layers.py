"""The layers that are checked, the layers that are drawn, and the packages that exist are the same."""

import re
import tomllib

from tests.meta import sources


def _checked(repository):
    """Layers from the lowest up, each a set of packages, as import-linter checks them."""
    with (repository / "pyproject.toml").open("rb") as file:
        contracts = tomllib.load(file)["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    return [set(re.findall(r"\w+", layer)) for layer in reversed(layers)]


def _drawn(repository):
    """The same from the table in ARCHITECTURE.md."""
    text = (repository / "ARCHITECTURE.md").read_text(encoding="utf-8")
    levels: dict[int, set[str]] = {}
    for number, package in re.findall(r"^\| (\d+) \| `(\w+)` \|", text, flags=re.MULTILINE):
        levels.setdefault(int(number), set()).add(package)
    return [levels[number] for number in sorted(levels)]


def test_the_map_draws_the_layers_that_are_checked(repository):
    assert _drawn(repository) == _checked(repository)


def test_every_package_has_a_layer(repository):
    packages = {name.split(".")[1] for name in sources.modules() if name.count(".") >= 1}
    assert not (homeless := packages - set().union(*_checked(repository))), f"no layer for {sorted(homeless)}"


def test_the_map_of_the_largest_package_has_all_its_modules(repository):
    text = (repository / "ARCHITECTURE.md").read_text(encoding="utf-8")
    section = text.partition("## Inside `repo`")[2].partition("\n## ")[0]
    named = {name for line in section.splitlines() if line.startswith("|") for name in re.findall(r"`(\w+)`", line)}
    prefix = "tiffin.repo."
    modules = {name.removeprefix(prefix) for name in sources.modules() if name.startswith(prefix)}
    assert not (modules - named)


def test_no_package_reaches_into_the_private_modules_of_another():
    for name in sources.modules():
        for target, line in sources.imported(name):
            package, _, private = target.partition("._")
            if private and package != "tiffin" and target in sources.modules():
                assert f"{name}.".startswith(f"{package}."), f"{name}:{line} imports {target}"
