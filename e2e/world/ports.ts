// Ports for servers that want to be told theirs.
import { createSocket } from "node:dgram";
import { createServer } from "node:net";

// Linux takes the near ends of outgoing connections from 32768 to 60999. Nobody gets a port below or above by chance between
// our look and the server's bind.
const below = [20_000, 32_000] as const;
const above = [61_000, 65_535] as const;

/** A TCP and UDP port of 127.0.0.1 that nobody uses. */
export function freePort(): Promise<number> {
  return freeIn(below);
}

/** The same, of those that a page may listen at. */
export function freeHighPort(): Promise<number> {
  return freeIn(above);
}

async function freeIn([lowest, highest]: readonly [number, number]): Promise<number> {
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
