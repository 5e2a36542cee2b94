"""The commands that run something: added to the command line (`lake/cli`) by an entry point."""

from orchestration.cli import begin, declare, maintain, rebuild, reproduce, work

COMMANDS = {
    **begin.COMMANDS,
    **work.COMMANDS,
    **declare.COMMANDS,
    **reproduce.COMMANDS,
    **maintain.COMMANDS,
    **rebuild.COMMANDS,
}
