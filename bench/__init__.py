"""Scripts that measure the product against bare baselines on the machine they run on. Nothing imports them."""
