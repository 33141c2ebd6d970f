"""Pacing between the rows and the rules: budgets counted, what was learned kept, decisions written down.

The rules themselves are dialer.rules.pacing and dialer.rules.budgets. An engine has one `Memory`; all of it can be
lost, since it is made anew from the rows.
"""
