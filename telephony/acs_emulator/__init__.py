"""A small Azure on loopback: Azure Communication Services as far as a telephone call needs it, for the real SDK.

It signs, verifies, posts, dials and misbehaves like the service, and records the sound of each call to the sample. Everything a
caller would do with his hands is done over the control API.

    POST   /control/calls                     {from, to, options?} → {call}; it rings at our server (options: CallOptions)
    GET    /control/calls, /control/calls/ID  state (ringing, answered, rejected, ended), why, and what was measured
    GET    /control/calls/ID/recording.wav    stereo, 16 kHz: left what the caller said, right what he heard, from the answer on
    POST   /control/calls/ID/hang-up
    POST   /control/calls/ID/drop-socket      {away_s?, redial?}: the media socket is cut, and dialled again
    GET    /control/record                    all that our server did and was told: REST, Event Grid, callbacks, sockets, states

    WS     /control/calls/ID/handset          the phone that placed the call
    WS     /control/phones/NUMBER             a phone that waits to be rung by our server

On both sockets binary messages are frames (640 bytes, 16 kHz mono s16), one every 20 ms from the answer on: what the caller hears
comes, what he says goes. A phone is best clocked by what it hears. Texts that come: {"event": "ringing" | "answered" |
"rejected" | "ended" (each but the first with "why"), "stopped" (our server cleared what was queued), "keys"
(our server pressed them)}.
Texts that go: {"do": "press", "keys"}, {"do": "hang_up"}, {"do": "drop_socket", "away_s", "redial"}; of a phone that is rung
{"do": "answer"}, {"do": "decline"}, {"do": "busy"}. Closing the socket hangs up; the emulator closes it when the call is over.
"""

from telephony.acs_emulator.emulator import Emulator, run_emulator
from telephony.acs_emulator.settings import EMULATOR_KEY, CallOptions, EmulatorSettings, Fault

__all__ = ["EMULATOR_KEY", "CallOptions", "Emulator", "EmulatorSettings", "Fault", "run_emulator"]
