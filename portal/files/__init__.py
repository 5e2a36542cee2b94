"""Files of releases on their way to whom they were released: their addresses, their bytes, and other formats."""
