// What a rule marker marks, whatever the language, and how that is taken out.

/** A range of a text: [first, behind the last], in UTF-16 code units. */
export type Span = readonly [start: number, end: number];

/** A marked node. */
export interface Target {
  span: Span;
  /** The range without which the node is gone: with its comma, or its operator. Missing where the code around needs the node. */
  cut?: Span;
  /** The conditions that decide what happens: of an `if`, a loop, a conditional expression, a case of a switch without a tag; or the node itself. */
  conditions: readonly Span[];
  /** Whether to take the node out means that its conditions never hold. */
  guard: boolean;
  /** Whether the node is an expression. */
  expression: boolean;
}

/**
 * How a marked node is taken out.
 *
 * * `gone`: a guard's conditions never hold, so that what they use stays used; anything else is removed.
 * * `never`, `always`: its conditions, or the marked expression itself, are false, or true.
 * * `becomes`: this code stands in its place.
 * * `precededBy`: this code comes in front of it.
 * * `withoutLine`: of its lines, the one that holds this text is removed.
 */
export type How = "gone" | "never" | "always" | { becomes: string } | { precededBy: string } | { withoutLine: string };

/** A range of a text, and what comes in its place. */
export interface Change {
  span: Span;
  text: string;
}

const among = (text: string, [start, end]: Span): string => text.slice(start, end);

/** Returns the changes that take a target out of a text, or throws with the reason why it cannot be taken out like this. */
export function takeOut(text: string, target: Target, how: How): Change[] {
  if (typeof how === "object") {
    if ("becomes" in how) return [{ span: target.span, text: how.becomes }];
    if ("precededBy" in how) return [{ span: [target.span[0], target.span[0]], text: `${how.precededBy}\n` }];
    return [{ span: lineOf(text, target.span, how.withoutLine), text: "" }];
  }
  if (how === "gone") {
    if (target.guard) return takeOut(text, target, "never");
    if (target.cut === undefined) throw new Error("it cannot be removed: say what it becomes");
    return [{ span: target.cut, text: "" }];
  }
  const conditions = target.conditions.length === 0 && target.expression ? [target.span] : target.conditions;
  if (conditions.length === 0) throw new Error(`it has no condition that could ${how} hold`);
  return conditions.map((span) => ({
    span,
    text: `((${among(text, span)}) ${how === "never" ? "&& false" : "|| true"})`,
  }));
}

function lineOf(text: string, [start, end]: Span, words: string): Span {
  const at = text.indexOf(words, start);
  if (at < 0 || at + words.length > end) throw new Error(`none of its lines holds ${JSON.stringify(words)}`);
  const again = text.indexOf(words, at + words.length);
  if (again >= 0 && again < end) throw new Error(`${JSON.stringify(words)} is in it more than once`);
  const first = text.lastIndexOf("\n", at) + 1;
  const last = text.indexOf("\n", at);
  return [Math.max(first, start), last < 0 ? text.length : last + 1];
}

/** Returns the text with all changes made. */
export function changed(text: string, changes: readonly Change[]): string {
  let result = "";
  let at = 0;
  for (const { span, text: by } of changes.toSorted((a, b) => a.span[0] - b.span[0])) {
    if (span[0] < at) throw new Error("one of its places is inside of another");
    result += text.slice(at, span[0]) + by;
    at = span[1];
  }
  return result + text.slice(at);
}
