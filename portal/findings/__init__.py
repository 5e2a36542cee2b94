"""What is bad this morning, as pages: of a reader's departments, or of the whole city."""
