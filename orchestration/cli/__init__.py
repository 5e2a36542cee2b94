"""The commands that run something: added to the command line (`lake/cli`) by an entry point."""

from orchestration.cli import declare, work

COMMANDS = {**work.COMMANDS, **declare.COMMANDS}
