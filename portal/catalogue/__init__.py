"""The resource catalogue (政务信息资源目录): what the city has, whose it is, how sensitive, and how to ask for it."""
