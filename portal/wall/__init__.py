"""The wall: the city at a glance, on a screen that is read from five metres, and on a phone."""
