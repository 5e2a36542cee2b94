"""Tests of the sample city's generator."""
