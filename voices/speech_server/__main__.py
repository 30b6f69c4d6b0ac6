"""`python -m voices.speech_server`, in the environment that `make speech-server` builds."""

from __future__ import annotations

from voices.speech_server.command import main

if __name__ == "__main__":
    main()
