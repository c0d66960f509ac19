"""The version, for the package, `--version` and `agent.version`."""

__version__ = "0.1.0"
"""Of this package, by Semantic Versioning."""
