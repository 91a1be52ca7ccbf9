// The plain part of protocols with STARTTLS, and what comes after it: say something, wait for an answer that looks right.
import { bytesOf, latin1, type Duplex } from "../../examples/imap/reader.ts";

/** A socket that can be upgraded. */
export interface Upgradable extends Duplex {
  startTls(options?: { serverName?: string }): Promise<Upgradable>;
}

export class Conversation {
  #socket: Upgradable;
  #reader: ReadableStreamDefaultReader<Uint8Array>;
  #writer: WritableStreamDefaultWriter<BufferSource>;
  /** What has come and was not waited for yet, as Latin-1. */
  #heard = "";

  constructor(socket: Upgradable) {
    this.#socket = socket;
    this.#reader = socket.readable.getReader();
    this.#writer = socket.writable.getWriter();
  }

  async say(text: string): Promise<void> {
    await this.#writer.write(bytesOf(text));
  }

  /** Waits until what has come fits `pattern`; returns it up to the end of the match, and goes on behind that. */
  async hear(pattern: string): Promise<string> {
    for (;;) {
      const match = new RegExp(pattern, "m").exec(this.#heard);
      if (match !== null) {
        const end = match.index + match[0].length;
        const text = this.#heard.slice(0, end);
        this.#heard = this.#heard.slice(end);
        return text;
      }
      const { done, value } = await this.#reader.read();
      if (done) throw new Error(`the connection ended; waited for ${pattern}, heard ${this.#heard}`);
      this.#heard += latin1(value);
    }
  }

  /** Puts TLS on the socket. What was heard and not waited for was said out of turn, and by whom nobody knows. */
  async secure(options?: { serverName?: string }): Promise<void> {
    if (this.#heard !== "") throw new Error(`there is more than the go-ahead: ${this.#heard}`);
    this.#socket = await this.#socket.startTls(options);
    this.#reader = this.#socket.readable.getReader();
    this.#writer = this.#socket.writable.getWriter();
  }

  async close(): Promise<void> {
    await this.#socket.close();
  }
}
