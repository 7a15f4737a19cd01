// The coordinator comes next.
