// The probe: can strings be evaluated in this document? The page's content security policy binds this world too.
//
// Only when the API is used: where eval is blocked, asking is a violation that the page and its report endpoint are told of. So it is asked until
// the answer is "blocked" once; policies cannot be taken back.

const NativeFunction = Function;
const NativeEvalError = EvalError;

let blocked = false;

/** Reports whether the document's policies keep strings from being evaluated. */
export function isEvalBlocked(): boolean {
  if (!blocked) {
    try {
      new NativeFunction("");
    } catch (error) {
      blocked = error instanceof NativeEvalError;
    }
  }
  return blocked;
}
