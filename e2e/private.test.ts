// Private windows: what happens there leaves nothing behind, and what was agreed to elsewhere does not count there. Nor does what is taken
// back elsewhere concern them.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { attempt, openStage, to, type Page, type Stage, type WithTCP } from "./stage.ts";
import { lifeOfSuite } from "./world/life.ts";
import * as peers from "./world/peers.ts";
import { sleep, until } from "./world/wait.ts";

interface Extension {
  cookies: {
    getAll(details: object): Promise<{ name: string; storeId: string }[]>;
    getAllCookieStores(): Promise<{ id: string }[]>;
  };
  storage: Record<"local" | "session", { get(key: null): Promise<Record<string, unknown>> }>;
}
declare const chrome: Extension;

const life = lifeOfSuite("private");
let stage: Stage;
let own: Page;
before(async () => {
  stage = await openStage(life);
  own = await stage.browser.newExtensionPage("ui/options.html");
});

/** All that the extension keeps, as text. */
const kept = (area: "local" | "session"): Promise<string> =>
  own.evaluate(async (area: "local" | "session") => {
    const all = Object.entries(await chrome.storage[area].get(null));
    return all
      .map(([key, value]) => `${key} = ${JSON.stringify(value)}`)
      .sort()
      .join("\n");
  }, area);

const logs = (): string => Object.values(stage.browser.hostFiles()).join("\n");

const echoes = async (page: Page): Promise<string> =>
  await page.evaluate(async () => {
    const { socket } = window as unknown as WithTCP;
    const writer = socket.writable.getWriter();
    await writer.write(new TextEncoder().encode("ahoy"));
    writer.releaseLock();
    const reader = socket.readable.getReader();
    const { value } = await reader.read();
    reader.releaseLock();
    return new TextDecoder().decode(value);
  });

test("nothing is written down, and nothing is left when the window closes", async () => {
  const peer = await peers.echoPeer(life);
  // What a first use of the host writes once is written before.
  const normal = await stage.open("https://before.test/");
  const asked = attempt(normal, to(peer));
  await stage.person.allowsAndRemembers();
  assert.equal(await asked, "");
  assert.match(await kept("session"), /before\.test/);
  await normal.close();
  // The look at all markers, five seconds after a start, is noted there.
  await until("memory to have forgotten the normal page", async () => {
    const now = await kept("session");
    await sleep(500);
    return !now.includes("before.test") && now.includes("markersLooked") && (await kept("session")) === now;
  });
  const before = { local: await kept("local"), session: await kept("session"), logs: logs() };

  // A page that restricts itself and one that does not, headers of both kinds being kept for normal windows.
  stage.pages.serve("https://secret.test/strict", {
    headers: {
      "permissions-policy": "direct-sockets=(self)",
      "content-security-policy": "script-src 'self' 'unsafe-eval'",
    },
    body: "<!doctype html>",
  });
  stage.pages.serve("https://secret.test/", "<!doctype html><button id=go>Go</button><iframe src=/strict></iframe>");
  const secret = await stage.browser.newPage("https://secret.test/", { incognito: true });
  const opened = attempt(secret, to(peer));
  await stage.person.allowsOnce();
  assert.equal(await opened, "");
  assert.equal(await echoes(secret), "ahoy");
  const refused = attempt(secret, to({ host: "hidden.example.org", port: 4711 }));
  await stage.person.denies();
  assert.equal(await refused, "NotAllowedError");
  await secret.evaluate(() => (window as unknown as WithTCP).socket.close());
  await until("the host's log of it", () => (logs().length > before.logs.length ? true : undefined));

  assert.notEqual(await kept("session"), before.session, "while it is open, memory knows of it");
  assert.equal(await kept("local"), before.local);
  const stores = await own.evaluate(async () => {
    const ids = (await chrome.cookies.getAllCookieStores()).map(({ id }) => id);
    const all = await Promise.all(ids.map((storeId) => chrome.cookies.getAll({ storeId })));
    return all.map((cookies) => cookies.map(({ name }) => name));
  });
  assert.deepEqual(stores, [["portside-marker"], []], "the marker of the normal window's grant, and no other");
  await secret.close();

  await until("memory to be as it was", async () => (await kept("session")) === before.session);
  assert.equal(await kept("local"), before.local);
  assert.doesNotMatch(logs().slice(before.logs.length), /secret\.test|hidden\.example|4711|127\.0\.0\.1/);
  assert.doesNotMatch(logs().slice(before.logs.length), new RegExp(`\\b${peer.port.toString()}\\b`));
});

test("normal and private know nothing of each other: neither what is allowed, nor what is taken back", async () => {
  const peer = await peers.echoPeer(life);
  const normal = await stage.open("https://both.test/");
  const opened = attempt(normal, to(peer));
  await stage.person.allowsAndRemembers();
  assert.equal(await opened, "");
  const secret = await stage.browser.newPage("https://both.test/", { incognito: true });
  const asked = attempt(secret, to(peer));
  await stage.person.allowsOnce();
  assert.equal(await asked, "", "asked for all the same");

  await own.click('button.revoke[aria-label*="both.test"]');
  await (await peer.connection(0)).waitUntilClosed(2_000);
  assert.equal(await echoes(secret), "ahoy", "the private window's socket goes on");
  const again = await secret.evaluate(
    (remotePort: number) =>
      navigator.openTCPSocket({ remoteAddress: "127.0.0.1", remotePort }).then(
        () => "",
        (error: unknown) => (error as Error).name,
      ),
    peer.port,
  );
  assert.equal(again, "", "and it may reopen what it was allowed");
  await secret.close();
  await normal.close();
});
