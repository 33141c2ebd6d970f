"""Why was this one called, or not, and when will it be? Everything that answers it, read only.

`leads` asks the rules at this moment; `budgets` tells who spent what is counted; `history` tells what was decided and
done before; `waterfall` counts a whole campaign; `people` finds whom a number belongs to; `telling` puts it in words.
"""
