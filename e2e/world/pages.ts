// The web that tests see: https://*.test, http://*.test and http://localhost, with pages that a test writes on the spot.
//
// https://….test is a secure context, http://localhost is one too, http://….test is not. Pages are not kept in the
// browser's HTTP cache ("no-cache") but may enter the back/forward cache; a test that wants it otherwise sets the header.
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { certificates } from "./certs.ts";
import type { Life } from "./life.ts";

export interface Answer {
  status?: number;
  headers?: Record<string, string | string[]>;
  /** Sent as text/html unless the headers say otherwise. */
  body: string | Buffer;
}

/** A page: its HTML, or status, headers and body, or a function that makes them for each request. */
export type Content = string | Answer | ((request: IncomingMessage) => Answer | Promise<Answer>);

export interface SeenRequest {
  method: string;
  /** As the browser asked: https://a.test/path?query */
  url: string;
  headers: IncomingMessage["headers"];
}

export class Pages {
  readonly #contents = new Map<string, Content>();
  readonly #requests: SeenRequest[] = [];
  #httpsPort = 0;
  #httpPort = 0;

  /** The port of 127.0.0.1 that https://*.test leads to. */
  get httpsPort(): number {
    return this.#httpsPort;
  }

  /** The port of 127.0.0.1 that http://*.test leads to, and where http://localhost is. */
  get httpPort(): number {
    return this.#httpPort;
  }

  /** Every request so far, in order. */
  get requests(): readonly SeenRequest[] {
    return this.#requests;
  }

  /**
   * Puts a page at `url` (scheme, host and path; the query does not count), in place of what was there. Returns the URL to
   * open: the same, with the port added for localhost.
   */
  serve(url: string, content: Content): string {
    const parsed = new URL(url);
    this.#contents.set(keyOf(parsed), content);
    if (!parsed.hostname.endsWith(".test")) parsed.port = String(this.#httpPort);
    return parsed.href;
  }

  async listen(life: Life): Promise<void> {
    const { certificatePem, keyPem } = await certificates();
    const https = createHttpsServer({ key: keyPem, cert: certificatePem }, (request, response) => {
      void this.#answer("https", request, response);
    });
    const http = createHttpServer((request, response) => {
      void this.#answer("http", request, response);
    });
    this.#httpsPort = await listen(life, https);
    this.#httpPort = await listen(life, http);
    life.keepLog("web requests", () => this.#requests.map(({ method, url }) => `${method} ${url}`).join("\n"));
  }

  async #answer(scheme: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", `${scheme}://${request.headers.host ?? "localhost"}`);
    this.#requests.push({ method: request.method ?? "", url: url.href, headers: request.headers });
    try {
      const content = this.#contents.get(keyOf(url)) ?? { status: 404, body: "nothing here" };
      const answer = typeof content === "function" ? await content(request) : content;
      const { status = 200, headers = {}, body } = typeof answer === "string" ? { body: answer } : answer;
      const all = { "content-type": "text/html; charset=utf-8", "cache-control": "no-cache" };
      response.writeHead(status, { ...all, ...lowerCased(headers) });
      response.end(body);
    } catch (error) {
      response.writeHead(500, { "content-type": "text/plain" });
      response.end(String(error));
    }
  }
}

export async function startPages(life: Life): Promise<Pages> {
  const pages = new Pages();
  await pages.listen(life);
  return pages;
}

function keyOf(url: URL): string {
  return `${url.protocol}//${url.hostname}${url.pathname}`;
}

function lowerCased(headers: Record<string, string | string[]>): Record<string, string | string[]> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

async function listen(life: Life, server: Server): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  life.onEnd(
    "the web server",
    () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  );
  return (server.address() as AddressInfo).port;
}
