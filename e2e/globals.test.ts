// The globals of the second generation in the browser: what the unit tests of extension/page/api cannot show.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { openStage, type Stage } from "./stage.ts";
import { lifeOfSuite } from "./world/life.ts";
import * as peers from "./world/peers.ts";

const life = lifeOfSuite("globals");
let stage: Stage;
before(async () => {
  stage = await openStage(life);
});

test("a TCPSocket opens when the user allows it, echoes, half-closes, and is closed when both directions are over", async () => {
  const echo = await peers.echoPeer(life);
  const page = await stage.open();
  const seen = page.evaluateOnClick(
    "#go",
    async (port: number) => {
      const socket = new TCPSocket("127.0.0.1", port, { noDelay: true });
      const early = await socket.close().catch((error: unknown) => (error as Error).name);
      const { readable, writable, remoteAddress, remotePort } = await socket.opened;
      const writer = writable.getWriter();
      const text = new Response(readable).text();
      for (let i = 0; i < 100; i++) await writer.write(new TextEncoder().encode("hello "));
      await writer.close();
      const { length } = await text;
      await socket.closed;
      const same = socket.close() === socket.closed;
      return { early, length, remoteAddress, port: remotePort === port, same };
    },
    echo.port,
  );
  await stage.person.allowsOnce();
  assert.deepEqual(await seen, {
    early: "InvalidStateError",
    length: 600,
    remoteAddress: "127.0.0.1",
    port: true,
    same: true,
  });
  await page.close();
});

test("a refused TCPSocket: opened and closed have the same error, and nothing is unhandled", async () => {
  const page = await stage.open();
  const refused = page.evaluateOnClick("#go", async () => {
    const unhandled: string[] = [];
    addEventListener("unhandledrejection", ({ reason }) => unhandled.push((reason as Error).name));
    const socket = new TCPSocket("target.example", 9);
    const error: unknown = await socket.opened.catch((reason: unknown) => reason);
    await new Promise((resolve) => setTimeout(resolve, 50));
    return [(error as Error).name, (await socket.closed.catch((reason: unknown) => reason)) === error, unhandled];
  });
  await stage.person.denies();
  assert.deepEqual(await refused, ["NotAllowedError", true, []]);
  await page.close();
});

test("what a page opens while it loads waits for a click, and its question comes then", async () => {
  const html = `<!doctype html><button id=go>Go</button><script>
    window.server = new TCPServerSocket("127.0.0.1");
    window.server.opened.then(() => (document.title = "open"), () => (document.title = "refused"));
  </script>`;
  const page = await stage.browser.newPage(stage.pages.serve("https://a.test/loading", html));
  await stage.person.seesNoPrompt();
  assert.equal(await page.evaluate(() => document.title), "");
  await page.click("#go");
  await stage.person.allowsOnce();
  await page.waitFor("it to be open", () => document.title === "open");
  await page.close();
});

test("a connected UDPSocket sends and receives messages", async () => {
  const echo = await peers.udpEchoPeer(life);
  const page = await stage.open();
  const seen = page.evaluateOnClick(
    "#go",
    async (remotePort: number) => {
      const socket = new UDPSocket({ remoteAddress: "127.0.0.1", remotePort });
      const { readable, writable } = await socket.opened;
      const writer = writable.getWriter();
      const reader = readable.getReader();
      await writer.write({ data: new TextEncoder().encode("hello") });
      const { value } = await reader.read();
      writer.releaseLock();
      reader.releaseLock();
      await socket.close();
      return [Object.keys(value ?? {}), new TextDecoder().decode(value?.data)];
    },
    echo.port,
  );
  await stage.person.allowsOnce();
  assert.deepEqual(await seen, [["data"], "hello"]);
  await page.close();
});
