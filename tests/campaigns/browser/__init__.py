"""The manager's pages in a real Chromium, as people use them: what they see, in both languages and on small screens."""
