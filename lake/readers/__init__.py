"""Reading what departments deliver: landing the bytes untouched, then offering each format as one relation of text.

No value is judged here, and nothing is written to the lake.
"""
