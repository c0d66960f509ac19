"""The kernel's switch for accounting, its file from the outside, and the proof that it records: acct(2), acct(5)."""
