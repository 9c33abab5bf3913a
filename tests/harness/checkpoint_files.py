"""Reads checkpoints' files and writes some: tests see what a run has saved, and make files that lie."""
import ctypes
import ctypes.util
import struct
from dataclasses import dataclass

MAGIC = b"TIDEMARK"
FORMAT = 1
PLAN, PARSER, WORKER, SINK, BEGINNING = 1, 2, 3, 4, 5
HEAD_BYTES = SECTION_HEAD_BYTES = DIGEST_BYTES = 16


class _Xxh128(ctypes.Structure):
    _fields_ = [("low", ctypes.c_uint64), ("high", ctypes.c_uint64)]


@dataclass
class Section:
    kind: int
    content: bytes


def _library():
    library = ctypes.CDLL(ctypes.util.find_library("xxhash") or "libxxhash.so.0")
    library.XXH3_128bits.restype = _Xxh128
    library.XXH3_128bits.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
    return library


def digest(content):
    value = _library().XXH3_128bits(content, len(content))
    return struct.pack(">QQ", value.high, value.low)


def read(content):
    """The sections of a whole file."""
    assert content[:8] == MAGIC and content[-DIGEST_BYTES:] == digest(content[:-DIGEST_BYTES])
    (count,) = struct.unpack_from("<I", content, 12)
    sections, at = [], HEAD_BYTES
    for _ in range(count):
        kind, _, size = struct.unpack_from("<IIQ", content, at)
        at += SECTION_HEAD_BYTES
        sections.append(Section(kind, content[at:at + size]))
        at += size
    assert at == len(content) - DIGEST_BYTES
    return sections


def write(sections, file_format=FORMAT):
    """A file with these sections, whose checksum is right."""
    body = MAGIC + struct.pack("<II", file_format, len(sections))
    for section in sections:
        body += struct.pack("<IIQ", section.kind, 0, len(section.content)) + section.content
    return seal(body)


def seal(body):
    return body + digest(body)


def numbers_in(folder):
    """The numbers of the records in a folder, ascending."""
    names = [path.name.removeprefix("checkpoint-") for path in folder.glob("checkpoint-*")]
    return sorted(int(name) for name in names if len(name) == 20 and name.isdigit())


def path_of(folder, number):
    return folder / f"checkpoint-{number:020}"


def is_of_a_finished_run(folder):
    """Does the newest record say that the outputs are complete?"""
    numbers = numbers_in(folder) if folder.is_dir() else []
    kinds = {section.kind for section in read(path_of(folder, numbers[-1]).read_bytes())} if numbers else set()
    return kinds == {PLAN, SINK}
