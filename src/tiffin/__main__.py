"""`python -m tiffin`."""

import sys

from tiffin.cli import main

__all__: list[str] = []

if __name__ == "__main__":
    sys.exit(main())
