"""Asterisk: finding or fetching it, our exchange's configuration, and a second one that plays the carrier."""
