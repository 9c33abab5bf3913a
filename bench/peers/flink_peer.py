#!/usr/bin/env python3
"""tidemark and Flink at the same job: a DataStream program with event time, all of Flink in one JVM."""
import hashlib
import os
import shutil
import xml.etree.ElementTree as xml

import race
from peer import JOBS, Peer, Ready
from tool import installed, need, run

FLINK = JOBS / "flink"
COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"


def flink_version():
    return xml.parse(FLINK / "pom.xml").find(".//{*}flink.version").text


def install(folder):
    maven = need("mvn", "Maven is missing: apt-get install maven")
    javac = need("javac", "a JDK is missing: apt-get install default-jdk-headless")
    shutil.copy(FLINK / "pom.xml", folder)
    run([maven, "--batch-mode", "--quiet", f"-Dmaven.repo.local={folder}/repository", COPY,
         f"-DoutputDirectory={folder}/lib"], cwd=folder)
    run([javac, "-cp", f"{folder}/lib/*", "-d", folder / "classes", FLINK / "WindowSum.java"])
    shutil.rmtree(folder / "repository")


def prepare(tools):
    java = need("java", "Java is missing: apt-get install default-jre-headless")
    version = flink_version()
    sources = b"".join((FLINK / name).read_bytes() for name in ("pom.xml", "WindowSum.java"))
    folder = installed(tools / f"flink-{version}-{hashlib.sha256(sources).hexdigest()[:8]}", install)
    cores = str(len(os.sched_getaffinity(0)))

    def command(source, threshold, output):
        return [java, "-cp", f"{folder}/classes:{folder}/lib/*", "WindowSum", cores, source, threshold, output]
    return Ready(version, command)


PEERS = (Peer("flink", "Flink", "whole cents", prepare),)

if __name__ == "__main__":
    race.main(PEERS, __doc__)
