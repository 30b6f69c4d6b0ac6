"""What a caller hears on hold: music to a mood, composed here, from the user's own files, or made by ElevenLabs."""
