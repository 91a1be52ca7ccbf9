// A page in Firefox and a page in Chromium speak with each other: one listens, the other connects, and the other way round.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { plainPage } from "./stage.ts";
import { startChromium } from "./world/chromium/chromium.ts";
import { Person } from "./world/consent.ts";
import { startFirefox } from "./world/firefox/start.ts";
import { lifeOfSuite } from "./world/life.ts";
import type { Page } from "./world/page.ts";
import { startPages, type Pages } from "./world/pages.ts";
import { browserName } from "./world/places.ts";

/** A page, and the person before its browser. */
interface Side {
  page: Page;
  person: Person;
}
interface Listener {
  port: number;
  hash: number[];
}

/** What is sent each way, in bytes. */
const size = 1 << 20;

describe("between browsers", { skip: browserName !== "firefox" && "it runs with Firefox's suites" }, () => {
  const life = lifeOfSuite("between browsers");
  let pages: Pages;
  const sides: Partial<Record<"firefox" | "chromium", Side>> = {};
  before(async () => {
    pages = await startPages(life);
    const url = pages.serve("https://a.test/", plainPage);
    for (const [name, start] of [
      ["firefox", startFirefox],
      ["chromium", startChromium],
    ] as const) {
      const browser = await start(life, { pages });
      sides[name] = { page: await browser.newPage(url), person: new Person(browser) };
    }
  });

  /** The page listens on this computer, with TLS, and sends back what it gets from whoever connects. */
  async function listens({ page, person }: Side): Promise<Listener> {
    const opened = page.evaluateOnClick("#go", async () => {
      const server = new TCPServerSocket("127.0.0.1", { secureTransport: "on" });
      const { readable, localPort, serverCertificateHash } = await server.opened;
      void (async () => {
        for await (const socket of readable as unknown as AsyncIterable<TCPSocket>) {
          const { readable: from, writable: to } = await socket.opened;
          void from.pipeTo(to).catch(() => undefined);
        }
      })();
      return { port: localPort, hash: [...new Uint8Array(serverCertificateHash?.value as ArrayBuffer)] };
    });
    const prompt = await person.seesPrompt();
    await prompt.choosesPlace(/programs on this computer/i);
    await prompt.allowOnce();
    return await opened;
  }

  /** The page connects, sends bytes and an end, and tells what it got back. */
  async function hearsItself({ page, person }: Side, listener: Listener): Promise<{ bytes: number; same: boolean }> {
    const heard = page.evaluateOnClick(
      "#go",
      async ({ port, hash }: Listener, bytes: number) => {
        const socket = await navigator.openTCPSocket({
          remoteAddress: "127.0.0.1",
          remotePort: port,
          secureTransport: "on",
          serverCertificateHashes: [{ algorithm: "sha-256", value: new Uint8Array(hash) }],
        });
        const sent = Uint8Array.from({ length: bytes }, (_, i) => (i * 31 + (i >> 8)) & 255);
        const writing = (async () => {
          const writer = socket.writable.getWriter();
          for (let at = 0; at < bytes; at += 50_000) await writer.write(sent.subarray(at, at + 50_000));
          await writer.close();
        })();
        let at = 0;
        let same = true;
        for await (const chunk of socket.readable as unknown as AsyncIterable<Uint8Array>)
          for (const byte of chunk) same &&= byte === sent[at++];
        await writing;
        return { bytes: at, same };
      },
      listener,
      size,
    );
    await person.allowsOnce();
    return await heard;
  }

  for (const [server, client] of [
    ["firefox", "chromium"],
    ["chromium", "firefox"],
  ] as const)
    test(`a page in ${server} listens with TLS, and one in ${client} has a megabyte back from it, whole`, async () => {
      const [from, to] = [sides[server], sides[client]];
      assert.ok(from !== undefined && to !== undefined, "both browsers run");
      assert.deepEqual(await hearsItself(to, await listens(from)), { bytes: size, same: true });
    });
});
