"""The moments ahead at which the rule looks: when the next call might be answered.

A call dialled now is answered 1 to 45 s later, or never; the rule asks at every second second whether an agent will be
free. `USABLE_GRACE` is how long a caller may still wait for one and not be abandoned, less what bridging takes.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
TAUS = np.arange(1.0, 46.0, 2.0)
USABLE_GRACE = 1.5
