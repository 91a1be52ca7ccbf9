// Names of *.test lead Firefox to the test's web server, and all others nowhere: it asks this SOCKS server (RFC 1928) for all but localhost.
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import type { Life } from "../life.ts";
import type { Pages } from "../pages.ts";

/** Replies of RFC 1928, section 6. */
const replies = { succeeded: 0, unreachable: 4 } as const;

/** Starts the server. Returns its port on 127.0.0.1. */
export async function startSocks(life: Life, pages: Pages | undefined): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    sockets.add(client);
    client.on("close", () => sockets.delete(client));
    client.on("error", () => undefined);
    serve(client, pages);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  life.onEnd("the SOCKS server", () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

/** Reads the greeting (version, methods), then the request (version, command, 0, kind of address, address, port). */
function serve(client: Socket, pages: Pages | undefined): void {
  let read = Buffer.alloc(0);
  let greeted = false;
  const onData = (chunk: Buffer): void => {
    read = Buffer.concat([read, chunk]);
    if (!greeted) {
      if (read.length < 2 || read.length < 2 + (read[1] ?? 0)) return;
      read = read.subarray(2 + (read[1] ?? 0));
      greeted = true;
      client.write(Buffer.from([5, 0])); // no authentication
    }
    const [, , , kind = 0, length = 0] = read;
    const addressEnd = kind === 3 ? 5 + length : kind === 1 ? 8 : 20;
    if (read.length < addressEnd + 2) return;
    client.off("data", onData);
    const name = kind === 3 ? read.subarray(5, addressEnd).toString("latin1") : "";
    const port = portFor(name, read.readUInt16BE(addressEnd), pages);
    const answer = (reply: number): Buffer => Buffer.from([5, reply, 0, 1, 0, 0, 0, 0, 0, 0]);
    if (port === undefined) {
      client.end(answer(replies.unreachable));
      return;
    }
    const far = connect(port, "127.0.0.1", () => {
      client.write(answer(replies.succeeded));
      client.pipe(far).pipe(client);
    });
    far.on("error", () => client.destroy());
    client.on("close", () => far.destroy());
    client.resume();
  };
  client.on("data", onData);
}

function portFor(name: string, port: number, pages: Pages | undefined): number | undefined {
  if (pages === undefined || !name.endsWith(".test")) return undefined;
  return port === 443 ? pages.httpsPort : port === 80 ? pages.httpPort : undefined;
}
