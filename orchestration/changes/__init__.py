"""What of a city a change of its inputs asks to be done again, and what stands as it is. Nothing is done here."""
