// TCP servers that behave, and misbehave, in one way each. What they have seen can be asked at any time.
import { createHash } from "node:crypto";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { createSecureContext, createServer as createTlsServer, TLSSocket, type SecureContextOptions } from "node:tls";
import { certificates } from "../certs.ts";
import type { Life } from "../life.ts";
import { until, within } from "../wait.ts";

/** One connection as the peer sees it. Times are Date.now(). */
export class PeerConnection {
  readonly openedAt = Date.now();
  readonly remotePort: number;
  /** When the other side's FIN came: everything that it sent before is in `received`. */
  endedAt: number | undefined;
  /** When the connection was over in both directions, or broke. */
  closedAt: number | undefined;
  /** Why it broke: "ECONNRESET" when the other side sent a RST. */
  error: string | undefined;
  readonly closed: Promise<void>;
  readonly socket: Socket;
  #received = 0;
  readonly #hash = createHash("sha256");
  #kept = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.socket = socket;
    this.remotePort = socket.remotePort ?? 0;
    socket.once("end", () => {
      this.endedAt = Date.now();
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      this.error = error.code ?? error.message;
    });
    this.closed = new Promise((resolve) => {
      socket.once("close", () => {
        this.closedAt = Date.now();
        resolve();
      });
    });
  }

  /** Bytes that came. */
  get received(): number {
    return this.#received;
  }

  /** SHA-256 of all bytes that came so far, in hex. */
  get sha256(): string {
    return this.#hash.copy().digest("hex");
  }

  /** The first 64 KiB that came, as text. */
  get text(): string {
    return this.#kept.toString("utf8");
  }

  /** Counts what comes and hashes it. */
  watch(): void {
    this.socket.on("data", (chunk: Buffer) => {
      this.#received += chunk.length;
      this.#hash.update(chunk);
      if (this.#kept.length < 65_536) this.#kept = Buffer.concat([this.#kept, chunk]).subarray(0, 65_536);
    });
  }

  /** Waits for the end of the connection and gives the time when it came. */
  async waitUntilClosed(timeout = 5_000): Promise<number> {
    await within("the peer's connection to close", this.closed, timeout);
    return this.closedAt ?? Date.now();
  }
}

export interface TcpPeer {
  readonly host: string;
  readonly port: number;
  /** All connections so far, oldest first. */
  readonly connections: readonly PeerConnection[];
  /** Waits for the connection of this index, the first by default. */
  connection(index?: number): Promise<PeerConnection>;
}

export interface PeerOptions {
  /** Where to listen: 127.0.0.1 by default, or "::1". */
  host?: string;
  port?: number;
}

/** Another certificate than the test's own, other protocols. */
export type TlsPeerOptions = Pick<SecureContextOptions, "cert" | "key"> & { ALPNProtocols?: string[] };

async function ownCertificate(): Promise<{ key: string; cert: string }> {
  const { keyPem, certificatePem } = await certificates();
  return { key: keyPem, cert: certificatePem };
}

type Behaviour = (connection: PeerConnection, socket: Socket) => void;

async function listen(
  life: Life,
  what: string,
  options: PeerOptions,
  behave: Behaviour,
  tls?: TlsPeerOptions,
): Promise<TcpPeer> {
  const connections: PeerConnection[] = [];
  const open = new Set<Socket>();
  const accept = (socket: Socket): void => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
    const connection = new PeerConnection(socket);
    connections.push(connection);
    behave(connection, socket);
  };
  const settings = { allowHalfOpen: true, noDelay: true };
  const server =
    tls === undefined
      ? createServer(settings, accept)
      : createTlsServer({ ...settings, ...(await ownCertificate()), ...tls }, accept);
  const { host = "127.0.0.1", port = 0 } = options;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, exclusive: true }, resolve);
  });
  life.onEnd(
    `the ${what} peer`,
    () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        for (const socket of open) socket.destroy();
      }),
  );
  return {
    host,
    port: (server.address() as AddressInfo).port,
    connections,
    connection: (index = 0) => until(`connection ${String(index)} of the ${what} peer`, () => connections[index]),
  };
}

const echoBack: Behaviour = (connection, socket) => {
  connection.watch();
  socket.pipe(socket);
};

/** Sends everything back; ends when the other side ends. */
export function echoPeer(life: Life, options: PeerOptions = {}): Promise<TcpPeer> {
  return listen(life, "echo", options, echoBack);
}

/** The echo peer behind TLS from the first byte, with the test's own certificate unless told otherwise. */
export function tlsEchoPeer(life: Life, options: PeerOptions = {}, tls: TlsPeerOptions = {}): Promise<TcpPeer> {
  return listen(life, "TLS echo", options, echoBack, tls);
}

/** Greets, answers the first line with a go-ahead, and is an echo peer under TLS from then on. */
export async function startTlsPeer(life: Life, options: PeerOptions = {}, first = ""): Promise<TcpPeer> {
  const secureContext = createSecureContext(await ownCertificate());
  return await listen(life, "STARTTLS", options, (_, socket) => {
    socket.write("* OK ready\r\n");
    socket.once("data", () => {
      socket.write("OK\r\n");
      const secure = new TLSSocket(socket, { isServer: true, secureContext });
      secure.on("error", () => undefined);
      secure.write(first);
      secure.pipe(secure);
    });
  });
}

/** Takes everything, counts and hashes it, says nothing, and ends when the other side ends. For bulk see bulk.ts. */
export function sinkPeer(life: Life, options: PeerOptions = {}): Promise<TcpPeer> {
  return listen(life, "sink", options, (connection, socket) => {
    connection.watch();
    socket.on("end", () => socket.end());
  });
}

/** Takes the connection and never reads from it: the other side's window closes. */
export function stalledPeer(life: Life, options: PeerOptions = {}): Promise<TcpPeer> {
  return listen(life, "stalled", options, (_, socket) => {
    socket.pause();
  });
}

/** Reads nothing for so many ms, and says a byte halfway; then takes everything, and ends when the other side ends. */
export function sleepyPeer(life: Life, ms: number, options: PeerOptions = {}): Promise<TcpPeer> {
  return listen(life, "sleepy", options, (connection, socket) => {
    socket.pause();
    setTimeout(() => socket.write("x"), ms / 2);
    setTimeout(() => {
      connection.watch();
      socket.resume();
    }, ms);
    socket.on("end", () => socket.end());
  });
}

/** Sends `greeting` and then its FIN, but keeps reading: the other side may go on writing. */
export function halfCloseFirstPeer(life: Life, greeting: string, options: PeerOptions = {}): Promise<TcpPeer> {
  return listen(life, "half-close-first", options, (connection, socket) => {
    connection.watch();
    socket.end(greeting);
  });
}

/** Silent until the other side's FIN has come; then answers "BYTES SHA256\n" and ends. */
export function answerAfterEndPeer(life: Life, options: PeerOptions = {}): Promise<TcpPeer> {
  return listen(life, "answer-after-end", options, (connection, socket) => {
    connection.watch();
    socket.on("end", () => socket.end(`${String(connection.received)} ${connection.sha256}\n`));
  });
}

/** Never ends its side, also after the other side's FIN. */
export function neverEndingPeer(life: Life, options: PeerOptions = {}): Promise<TcpPeer> {
  return listen(life, "never-ending", options, (connection) => {
    connection.watch();
  });
}

/** Breaks the connection with a RST: at once, or when the first bytes come. */
export function resetPeer(life: Life, when: "at once" | "on data", options: PeerOptions = {}): Promise<TcpPeer> {
  return listen(life, "reset", options, (_, socket) => {
    if (when === "at once") socket.resetAndDestroy();
    else socket.once("data", () => socket.resetAndDestroy());
  });
}

/** Accepts and closes at once, without a word. */
export function closePeer(life: Life, options: PeerOptions = {}): Promise<TcpPeer> {
  return listen(life, "close", options, (_, socket) => {
    socket.resume();
    socket.end();
  });
}

/** Sends `bytes` and closes. */
export function sendThenClosePeer(life: Life, bytes: string | Buffer, options: PeerOptions = {}): Promise<TcpPeer> {
  return listen(life, "send-then-close", options, (connection, socket) => {
    connection.watch();
    socket.end(bytes);
    socket.on("end", () => socket.end());
  });
}

/** Says `greeting` and answers each line as `answer` tells, in the manner of IRC, SMTP and the like. */
export function linePeer(
  life: Life,
  { greeting = "", answer }: { greeting?: string; answer: (line: string) => string },
  options: PeerOptions = {},
): Promise<TcpPeer> {
  return listen(life, "line", options, (connection, socket) => {
    connection.watch();
    socket.write(greeting);
    let rest = "";
    socket.on("data", (chunk: Buffer) => {
      const lines = (rest + chunk.toString("utf8")).split(/\r?\n/);
      rest = lines.pop() ?? "";
      for (const line of lines) socket.write(answer(line));
    });
    socket.on("end", () => socket.end());
  });
}
