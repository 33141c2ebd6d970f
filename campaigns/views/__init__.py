"""Screens of campaigns, lists and do-not-call: each view fetches, calls a service, renders. One file per noun."""
