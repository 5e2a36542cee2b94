"""The command line `zhongtai`: reads arguments, calls the library, prints.

Exit 0 done, 1 withheld or failed check where saying so is the command's job, 2 wrong use or bad declarations, 3 the run
failed.
"""

from orchestration.cli.app import main

__all__ = ["main"]
