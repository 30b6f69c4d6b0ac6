"""What `pai-voice voices …` does: one module for each command."""
