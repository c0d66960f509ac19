"""What outlives a run: the state folder, cursors, the health journal, dead letters."""
