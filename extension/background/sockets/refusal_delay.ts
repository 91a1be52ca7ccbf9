// Refusals that are hidden from a page come at fixed moments, so that the time says nothing of which rule it was. The host has the same delay.

/** Hidden refusals come this many ms after the request, or a multiple of it. */
const step = 1000;

/** Waits for the next of these moments after `started` (performance.now()), or until `signal` aborts. */
export async function refusalDelay(started: number, signal: AbortSignal): Promise<void> {
  const rest = step - ((performance.now() - started) % step);
  await new Promise<void>((resolve) => {
    setTimeout(resolve, rest);
    signal.addEventListener("abort", () => {
      resolve();
    });
  });
}
