"""The command line `zhongtai`: reads arguments, calls the library, prints.

Here are its frame and the commands that ask. Those that run (`orchestration/cli`) or serve are added from above, by
entry points of the group `zhongtai.commands`. Exit 0 done, 1 withheld or failed check where saying so is the command's
job, 2 wrong use or bad declarations, 3 the run failed.
"""

from lake.cli.app import main

__all__ = ["main"]
