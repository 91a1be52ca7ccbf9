// A page for the tests: constructors of the page's shape on the sockets of Node.js.

import { createSocket, type Socket as DatagramSocket } from "node:dgram";
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import type { PageOpenInfo, PageSocket, PageSockets } from "../worker/relay.ts";

type Options = Record<string, unknown> & { signal?: AbortSignal; onstate?: (state: string) => void };

/** What the tests look at. */
export interface NodePage extends PageSockets {
  /** The options of each constructor that was called. */
  readonly asked: Options[];
  /** What is called on open sockets. */
  readonly called: unknown[][];
  /** All that was opened. */
  readonly open: Set<PageSocket>;
  /** Ends all that Node.js has open. */
  destroy(): void;
  /** Where startTls() leads. */
  tlsPort: number;
}

function deferred(): { promise: Promise<undefined>; resolve(value?: undefined): void; reject(error: Error): void } {
  let resolve!: (value?: undefined) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<undefined>((res, rej) => {
    resolve = res;
    reject = rej;
  });
  return { promise, resolve, reject };
}

/** Has a function of Node.js call back, and settles as that says. */
function settled(call: (callback: (error?: Error | null) => void) => unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    call((error) => {
      if (error instanceof Error) reject(error);
      else resolve();
    });
  });
}

const quiet = <T>(promise: Promise<T>): Promise<T> => {
  promise.catch(() => undefined);
  return promise;
};

/** A stream socket on one of Node's that is connected. */
function streams(socket: Socket): { info: PageOpenInfo; closed: Promise<undefined> } {
  const over = deferred();
  void quiet(over.promise);
  let failure: Error | undefined;
  let readOver = false;
  let writeOver = false;
  const done = (error?: Error): void => {
    failure ??= error;
    if (!readOver || !writeOver) return;
    socket.destroy();
    if (failure === undefined) over.resolve();
    else over.reject(failure);
  };
  let controller!: ReadableByteStreamController;
  let writing!: WritableStreamDefaultController;
  const broken = (): void => {
    const error = new DOMException("A network error.", "NetworkError");
    Object.defineProperty(error, "reason", { value: "reset", enumerable: true });
    if (!readOver) controller.error(error);
    if (!writeOver) writing.error(error);
    readOver = writeOver = true;
    done(error);
  };
  const readable = new ReadableStream(
    {
      type: "bytes",
      start: (made) => {
        controller = made;
        socket.pause();
        socket.on("data", (chunk: Buffer) => {
          if (readOver) return;
          controller.enqueue(new Uint8Array(chunk));
          socket.pause();
        });
        socket.on("end", () => {
          if (readOver) return;
          readOver = true;
          controller.close();
          controller.byobRequest?.respond(0);
          done();
        });
      },
      pull: () => {
        socket.resume();
      },
      cancel: () => {
        readOver = true;
        socket.resume();
        done();
      },
    },
    { highWaterMark: 0 },
  );
  const end = async (): Promise<void> => {
    if (!writeOver) {
      writeOver = true;
      await new Promise<void>((resolve) => socket.end(resolve));
    }
    done();
  };
  const writable = new WritableStream<Uint8Array>({
    start: (made) => {
      writing = made;
    },
    write: (bytes) => settled((callback) => socket.write(bytes, callback)),
    close: end,
    abort: end,
  });
  socket.on("error", broken);
  const { remoteAddress = "", remotePort = 0, localAddress = "", localPort = 0 } = socket;
  const info = { readable, writable, remoteAddress, remotePort, localAddress, localPort };
  return { info, closed: over.promise };
}

export function nodePage(): NodePage {
  const asked: Options[] = [];
  const called: unknown[][] = [];
  const open = new Set<PageSocket>();
  const destroyers: (() => void)[] = [];

  abstract class Base implements PageSocket {
    readonly opened: Promise<PageOpenInfo>;
    readonly closed: Promise<undefined>;
    info: PageOpenInfo | undefined;

    constructor(begin: () => Promise<{ info: PageOpenInfo; closed: Promise<undefined> }>) {
      const begun = begin();
      this.opened = quiet(begun.then(({ info }) => (this.info = info)));
      this.closed = quiet(begun.then(({ closed }) => closed));
      open.add(this);
      this.closed.catch(() => undefined).finally(() => open.delete(this));
    }

    async close(): Promise<undefined> {
      const { info } = this;
      if (info === undefined) throw new DOMException("Not open.", "InvalidStateError");
      if (info.readable.locked || info.writable?.locked === true)
        throw new DOMException("Locked.", "InvalidStateError");
      void quiet(info.readable.cancel());
      if (info.writable !== undefined) void quiet(info.writable.abort());
      return this.closed;
    }
  }

  class TCPSocket extends Base {
    constructor(address: unknown, port: unknown, options: Options & { accepted?: Socket } = {}) {
      asked.push(options);
      if (options["keepAliveDelay"] === 1) throw new TypeError("keepAliveDelay is at least 1000.");
      super(async () => {
        destroyers.push(() => options.accepted?.destroy());
        if (options.accepted !== undefined) return streams(options.accepted);
        options.onstate?.("connecting");
        const socket = connect({ port: port as number, host: address as string, allowHalfOpen: true });
        socket.on("error", () => undefined);
        destroyers.push(() => socket.destroy());
        options.signal?.addEventListener("abort", () => socket.destroy(options.signal?.reason as Error));
        try {
          await once(socket, "connect", { signal: options.signal });
        } catch (error) {
          if (options.signal?.aborted === true) throw options.signal.reason;
          throw new DOMException(`A network error: ${(error as Error).message}`, "NetworkError");
        }
        return streams(socket);
      });
    }

    startTls(options: object): PageSocket {
      called.push(["startTls", options, this.info?.readable.locked, this.info?.writable?.locked]);
      return new TCPSocket("127.0.0.1", page.tlsPort);
    }

    async setNoDelay(...args: unknown[]): Promise<void> {
      called.push(["setNoDelay", ...args]);
    }

    async setKeepAlive(): Promise<void> {
      throw new DOMException("No.", "NetworkError");
    }
  }

  class UDPSocket extends Base {
    constructor(options: Options) {
      asked.push(options);
      super(() => datagrams(options, destroyers));
    }
  }

  class TCPServerSocket extends Base {
    constructor(address: unknown, options: Options) {
      asked.push(options);
      super(async () => {
        const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(0, address as string);
        destroyers.push(() => server.close());
        await once(server, "listening");
        return connections(server, (socket) => new TCPSocket("", 0, { accepted: socket }));
      });
    }
  }
  const destroy = (): void => {
    for (const each of destroyers) each();
  };
  const sockets = { TCPSocket, UDPSocket, TCPServerSocket } as unknown as PageSockets;
  const page: NodePage = { ...sockets, asked, called, open, destroy, tlsPort: 0 };
  return page;
}

async function datagrams(
  options: Options,
  destroyers: (() => void)[],
): Promise<{ info: PageOpenInfo; closed: Promise<undefined> }> {
  const over = deferred();
  const socket: DatagramSocket = createSocket("udp4");
  destroyers.push(() => socket.unref());
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { remoteAddress, remotePort } = options as { remoteAddress?: string; remotePort?: number };
  const connected = remoteAddress !== undefined;
  let ends = 0;
  const end = (): void => {
    ends += 1;
    if (ends < 2) return;
    socket.close();
    over.resolve();
  };
  const readable = new ReadableStream({
    start: (controller) => {
      socket.on("message", (data, { address, port }) => {
        const copy = Uint8Array.from(data);
        controller.enqueue(connected ? { data: copy } : { data: copy, remoteAddress: address, remotePort: port });
      });
    },
    cancel: end,
  });
  const writable = new WritableStream<{ data: Uint8Array; remoteAddress?: string; remotePort?: number }>({
    write: (m) =>
      settled((callback) => {
        socket.send(m.data, m.remotePort ?? remotePort, m.remoteAddress ?? remoteAddress, callback);
      }),
    close: end,
    abort: end,
  });
  const joined: string[] = [];
  const info = {
    readable,
    writable,
    localAddress: "127.0.0.1",
    localPort: socket.address().port,
    ...(connected ? { remoteAddress, remotePort } : null),
    ...(options["multicastLoopback"] === undefined
      ? null
      : {
          multicastController: {
            joinedGroups: joined,
            joinGroup: async (group: unknown) => {
              if (joined.includes(group as string)) throw new DOMException("Joined.", "InvalidStateError");
              joined.push(group as string);
            },
            leaveGroup: async (group: unknown) => void joined.splice(joined.indexOf(group as string), 1),
          },
        }),
  };
  return { info, closed: over.promise };
}

function connections(
  server: Server,
  accept: (socket: Socket) => PageSocket,
): { info: PageOpenInfo; closed: Promise<undefined> } {
  const over = deferred();
  const waiting: Socket[] = [];
  let wake: (() => void) | undefined;
  server.on("connection", (socket) => {
    waiting.push(socket);
    wake?.();
  });
  const readable = new ReadableStream(
    {
      pull: async (controller) => {
        while (waiting.length === 0) await new Promise<void>((resolve) => (wake = resolve));
        const socket = waiting.shift();
        if (socket !== undefined) controller.enqueue(accept(socket));
      },
      cancel: () => {
        server.close();
        over.resolve();
      },
    },
    { highWaterMark: 0 },
  );
  const { address, port } = server.address() as AddressInfo;
  return { info: { readable, localAddress: address, localPort: port } as PageOpenInfo, closed: over.promise };
}
