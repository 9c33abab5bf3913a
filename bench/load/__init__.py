"""The parts of bench/load.py."""
