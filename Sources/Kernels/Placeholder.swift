// Begun in the first commit.
