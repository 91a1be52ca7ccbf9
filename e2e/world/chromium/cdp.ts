// A small client of the Chrome DevTools Protocol over `--remote-debugging-pipe`: JSON messages, each ended by a NUL,
// written to the browser's descriptor 3 and read from its descriptor 4. Sessions are "flat": they share the one pipe and
// differ by sessionId.
//
// It promises that a command always ends: with its result, or with an error that says which command of which session
// failed, was not answered in time, or lost its target.
import { EventEmitter } from "node:events";
import type { Readable, Writable } from "node:stream";
import type { Commands, Events } from "./cdp-types.ts";
import { TargetGoneError } from "../page.ts";
import { TimeoutError, defaultTimeout } from "../wait.ts";

/** The browser refused or could not do what a command asked for. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
}

interface Message {
  id?: number;
  sessionId?: string;
  method?: string;
  params?: unknown;
  result?: unknown;
  error?: { code: number; message: string; data?: string };
}

interface Pending {
  sessionId: string | undefined;
  what: string;
  resolve(result: unknown): void;
  reject(error: Error): void;
}

export class Connection {
  readonly #input: Writable;
  readonly #pending = new Map<number, Pending>();
  readonly #sessions = new Map<string, Session>();
  #nextId = 1;
  #gone: TargetGoneError | undefined;
  /** The session of the browser itself. */
  readonly browser: Session;

  constructor(input: Writable, output: Readable) {
    this.#input = input;
    this.browser = new Session(this, undefined, "browser");
    let parts: Buffer[] = [];
    output.on("data", (chunk: Buffer) => {
      for (let rest = chunk; ;) {
        const end = rest.indexOf(0);
        if (end < 0) {
          if (rest.length > 0) parts.push(rest);
          return;
        }
        parts.push(rest.subarray(0, end));
        const text = Buffer.concat(parts).toString("utf8");
        parts = [];
        rest = rest.subarray(end + 1);
        this.#receive(JSON.parse(text) as Message);
      }
    });
    output.on("close", () => {
      this.#end();
    });
    // EPIPE: the browser is gone. The end of `output` tells everybody.
    input.on("error", () => undefined);
    output.on("error", () => undefined);
  }

  session(sessionId: string, name: string): Session {
    const session = new Session(this, sessionId, name);
    this.#sessions.set(sessionId, session);
    return session;
  }

  send(sessionId: string | undefined, what: string, method: string, params: object, timeout: number): Promise<unknown> {
    if (this.#gone !== undefined) return Promise.reject(this.#gone);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(id);
        reject(new TimeoutError(`waited ${String(timeout)} ms for the answer to ${what}`));
      }, timeout);
      this.#pending.set(id, {
        sessionId,
        what,
        resolve: (result) => {
          clearTimeout(timer);
          resolve(result);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      });
      this.#input.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    });
  }

  /** Rejects what this session still waits for. */
  abandon(sessionId: string | undefined, why: string): void {
    for (const [id, pending] of this.#pending) {
      if (pending.sessionId !== sessionId) continue;
      this.#pending.delete(id);
      pending.reject(new TargetGoneError(`${pending.what}: ${why}`));
    }
  }

  #receive(message: Message): void {
    if (message.id !== undefined) {
      const pending = this.#pending.get(message.id);
      if (pending === undefined) return;
      this.#pending.delete(message.id);
      if (message.error === undefined) pending.resolve(message.result);
      else
        pending.reject(
          new ProtocolError(`${pending.what}: ${message.error.message} ${message.error.data ?? ""}`.trim()),
        );
      return;
    }
    if (message.method === undefined) return;
    if (message.method === "Target.detachedFromTarget") {
      const { sessionId } = message.params as Events["Target.detachedFromTarget"];
      this.#sessions.get(sessionId)?.markGone("its target is gone");
      this.#sessions.delete(sessionId);
    }
    const session = message.sessionId === undefined ? this.browser : this.#sessions.get(message.sessionId);
    if (message.method === "Inspector.targetCrashed") this.abandon(message.sessionId, "the page crashed");
    session?.receive(message.method, message.params);
  }

  #end(): void {
    this.#gone = new TargetGoneError("the browser is gone");
    for (const session of [this.browser, ...this.#sessions.values()]) session.markGone("the browser is gone");
  }
}

/** A conversation with one target: the browser, a page, a frame of another process, a worker. */
export class Session {
  readonly name: string;
  readonly #connection: Connection;
  readonly #id: string | undefined;
  readonly #events = new EventEmitter();
  #gone = false;

  constructor(connection: Connection, id: string | undefined, name: string) {
    this.#connection = connection;
    this.#id = id;
    this.name = name;
    this.#events.setMaxListeners(100);
  }

  get gone(): boolean {
    return this.#gone;
  }

  async send<M extends keyof Commands>(
    method: M,
    ...[params, options]: Commands[M]["params"] extends Record<string, never>
      ? [params?: Commands[M]["params"], options?: { timeout?: number; what?: string }]
      : [params: Commands[M]["params"], options?: { timeout?: number; what?: string }]
  ): Promise<Commands[M]["result"]> {
    const what = options?.what ?? `${method} (${this.name})`;
    if (this.#gone) throw new TargetGoneError(`${what}: its target is gone`);
    const result = await this.#connection.send(
      this.#id,
      what,
      method,
      params ?? {},
      options?.timeout ?? defaultTimeout,
    );
    return result as Commands[M]["result"];
  }

  /** Calls `listener` at each such event, until the returned function is called. */
  on<E extends keyof Events>(event: E, listener: (params: Events[E]) => void): () => void {
    this.#events.on(event, listener);
    return () => this.#events.off(event, listener);
  }

  receive(method: string, params: unknown): void {
    this.#events.emit(method, params);
  }

  markGone(why: string): void {
    this.#gone = true;
    this.#connection.abandon(this.#id, why);
  }

  async detach(): Promise<void> {
    if (this.#id === undefined || this.#gone) return;
    await this.#connection.browser.send("Target.detachFromTarget", { sessionId: this.#id });
  }
}
