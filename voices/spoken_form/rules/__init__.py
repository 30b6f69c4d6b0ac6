"""The rules: each knows one kind of thing in a text, and says it in words."""
