"""All rules of the city by table, and the desk on which a steward works on a table's suite."""
