// Refusals that are hidden from a page come on a beat, so that the time says nothing of which rule it was. The host keeps the same beat.

/** Hidden refusals come this many ms after the request, or a multiple of it. */
const tick = 1000;

/** Waits for the next tick after `started` (performance.now()), or until `signal` aborts. */
export async function nextTick(started: number, signal: AbortSignal): Promise<void> {
  const rest = tick - ((performance.now() - started) % tick);
  await new Promise<void>((resolve) => {
    setTimeout(resolve, rest);
    signal.addEventListener("abort", () => {
      resolve();
    });
  });
}
