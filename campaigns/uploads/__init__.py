"""Files that arrive in pieces, so that a dropped connection costs one piece and not the whole.

`receiving` begins an upload, takes its pieces and ends it, `parts` is what is on disk, `handing` gives a whole one to
whoever reads it. How much has come is the length of the file on disk and nothing else: a process that is killed in the
middle of a piece leaves what it wrote, and the next piece begins there.
"""

from __future__ import annotations
