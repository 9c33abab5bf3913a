"""Tools from their registries, each in a folder of its own: whole or not there at all.

A tool is put together in FOLDER.part, which becomes FOLDER by a rename when everything has worked; what an
interrupted run leaves behind is removed by the next one. Which tool it is stands in the folder's name, so that
another version is another folder.
"""
import shutil
import subprocess
import sys
from pathlib import Path

LIMIT_S = 1200  # for one step of an installation


class Missing(Exception):
    """The tool cannot be had; the text says why, and what would help."""


def installed(folder, install):
    """folder, after install(part) has filled it if it was not there yet."""
    if folder.is_dir():
        return folder
    part = folder.with_name(folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        install(part)
        part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return folder


def python_package(tools, name, version):
    """A package from pip's registry, with what it depends on."""
    def install(folder):
        if subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True, check=False).returncode:
            raise Missing(f"pip is missing for {sys.executable}: apt-get install python3-pip")
        run([sys.executable, "-m", "pip", "install", "--quiet", "--no-warn-conflicts", "--no-compile",
              "--root-user-action", "ignore", "--target", folder, f"{name}=={version}"])

    python = f"py{sys.version_info.major}{sys.version_info.minor}"
    return installed(tools / f"{name}-{version}-{python}", install)


def debian_package(tools, name):
    """A package as this Debian has it, unpacked and not installed."""
    def install(folder):
        need("apt-get", "not a Debian: there is no apt-get")
        need("dpkg-deb", "not a Debian: there is no dpkg-deb")
        run(["apt-get", "download", "--quiet", name], cwd=folder, hint="try apt-get update")
        (package,) = folder.glob("*.deb")
        run(["dpkg-deb", "--extract", package, folder])
        package.unlink()

    return installed(tools / name, install)


def need(program, otherwise):
    """The path of a program of the system, or Missing(otherwise)."""
    path = shutil.which(program)
    if not path:
        raise Missing(otherwise)
    return path


def first_line(command):
    """What a program says of its version."""
    done = subprocess.run([str(part) for part in command], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=False)
    return (done.stdout or done.stderr).partition("\n")[0]


def run(command, cwd=None, hint=""):
    """A step of an installation; Missing with the command's own words if it fails."""
    name = Path(command[0]).name
    try:
        done = subprocess.run([str(part) for part in command], cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=LIMIT_S, check=False)
    except subprocess.TimeoutExpired:
        raise Missing(f"{name} was not done within {LIMIT_S} s") from None
    if done.returncode != 0:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["no message"]
        errors = [line for line in lines if line.lower().startswith(("error", "[error]", "e:"))]
        raise Missing(f"{name} failed: {(errors or lines)[-1]}" + (f"; {hint}" if hint else ""))
