"""Imitations of speech services, for tests, rehearsals and benches: their protocol and their faults, on loopback."""
