"""From files to receivers: reading, batching, outcomes. Knows the contract of outputs, and no vendor."""
