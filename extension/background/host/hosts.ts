// Shares one host connection among all documents, and hands each socket's messages to its owner.

import { HostConnection, HostUnavailable, firstAnswerTime } from "./host.ts";
import { managedSettings } from "./managed.ts";
import { StorageFailure } from "../../storage/store.ts";
import type { HostListener } from "./host.ts";
import type {
  ReopenReportParams,
  ResolveBrowseParams,
  ResolveFoundParams,
  SocketClosedParams,
} from "../../../protocol/message.ts";

/** Who hears of one socket. */
export interface SocketOwner {
  data(base64: string): void;
  credit(bytes: number): void;
  end(): void;
  /** The last word; without parameters the host itself is gone. */
  closed(params?: SocketClosedParams): void;
}

interface Current {
  connection: Promise<HostConnection>;
  /** The same, once it is there. */
  ready: HostConnection | undefined;
  sockets: Map<number, SocketOwner | undefined>;
  /** Somebody wanted more of it than to see how it is. */
  used: boolean;
  /** It is over: so are its sockets. */
  gone: () => void;
}

/** The version of the protocol that knows `tls` of policy.judge and resolve.browse. */
export const otherTLSSince = 4;

/** Who hears what a document has opened again on its lane. */
export type ReopenListener = (connection: HostConnection, report: ReopenReportParams) => void;

/** A host that nothing needs is let go after this many ms; an open native port would keep the worker alive for ever. */
const idleTime = 30_000;
/** One that was started only to see how it is. */
const probeTime = 1_000;
/** For so many ms it is waited for an answer that it owes, if nothing else needs it. The longest is that about devices nearby. */
const owedTime = 120_000;

/**
 * Starts a host and tells it the administrator's settings, before anybody can ask it for anything. Where it cannot be told them, none is
 * started. They are read from the worker's start on, so that nobody waits for them here.
 */
async function introduce(listener: HostListener): Promise<HostConnection> {
  const settings = await managedSettings().catch((error: unknown) => {
    throw error instanceof StorageFailure ? new HostUnavailable({ kind: "storage" }) : error;
  });
  const connection = await HostConnection.open(listener);
  //rule:settings-are-answered-in-time
  const late = setTimeout(() => {
    connection.close();
  }, firstAnswerTime);
  try {
    await connection.request("policy.managed", { settings });
  } catch (error) {
    //rule:unusable-host-is-ended
    connection.close(); // a host that does not know the settings is asked for nothing
    throw error;
  } finally {
    clearTimeout(late);
  }
  return connection;
}

export class Hosts {
  /** The host said last that pages may know why the network fails. Before it said anything they may not. */
  tellsReasons = false;
  #current: Current | undefined;
  readonly #browses = new Map<number, (device: ResolveFoundParams) => void>();
  #lastBrowseId = 0;
  /** By the document's id. */
  readonly #reopens = new Map<string, ReopenListener>();
  readonly #sockets = new WeakMap<HostConnection, Map<number, SocketOwner | undefined>>();
  #lastSocketId = 0;
  #idle: ReturnType<typeof setTimeout> | undefined;

  /** The connection to the host, made if need be. Rejects with HostUnavailable when there is no host to talk to. */
  async connect({ use = true } = {}): Promise<HostConnection> {
    this.#current ??= this.#start();
    if (use) this.#current.used = true;
    this.#rest();
    return await this.#current.connection;
  }

  /** The same, to see how the host is: one that nobody else has used is let go a moment later. */
  probe(): Promise<HostConnection> {
    return this.connect({ use: false });
  }

  #start(): Current {
    const sockets: Current["sockets"] = new Map();
    const gone = (): void => {
      if (this.#current === current) this.#current = undefined;
      const owners = [...sockets.values()];
      sockets.clear();
      for (const owner of owners) owner?.closed();
    };
    const current: Current = {
      sockets,
      ready: undefined,
      used: false,
      gone,
      connection: introduce({
        data: (id, base64) => sockets.get(id)?.data(base64),
        credit: (id, bytes) => sockets.get(id)?.credit(bytes),
        end: (id) => sockets.get(id)?.end(),
        closed: (params) => {
          const owner = sockets.get(params.socketId);
          sockets.delete(params.socketId);
          owner?.closed(params);
          this.#rest();
        },
        reopened: (report) => {
          this.#reopened(current, report);
        },
        found: (device) => this.#browses.get(device.browseId)?.(device),
        gone,
      }),
    };
    current.connection.then(
      (connection) => {
        this.#sockets.set(connection, sockets);
        current.ready = connection;
        this.#rest();
      },
      () => {
        if (this.#current === current) this.#current = undefined;
      },
    );
    return current;
  }

  /** The administrator has changed the browser's settings: a host that runs hears of it, and closes what is not allowed any more. */
  async managedChanged(): Promise<void> {
    const current = this.#current;
    if (current === undefined) return;
    let connection: HostConnection | undefined;
    try {
      connection = await current.connection;
      await connection.request("policy.managed", { settings: await managedSettings() });
    } catch {
      // It is gone, or cannot be told, and shall not go on with the settings of before. The next one is told when it starts.
      if (connection?.alive !== true) return;
      connection.close();
      current.gone();
    }
  }

  /** Has the host look for devices nearby, until `signal` aborts or its time is over. Rejects when the host cannot, or goes away. */
  async browse(
    wish: Omit<ResolveBrowseParams, "browseId">,
    found: (device: ResolveFoundParams) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const connection = await this.connect();
    if (signal.aborted) return;
    const { tls, ...others } = wish;
    const known = tls === undefined || connection.hello.protocolVersion < otherTLSSince ? others : wish;
    const browseId = ++this.#lastBrowseId;
    const stop = (): void => {
      connection.request("resolve.stop", { browseId }).catch(() => undefined); // it is over, one way or the other
    };
    this.#browses.set(browseId, found);
    signal.addEventListener("abort", stop);
    try {
      await connection.request("resolve.browse", { browseId, ...known });
    } finally {
      signal.removeEventListener("abort", stop);
      this.#browses.delete(browseId);
    }
  }

  /** A socket id that was never used on this connection. It counts as a use of the host until `forget` or `closed`. */
  reserve(connection: HostConnection): number {
    const socketId = ++this.#lastSocketId;
    this.#sockets.get(connection)?.set(socketId, undefined);
    return socketId;
  }

  /** From now on this document's `listener` hears what it opens again on its lane. Returns what ends that. */
  hearReopened(documentId: string, listener: ReopenListener): () => void {
    this.#reopens.set(documentId, listener);
    return () => {
      if (this.#reopens.get(documentId) === listener) this.#reopens.delete(documentId);
    };
  }

  #reopened({ ready, sockets }: Current, report: ReopenReportParams): void {
    if (ready === undefined) return; // nothing was asked of it yet
    const listener = this.#reopens.get(report.document);
    listener?.(ready, report);
    //rule:reopened-for-nobody-ends
    if (listener === undefined) for (const { socketId } of report.opened) this.release(ready, socketId, true);
    for (const params of report.closed) {
      const owner = sockets.get(params.socketId);
      sockets.delete(params.socketId);
      owner?.closed({ ...params, onLane: true });
    }
    this.#rest();
  }

  attach(connection: HostConnection, socketId: number, owner: SocketOwner): void {
    this.#sockets.get(connection)?.set(socketId, owner);
  }

  /** The socket was never opened, or its end is told otherwise. */
  forget(connection: HostConnection, socketId: number): void {
    this.#sockets.get(connection)?.delete(socketId);
    this.#rest();
  }

  /**
   * Closes a socket that nobody listens to any more. Bytes of it may be on their way for a while, unless `reset` is set: it needs the host until
   * that says `closed`.
   */
  release(connection: HostConnection, socketId: number, reset = false): void {
    this.#sockets.get(connection)?.set(socketId, undefined);
    connection.request("socket.close", reset ? { socketId, reset } : { socketId }).catch(() => {
      this.forget(connection, socketId); // it is gone already
    });
  }

  /** Counts anew how long nothing has needed the host. `owing`: for so many ms it has only owed an answer. */
  #rest(owing = 0): void {
    clearTimeout(this.#idle);
    const patience = this.#current?.used === false ? probeTime : idleTime;
    this.#idle = setTimeout(() => {
      const current = this.#current;
      //rule:starting-host-is-not-let-go
      if (current?.ready === undefined) return; // it is counted from when it is there
      if (current.sockets.size > 0) return; // it is counted from the last one's end
      //rule:host-that-owes-an-answer-stays
      if (current.ready.awaited && /*rule:owed-answer-has-its-time*/ owing < owedTime) {
        this.#rest(owing + patience);
        return;
      }
      this.#current = undefined;
      current.ready.close();
    }, patience);
  }
}
