"""What can end a benchmark: a system that does not do what the benchmark waits for."""


class BenchFailed(Exception):
    """The text says what was waited for in vain."""
