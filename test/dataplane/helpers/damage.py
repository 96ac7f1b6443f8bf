#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Changes one byte every STEP bytes of FILE from START to END. By mmap, since hugetlbfs cannot be written to otherwise.

Usage: damage.py FILE START END STEP      END 0: the end of the file
"""
import mmap
import sys

start, end, step = (int(word) for word in sys.argv[2:5])
with open(sys.argv[1], "r+b") as file, mmap.mmap(file.fileno(), 0) as memory:
    for at in range(start, end or len(memory), step):
        memory[at] ^= 0x55
