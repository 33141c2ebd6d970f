"""Where every record of a list stands: `waterfall` counts them, `records` are those behind a bar, `fates` says where.

The list's rows that became nobody are its rejects. Everybody else is on the list, and falls away by what is known of
their numbers and by do-not-call; in a campaign, by their lead too.
"""
