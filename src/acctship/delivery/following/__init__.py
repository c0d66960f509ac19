"""Which file holds which segment, now and over time, and the records from any place of it."""
