"""What is known of numbers: evidence is recorded, comes to a state, and leads that it had set aside are called again.

Every writer goes through `recording`: under the locks of the phones' rows, one statement writes the evidence, works
out the state (rules.validity, in SQL) and notes the numbers of which less is held than before. `clearing` wakes the
leads of those. Dialling reads the state alone, so nothing here is part of a reservation.
"""
