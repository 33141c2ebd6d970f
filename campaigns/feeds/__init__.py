"""From an uploaded file of numbers and their states to evidence: its columns, its rows, the run."""
