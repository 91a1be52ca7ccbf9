// The list of checks, and how one is run in the page.
import { api, type Bytes, type Server, type Socket, type TCP, type UDP } from "./api.ts";
import { Difference, sleep } from "./assert.ts";
import { Far } from "./far.ts";

/** Why an implementation does not do what a check asks for. */
export const departures = {
  "native at fault": "The draft says it, and Chromium does otherwise.",
  "the draft changed": "The draft of 2026 says it; Chromium 156 has what came before.",
  "the draft is silent": "The draft does not say, and Chromium chose otherwise.",
  "content shell": "Chromium does it, but not the content shell that the suite runs in.",
  "ours on purpose": "Portside departs from the draft, for the reason that is given.",
  "an addition": "Portside adds this to the draft.",
} as const;

export interface Departure {
  kind: keyof typeof departures;
  /** What the implementation does instead, and why. One sentence. */
  why: string;
  /** It goes wrong now and then only: a run in which it went well is no surprise. */
  unsteady?: true;
}

export interface Expectation {
  /** The browser's own implementation does not pass. */
  native?: Departure;
  /** Portside does not pass. */
  portside?: Departure;
  /** How long the check may take, in milliseconds. */
  limit?: number;
}

export interface Check extends Expectation {
  id: string;
  group: string;
  sentence: string;
  run: (scene: Scene) => unknown;
}

export const checks: Check[] = [];

/** The usual time limit of a check. */
export const usualLimit = 2_000;

type Add = (id: string, sentence: string, run: (scene: Scene) => unknown, expectation?: Expectation) => void;

/** Begins a group. Ids are unique in the whole suite, and stay what they are: reports name them. */
export function group(name: string): Add {
  return (id, sentence, run, expectation = {}) => {
    if (checks.some((check) => check.id === id)) throw new Error(`two checks are called ${id}`);
    checks.push({ id, group: name, sentence, run, ...expectation });
  };
}

export const nativeAtFault = (why: string, often: "always" | "now and then" = "always"): Expectation => ({
  native: { kind: "native at fault", why, ...(often === "always" ? {} : { unsteady: true }) },
});
export const draftChanged = (why: string): Expectation => ({ native: { kind: "the draft changed", why } });
export const draftSilent = (why: string): Expectation => ({ native: { kind: "the draft is silent", why } });
export const onPurpose = (why: string): Expectation => ({ native: { kind: "ours on purpose", why } });
export const shellHasNoPorts: Expectation = {
  native: {
    kind: "content shell",
    why: "Which ports a page may have is checked in the browser proper, not in content shell.",
  },
};
export const addition: Expectation = { native: { kind: "an addition", why: "Chromium does not have it." } };

/** That of a check for which the user has to answer a question. */
export const askedLimit = 10_000;

/** Waits for a click into the page. A port of its own for a local socket is a new question to the user, which a click must precede. */
export async function clicked(): Promise<void> {
  const { ok } = await fetch("/click", { method: "POST" });
  if (!ok) throw new Error("nobody has clicked");
}

/** What a check opens. All of it goes when the check is over. */
export class Scene {
  readonly far = new Far();
  readonly #sockets: Socket<{ readable: ReadableStream<unknown>; writable?: WritableStream }>[] = [];
  readonly #locks: { releaseLock(): void }[] = [];
  readonly #endings: (() => unknown)[] = [];

  tcp(...args: unknown[]): TCP {
    return this.keep(new api.TCPSocket(...args));
  }

  udp(...args: unknown[]): UDP {
    return this.keep(new api.UDPSocket(...args));
  }

  server(...args: unknown[]): Server {
    return this.keep(new api.TCPServerSocket(...args));
  }

  keep<S extends Socket<{ readable: ReadableStream<unknown>; writable?: WritableStream }>>(socket: S): S {
    this.#sockets.push(socket);
    // A check that fails early has asked for neither.
    socket.opened.catch(() => undefined);
    socket.closed.catch(() => undefined);
    return socket;
  }

  reader<T>(stream: ReadableStream<T>): ReadableStreamDefaultReader<T> {
    const reader = stream.getReader();
    reader.closed.catch(() => undefined);
    this.#locks.push(reader);
    return reader;
  }

  byobReader(stream: ReadableStream<Bytes>): ReadableStreamBYOBReader {
    const reader = stream.getReader({ mode: "byob" });
    reader.closed.catch(() => undefined);
    this.#locks.push(reader);
    return reader;
  }

  writer(stream: WritableStream<unknown>): WritableStreamDefaultWriter<unknown> {
    const writer = stream.getWriter();
    writer.closed.catch(() => undefined);
    writer.ready.catch(() => undefined);
    this.#locks.push(writer);
    return writer;
  }

  /** Runs when the check is over. */
  atEnd(ending: () => unknown): void {
    this.#endings.push(ending);
  }

  async end(): Promise<void> {
    for (const ending of this.#endings) await ending();
    for (const lock of this.#locks) {
      try {
        lock.releaseLock();
      } catch {
        // A lock that was released already.
      }
    }
    const ends = this.#sockets.map(async (socket) => {
      const { readable, writable } = await socket.opened;
      await Promise.allSettled([readable.cancel(), writable?.abort()]);
    });
    await Promise.race([Promise.allSettled(ends), sleep(200)]);
    await this.far.end();
  }
}

export interface Result {
  outcome: "pass" | "fail" | "hang";
  /** What was different, or "". */
  message: string;
}

/** Runs one check. It always ends. `patience`: so many times its time limit may it take, on a computer that is busy with other things. */
export async function run(id: string, patience = 1): Promise<Result> {
  const check = checks.find((one) => one.id === id);
  if (check === undefined) throw new Error(`no check ${id}`);
  const limit = (check.limit ?? usualLimit) * patience;
  const scene = new Scene();
  const outcome = await Promise.race([
    (async () => check.run(scene))().then(
      (): Result => ({ outcome: "pass", message: "" }),
      (error: unknown): Result => ({
        outcome: "fail",
        message: error instanceof Difference ? error.message : String(error),
      }),
    ),
    sleep(limit).then((): Result => ({ outcome: "hang", message: `not over after ${String(limit)} ms` })),
  ]);
  await Promise.race([scene.end().catch(() => undefined), sleep(1_000)]);
  return outcome;
}
