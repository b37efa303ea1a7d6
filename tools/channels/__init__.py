"""Channels: the ways an effect leaves the house. The default renders and keeps everything and sends nothing."""

from tools.channels.dry_run import DryRunChannel
from tools.channels.port import Delivery, EffectChannel, RecordingChannel

__all__ = ["Delivery", "DryRunChannel", "EffectChannel", "RecordingChannel"]
