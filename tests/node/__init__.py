"""What the tests run by Node.js. Installed beside the Python packages by `make test`."""
