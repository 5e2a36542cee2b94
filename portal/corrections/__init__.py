"""The pages of corrections and disputes."""
