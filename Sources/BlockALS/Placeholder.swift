// The promise comes last.
