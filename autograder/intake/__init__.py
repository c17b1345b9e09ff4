"""Taking in what students handed in, of which nothing is trusted, and making it clean notebooks."""
