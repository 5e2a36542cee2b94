"""Finding any table or column from any page."""
