"""Files to measure on, made by `tidemark gen`, all of them in the page cache."""
import shutil
import subprocess
import sys

ROW_BYTES = 48  # a generous guess


def make(tidemark, path, rows, *options):
    """`rows` rows with the options of `tidemark gen`, written to path."""
    need = rows * ROW_BYTES
    if shutil.disk_usage(path.parent).free < need:
        sys.exit(f"{path.parent} has no room for {need / 1e9:.1f} GB: choose another --scratch or fewer --rows")
    command = [str(tidemark), "gen", "--rows", str(rows), *map(str, options)]
    with open(path, "wb") as out:
        if subprocess.run(command, stdout=out, check=False).returncode != 0:
            sys.exit(f"no input from {' '.join(command)}")
    warm(path)
    return path


def warm(path):
    with open(path, "rb", buffering=0) as file:
        buffer = bytearray(1 << 20)
        while file.readinto(buffer):
            pass
