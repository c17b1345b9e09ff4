"""The lessons themselves: their notebooks run, their exercises are declared in full."""
