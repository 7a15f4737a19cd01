"""The experiments of tools/prove.py, each a file: what is done to commands, and what they may do."""
