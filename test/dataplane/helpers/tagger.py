#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A small VLAN switch for kernels without 802.1Q devices: joins a trunk device and one TAP device per VLAN.

Usage: tagger.py TRUNK VLAN=TAP...
Frames from the trunk with a tag go untagged to the TAP of their VLAN; frames from a TAP go tagged to the trunk. The TAP 0
gets and gives untagged frames. Prints "ready", then one line per frame that came with a tag that nobody here has.
"""
import fcntl
import os
import select
import signal
import socket
import struct
import sys

ETH_P_ALL = 0x0003
SOL_PACKET = 263
PACKET_AUXDATA = 8
PACKET_OUTGOING = 4
TP_STATUS_VLAN_VALID = 1 << 4
TUNSETIFF = 0x400454CA
IFF_TAP_NO_PI = 0x0002 | 0x1000


def open_tap(name):
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP_NO_PI))
    return fd


def receive(trunk):
    """One frame as (VLAN, frame without its tag), or None for what this host sent itself."""
    frame, ancillary, _, address = trunk.recvmsg(65536, socket.CMSG_SPACE(20))
    if address[2] == PACKET_OUTGOING:
        return None
    for level, kind, data in ancillary:
        if level == SOL_PACKET and kind == PACKET_AUXDATA:
            status, _, _, _, _, tci, _ = struct.unpack("=IIIHHHH", data[:20])
            if status & TP_STATUS_VLAN_VALID:
                return tci & 0xFFF, frame
    if frame[12:14] == b"\x81\x00":
        return struct.unpack("!H", frame[14:16])[0] & 0xFFF, frame[:12] + frame[16:]
    return 0, frame


def main():
    trunk = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    trunk.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    trunk.bind((sys.argv[1], 0))
    taps = {int(vlan): open_tap(name) for vlan, name in (pair.split("=") for pair in sys.argv[2:])}
    vlans = {fd: vlan for vlan, fd in taps.items()}
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print("ready", flush=True)
    while True:
        for fd in select.select([trunk.fileno(), *vlans], [], [])[0]:
            try:
                if fd != trunk.fileno():
                    frame = os.read(fd, 65536)
                    vlan = vlans[fd]
                    trunk.send(frame if vlan == 0 else frame[:12] + struct.pack("!HH", 0x8100, vlan) + frame[12:])
                    continue
                received = receive(trunk)
                if received is None:
                    continue
                vlan, frame = received
                if vlan in taps:
                    os.write(taps[vlan], frame)
                else:
                    print(f"vlan {vlan} {len(frame)}", flush=True)
            except OSError:
                pass  # a device that is down or full loses the frame, as a switch would


main()
