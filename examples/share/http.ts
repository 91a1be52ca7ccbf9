// A web server of a few lines: HTTP/1.1 (RFC 9112) for GET and HEAD, one request for each connection.
//
// Whoever is in the network may connect, and send anything: what comes is bounded in length and time.

/** What the server needs of a connection: the `opened` of a TCPSocket has such a thing. */
export interface Connection {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<BufferSource>;
}

export interface Request {
  method: "GET" | "HEAD";
  /** The path of the request's target, as it came: percent-encoded, without the query. */
  path: string;
}

export interface Answer {
  status: number;
  /** A media type. */
  type: string;
  body: string | Blob;
  /** The name by which a browser is to save the body. */
  saveAs?: string;
}

/** The longest request that is read, in bytes, and the longest time to wait for it and for the answer to be taken, in ms. */
const maxRequest = 16 * 1024;
const requestTime = 10_000;
const answerTime = 600_000;

const reasons: Record<number, string> = {
  200: "OK",
  400: "Bad Request",
  404: "Not Found",
  405: "Method Not Allowed",
  431: "Request Header Fields Too Large",
};

export function plain(status: number): Answer {
  return { status, type: "text/plain; charset=utf-8", body: `${reasons[status] ?? "Error"}\n` };
}

/** Serves one request. Resolves with what was asked and answered, or undefined when nothing was asked; rejects when the connection breaks. */
export async function serve(
  { readable, writable }: Connection,
  respond: (request: Request) => Answer,
): Promise<{ path: string; status: number } | undefined> {
  const reader = readable.getReader();
  const head = await within(requestTime, readHead(reader), () => reader.cancel());
  if (head === undefined) {
    await writable.close();
    return undefined;
  }
  const request = parse(head);
  const answer =
    head.length > maxRequest ? plain(431) : request === undefined ? plain(400) : answerTo(request, respond);
  const abort = new AbortController();
  const body = typeof answer.body === "string" ? new Blob([answer.body]) : answer.body;
  const sent = new Blob([headerOf(answer, body.size), request?.method === "HEAD" ? "" : body])
    .stream()
    .pipeTo(writable, { signal: abort.signal });
  await within(answerTime, sent, () => {
    abort.abort();
  });
  await reader.cancel(); // a browser may leave its side open
  return { path: request?.path ?? "", status: answer.status };
}

function answerTo(request: { method: string; path: string }, respond: (request: Request) => Answer): Answer {
  const { method, path } = request;
  return method === "GET" || method === "HEAD" ? respond({ method, path }) : plain(405);
}

/** Reads up to the empty line, or more than maxRequest. Undefined: the other side has ended before it. */
async function readHead(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string | undefined> {
  // Latin-1: one character is one byte.
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return undefined;
    for (let at = 0; at < value.length; at += 4096) text += String.fromCharCode(...value.subarray(at, at + 4096));
    const end = text.indexOf("\r\n\r\n");
    if (end >= 0 && end < maxRequest) return text.slice(0, end);
    if (text.length > maxRequest) return text;
  }
}

/** The request line (RFC 9112, section 3). */
function parse(head: string): { method: string; path: string } | undefined {
  const [line = ""] = head.split("\r\n", 1);
  const [, method, target] = /^([A-Z]{1,16}) (\/[!-~]*) HTTP\/1\.[01]$/.exec(line) ?? [];
  if (method === undefined || target === undefined) return undefined;
  return { method, path: target.replace(/[?#].*$/, "") };
}

function headerOf({ status, type, saveAs }: Answer, length: number): string {
  const lines = [
    `HTTP/1.1 ${status.toString()} ${reasons[status] ?? "Error"}`,
    `Content-Type: ${type}`,
    `Content-Length: ${length.toString()}`,
    "Cache-Control: no-store",
    "X-Content-Type-Options: nosniff",
    "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'",
    "Connection: close",
  ];
  // RFC 6266, section 4.3; RFC 8187, section 3.2.
  if (saveAs !== undefined) lines.push(`Content-Disposition: attachment; filename*=UTF-8''${encodeRFC8187(saveAs)}`);
  return `${lines.join("\r\n")}\r\n\r\n`;
}

function encodeRFC8187(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Resolves as `work` does, but not later; then it rejects, and `giveUp` is called. */
async function within<T>(time: number, work: Promise<T>, giveUp: () => unknown): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new DOMException("The other side takes too long.", "TimeoutError"));
      void Promise.resolve(giveUp()).catch(() => undefined);
    }, time);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
