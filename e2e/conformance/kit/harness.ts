// The few functions of testharness.js and testdriver.js that the public tests about Direct Sockets call, written anew: this file is served in
// place of both. Results are left at `wptResults`; `wptDone` says that no test is left to run.

interface TestObject {
  add_cleanup(cleanup: () => unknown): void;
  step_func<A extends unknown[]>(call: (...args: A) => unknown): (...args: A) => unknown;
  step_timeout(call: () => void, ms: number): void;
}

interface WPTResult {
  name: string;
  passed: boolean;
  message: string;
}

const results: WPTResult[] = [];
let queue: Promise<void> = Promise.resolve();

class Failed extends Error {}

function fail(what: string, description: unknown): never {
  throw new Failed(typeof description === "string" ? `${description}: ${what}` : what);
}

async function runTest(name: string, call: (test: TestObject) => unknown): Promise<void> {
  const cleanups: (() => unknown)[] = [];
  const test: TestObject = {
    add_cleanup: (cleanup) => void cleanups.push(cleanup),
    step_func: (step) => step,
    step_timeout: (step, ms) => void setTimeout(step, ms),
  };
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Failed("not over after ten seconds"));
    }, 10_000);
  });
  try {
    await Promise.race([(async () => call(test))(), late]);
    results.push({ name, passed: true, message: "" });
  } catch (error) {
    results.push({ name, passed: false, message: String(error) });
  } finally {
    clearTimeout(timer);
  }
  for (const cleanup of cleanups) await cleanup();
}

function checkName(error: unknown, name: string, description: unknown): void {
  const found = (error as { name?: unknown } | undefined)?.name;
  if (found !== name) fail(`${String(error)}, and ${name} is expected`, description);
}

function thrownBy(call: () => unknown, description: unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return fail("nothing was thrown", description);
}

async function rejectionOf(promise: Promise<unknown>, description: unknown): Promise<unknown> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  return outcome === undefined ? fail("it resolved", description) : outcome.error;
}

Object.assign(globalThis, {
  wptResults: results,
  wptDone: false,
  setup: () => undefined,
  test: (call: (test: TestObject) => unknown, name: string) => {
    let outcome: { error: unknown } | undefined;
    const cleanups: (() => unknown)[] = [];
    try {
      call({ add_cleanup: (one) => void cleanups.push(one), step_func: (step) => step, step_timeout: () => undefined });
    } catch (error) {
      outcome = { error };
    }
    results.push({ name, passed: outcome === undefined, message: outcome === undefined ? "" : String(outcome.error) });
  },
  promise_test: (call: (test: TestObject) => unknown, name: string) => {
    queue = queue.then(() => runTest(name, call));
  },
  assert_true: (value: unknown, description?: unknown) => {
    if (value !== true) fail(`${String(value)}, and true is expected`, description);
  },
  assert_false: (value: unknown, description?: unknown) => {
    if (value !== false) fail(`${String(value)}, and false is expected`, description);
  },
  assert_equals: (actual: unknown, expected: unknown, description?: unknown) => {
    if (!Object.is(actual, expected)) fail(`${String(actual)}, and ${String(expected)} is expected`, description);
  },
  assert_array_equals: (actual: unknown, expected: unknown, description?: unknown) => {
    if (JSON.stringify(actual) !== JSON.stringify(expected)) fail("the arrays differ", description);
  },
  assert_throws_dom: (name: string, call: () => unknown, description?: unknown) => {
    checkName(thrownBy(call, description), name, description);
  },
  assert_throws_js: (kind: { name: string }, call: () => unknown, description?: unknown) => {
    checkName(thrownBy(call, description), kind.name, description);
  },
  promise_rejects_dom: async (_: TestObject, name: string, promise: Promise<unknown>, description?: unknown) => {
    checkName(await rejectionOf(promise, description), name, description);
  },
  promise_rejects_js: async (
    _: TestObject,
    kind: { name: string },
    promise: Promise<unknown>,
    description?: unknown,
  ) => {
    checkName(await rejectionOf(promise, description), kind.name, description);
  },
  test_driver: {
    /** Waits for a real click, which the runner makes on this button, and acts in its handler. */
    bless: (_: string, act: () => unknown = () => undefined) =>
      new Promise((resolve, reject) => {
        const button = document.createElement("button");
        button.id = "bless";
        button.textContent = "bless";
        button.addEventListener("click", () => {
          button.remove();
          (async () => act())().then(resolve, reject);
        });
        document.body.append(button);
      }),
  },
});

addEventListener("load", () => {
  // Every script of the page has run by now.
  const last = (): void => {
    const seen = queue;
    void seen.then(() => {
      if (seen === queue) Object.assign(globalThis, { wptDone: true });
      else last();
    });
  };
  last();
});
