"""Benchmarks: ratios from several runs, never tests."""
