"""Lists: upload a file, say how it is read, watch it being read, see what became of every row, take it back."""

from campaigns.views.lists.acts import cancel, columns, undo, upload
from campaigns.views.lists.pages import list_list, list_page, people_page, progress, rejects_file, version_page

__all__ = [
    "cancel",
    "columns",
    "list_list",
    "list_page",
    "people_page",
    "progress",
    "rejects_file",
    "undo",
    "upload",
    "version_page",
]
