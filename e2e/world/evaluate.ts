// Running a test's function inside a page: its source goes there, its arguments and result travel as JSON. It cannot see
// the variables around it, only its arguments.
import type { ExceptionDetails, RemoteObject } from "./cdp-types.ts";

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

interface Outcome {
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

/** Turns the answer to a guarded expression back into a value or an exception. */
export function outcomeOf(answer: { result: RemoteObject; exceptionDetails?: ExceptionDetails }): unknown {
  if (answer.exceptionDetails !== undefined) {
    const { text, exception } = answer.exceptionDetails;
    throw new PageError("SyntaxError", exception?.description ?? text, exception?.description ?? text);
  }
  const outcome = answer.result.value as Outcome;
  if (outcome.thrown !== undefined) {
    throw new PageError(outcome.thrown.name, outcome.thrown.message, outcome.thrown.stack);
  }
  return outcome.value;
}

/** One line of the console as text. */
export function describe(value: RemoteObject): string {
  if (value.type === "string") return String(value.value);
  if (value.value !== undefined) return JSON.stringify(value.value);
  return value.description ?? value.unserializableValue ?? value.type;
}
