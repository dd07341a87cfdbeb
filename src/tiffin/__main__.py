"""`python -m tiffin`."""

from tiffin.cli import program

__all__: list[str] = []

if __name__ == "__main__":
    program()
