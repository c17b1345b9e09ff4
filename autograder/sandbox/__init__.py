"""The sandbox, where student code runs: our end of it, and ``inside``, exactly what is mounted."""
