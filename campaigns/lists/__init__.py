"""From an uploaded file to contacts: reading the file, understanding its columns and rows, applying them, the run."""
