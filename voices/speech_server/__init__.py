"""The speech server: Chatterbox in a process and an environment of its own, spoken to over OpenAI's audio dialect."""
