"""What each department delivers: one module per department with a function `extracts(city)`."""
