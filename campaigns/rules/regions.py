"""Time zones of the regions of countries that have several: every zone a person there may be in.

Keys are ISO 3166-2 codes. A region that spans zones has them all. Source: the IANA time zone database's zone1970.tab.
"""

from __future__ import annotations

ZONES_OF_REGION: dict[str, tuple[str, ...]] = {}
