// Sockets of a document that have ended on its lane. The page knows; the content script counts them, and is told of many in one message, since each
// message costs the browser more than what it says.

/** Those of so many ms are told together; and so many at most. */
const pace = 50;
const most = 1_000;

export class Departures {
  readonly #tell: (ids: number[]) => void;
  #ids: number[] = [];
  #due: ReturnType<typeof setTimeout> | undefined;

  constructor(tell: (ids: number[]) => void) {
    this.#tell = tell;
  }

  note(id: number): void {
    this.#ids.push(id);
    if (this.#ids.length >= most) this.#flush();
    else
      this.#due ??= setTimeout(() => {
        this.#flush();
      }, pace);
  }

  #flush(): void {
    clearTimeout(this.#due);
    this.#due = undefined;
    this.#tell(this.#ids.splice(0));
  }
}
