// What the suite's pages are, and where: all of one origin, http://127.0.0.1, which is secure.
import type { IncomingMessage } from "node:http";
import { bundle } from "../world/bundle.ts";
import type { Life } from "../world/life.ts";
import type { Pages } from "../world/pages.ts";
import { FarEnds } from "./far-ends.ts";
import type { FarCommand } from "./far-protocol.ts";

/** Cross-origin isolation, which the browser's own implementation wants. */
export const isolation = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

const html = "<!doctype html><meta charset=utf-8><title>Conformance</title><button id=go>Go</button>";

/** Permissions policies of the suite's documents, by path. Frames of the main page are what has the others. */
const documents: Record<string, string> = {
  "/suite": "direct-sockets=(self), direct-sockets-multicast=(self), cross-origin-isolated=(self)",
  "/denied": "direct-sockets=(), cross-origin-isolated=(self)",
  "/without-multicast": "direct-sockets=(self), cross-origin-isolated=(self)",
  "/multicast-denied": "direct-sockets=(self), direct-sockets-multicast=(), cross-origin-isolated=(self)",
  "/frame": "direct-sockets=(self), direct-sockets-multicast=(self), cross-origin-isolated=(self)",
};

/** A page of an insecure origin, to be framed: tells its parent which interfaces it has. */
const insecure = `<script>
const names = ["TCPSocket", "UDPSocket", "TCPServerSocket", "MulticastController"];
parent.postMessage(isSecureContext ? ["secure"] : names.filter((name) => name in self), "*");
</script>`;

/** Asks in a worker for what the page wants to know. */
const worker = `
const names = ["TCPSocket", "UDPSocket", "TCPServerSocket", "MulticastController"];
onmessage = async ({ data }) => {
  try {
    if (data === "names") return postMessage(names.filter((name) => typeof self[name] === "function"));
    const socket = new TCPSocket("127.0.0.1", data.port);
    const { readable, writable } = await socket.opened;
    const writer = writable.getWriter();
    await writer.write(new TextEncoder().encode("worker"));
    const { value } = await readable.getReader().read();
    postMessage(new TextDecoder().decode(value));
  } catch (error) {
    postMessage(String(error));
  }
};`;

/** The suite on the web. */
export interface Suite {
  /** Of its page. */
  url: string;
  /** Clicks into the page, as somebody does who wants what it asks for. To be set where that is needed. */
  click: () => Promise<void>;
}

export async function serveSuite(life: Life, pages: Pages): Promise<Suite> {
  const script = await bundle(new URL("page.ts", import.meta.url));
  const origin = "http://127.0.0.1";
  for (const [path, policy] of Object.entries(documents))
    pages.serve(`${origin}${path}`, {
      headers: { ...isolation, "permissions-policy": policy },
      body: path === "/suite" ? `${html}<script src="/suite.js"></script>` : html,
    });
  pages.serve("http://suite.test/insecure", {
    headers: { ...isolation, "cross-origin-resource-policy": "cross-origin" },
    body: insecure,
  });
  pages.serve(`${origin}/suite.js`, { headers: { "content-type": "text/javascript" }, body: script });
  pages.serve(`${origin}/worker.js`, { headers: { ...isolation, "content-type": "text/javascript" }, body: worker });
  const farEnds = new FarEnds(life);
  pages.serve(`${origin}/far`, async (request) => {
    const answer = await farEnds.do(JSON.parse(await bodyOf(request)) as FarCommand);
    return { headers: { "content-type": "application/json" }, body: JSON.stringify(answer) };
  });
  const url = new URL(`${origin}/suite`);
  url.port = String(pages.httpPort);
  const suite: Suite = { url: url.href, click: () => Promise.resolve() };
  pages.serve(`${origin}/click`, async () => {
    await suite.click();
    return { body: "" };
  });
  return suite;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString("utf8");
}
