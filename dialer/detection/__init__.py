"""How right a campaign's detector is: what agents said of sampled calls, shown, and acted upon when it is too wrong."""
