"""What a list says of its people beside who they are: consent, products held, the state of their numbers.

It waits on two unlogged tables beside the stage of the people themselves (`tables`, `keeping`), is given to those who
alone write such things in the transaction that applies the part (`giving`), and taken back from them with the import
(`taking_back`). A list without such columns costs none of it.
"""
