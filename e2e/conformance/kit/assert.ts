// Assertions that name what they compared. A check that fails says what was expected and what was there.

/** What a check found different from what it expects. */
export class Difference extends Error {
  override readonly name = "Difference";
}

function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function") return `function ${value.name}`;
  if (value instanceof Error || value instanceof DOMException) return `${value.name}: ${value.message}`;
  if (typeof value === "object" && value !== null) {
    try {
      return JSON.stringify(value).slice(0, 200);
    } catch {
      return Object.prototype.toString.call(value);
    }
  }
  return String(value);
}

export function ok(value: unknown, what: string): asserts value {
  if (value !== true && (value === false || value === undefined || value === null || value === 0 || value === ""))
    throw new Difference(what);
}

export function equal(actual: unknown, expected: unknown, what: string): void {
  if (!Object.is(actual, expected))
    throw new Difference(`${what}: ${shown(actual)}, and ${shown(expected)} is expected`);
}

/** Compares lists and plain objects by what they look like as JSON. */
export function same(actual: unknown, expected: unknown, what: string): void {
  const [found, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (found !== wanted)
    throw new Difference(`${what}: ${found.slice(0, 300)}, and ${wanted.slice(0, 300)} is expected`);
}

export function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

export function bytesOf(words: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(words);
}

/** Reports whether this is an error of that name: a TypeError as JavaScript has it, everything else a DOMException. */
export function isError(error: unknown, name: string): boolean {
  if (typeof error !== "object" || error === null) return false;
  const kind = Object.prototype.toString.call(error);
  if (name === "TypeError" || name === "RangeError") return kind === "[object Error]" && (error as Error).name === name;
  return kind === "[object DOMException]" && (error as Error).name === name;
}

function expectError(error: unknown, name: string, what: string): void {
  if (!isError(error, name)) throw new Difference(`${what}: ${shown(error)}, and ${name} is expected`);
}

/** Runs `call`, which must throw an error of that name before it returns. */
export function throws(call: () => unknown, name: string, what: string): void {
  let error: unknown;
  try {
    call();
  } catch (thrown) {
    error = thrown;
    expectError(error, name, what);
    return;
  }
  throw new Difference(`${what}: nothing was thrown, and ${name} is expected`);
}

/** Waits for the promise, which must reject with an error of that name. Gives the error. */
export async function rejects(promise: Promise<unknown>, name: string, what: string): Promise<unknown> {
  let error: unknown;
  try {
    await promise;
  } catch (thrown) {
    error = thrown;
    expectError(error, name, what);
    return error;
  }
  throw new Difference(`${what}: it resolved, and ${name} is expected`);
}

/** Waits for the promise, which must resolve with undefined. */
export async function givesUndefined(promise: Promise<unknown>, what: string): Promise<void> {
  equal(await promise, undefined, what);
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** "pending", "resolved" or "rejected", as it is after `ms` milliseconds at the latest. */
export async function stateOf(promise: Promise<unknown>, ms = 150): Promise<"pending" | "resolved" | "rejected"> {
  return await Promise.race([
    promise.then(
      () => "resolved" as const,
      () => "rejected" as const,
    ),
    sleep(ms).then(() => "pending" as const),
  ]);
}
