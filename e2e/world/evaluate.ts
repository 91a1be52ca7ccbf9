// Running a test's function inside a page: its source goes there, its arguments and result travel as JSON. It cannot see
// the variables around it, only its arguments.

/** An exception of the page's code. `name` and `message` are what the page's own code would see. */
export class PageError extends Error {
  /** The stack inside the page. */
  readonly pageStack: string;

  constructor(name: string, message: string, pageStack: string) {
    super(message);
    this.name = name;
    this.pageStack = pageStack;
    this.stack = `${this.stack ?? ""}\n  in the page: ${pageStack.replaceAll("\n", "\n  ")}`;
  }
}

export interface Outcome {
  value?: unknown;
  thrown?: { name: string; message: string; stack: string };
}

// tsx and esbuild wrap named functions in calls of a helper `__name`; a page does not have it.
const prelude = "const __name = (value) => value;";

/** The expression that calls `fn` with `args`. */
export function callOf(fn: (...args: never[]) => unknown, args: readonly unknown[]): string {
  const values = args.map((arg) => (arg === undefined ? "undefined" : JSON.stringify(arg)));
  return `(${fn.toString()})(${values.join(", ")})`;
}

/** Makes an expression whose promise never rejects: the outcome says what was thrown, with the real name. */
export function guarded(expression: string): string {
  return `(async () => {
    ${prelude}
    try { return { value: await ${expression} }; }
    catch (e) { return { thrown: { name: String(e?.name ?? typeof e), message: String(e?.message ?? e), stack: String(e?.stack ?? e) } }; }
  })()`;
}

/** Turns what a guarded expression has resolved with back into a value or an exception. */
export function outcomeOf(outcome: Outcome): unknown {
  if (outcome.thrown !== undefined) {
    throw new PageError(outcome.thrown.name, outcome.thrown.message, outcome.thrown.stack);
  }
  return outcome.value;
}

/** The exception for an expression that could not even be read. */
export const syntaxError = (text: string): PageError => new PageError("SyntaxError", text, text);
