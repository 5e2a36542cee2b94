"""The desk as a static site that opens from disk, for those who only get a memory stick."""
