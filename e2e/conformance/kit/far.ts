// The page's hold on far ends: sockets that the runner opens on this computer (../far-ends.ts), asked for over fetch() of the page's own origin.
import type { FarCommand, FarListening, FarReport, TCPBehaviour, UDPBehaviour } from "../far-protocol.ts";

export class Far {
  readonly #ids: number[] = [];

  /** A TCP server. */
  async tcp(behaviour: TCPBehaviour, host = "127.0.0.1"): Promise<FarEnd> {
    return this.#end(await this.#ask({ op: "listen", behaviour, host }));
  }

  /** A UDP socket that others send to. */
  async udp(behaviour: UDPBehaviour, host = "127.0.0.1"): Promise<FarEnd> {
    return this.#end(await this.#ask({ op: "bind", behaviour, host }));
  }

  /** A TCP client of a server that the page has. */
  async connect(port: number, behaviour: TCPBehaviour = { does: "echo" }, host = "127.0.0.1"): Promise<FarEnd> {
    return this.#end(await this.#ask({ op: "connect", behaviour, host, port }));
  }

  /** A port that nobody uses, and that a page may listen at. */
  async closedPort(): Promise<number> {
    return (await this.#ask({ op: "closed-port" })).port;
  }

  /** Ends everything that was asked for here. */
  async end(): Promise<void> {
    if (this.#ids.length > 0) await this.#ask({ op: "end", ids: this.#ids.splice(0) });
  }

  #end(listening: FarListening): FarEnd {
    this.#ids.push(listening.id);
    return new FarEnd(listening, (command) => this.#ask(command));
  }

  async #ask<Answer = FarListening>(command: FarCommand): Promise<Answer> {
    const response = await fetch("/far", { method: "POST", body: JSON.stringify(command) });
    if (!response.ok) throw new Error(`the far end: ${await response.text()}`);
    return (await response.json()) as Answer;
  }
}

export class FarEnd {
  readonly host: string;
  readonly port: number;
  readonly #id: number;
  readonly #ask: <Answer>(command: FarCommand) => Promise<Answer>;

  constructor({ id, host, port }: FarListening, ask: <Answer>(command: FarCommand) => Promise<Answer>) {
    this.host = host;
    this.port = port;
    this.#id = id;
    this.#ask = ask;
  }

  /** What it has seen. With `until` it waits for that, for at most 1.5 s. */
  report(until?: {
    connections?: number;
    received?: number;
    ended?: true;
    closed?: true;
    datagrams?: number;
  }): Promise<FarReport> {
    return this.#ask({ op: "report", id: this.#id, ...(until === undefined ? {} : { until }) });
  }

  /** Sends a datagram from here. */
  async send(port: number, words: string, host = "127.0.0.1"): Promise<void> {
    await this.#ask({ op: "send", id: this.#id, host, port, words });
  }

  /** Does something with the first connection. */
  async act(act: "reset" | "fin" | "hello"): Promise<void> {
    await this.#ask({ op: "act", id: this.#id, act });
  }
}
