"""What can keep a service from starting, one class per decision a caller can make.

Every message is one sentence for the person at the terminal: what is wrong, and what to do.
Callers print it as it is and leave with a non-zero code; no traceback is wanted.
"""


class DeployError(Exception):
    """A service cannot be started or kept; the text is one sentence fit to be shown."""


class NoBinaries(DeployError):
    """The program is not installed and no private copy of it is to be had."""


class PortTaken(DeployError):
    """A port that was asked for by name is held by another program."""


class NotWritable(DeployError):
    """The folder for the service's data cannot be made or written, or is not ours."""


class AlreadyRunning(DeployError):
    """Another launcher holds the same folder and lives."""


class WrongDataVersion(DeployError):
    """The data was made by another major version of the program."""


class StartFailed(DeployError):
    """The program ended while starting; the text closes with its last log lines."""


class StartTimedOut(DeployError):
    """The program did not become ready in time; the text closes with its last log lines."""


class BadSetting(DeployError):
    """An environment variable has a value that cannot be used; the text names it."""
