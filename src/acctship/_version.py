"""The version, for the package, `--version` and `agent.version`."""

__version__ = "0.1.0"
