"""`freeze` and `unfreeze` beyond what DVC does."""


def test_stages_are_frozen_together_or_not_at_all(sandbox):
    sandbox.write("file", "1")
    sandbox.tiffin("add", "file")
    assert "'nothing' is neither" in sandbox.tiffin("freeze", "file.dvc", "nothing", code=1).err
    assert "frozen" not in sandbox.read("file.dvc")
