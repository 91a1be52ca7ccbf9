// Waiting, with an end. Nothing in these tests waits for ever: what does not come in time fails, and says what was
// waited for.

/** Something did not come in time. The message says what. */
export class TimeoutError extends Error {
  override readonly name = "TimeoutError";
}

/** Long: a machine that is busy with something else can hold a process up for ten seconds and more. */
export const defaultTimeout = 30_000;

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Settles as `promise` does, or rejects with a TimeoutError after `ms` milliseconds. */
export async function within<T>(what: string, promise: Promise<T>, ms: number = defaultTimeout): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new TimeoutError(`waited ${String(ms)} ms for ${what}`));
    }, ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** What `until` takes for an answer. */
export type Found<T> = Exclude<T, undefined | null | false>;

/**
 * Asks `probe` every `every` milliseconds until it gives something other than undefined, null or false, and returns
 * that. When the time is up, the error also tells the last error that `probe` threw.
 */
export async function until<T>(
  what: string,
  probe: () => T | Promise<T>,
  { timeout = defaultTimeout, every = 25 }: { timeout?: number; every?: number } = {},
): Promise<Found<T>> {
  const end = Date.now() + timeout;
  let lastError: unknown;
  for (;;) {
    try {
      const found = await probe();
      lastError = undefined;
      if (found !== undefined && found !== null && found !== false) {
        return found as Found<T>;
      }
    } catch (error) {
      lastError = error;
    }
    if (Date.now() >= end) {
      const why = lastError instanceof Error ? `; last error: ${lastError.message}` : "";
      throw new TimeoutError(`waited ${String(timeout)} ms for ${what}${why}`);
    }
    await sleep(every);
  }
}
