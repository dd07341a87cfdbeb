"""`exp run` where Hydra composes the parameters."""

from tests.peer.twins import TwinRepos

FILES = {
    "conf/config.yaml": "defaults:\n- db: small\n- _self_\nlr: 0.1\nname: ${db.kind}-run\nlist: [1, {a: b}]\n",
    "conf/db/small.yaml": "kind: sqlite\nsize: 1\n",
    "conf/db/large.yaml": "kind: postgres\nsize: 100\n",
    "dvc.yaml": "stages:\n  s:\n    cmd: cp params.yaml out\n    params: [lr, db.kind, name]\n    outs: [out]\n",
    "params.yaml": "lr: 9\ndb: {kind: none}\nname: none\n",
}


def test_parameters_are_composed_before_the_run(twins: TwinRepos) -> None:
    for path, text in FILES.items():
        twins.write(path, text)
    twins.both("config", "hydra.enabled", "true")
    twins.both("repro")
    twins.commit("files")
    twins.both("exp", "run", "-n", "composed")
    twins.both("exp", "run", "-n", "changed", "-S", "db=large", "-S", "lr=0.5", "-S", "+fresh.value=text")
    twins.both("exp", "run", "-n", "left", "--no-hydra", "-S", "lr=3")
