// An IRC client (RFC 2812) of a page: registers, joins, talks, quits.
import { ByteReader, bytesOf, type Duplex } from "../../examples/imap/reader.ts";

export interface IrcMessage {
  /** Who sent it: a server's name or nick!user@host. */
  prefix: string;
  /** A word or a three-digit number. */
  command: string;
  params: string[];
}

export class IrcError extends Error {
  override readonly name = "IrcError";
}

export class IrcClient {
  readonly nick: string;
  readonly #socket: Duplex;
  readonly #reader: ByteReader;
  readonly #writer: WritableStreamDefaultWriter<BufferSource>;

  private constructor(socket: Duplex, nick: string) {
    this.nick = nick;
    this.#socket = socket;
    this.#reader = new ByteReader(socket.readable);
    this.#writer = socket.writable.getWriter();
  }

  /** Takes the nickname. The client is of use when the server has welcomed it (001). */
  static async register(socket: Duplex, nick: string): Promise<IrcClient> {
    const client = new IrcClient(socket, nick);
    await client.#send(`NICK ${nick}`);
    await client.#send(`USER ${nick} 0 * :A page`);
    await client.next(({ command }) => command === "001");
    return client;
  }

  /** Joins the channel. Returns the nicknames of everybody in it. */
  async join(channel: string): Promise<string[]> {
    await this.#send(`JOIN ${channel}`);
    const names: string[] = [];
    await this.next(({ command, params }) => {
      if (command === "353") names.push(...(params[3] ?? "").split(" ").filter((name) => name !== ""));
      return command === "366";
    });
    return names.map((name) => name.replace(/^[@+~&%]/, "")).sort();
  }

  async say(target: string, text: string): Promise<void> {
    await this.#send(`PRIVMSG ${target} :${text}`);
  }

  /** Waits for the next thing that somebody says. */
  async hear(): Promise<{ nick: string; target: string; text: string }> {
    const { prefix, params } = await this.next(({ command }) => command === "PRIVMSG");
    return { nick: prefix.split("!")[0] ?? "", target: params[0] ?? "", text: params[1] ?? "" };
  }

  /** Says goodbye and reads until the server has closed the connection. Returns the server's last word. */
  async quit(reason: string): Promise<string> {
    await this.#send(`QUIT :${reason}`);
    let last = "";
    for (let line = await this.#reader.line(); line !== undefined; line = await this.#reader.line()) last = line;
    this.#reader.release();
    this.#writer.releaseLock();
    await this.#socket.close();
    return last;
  }

  /** Reads messages until one is wanted. Answers the server's pings on the way. */
  async next(wanted: (message: IrcMessage) => boolean): Promise<IrcMessage> {
    for (;;) {
      const line = await this.#reader.line();
      if (line === undefined) throw new IrcError("the server closed the connection");
      const message = parse(new TextDecoder().decode(bytesOf(line)));
      if (message.command === "PING") await this.#send(`PONG :${message.params[0] ?? ""}`);
      if (/^[45]\d\d$/.test(message.command) && message.command !== "422") throw new IrcError(line);
      if (wanted(message)) return message;
    }
  }

  async #send(line: string): Promise<void> {
    await this.#writer.write(new TextEncoder().encode(`${line}\r\n`));
  }
}

export function parse(line: string): IrcMessage {
  const match = /^(?::(\S+) +)?(\S+)(?: +(?!:)(.*?))??(?: +:(.*))?$/.exec(line);
  if (match === null) throw new IrcError(`not an IRC message: ${line}`);
  const [, prefix = "", command = "", middle, trailing] = match;
  const params = (middle ?? "").split(/ +/).filter((param) => param !== "");
  return { prefix, command, params: trailing === undefined ? params : [...params, trailing] };
}
