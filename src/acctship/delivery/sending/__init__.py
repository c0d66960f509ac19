"""One worker for each output: what is sent when, and what each answer means."""
