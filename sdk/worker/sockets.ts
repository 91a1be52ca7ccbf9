// The constructors that a worker has. They have the shape of the page's; a TypeError for a value that cannot be comes by
// `opened`, since the page knows the values.

import { workerMark } from "../supported.ts";
import { groupOptions, read, serverOptions, tcpOptions, tlsOptions, udpOptions } from "./convert.ts";
import type { Info, Kind, Open } from "./messages.ts";
import { Remote, type Opened } from "./remote.ts";

/** Says to the page that a constructor was called. */
export type Connect = (open: Open) => void;

interface Common {
  readonly signal?: AbortSignal;
  readonly onstate?: (state: string) => unknown;
}

/** Makes the constructors. */
export function makeSockets(connect: Connect) {
  function begin<OpenInfo>(
    kind: Kind,
    positional: unknown[],
    options: Record<string, unknown>,
    given: unknown,
    callbacks: { toInfo: (opened: Opened) => OpenInfo; accept?: (info: Info, port: MessagePort) => unknown },
  ): Remote<OpenInfo> {
    const { signal, onstate } = (given ?? {}) as Common;
    const { port1, port2 } = new MessageChannel();
    const remote = new Remote(kind, port1, { ...callbacks, onstate });
    if (signal?.aborted === true) {
      remote.fail(signal.reason as Error);
      return remote;
    }
    signal?.addEventListener("abort", () => {
      remote.withdraw();
    });
    connect({ kind, positional, options, states: onstate !== undefined, port: port2 });
    return remote;
  }

  const token = Symbol();

  class TCPSocket {
    readonly #remote: Remote<object>;

    constructor(remoteAddress: unknown, remotePort: unknown, options?: unknown) {
      if (options === token) {
        this.#remote = remotePort as Remote<object>;
        return;
      }
      requireArguments(arguments.length, 2);
      const read_ = read(options, tcpOptions);
      this.#remote = begin("tcp", [String(remoteAddress), Number(remotePort)], read_, options, { toInfo });
    }

    get opened(): Promise<object> {
      return this.#remote.opened;
    }

    get closed(): Promise<undefined> {
      return this.#remote.closed;
    }

    async close(): Promise<undefined> {
      return this.#remote.close();
    }

    startTls(options?: unknown): TCPSocket {
      const tls = read(options, tlsOptions);
      const { port1, port2 } = new MessageChannel();
      const next = new Remote("tcp", port1, { toInfo });
      this.#remote.upgrade(tls, port2).catch((error: unknown) => {
        next.fail(error as Error);
      });
      return new TCPSocket(undefined, next, token);
    }

    async setNoDelay(on: unknown = true): Promise<undefined> {
      return this.#remote.call("setNoDelay", [Boolean(on)]);
    }

    async setKeepAlive(on: unknown = false, delay?: unknown): Promise<undefined> {
      return this.#remote.call("setKeepAlive", delay === undefined ? [Boolean(on)] : [Boolean(on), Number(delay)]);
    }

    /** One that is open. */
    static [accepted](info: Info, port: MessagePort): TCPSocket {
      const remote = new Remote("tcp", port, { toInfo });
      remote.begin(info);
      return new TCPSocket(undefined, remote, token);
    }
  }

  class MulticastController {
    readonly #remote: Remote<object>;

    constructor(remote?: unknown) {
      if (!(remote instanceof Remote)) throw new TypeError("Illegal constructor");
      this.#remote = remote as Remote<object>;
    }

    async joinGroup(ipAddress: unknown, options?: unknown): Promise<undefined> {
      requireArguments(arguments.length, 1);
      return this.#remote.call("joinGroup", [String(ipAddress), read(options, groupOptions)]);
    }

    async leaveGroup(ipAddress: unknown, options?: unknown): Promise<undefined> {
      requireArguments(arguments.length, 1);
      return this.#remote.call("leaveGroup", [String(ipAddress), read(options, groupOptions)]);
    }

    get joinedGroups(): readonly unknown[] {
      return Object.freeze([...this.#remote.joined]);
    }
  }

  class UDPSocket {
    readonly #remote: Remote<object>;

    constructor(options?: unknown) {
      const remote: Remote<object> = begin("udp", [], read(options, udpOptions), options, {
        toInfo: (opened) => {
          const info = toInfo(opened);
          if (opened.info.joined === undefined) return info;
          return { ...info, multicastController: new MulticastController(remote) };
        },
      });
      this.#remote = remote;
    }

    get opened(): Promise<object> {
      return this.#remote.opened;
    }

    get closed(): Promise<undefined> {
      return this.#remote.closed;
    }

    async close(): Promise<undefined> {
      return this.#remote.close();
    }
  }

  class TCPServerSocket {
    readonly #remote: Remote<object>;

    constructor(localAddress: unknown, options?: unknown) {
      requireArguments(arguments.length, 1);
      this.#remote = begin("server", [String(localAddress)], read(options, serverOptions), options, {
        toInfo,
        accept: TCPSocket[accepted],
      });
    }

    get opened(): Promise<object> {
      return this.#remote.opened;
    }

    get closed(): Promise<undefined> {
      return this.#remote.closed;
    }

    async close(): Promise<undefined> {
      return this.#remote.close();
    }
  }

  const all = { TCPSocket, UDPSocket, TCPServerSocket, MulticastController };
  for (const [name, constructor] of Object.entries(all)) {
    Object.defineProperty(constructor.prototype, Symbol.toStringTag, { value: name, configurable: true });
    Object.defineProperty(constructor, workerMark, { value: true });
  }
  return all;
}

const accepted = Symbol();

function toInfo({ info, readable, writable }: Opened): object {
  return { ...info.members, readable, ...(writable === undefined ? null : { writable }) };
}

function requireArguments(given: number, wanted: number): void {
  if (given < wanted) throw new TypeError(`${wanted} arguments are required, ${given} are there.`);
}
