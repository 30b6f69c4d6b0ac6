"""The demonstration: a real call on this machine, its caller recorded and its Claude scripted."""
