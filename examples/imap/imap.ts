// A small IMAP4rev1 client (RFC 3501) over any pair of byte streams: enough to read one's mail.
//
// Commands go one after the other, also when they are given at once. It does not do TLS, IDLE or partial fetches; a real mail program would.
import { ByteReader, bytesOf, latin1, type Duplex } from "./reader.ts";

export type { Duplex } from "./reader.ts";

/** A part of a response: an atom or string, NIL, or a list. Strings are Latin-1: one character is one byte. */
export type Item = string | null | Item[];

/** Told of every line in either direction. Passwords come as dots. */
export type Transcript = (direction: "C" | "S", line: string) => void;

/** The server said NO or BAD, or closed the connection. */
export class ImapError extends Error {
  override readonly name = "ImapError";
}

export interface Summary {
  uid: number;
  subject: string;
  /** The sender's name, or the address when there is no name. */
  from: string;
  address: string;
  /** As the sender's program wrote it; undefined when it is missing or no date. */
  date: Date | undefined;
  seen: boolean;
}

interface Response {
  /** The line as it came, literals left out. */
  text: string;
  items: Item[];
}

/** A piece of a command: text, text that the transcript must not show, or bytes announced by their length. */
type Part = string | { secret: string } | { literal: Uint8Array };

const encoder = new TextEncoder();

export class ImapClient {
  readonly #socket: Duplex;
  readonly #reader: ByteReader;
  readonly #writer: WritableStreamDefaultWriter<BufferSource>;
  readonly #transcript: Transcript;
  #count = 0;
  /** Settles when the last command that was given is over, well or badly. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(socket: Duplex, transcript: Transcript) {
    this.#socket = socket;
    this.#reader = new ByteReader(socket.readable);
    this.#writer = socket.writable.getWriter();
    this.#transcript = transcript;
  }

  /** Waits for the server's greeting. */
  static async over(socket: Duplex, transcript: Transcript = () => undefined): Promise<ImapClient> {
    const client = new ImapClient(socket, transcript);
    const { text } = await client.#response();
    if (!text.startsWith("* OK")) throw new ImapError(`the server does not greet: ${text}`);
    return client;
  }

  async login(user: string, password: string): Promise<void> {
    await this.#command(["LOGIN ", quoted(user), " ", { secret: quoted(password) }]);
  }

  /** Opens a mailbox. Returns the number of messages in it. */
  async select(mailbox: string): Promise<number> {
    const responses = await this.#command(["SELECT ", quoted(mailbox)]);
    const exists = responses.find(({ items }) => items[1] === "EXISTS");
    return Number(exists?.items[0] ?? 0);
  }

  /** Sender, subject and date of the newest `most` messages of the open mailbox, newest first. */
  async summaries(messages: number, most = 50): Promise<Summary[]> {
    if (messages === 0) return [];
    const range = `${String(Math.max(1, messages - most + 1))}:${String(messages)}`;
    const responses = await this.#command([`FETCH ${range} (UID FLAGS ENVELOPE)`]);
    return responses
      .filter(({ items }) => items[1] === "FETCH")
      .map(({ items }) => summaryOf(attributesOf(items[2])))
      .reverse();
  }

  /** The readable text of a message. Marks it as seen. */
  async text(uid: number): Promise<string> {
    const structure = await this.#fetch(uid, "BODYSTRUCTURE", "BODYSTRUCTURE");
    const part = textPartOf(structure, "") ?? { path: "1", encoding: "7BIT", charset: "us-ascii" };
    const body = await this.#fetch(uid, `BODY[${part.path}]`, `BODY[${part.path}]`);
    return decodeText(typeof body === "string" ? body : "", part.encoding, part.charset);
  }

  /** The whole message as it is stored. */
  async source(uid: number): Promise<string> {
    const source = await this.#fetch(uid, "BODY.PEEK[]", "BODY[]");
    return typeof source === "string" ? source : "";
  }

  /** Puts a message, its lines ended by CRLF, into a mailbox. */
  async append(mailbox: string, message: string): Promise<void> {
    await this.#command(["APPEND ", quoted(mailbox), " ", { literal: encoder.encode(message) }]);
  }

  /** Says goodbye and closes the connection. */
  async logout(): Promise<void> {
    await this.#command(["LOGOUT"]);
    await this.close();
  }

  async close(): Promise<void> {
    this.#reader.release();
    this.#writer.releaseLock();
    await this.#socket.close();
  }

  async #fetch(uid: number, what: string, name: string): Promise<Item> {
    const responses = await this.#command([`UID FETCH ${String(uid)} (${what})`]);
    for (const { items } of responses) {
      const attributes = items[1] === "FETCH" ? attributesOf(items[2]) : new Map<string, Item>();
      if (attributes.get("UID") === String(uid) && attributes.has(name)) return attributes.get(name) ?? null;
    }
    throw new ImapError("the message is gone");
  }

  /** Sends a command and collects the untagged responses up to its completion. Throws unless that is OK. */
  async #command(parts: Part[]): Promise<Response[]> {
    const mine = this.#last.then(() => this.#exchange(parts));
    this.#last = mine.catch(() => undefined);
    return await mine;
  }

  async #exchange(parts: Part[]): Promise<Response[]> {
    const tag = `a${String(++this.#count)}`;
    const collected: Response[] = [];
    let [line, shown] = [`${tag} `, `${tag} `];
    for (const part of parts) {
      if (typeof part === "string") {
        line += part;
        shown += part;
      } else if ("secret" in part) {
        line += part.secret;
        shown += "••••••";
      } else {
        // A literal: its length, then, when the server is ready for it, its bytes.
        const announced = `{${String(part.literal.length)}}`;
        await this.#send(`${line}${announced}\r\n`, `${shown}${announced}`);
        for (let ready = false; !ready;) {
          const response = await this.#response();
          ready = response.text.startsWith("+");
          if (response.text.startsWith(`${tag} `)) throw new ImapError(response.text.slice(tag.length + 1));
          if (!ready) collected.push(response);
        }
        await this.#writer.write(new Uint8Array(part.literal));
        this.#transcript("C", `(${String(part.literal.length)} bytes)`);
        [line, shown] = ["", ""];
      }
    }
    await this.#send(`${line}\r\n`, shown);
    for (;;) {
      const response = await this.#response();
      if (!response.text.startsWith(`${tag} `)) {
        collected.push(response);
        continue;
      }
      const completion = response.text.slice(tag.length + 1);
      if (!completion.startsWith("OK")) throw new ImapError(completion);
      return collected;
    }
  }

  async #send(line: string, shown: string): Promise<void> {
    if (shown !== "") this.#transcript("C", shown);
    await this.#writer.write(encoder.encode(line));
  }

  async #response(): Promise<Response> {
    let text = "";
    const tokens: Token[] = [];
    for (;;) {
      const line = await this.#reader.line();
      if (line === undefined) throw new ImapError("the server closed the connection");
      this.#transcript("S", line);
      text += line;
      const literal = /\{(\d+)\}$/.exec(line);
      tokens.push(...tokensOf(literal === null ? line : line.slice(0, literal.index)));
      if (literal === null) break;
      const bytes = await this.#reader.bytes(Number(literal[1]));
      this.#transcript("S", `(${String(bytes.length)} bytes)`);
      tokens.push({ kind: "string", value: latin1(bytes) });
    }
    // Status lines are prose with brackets in it, not data.
    const isData = /^\* (\d|LIST|FLAGS|SEARCH)/.test(text);
    return { text, items: isData ? itemsOf(tokens.slice(1)) : [] };
  }
}

interface Token {
  kind: "open" | "close" | "atom" | "string";
  value: string;
}

// A string in quotes; a parenthesis; or an atom, which may hold brackets with blanks inside: BODY[HEADER.FIELDS (DATE)].
const tokenPattern = /"((?:[^"\\]|\\.)*)"|([()])|((?:[^\s()"[]|\[[^\]]*\])+)/g;

function tokensOf(line: string): Token[] {
  return [...line.matchAll(tokenPattern)].map(([, string, parenthesis, atom]) => {
    if (string !== undefined) return { kind: "string", value: string.replaceAll(/\\(.)/g, "$1") };
    if (parenthesis !== undefined) return { kind: parenthesis === "(" ? "open" : "close", value: parenthesis };
    return { kind: "atom", value: atom ?? "" };
  });
}

/** Turns a flat row of tokens into nested lists. */
export function itemsOf(tokens: readonly Token[]): Item[] {
  const top: Item[] = [];
  const open: Item[][] = [top];
  for (const { kind, value } of tokens) {
    const list = open.at(-1) ?? top;
    if (kind === "open") {
      const inner: Item[] = [];
      list.push(inner);
      open.push(inner);
    } else if (kind === "close") {
      if (open.length > 1) open.pop();
    } else {
      list.push(kind === "atom" && value.toUpperCase() === "NIL" ? null : value);
    }
  }
  return top;
}

/** FETCH data is a flat list of names and values. */
function attributesOf(item: Item | undefined): Map<string, Item> {
  const attributes = new Map<string, Item>();
  if (!Array.isArray(item)) return attributes;
  for (let index = 0; index + 1 < item.length; index += 2) {
    const [name, value] = [item[index], item[index + 1]];
    if (typeof name === "string") attributes.set(name.toUpperCase(), value ?? null);
  }
  return attributes;
}

function listOf(item: Item | undefined): Item[] {
  return Array.isArray(item) ? item : [];
}

function textOf(item: Item | undefined): string {
  return typeof item === "string" ? item : "";
}

function summaryOf(attributes: Map<string, Item>): Summary {
  const [date, subject, from] = listOf(attributes.get("ENVELOPE"));
  const [name, , mailbox, host] = listOf(listOf(from)[0]);
  const address = mailbox === undefined ? "" : `${textOf(mailbox)}@${textOf(host)}`;
  const parsed = new Date(textOf(date));
  return {
    uid: Number(textOf(attributes.get("UID"))),
    subject: decodeWords(textOf(subject)),
    from: decodeWords(textOf(name)) || address,
    address,
    date: Number.isNaN(parsed.getTime()) ? undefined : parsed,
    // Flags are the same in any case (RFC 3501, 9).
    seen: listOf(attributes.get("FLAGS")).some((flag) => textOf(flag).toLowerCase() === "\\seen"),
  };
}

interface TextPart {
  path: string;
  encoding: string;
  charset: string;
}

/** The first text/plain part of a BODYSTRUCTURE (RFC 3501, 7.4.2), or any other text part if there is none. */
function textPartOf(structure: Item, path: string): TextPart | undefined {
  const list = listOf(structure);
  if (!Array.isArray(list[0])) {
    const [type, , parameters, , , encoding] = list;
    if (textOf(type).toUpperCase() !== "TEXT") return undefined;
    const charset = attributesOf(parameters ?? null).get("CHARSET");
    return {
      path: path === "" ? "1" : path,
      encoding: textOf(encoding).toUpperCase(),
      charset: textOf(charset) || "us-ascii",
    };
  }
  const parts = list.filter((part) => Array.isArray(part));
  const found = parts.map((part, index) => {
    const number = String(index + 1);
    return {
      subtype: textOf(listOf(part)[1]).toUpperCase(),
      text: textPartOf(part, path === "" ? number : `${path}.${number}`),
    };
  });
  return (
    found.find(({ subtype, text }) => subtype === "PLAIN" && text !== undefined) ??
    found.find(({ text }) => text !== undefined)
  )?.text;
}

function decodeBytes(bytes: Uint8Array, charset: string): string {
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    // A character set that this browser does not know.
    return new TextDecoder("utf-8").decode(bytes);
  }
}

function unquotePrintable(text: string): string {
  return text
    .replaceAll(/=\r?\n/g, "")
    .replaceAll(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}

function decodeText(body: string, encoding: string, charset: string): string {
  const plain =
    encoding === "QUOTED-PRINTABLE"
      ? unquotePrintable(body)
      : encoding === "BASE64"
        ? atob(body.replaceAll(/\s/g, ""))
        : body;
  return decodeBytes(bytesOf(plain), charset).replaceAll("\r\n", "\n");
}

/** Undoes RFC 2047: "=?utf-8?q?Caf=C3=A9?=". Headers without it may be UTF-8 (RFC 6532). */
export function decodeWords(header: string): string {
  const joined = header.replaceAll(/(\?=)\s+(=\?)/g, "$1$2");
  const plain = decodeBytes(bytesOf(joined), "utf-8");
  return plain.replaceAll(
    /=\?([\w-]+)(?:\*[\w-]+)?\?([bq])\?([^?]*)\?=/gi,
    (_, charset: string, kind: string, text: string) => {
      const bytes = kind.toLowerCase() === "b" ? atob(text) : unquotePrintable(text.replaceAll("_", " "));
      return decodeBytes(bytesOf(bytes), charset);
    },
  );
}

function quoted(text: string): string {
  // A line break would end the command and begin one of the writer's choice.
  if (/[\r\n\0]/.test(text)) throw new ImapError("line breaks are not allowed here");
  return `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
}
