// UDP peers. Each remembers the datagrams that came.
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import type { Life } from "../life.ts";
import { until } from "../wait.ts";

export interface Datagram {
  at: number;
  data: Buffer;
  remotePort: number;
}

export interface UdpPeer {
  readonly host: string;
  readonly port: number;
  readonly datagrams: readonly Datagram[];
  /** Waits until `count` datagrams have come. */
  received(count: number): Promise<readonly Datagram[]>;
  /** Sends a datagram to a port of the same host. */
  send(data: string | Uint8Array, port: number): Promise<void>;
}

export interface UdpOptions {
  /** Where to listen: 127.0.0.1 by default, or "::1". */
  host?: string;
}

type Behaviour = (data: Buffer, from: RemoteInfo, send: Send) => void;
type Send = (data: string | Uint8Array, port: number, from?: Socket) => Promise<void>;

async function bind(life: Life, host: string): Promise<Socket> {
  const socket = createSocket({ type: host.includes(":") ? "udp6" : "udp4", recvBufferSize: 1 << 20 });
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind({ address: host, port: 0, exclusive: true }, resolve);
  });
  // ECONNREFUSED and the like: what an answer meets after the other side has closed.
  socket.on("error", () => undefined);
  life.onEnd("a UDP peer", () => new Promise((resolve) => socket.close(resolve)));
  return socket;
}

async function udpPeer(life: Life, { host = "127.0.0.1" }: UdpOptions, behave: Behaviour): Promise<UdpPeer> {
  const socket = await bind(life, host);
  const datagrams: Datagram[] = [];
  const send: Send = (data, port, from = socket) =>
    new Promise((resolve, reject) => {
      from.send(data, port, host, (error) => {
        if (error === null) resolve();
        else reject(error);
      });
    });
  socket.on("message", (data, from) => {
    datagrams.push({ at: Date.now(), data, remotePort: from.port });
    behave(data, from, send);
  });
  return {
    host,
    port: socket.address().port,
    datagrams,
    received: (count) =>
      until(`${String(count)} datagrams at a UDP peer`, () => (datagrams.length >= count ? datagrams : undefined)),
    send: (data, port) => send(data, port),
  };
}

/** Sends every datagram back. */
export function udpEchoPeer(life: Life, options: UdpOptions = {}): Promise<UdpPeer> {
  return udpPeer(life, options, (data, from, send) => void send(data, from.port));
}

/**
 * Answers each datagram twice: first a stranger, another port of the same address, says "impostor"; then the peer itself
 * sends the datagram back. Who sees anything but the echo does not look at the source.
 */
export async function udpImpostorPeer(life: Life, options: UdpOptions = {}): Promise<UdpPeer> {
  const stranger = await bind(life, options.host ?? "127.0.0.1");
  return await udpPeer(life, options, (data, from, send) => {
    void send("impostor", from.port, stranger).then(() => send(data, from.port));
  });
}

/** Answers a datagram that says "COUNT SIZE" with COUNT datagrams of SIZE bytes; each begins with its number, 32 bits. */
export function udpSourcePeer(life: Life, options: UdpOptions = {}): Promise<UdpPeer> {
  return udpPeer(life, options, (data, from, send) => {
    const [count = 0, size = 0] = data.toString("utf8").split(" ").map(Number);
    void (async () => {
      for (let index = 0; index < count; index++) {
        const datagram = Buffer.alloc(Math.max(size, 4));
        datagram.writeUInt32BE(index);
        await send(datagram, from.port);
      }
    })();
  });
}
