"""ElevenLabs (elevenlabs.io): Flash and Turbo v2.5, Multilingual v2, v4 and v4 Turbo, over WebSockets or HTTP; clones."""

from voices.engines.elevenlabs.account import clone as clone
from voices.engines.elevenlabs.settings import ElevenLabsOptions as ElevenLabsOptions
from voices.engines.elevenlabs.settings import ElevenLabsSettings as ElevenLabsSettings
from voices.engines.elevenlabs.synthesizer import ENGINE as ENGINE
from voices.engines.elevenlabs.synthesizer import ElevenLabsSynthesizer as ElevenLabsSynthesizer
