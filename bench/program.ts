// A program of the benchmark's own that is asked questions: JSON lines both ways over its descriptor 3.
import type { Duplex } from "node:stream";
import { createInterface } from "node:readline";
import type { Life } from "../e2e/world/life.ts";
import { start, type Running } from "../e2e/world/processes.ts";
import { within } from "../e2e/world/wait.ts";

export class Asked {
  readonly process: Running;
  readonly #stream: Duplex;
  readonly #lines: AsyncIterator<string>;

  private constructor(process: Running) {
    this.process = process;
    this.#stream = process.child.stdio[3] as Duplex;
    // The program is gone: whoever waits for a line hears of it.
    this.#stream.on("error", () => undefined);
    this.#lines = createInterface({ input: this.#stream })[Symbol.asyncIterator]();
  }

  /** Starts it by its words: the program's path, and what follows. */
  static async start(life: Life, name: string, [command = "", ...args]: readonly string[]): Promise<Asked> {
    return new Asked(await start(life, { name, command, args, extraPipes: 1 }));
  }

  /** The program's next line, at most `limit` milliseconds from now. */
  async next(limit: number): Promise<unknown> {
    const line = await within(`a line of ${this.process.name}`, this.#lines.next(), limit);
    if (line.done === true) throw new Error(`${this.process.name} has ended: ${this.process.output()}`);
    return JSON.parse(line.value) as unknown;
  }

  async ask(question: object, limit: number): Promise<unknown> {
    this.#stream.write(`${JSON.stringify(question)}\n`);
    return await this.next(limit);
  }
}
