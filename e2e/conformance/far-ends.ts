// The far ends of the suite: real sockets of this process on loopback, which behave or misbehave in one way each. Pages command them over HTTP.
import { createSocket, type Socket as UDPSocket } from "node:dgram";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { TLSSocket, createSecureContext } from "node:tls";
import { certificates } from "../world/certs.ts";
import type { Life } from "../world/life.ts";
import { freeHighPort } from "../world/ports.ts";
import { sleep } from "../world/wait.ts";
import type { FarCommand, FarConnection, FarListening, FarReport, TCPBehaviour, UDPBehaviour } from "./far-protocol.ts";

/** A byte at that place of the pattern: a length that is no power of two, so that a chunk that is lost or repeated shows. */
const patternByte = (index: number): number => index % 251;

export function pattern(bytes: number): Buffer {
  const data = Buffer.alloc(bytes);
  for (let index = 0; index < bytes; index++) data[index] = patternByte(index);
  return data;
}

interface FarEnd {
  listening: FarListening;
  seen: FarReport;
  sockets: Socket[];
  datagrams?: UDPSocket;
  end(): void;
}

export class FarEnds {
  readonly #ends = new Map<number, FarEnd>();
  #nextId = 1;

  constructor(life: Life) {
    life.onEnd("the far ends", () => {
      for (const end of this.#ends.values()) end.end();
    });
  }

  /** Does what a page asks for. */
  async do(command: FarCommand): Promise<FarListening | FarReport> {
    switch (command.op) {
      case "listen":
        return await this.#listen(command.behaviour, command.host);
      case "connect":
        return await this.#connect(command.behaviour, command.host, command.port);
      case "bind":
        return await this.#bind(command.behaviour, command.host);
      case "closed-port":
        return { id: 0, host: "127.0.0.1", port: await freeHighPort() };
      case "report":
        return await this.#report(command.id, command.until);
      case "send": {
        const { datagrams } = this.#find(command.id);
        datagrams?.send(command.words, command.port, command.host);
        return this.#find(command.id).listening;
      }
      case "act": {
        const socket = this.#find(command.id).sockets[0];
        if (command.act === "reset") socket?.resetAndDestroy();
        else if (command.act === "fin") socket?.end();
        else socket?.write("hello");
        return this.#find(command.id).listening;
      }
      case "end":
        for (const id of command.ids) {
          this.#ends.get(id)?.end();
          this.#ends.delete(id);
        }
        return { connections: [], datagrams: [] };
    }
  }

  #find(id: number): FarEnd {
    const end = this.#ends.get(id);
    if (end === undefined) throw new Error(`no far end ${String(id)}`);
    return end;
  }

  #keep(end: Omit<FarEnd, "listening">, host: string, port: number): FarListening {
    const listening = { id: this.#nextId++, host, port };
    this.#ends.set(listening.id, { ...end, listening });
    return listening;
  }

  async #listen(behaviour: TCPBehaviour, host: string): Promise<FarListening> {
    const seen: FarReport = { connections: [], datagrams: [] };
    const sockets: Socket[] = [];
    const { keyPem, certificatePem } = await certificates();
    const tls = { key: keyPem, cert: certificatePem };
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      serve(socket, behaviour, seen, tls);
      sockets.push(socket);
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host, port: 0, exclusive: true }, resolve);
    });
    const end = (): void => {
      server.close();
      for (const socket of sockets) socket.destroy();
    };
    return this.#keep({ seen, sockets, end }, host, portOf(server));
  }

  async #connect(behaviour: TCPBehaviour, host: string, port: number): Promise<FarListening> {
    const seen: FarReport = { connections: [], datagrams: [] };
    const socket = connect({ host, port, allowHalfOpen: true, noDelay: true });
    const { keyPem, certificatePem } = await certificates();
    const connected = new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
    serve(socket, behaviour, seen, { key: keyPem, cert: certificatePem });
    await connected;
    const end = (): void => {
      socket.destroy();
    };
    return this.#keep({ seen, sockets: [socket], end }, socket.localAddress ?? "", socket.localPort ?? 0);
  }

  async #bind(behaviour: UDPBehaviour, host: string): Promise<FarListening> {
    const seen: FarReport = { connections: [], datagrams: [] };
    const type = host.includes(":") ? "udp6" : "udp4";
    const datagrams = createSocket(type);
    const elsewhere = createSocket(type);
    datagrams.on("message", (data, { address, port }) => {
      seen.datagrams.push({ from: address, port, bytes: data.length, text: data.subarray(0, 1_000).toString("utf8") });
      if (behaviour === "sink") return;
      if (behaviour === "from-elsewhere") elsewhere.send("from elsewhere", port, address);
      datagrams.send(data, port, address);
      if (behaviour === "twice") datagrams.send(data, port, address);
    });
    await new Promise<void>((resolve, reject) => {
      datagrams.once("error", reject);
      datagrams.bind({ address: host, port: 0, exclusive: true }, resolve);
    });
    const end = (): void => {
      datagrams.close();
      elsewhere.close();
    };
    return this.#keep({ seen, sockets: [], datagrams, end }, host, datagrams.address().port);
  }

  async #report(id: number, until: Extract<FarCommand, { op: "report" }>["until"]): Promise<FarReport> {
    const { seen } = this.#find(id);
    const deadline = Date.now() + 1_500;
    const arrived = (): boolean => {
      const [first] = seen.connections;
      return (
        seen.connections.length >= (until?.connections ?? 0) &&
        seen.datagrams.length >= (until?.datagrams ?? 0) &&
        (first?.received ?? 0) >= (until?.received ?? 0) &&
        (until?.ended !== true || first?.ended === true) &&
        (until?.closed !== true || first?.closed === true)
      );
    };
    while (!arrived() && Date.now() < deadline) await sleep(5);
    return seen;
  }
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

function serve(socket: Socket, behaviour: TCPBehaviour, seen: FarReport, tls: { key: string; cert: string }): void {
  const connection: FarConnection = {
    remotePort: socket.remotePort ?? 0,
    received: 0,
    text: "",
    pattern: true,
    ended: false,
    closed: false,
    error: "",
  };
  seen.connections.push(connection);
  socket.once("error", (error: NodeJS.ErrnoException) => {
    connection.error = error.code ?? error.message;
  });
  socket.once("close", () => {
    connection.closed = true;
  });
  switch (behaviour.does) {
    case "silent":
      return;
    case "reset":
      socket.resetAndDestroy();
      return;
    case "tls-echo":
      echoSecurely(socket, tls);
      return;
    case "starttls-echo":
      socket.once("data", () => {
        socket.write("go");
        echoSecurely(socket, tls);
      });
      return;
    default:
      watch(socket, connection);
  }
  switch (behaviour.does) {
    case "echo":
      socket.pipe(socket);
      return;
    case "sink":
      socket.once("end", () => socket.end());
      return;
    case "send": {
      const { bytes, then } = behaviour;
      if (then === "fin-at-once") socket.end(pattern(bytes));
      else
        socket.write(pattern(bytes), () => {
          if (then === "reset") setTimeout(() => socket.resetAndDestroy(), 50);
          else if (then === "fin") setTimeout(() => socket.end(), 50);
        });
      socket.once("end", () => socket.end());
      return;
    }
    case "fin":
      setTimeout(() => socket.end(), 50);
      return;
    case "fin-at-once":
      socket.end();
      return;
    case "answer-after-fin":
      socket.once("end", () => socket.end("late"));
  }
}

function watch(socket: Socket, connection: FarConnection): void {
  socket.on("data", (chunk: Buffer) => {
    for (let index = 0; index < chunk.length; index++)
      if (chunk[index] !== patternByte(connection.received + index)) connection.pattern = false;
    connection.received += chunk.length;
    if (connection.text.length < 65_536) connection.text += chunk.toString("utf8");
  });
  socket.once("end", () => {
    connection.ended = true;
  });
}

function echoSecurely(socket: Socket, tls: { key: string; cert: string }): void {
  const secure = new TLSSocket(socket, { isServer: true, secureContext: createSecureContext(tls) });
  secure.on("error", () => {
    // A client that does not like the certificate says so and goes.
  });
  secure.pipe(secure);
}
