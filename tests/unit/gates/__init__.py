"""The gates, each shown to be the only thing between a planted fault and a release."""
