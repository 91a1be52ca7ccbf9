// Ports for servers that want to be told theirs.
import { createSocket } from "node:dgram";
import { createServer } from "node:net";

// Below the range from which Linux takes the near ends of outgoing connections (32768-60999): between our look and the
// server's bind nobody gets such a port by chance.
const lowest = 20_000;
const highest = 32_000;

/** A TCP and UDP port of 127.0.0.1 that nobody uses. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    if ((await tcpIsFree(port)) && (await udpIsFree(port))) return port;
  }
}

function tcpIsFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => {
      resolve(false);
    });
    server.listen({ host: "127.0.0.1", port, exclusive: true }, () =>
      server.close(() => {
        resolve(true);
      }),
    );
  });
}

function udpIsFree(port: number): Promise<boolean> {
  const socket = createSocket("udp4");
  return new Promise((resolve) => {
    socket.once("error", () => {
      socket.close();
      resolve(false);
    });
    socket.bind({ address: "127.0.0.1", port, exclusive: true }, () =>
      socket.close(() => {
        resolve(true);
      }),
    );
  });
}
