# Writes every IP packet that passes in the network namespace it is started in to stdout, as a capture for `tcpdump -r -`.
#
# tcpdump itself insists on changing its groups as root, and nobody may in an ordinary user's namespace (user_namespaces(7)).
import socket
import struct
import sys
import time

ETH_P_ALL, LINKTYPE_RAW = 3, 101
longest = 1 << 18

packets = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
packets.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
out = sys.stdout.buffer
out.write(struct.pack("=IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, longest, LINKTYPE_RAW))
out.flush()
print("recording", file=sys.stderr, flush=True)
while True:
    packet, (_, protocol, *_) = packets.recvfrom(longest)
    if protocol not in (0x0800, 0x86DD):  # IPv4, IPv6
        continue
    now = time.time()
    out.write(struct.pack("=IIII", int(now), int(now % 1 * 1_000_000), len(packet), len(packet)) + packet)
    out.flush()
