"""The code of the project; each stage of dvc.yaml is a module to run."""

__all__: list[str] = []
