# Read before each command in a run's shell: the command line needs the key, what it starts does not.
unset ANTHROPIC_API_KEY ANTHROPIC_AUTH_TOKEN
