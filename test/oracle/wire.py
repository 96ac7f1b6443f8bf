# SPDX-License-Identifier: Apache-2.0
# Puts frames onto devices and tells what came out of the kernel between them. A frame is followed by a marker that always passes:
# when the marker arrives, whatever the frame led to has arrived before it. wire.py DEVICE DEVICE; a line is "DEVICE FRAME MARKER" in
# hexadecimal, the answer "DEVICE FRAME" for each frame that came, joined by commas.
import select
import socket
import sys

OUTGOING = 4
ALL = 3


def open_device(name):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL))
    s.bind((name, ALL))
    s.setblocking(False)
    return s


def arrived(sockets, timeout):
    for s in select.select(list(sockets.values()), [], [], timeout)[0]:
        name = next(n for n in sockets if sockets[n] is s)
        while True:
            try:
                frame, address = s.recvfrom(65535)
            except BlockingIOError:
                break
            if address[2] != OUTGOING and frame[12:14] == b"\x08\x00":
                yield name, frame


def exchange(sockets, device, frame, marker):
    came = []
    sockets[device].send(frame)
    sockets[device].send(marker)
    for _ in range(50):
        for name, got in arrived(sockets, 0.1):
            if got[28:] == marker[28:]:
                return came
            came.append("%s %s" % (name, got.hex()))
    raise SystemExit("the marker did not arrive")


def main(names):
    sockets = {name: open_device(name) for name in names}
    print("ready", flush=True)
    for line in sys.stdin:
        device, frame, marker = line.split()
        print("=" + ",".join(exchange(sockets, device, bytes.fromhex(frame), bytes.fromhex(marker))), flush=True)


main(sys.argv[1:])
