"""The probe: whether each current release can be read as its recipient reads it."""
