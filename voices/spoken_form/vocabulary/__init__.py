"""The words of each language, and the words that are pronounced by a file."""
