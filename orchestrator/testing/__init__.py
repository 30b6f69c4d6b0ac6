"""The test kit: a scripted Claude and rehearsed calls, as pytest fixtures that come with the package (see `plugin`)."""
