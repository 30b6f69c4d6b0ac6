"""`pai-voice agents try`: an agent talked to by typing or by voice, or a scenario played; outside of any telephone."""
