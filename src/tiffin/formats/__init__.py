"""Read and write the metadata files: .dvc, dvc.lock, dvc.yaml, params and metrics.

Text in, values out and back; no project knowledge, no disk access.  The work is in the submodules
`yaml`, `dvcfile`, `lock`, `pipeline`, `template`, `params` and `edit`; what they share is in `values`.
"""

__all__: list[str] = []
