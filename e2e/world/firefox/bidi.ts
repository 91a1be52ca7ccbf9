// A small client of WebDriver BiDi (https://w3c.github.io/webdriver-bidi/), which Firefox speaks over a WebSocket by itself.
//
// It promises that a command always ends: with its result, or with an error that says which command failed, was not answered in time, or lost the
// page that it was for.
import { EventEmitter } from "node:events";
import { WebSocket } from "ws";
import { TargetGoneError } from "../page.ts";
import { TimeoutError, defaultTimeout } from "../wait.ts";

/** The browser refused or could not do what a command asked for. `code` is the protocol's word for it. */
export class BidiError extends Error {
  override readonly name = "BidiError";
  readonly code: string;

  constructor(what: string, code: string, message: string) {
    super(`${what}: ${code}: ${message}`);
    this.code = code;
  }
}

interface Answer {
  type: "success" | "error" | "event";
  id?: number | null;
  result?: unknown;
  error?: string;
  message?: string;
  method?: string;
  params?: unknown;
}

interface Pending {
  what: string;
  /** The page or frame that it is for. */
  context: string | undefined;
  resolve(result: unknown): void;
  reject(error: Error): void;
}

export interface SendOptions {
  timeout?: number;
  what?: string;
}

export class Bidi {
  readonly #socket: WebSocket;
  readonly #pending = new Map<number, Pending>();
  readonly #events = new EventEmitter();
  #nextId = 1;
  #gone = false;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    this.#events.setMaxListeners(100);
    socket.on("message", (data: Buffer) => {
      this.#receive(JSON.parse(data.toString("utf8")) as Answer);
    });
    socket.on("error", () => undefined); // "close" follows
    socket.on("close", () => {
      this.#gone = true;
      this.#abandon(() => true, "the browser is gone");
    });
  }

  /** Connects to a browser that listens at this address. */
  static async connect(url: string): Promise<Bidi> {
    const socket = new WebSocket(url, { maxPayload: 256 << 20 });
    await new Promise<void>((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("error", reject);
    });
    return new Bidi(socket);
  }

  async send<R>(method: string, params: object, options: SendOptions = {}): Promise<R> {
    const { timeout = defaultTimeout, what = method } = options;
    if (this.#gone) throw new TargetGoneError(`${what}: the browser is gone`);
    const id = this.#nextId++;
    const { context, target } = params as { context?: string; target?: { context?: string } };
    const result = await new Promise<unknown>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(id);
        reject(new TimeoutError(`waited ${timeout.toString()} ms for the answer to ${what}`));
      }, timeout);
      this.#pending.set(id, {
        what,
        context: context ?? target?.context,
        resolve: (value) => {
          clearTimeout(timer);
          resolve(value);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      });
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
    return result as R;
  }

  /** Calls `listener` at each such event. */
  on<P>(event: string, listener: (params: P) => void): void {
    this.#events.on(event, listener);
  }

  /** Rejects what is still waited for of a page or frame that is gone. */
  abandon(context: string, why: string): void {
    this.#abandon((pending) => pending.context === context, why);
  }

  #abandon(concerned: (pending: Pending) => boolean, why: string): void {
    for (const [id, pending] of this.#pending) {
      if (!concerned(pending)) continue;
      this.#pending.delete(id);
      pending.reject(new TargetGoneError(`${pending.what}: ${why}`));
    }
  }

  #receive(answer: Answer): void {
    if (answer.type === "event") {
      this.#events.emit(answer.method ?? "", answer.params);
      return;
    }
    const pending = this.#pending.get(answer.id ?? -1);
    if (pending === undefined) return;
    this.#pending.delete(answer.id ?? -1);
    if (answer.type === "success") pending.resolve(answer.result);
    else if (answer.error === "no such frame") pending.reject(new TargetGoneError(`${pending.what}: its page is gone`));
    else pending.reject(new BidiError(pending.what, answer.error ?? "", answer.message ?? ""));
  }

  close(): void {
    this.#socket.terminate();
  }
}

/** A value as the protocol carries it (script.RemoteValue). */
export interface RemoteValue {
  type: string;
  value?: unknown;
}

/** Reads a value as JSON would have brought it: what has no form in JSON is an empty object. */
export function valueOf({ type, value }: RemoteValue): unknown {
  switch (type) {
    case "undefined":
      return undefined;
    case "null":
      return null;
    case "string":
    case "boolean":
      return value;
    case "number":
      return typeof value === "number" ? value : value === "-0" ? 0 : Number(value);
    case "bigint":
      return BigInt(value as string);
    case "date":
      return value;
    case "array":
    case "nodelist":
    case "htmlcollection":
      return ((value ?? []) as RemoteValue[]).map(valueOf);
    case "object":
      return Object.fromEntries(
        ((value ?? []) as [string, RemoteValue][])
          .map(([name, one]) => [name, valueOf(one)] as const)
          .filter(([, one]) => one !== undefined),
      );
    default:
      return {};
  }
}
