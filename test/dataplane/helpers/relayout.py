#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes FILE the state file of a worker of another release: bits of the words at the offsets OFFSET... change, and the checksum at
CHECKSUM, which covers all before it, is made anew. By mmap, since hugetlbfs cannot be written to otherwise.

Usage: relayout.py FILE CHECKSUM OFFSET...
"""
import mmap
import struct
import sys


def crc32c(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


checksum, *offsets = (int(word) for word in sys.argv[2:])
with open(sys.argv[1], "r+b") as file, mmap.mmap(file.fileno(), 0) as memory:
    for offset in offsets:
        memory[offset] ^= 0x55
    memory[checksum:checksum + 4] = struct.pack("<I", crc32c(memory[:checksum]))
