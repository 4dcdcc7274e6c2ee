"""Compute kernels: the same function for the CPU (compiled by numba) and for any torch device, tested equal."""
