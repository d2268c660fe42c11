"""Each linked agency's own system as a program: it asks (or is asked) over the public API and knows nothing else."""
