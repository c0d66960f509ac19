"""Records as tables and sums for people: what `lastcomm`, `dump`, `summary` and `estimate` print.

This room takes batches of records and gives bytes or rows. It knows nothing of options, terminals, files or outputs.
"""
