// The page's end: one socket of the page's for each that its worker makes. It decides nothing: what the page may do, its worker
// may, with the same questions to the same user.

import {
  bytesOf,
  datagramCost,
  pieceOf,
  readWindow,
  toFailure,
  writeWindow,
  type Ask,
  type Datagram,
  type Info,
  type Open,
  type Tell,
} from "./messages.ts";

/** What the sockets of all kinds have in common. */
export interface PageSocket {
  readonly opened: Promise<PageOpenInfo>;
  readonly closed: Promise<unknown>;
  close(): Promise<unknown>;
  startTls?(options: object): PageSocket;
  setNoDelay?(...args: unknown[]): Promise<unknown>;
  setKeepAlive?(...args: unknown[]): Promise<unknown>;
}

export interface PageOpenInfo {
  readonly readable: ReadableStream<unknown>;
  readonly writable?: WritableStream<unknown>;
  readonly multicastController?: PageMulticastController;
}

export interface PageMulticastController {
  joinGroup(...args: unknown[]): Promise<unknown>;
  leaveGroup(...args: unknown[]): Promise<unknown>;
  readonly joinedGroups: readonly unknown[];
}

/** The page's constructors. */
export interface PageSockets {
  readonly TCPSocket: new (remoteAddress: unknown, remotePort: unknown, options: object) => PageSocket;
  readonly UDPSocket: new (options: object) => PageSocket;
  readonly TCPServerSocket: new (localAddress: unknown, options: object) => PageSocket;
}

/** The open relays of one worker, by which all can be closed. */
export type Relays = Set<Relay>;

/** Makes the socket that a worker asked for. */
export function open(sockets: PageSockets, request: Open, relays: Relays): void {
  const { kind, positional, port } = request;
  const withdrawal = new AbortController();
  const options: Record<string, unknown> = { ...request.options, signal: withdrawal.signal };
  if (request.states)
    options["onstate"] = (state: string) => {
      tell(port, { is: "state", state });
    };
  let socket;
  try {
    const [first, second] = positional;
    if (kind === "tcp") socket = new sockets.TCPSocket(first, second, options);
    else if (kind === "udp") socket = new sockets.UDPSocket(options);
    else socket = new sockets.TCPServerSocket(first, options);
  } catch (error) {
    tell(port, { is: "failed", failure: toFailure(error) });
    port.close();
    return;
  }
  relays.add(new Relay(sockets, socket, kind, port, relays, { withdrawal }));
}

function tell(port: MessagePort, message: Tell, transfer: Transferable[] = []): void {
  port.postMessage(message, transfer);
}

/** One socket of the page's, and the port of the one in the worker. */
export class Relay {
  readonly #sockets: PageSockets;
  readonly #socket: PageSocket;
  readonly #kind: Open["kind"];
  readonly #port: MessagePort;
  readonly #relays: Relays;
  readonly #withdrawal: AbortController;
  #info: PageOpenInfo | undefined;
  #reader: ReadableStreamDefaultReader<unknown> | undefined;
  #writer: WritableStreamDefaultWriter<unknown> | undefined;
  #credit: number;
  #credited: (() => void) | undefined; // the pump waits for credit
  #sent = 0; // bytes that went to the worker
  #writes: Promise<unknown> = Promise.resolve();
  #written = 0; // that the worker has not been told of
  #replaced = false; // TLS is put on the socket: another relay has it
  #released = false; // the streams are the socket's again: it is being closed, or replaced

  constructor(
    sockets: PageSockets,
    socket: PageSocket,
    kind: Open["kind"],
    port: MessagePort,
    relays: Relays,
    { withdrawal = new AbortController(), info }: { withdrawal?: AbortController; info?: PageOpenInfo } = {},
  ) {
    this.#sockets = sockets;
    this.#socket = socket;
    this.#kind = kind;
    this.#port = port;
    this.#relays = relays;
    this.#withdrawal = withdrawal;
    this.#credit = kind === "server" ? 0 : readWindow;
    port.onmessage = ({ data }: MessageEvent<Ask>) => {
      this.#hear(data);
    };
    void this.#live(info);
  }

  /** Ends the socket, whatever becomes of it. */
  end(): void {
    this.#withdrawal.abort();
    void this.#close();
  }

  /** With `info` it is open, and the worker knows. */
  async #live(info?: PageOpenInfo): Promise<void> {
    try {
      this.#info = info ?? (await this.#socket.opened);
    } catch (error) {
      this.#socket.closed.catch(() => undefined);
      this.#tell({ is: "failed", failure: toFailure(error) });
      this.#over();
      return;
    }
    if (this.#released) {
      // It was ended meanwhile, and is of no use to anybody.
      void this.#close();
      this.#over();
      return;
    }
    if (info === undefined) this.#tell({ is: "opened", info: this.#toInfo(this.#info) });
    await this.#pump(this.#info);
    if (this.#replaced) return;
    try {
      await this.#socket.closed;
      this.#tell({ is: "closed" });
    } catch (error) {
      this.#tell({ is: "closed", failure: toFailure(error) });
    }
    this.#over();
  }

  #over(): void {
    this.#relays.delete(this);
    this.#port.close();
  }

  #toInfo({ readable: _readable, writable, multicastController, ...members }: PageOpenInfo): Info {
    return {
      members,
      writable: writable !== undefined,
      ...(multicastController === undefined ? null : { joined: [...multicastController.joinedGroups] }),
    };
  }

  #tell(message: Tell, transfer?: Transferable[]): void {
    tell(this.#port, message, transfer);
  }

  /** Reads for the worker, within its credit. */
  async #pump({ readable, writable }: PageOpenInfo): Promise<void> {
    const reader = (this.#reader = readable.getReader());
    this.#writer = writable?.getWriter();
    this.#writer?.closed.catch((error: unknown) => {
      if (!this.#released) this.#tell({ is: "unwritable", failure: toFailure(error) });
    });
    try {
      for (;;) {
        while (this.#credit <= 0 && !this.#released) await new Promise<void>((resolve) => (this.#credited = resolve));
        if (this.#released) return;
        const { done, value } = await reader.read();
        if (done) {
          this.#tell({ is: "end" });
          return;
        }
        await this.#pass(value);
      }
    } catch (error) {
      if (!this.#released) this.#tell({ is: "broken", failure: toFailure(error) });
    }
  }

  /** Passes on what was read. */
  async #pass(value: unknown): Promise<void> {
    if (this.#kind === "tcp") {
      const piece = pieceOf(value as Uint8Array<ArrayBuffer>);
      this.#credit -= piece.length;
      this.#sent += piece.length;
      this.#tell({ is: "data", piece }, [piece.buffer]);
    } else if (this.#kind === "udp") {
      const { data, ...peer } = value as { data: Uint8Array<ArrayBuffer> };
      const piece = pieceOf(data);
      this.#credit -= piece.length + datagramCost;
      this.#tell({ is: "received", datagram: { ...peer, piece } }, [piece.buffer]);
    } else {
      const socket = value as PageSocket;
      const info = await socket.opened;
      const { port1, port2 } = new MessageChannel();
      this.#credit -= 1;
      this.#tell({ is: "accepted", info: this.#toInfo(info), port: port2 }, [port2]);
      this.#relays.add(new Relay(this.#sockets, socket, "tcp", port1, this.#relays, { info }));
    }
  }

  #hear(ask: Ask): void {
    switch (ask.is) {
      case "write":
        this.#write(bytesOf(ask.piece), ask.piece.length);
        break;
      case "send":
        this.#write(toMessage(ask.datagram), ask.datagram.piece.length + datagramCost);
        break;
      case "finish":
        this.#finish(this.#writer?.close());
        break;
      case "abandon":
        this.#finish(this.#writer?.abort());
        break;
      case "cancel":
        // The pump sees the end, and does not wait for credit any more.
        this.#reader?.cancel().catch(() => undefined);
        this.#credit = Infinity;
        this.#credited?.();
        break;
      case "credit":
        this.#credit += ask.amount;
        this.#credited?.();
        break;
      case "close":
        void this.#close();
        break;
      case "withdraw":
        this.#withdrawal.abort();
        break;
      case "call":
        void this.#call(ask);
        break;
      case "upgrade":
        void this.#upgrade(ask);
    }
  }

  /** A write that fails has its error on the stream, and so do those behind it. */
  #write(chunk: unknown, amount: number): void {
    this.#writes = this.#writer?.write(chunk) ?? Promise.resolve();
    this.#writes.then(
      () => {
        // The worker waits for nothing less.
        this.#written += amount;
        if (this.#written < writeWindow / 4) return;
        this.#tell({ is: "written", amount: this.#written });
        this.#written = 0;
      },
      () => undefined,
    );
  }

  #finish(over: Promise<void> | undefined): void {
    over?.then(
      () => {
        this.#tell({ is: "finished" });
      },
      () => undefined, // the writer's own `closed` tells
    );
  }

  /** Gives the streams back to the socket. */
  #release(): void {
    this.#released = true;
    this.#credited?.();
    this.#reader?.releaseLock();
    this.#writer?.releaseLock();
  }

  async #close(): Promise<void> {
    this.#relays.delete(this);
    this.#release();
    try {
      await this.#socket.close();
    } catch {
      // Before it is open it is withdrawn; afterwards its `closed` tells.
    }
  }

  async #call({ id, method, args }: Extract<Ask, { is: "call" }>): Promise<void> {
    const multicast = this.#info?.multicastController;
    try {
      if (method === "joinGroup" || method === "leaveGroup") await multicast?.[method](...args);
      else await this.#socket[method]?.(...args);
      this.#tell({ is: "result", id, ...(multicast ? { joined: [...multicast.joinedGroups] } : null) });
    } catch (error) {
      this.#tell({ is: "result", id, failure: toFailure(error) });
    }
  }

  /** Bytes that are on their way to the worker, or wait there, are plain text that nobody has read: then there is no upgrade. */
  async #upgrade({ options, received, port }: Extract<Ask, { is: "upgrade" }>): Promise<void> {
    try {
      await this.#writes;
      if (received !== this.#sent) {
        void this.#close();
        throw new DOMException(
          "The other side sent more in plain text before the secure connection began.",
          "NetworkError",
        );
      }
      this.#replaced = true;
      this.#release();
      const next = this.#socket.startTls?.(options);
      if (next === undefined) throw new DOMException("There is no TLS here.", "NotSupportedError");
      this.#tell({ is: "closed" });
      this.#over();
      this.#relays.add(new Relay(this.#sockets, next, "tcp", port, this.#relays));
    } catch (error) {
      const failure = toFailure(error);
      tell(port, { is: "failed", failure });
      port.close();
      if (!this.#replaced) return;
      this.#tell({ is: "closed", failure });
      this.#over();
      void this.#close();
    }
  }
}

function toMessage({ piece, ...peer }: Datagram): object {
  return { ...peer, data: bytesOf(piece) };
}
