"""The event: its schema, how a record becomes one, names of users, groups, terminals and hosts, encodings.

This room knows nothing of files over time or outputs.
"""
