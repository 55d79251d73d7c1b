"""What `imgai doctor` looks at, one module for each family of checks."""
