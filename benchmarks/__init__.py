"""Benchmarks: each file is a program that prints a table."""
