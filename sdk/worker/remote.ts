// A socket of the page's, as its worker has it: the streams, `opened`, `closed` and close().

import {
  bytesOf,
  datagramCost,
  toError,
  type Ask,
  type Datagram,
  type Info,
  type Kind,
  type Method,
  type Tell,
} from "./messages.ts";
import { toBytes } from "./convert.ts";
import { Credit, IncomingBytes, IncomingItems, Outgoing, type Incoming } from "./streams.ts";

/** What `opened` resolves with, and what it is made of. */
export interface Opened {
  info: Info;
  readable: ReadableStream<unknown>;
  writable: WritableStream<unknown> | undefined;
}

interface Deferred<T> {
  promise: Promise<T>;
  resolve(value: T): void;
  reject(error: unknown): void;
}

function deferred<T>(): Deferred<T> {
  const made = {} as Deferred<T>;
  made.promise = new Promise<T>((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
}

export interface Callbacks<OpenInfo> {
  /** Makes the open info. */
  toInfo(opened: Opened): OpenInfo;
  /** Makes a socket of an accepted connection. */
  accept?(info: Info, port: MessagePort): unknown;
  onstate?: ((state: string) => unknown) | undefined;
}

export class Remote<OpenInfo> {
  readonly #kind: Kind;
  readonly #port: MessagePort;
  readonly #callbacks: Callbacks<OpenInfo>;
  readonly #opened = deferred<OpenInfo>();
  readonly #closed = deferred<undefined>();
  readonly #calls = new Map<number, Deferred<undefined>>();
  #nextCall = 0;
  #incoming!: Incoming<never>;
  #outgoing: Outgoing | undefined;
  #open: Opened | undefined;
  #settled = false;
  #joined: unknown[] = [];

  constructor(kind: Kind, port: MessagePort, callbacks: Callbacks<OpenInfo>) {
    this.#kind = kind;
    this.#port = port;
    this.#callbacks = callbacks;
    this.#closed.promise.catch(() => undefined);
    port.onmessage = ({ data }: MessageEvent<Tell>) => {
      this.#hear(data);
    };
  }

  get opened(): Promise<OpenInfo> {
    return this.#opened.promise;
  }

  get closed(): Promise<undefined> {
    return this.#closed.promise;
  }

  /** The groups that were joined. */
  get joined(): readonly unknown[] {
    return this.#joined;
  }

  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  /** The close() method steps of the draft. */
  close(): Promise<undefined> {
    const open = this.#open;
    if (open === undefined) return refused("InvalidStateError", "The socket is not open.");
    if (this.#settled) return this.closed;
    if (open.readable.locked || open.writable?.locked === true)
      return refused("InvalidStateError", "A stream of the socket is locked.");
    this.#say({ is: "close" });
    this.#outgoing?.fail(new DOMException("The socket is closed.", "AbortError"));
    void open.readable.cancel();
    return this.closed;
  }

  /** Withdraws the question, or the attempt to connect. */
  withdraw(): void {
    this.#say({ is: "withdraw" });
  }

  call(method: Method, args: unknown[]): Promise<undefined> {
    if (this.#open === undefined || this.#settled) return refused("InvalidStateError", "The socket is not open.");
    const id = this.#nextCall++;
    const answer = deferred<undefined>();
    this.#calls.set(id, answer);
    this.#say({ is: "call", id, method, args });
    return answer.promise;
  }

  /** Has TLS put on it. The page answers on the port. Bytes that wait here count as unread there. */
  async upgrade(options: Record<string, unknown>, port: MessagePort): Promise<void> {
    await this.opened;
    const incoming = this.#incoming as unknown as IncomingBytes;
    this.#say({ is: "upgrade", options, received: incoming.received, port }, [port]);
    incoming.end();
    this.#outgoing?.fail(new DOMException("Another socket has replaced this one.", "InvalidStateError"));
  }

  #say(ask: Ask, transfer: Transferable[] = []): void {
    this.#port.postMessage(ask, transfer);
  }

  #hear(tell: Tell): void {
    switch (tell.is) {
      case "opened":
        this.begin(tell.info);
        break;
      case "failed":
        this.fail(toError(tell.failure));
        break;
      case "state":
        this.#callbacks.onstate?.(tell.state);
        break;
      case "data":
        this.#incoming.add(bytesOf(tell.piece) as never);
        break;
      case "received": {
        const { piece, ...peer } = tell.datagram;
        this.#incoming.add({ data: bytesOf(piece), ...peer } as never);
        break;
      }
      case "accepted":
        this.#incoming.add(this.#callbacks.accept?.(tell.info, tell.port) as never);
        break;
      case "end":
        this.#incoming.end();
        break;
      case "broken":
        this.#incoming.fail(toError(tell.failure));
        break;
      case "written":
        this.#outgoing?.written(tell.amount);
        break;
      case "finished":
        this.#outgoing?.finished();
        break;
      case "unwritable":
        this.#outgoing?.fail(toError(tell.failure));
        break;
      case "result":
        this.#answer(tell);
        break;
      case "closed":
        this.#end(tell.failure === undefined ? undefined : toError(tell.failure));
    }
  }

  /** It is open. */
  begin(info: Info): void {
    const cancel = (): void => {
      this.#say({ is: "cancel" });
    };
    const credit = (amount: number): void => {
      this.#say({ is: "credit", amount });
    };
    const owed = new Credit(credit);
    const read = ({ data }: { data: Uint8Array }): void => {
      owed.add(data.length + datagramCost);
    };
    const wants = (): void => {
      credit(1);
    };
    if (this.#kind === "tcp") this.#incoming = new IncomingBytes(credit, cancel);
    else if (this.#kind === "udp") this.#incoming = new IncomingItems<never>({ read, cancel });
    else this.#incoming = new IncomingItems<never>({ read: () => undefined, wants, cancel });
    if (info.writable)
      this.#outgoing = new Outgoing({
        send: (chunk) => this.#send(chunk, info),
        finish: () => {
          this.#say({ is: "finish" });
        },
        abandon: () => {
          this.#say({ is: "abandon" });
        },
      });
    this.#joined = info.joined ?? [];
    this.#open = { info, readable: this.#incoming.readable, writable: this.#outgoing?.writable };
    this.#opened.resolve(this.#callbacks.toInfo(this.#open));
  }

  /** It does not open. */
  fail(error: Error): void {
    this.#opened.reject(error);
    this.#settled = true;
    this.#closed.reject(error);
    this.#port.close();
  }

  #send(chunk: unknown, info: Info): number {
    if (this.#kind === "tcp") {
      const { buffer, length } = toBytes(chunk);
      if (length === 0) return 0;
      this.#say({ is: "write", piece: { buffer, offset: 0, length } }, [buffer]);
      return length;
    }
    const datagram = toDatagram(chunk, "remoteAddress" in info.members);
    this.#say({ is: "send", datagram }, [datagram.piece.buffer]);
    return datagram.piece.length + datagramCost;
  }

  #answer({ id, joined, failure }: Extract<Tell, { is: "result" }>): void {
    const answer = this.#calls.get(id);
    this.#calls.delete(id);
    if (joined !== undefined) this.#joined = joined;
    if (failure === undefined) answer?.resolve(undefined);
    else answer?.reject(toError(failure));
  }

  #end(error: Error | undefined): void {
    this.#settled = true;
    if (error === undefined) this.#closed.resolve(undefined);
    else this.#closed.reject(error);
    // What the page did not say any more: it was closed.
    this.#incoming.end();
    if (error === undefined) this.#outgoing?.finished();
    this.#outgoing?.fail(error ?? new DOMException("The socket is closed.", "AbortError"));
    for (const answer of this.#calls.values())
      answer.reject(new DOMException("The socket is closed.", "InvalidStateError"));
    this.#calls.clear();
    this.#port.close();
  }
}

function refused(name: string, message: string): Promise<never> {
  return Promise.reject(new DOMException(message, name));
}

/** Reads a UDPMessage, as the draft says which of its members there may be. */
function toDatagram(chunk: unknown, connected: boolean): Datagram {
  if (typeof chunk !== "object" || chunk === null) throw new TypeError("A datagram is an object with `data`.");
  const { data, dnsQueryType, remoteAddress, remotePort } = chunk as Record<string, unknown>;
  const { buffer, length } = toBytes(data);
  const text: (value: unknown) => string = String;
  const datagram: Datagram = { piece: { buffer, offset: 0, length } };
  if (length === 0) throw new TypeError("An empty datagram.");
  const largest = 65507;
  if (length > largest) throw new DOMException("A datagram carries at most 65507 bytes.", "NetworkError");
  if (connected) {
    if (remoteAddress !== undefined || remotePort !== undefined || dnsQueryType !== undefined)
      throw new TypeError("The socket is connected: a datagram has no remote of its own.");
    return datagram;
  }
  if (remoteAddress === undefined || remotePort === undefined)
    throw new TypeError("The socket is bound: a datagram has remoteAddress and remotePort.");
  datagram.remoteAddress = text(remoteAddress);
  datagram.remotePort = Number(remotePort);
  if (dnsQueryType !== undefined) datagram.dnsQueryType = text(dnsQueryType);
  return datagram;
}
