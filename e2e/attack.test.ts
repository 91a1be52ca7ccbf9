// A page that wants more than it was given. Whatever it does in its own world, no authority is gained; and the API goes on working for
// pages that merely changed built-ins.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { attempt, openStage, openTCP, to, plainPage, type Stage, type WithTCP } from "./stage.ts";
import { refusals } from "./verdict.ts";
import { lifeOfSuite } from "./world/life.ts";
import * as peers from "./world/peers.ts";
import { until } from "./world/wait.ts";
import { auditLinesPerOrigin } from "../protocol/message.ts";

const life = lifeOfSuite("attacks");
let stage: Stage;
before(async () => {
  stage = await openStage(life);
});

/** A page whose first script does `mischief` before anything else can run. */
function hostile(url: string, mischief: string): string {
  return stage.pages.serve(url, `<!doctype html><script>${mischief}</script>${plainPage}`);
}

describe("changed built-ins", () => {
  const mischiefs: Record<string, string> = {
    "Object.prototype polluted": `
      for (const [name, value] of Object.entries({ autoAllocateChunkSize: -1, highWaterMark: NaN, size: 1, type: "x", transfer: 5, once: false,
        remoteAddress: "127.0.0.2", activation: { began: 0, at: 9e12 }, secure: true, error: { name: "Evil" }, ack: 7, name: "Evil", message: "Evil", get: 1, set: 1 }))
        Object.defineProperty(Object.prototype, name, { value, configurable: true, writable: true });`,
    "Promise replaced": `
      window.Promise = class Evil { constructor() { window.stolen = true } static resolve() { window.stolen = true } };`,
    "Promise.prototype.then replaced": `
      const then = Promise.prototype.then;
      Promise.prototype.then = function (...a) { return then.apply(this, a) };`,
    "postMessage replaced": `
      MessagePort.prototype.postMessage = function (...a) { (window.stolen ??= []).push(a) };
      window.postMessage = MessagePort.prototype.postMessage;
      const add = EventTarget.prototype.addEventListener;
      EventTarget.prototype.addEventListener = function (type, ...rest) {
        if (type === "click") add.call(this, type, ...rest); // the test's own
        else window.stolen = type;
      };
      EventTarget.prototype.dispatchEvent = () => { window.stolen = "dispatch" };`,
    "typed arrays replaced": `
      window.Uint8Array = class Evil { constructor() { window.stolen = true } };
      Object.getPrototypeOf(Int8Array.prototype).set = () => { window.stolen = true };
      Object.getPrototypeOf(Int8Array.prototype).subarray = () => { window.stolen = true };
      ArrayBuffer.isView = () => false;
      window.ArrayBuffer = window.DataView = undefined;`,
    "streams replaced": `
      window.ReadableStream = window.WritableStream = class Evil { constructor(source) { window.stolen = source } };
      ReadableByteStreamController.prototype.enqueue = (chunk) => { window.stolen = chunk };
      ReadableByteStreamController.prototype.close = () => { window.stolen = true };`,
    "collections replaced": `
      Map.prototype.get = Map.prototype.set = Map.prototype.delete = () => { window.stolen = true };
      Array.prototype.push = Array.prototype.shift = () => { window.stolen = true };
      Array.prototype[Symbol.iterator] = () => { window.stolen = "iterator"; throw new Error("iterator") };`,
  };
  for (const [name, mischief] of Object.entries(mischiefs)) {
    test(`${name}: sockets still work, and nothing internal shows`, async () => {
      const peer = await peers.echoPeer(life);
      const page = await stage.browser.newPage(hostile(`https://evil.test/${encodeURIComponent(name)}`, mischief));
      const result = page.evaluateOnClick(
        "#go",
        async (remotePort: number) => {
          const socket = await navigator.openTCPSocket({ remoteAddress: "127.0.0.1", remotePort });
          const writer = socket.writable.getWriter();
          await writer.write(new TextEncoder().encode("unharmed"));
          await writer.close();
          const reader = socket.readable.getReader();
          let text = "";
          for (;;) {
            const { done, value } = await reader.read();
            if (done) break;
            text += new TextDecoder().decode(value);
          }
          return {
            text,
            address: socket.remoteAddress,
            stolen: (window as unknown as { stolen?: unknown }).stolen === undefined,
          };
        },
        peer.port,
      );
      await stage.person.allowsOnce();
      assert.deepEqual(await result, { text: "unharmed", address: "127.0.0.1", stolen: true });
      await page.close();
    });
  }

  test("a polluted prototype gives no activation and no destination", async () => {
    const page = await stage.browser.newPage(
      hostile(
        "https://evil.test/claims",
        "Object.prototype.activation = { began: Date.now(), at: Date.now() }; Object.prototype.secure = true;",
      ),
    );
    const name = await attempt(page, to({ host: "127.0.0.1", port: 9 }), { click: false });
    assert.equal(name, "NotAllowedError");
    await page.close();
  });
});

/** Sends a word over the page's socket to an echo, and reads it back to the end. */
const sendFine = async (): Promise<string> => {
  const { socket } = window as unknown as WithTCP;
  const writer = socket.writable.getWriter();
  await writer.write(new TextEncoder().encode("fine"));
  await writer.close();
  return await new Response(socket.readable).text();
};

describe("forged messages", () => {
  test("events that look like the hand-over give a page nothing: the real port was taken before", async () => {
    const page = await stage.browser.newPage(
      hostile(
        "https://evil.test/handover",
        `window.seen = [];
         for (const name of ["portside:handover", "portside:ask", "message"]) {
           addEventListener(name, (e) => seen.push([name, e.ports?.length ?? 0]), true);
           document.addEventListener(name, (e) => seen.push([name, e.ports?.length ?? 0]), true);
         }
         document.dispatchEvent(new Event("portside:ask"));
         document.dispatchEvent(new MessageEvent("portside:handover", { ports: [new MessageChannel().port1] }));`,
      ),
    );
    const seen = await page.evaluate(() => (window as unknown as { seen: [string, number][] }).seen);
    // The page hears its own two events (on window and on document), and no answer.
    assert.deepEqual(
      seen.filter(([name]) => name === "portside:handover"),
      [
        ["portside:handover", 1],
        ["portside:handover", 1],
      ],
    );
    assert.equal(seen.filter(([name]) => name === "message").length, 0);
    // And its own port gets nothing of what a socket says.
    const peer = await peers.echoPeer(life);
    await openTCP(stage, page, peer);
    assert.equal(await page.evaluate(() => (window as unknown as WithTCP).socket.remoteAddress), "127.0.0.1");
    await page.close();
  });

  test("the content script's own voice: the broker decides by what the browser attests, and drops what fits no schema", async () => {
    const peer = await peers.echoPeer(life);
    const victim = await stage.open("https://victim.test/");
    await openTCP(stage, victim, peer);
    const page = await stage.open("https://evil.test/compromised");
    // What a compromised renderer could do: speak to the broker as the content script of its own document.
    const say = (messages: unknown[], ms: number): Promise<unknown[]> =>
      new Promise((resolve) => {
        const heard: unknown[] = [];
        const port = chrome.runtime.connect({ name: "document" });
        port.onMessage.addListener((message: unknown) => heard.push(message));
        port.onDisconnect.addListener(() => {
          heard.push("disconnected");
          resolve(heard);
        });
        for (const message of messages) port.postMessage(message);
        setTimeout(() => {
          port.disconnect();
          resolve(heard);
        }, ms);
      });
    const open = {
      type: "open",
      id: 1,
      protocol: "tcp",
      activation: { began: Date.now(), at: Date.now() },
      secure: true,
      options: { remoteAddress: "127.0.0.1", remotePort: peer.port },
      evidence: { policies: [], evalBlocked: false, controlled: false },
    };

    // Another document's sockets cannot be named: ids are each document's own.
    const before = (await peer.connection()).received;
    const forged = [
      { type: "write", id: 1, data: btoa("evil") },
      { type: "write", id: 2, data: btoa("evil") },
      { type: "shutdown", id: 1 },
      { type: "close", id: 1 },
    ];
    await page.evaluateInContentScript(say, forged, 700);
    assert.equal((await peer.connection()).received, before);
    assert.equal((await peer.connection()).endedAt, undefined);

    // An origin that it claims is not heard at all: there is no such member, and the schema has no room for one.
    const claiming = { ...open, origin: "https://victim.test" };
    assert.deepEqual(await page.evaluateInContentScript(say, [claiming], 5_000), ["disconnected"]);
    for (const bad of [
      5,
      "open",
      null,
      [],
      {},
      { type: "open" },
      { ...open, id: -1 },
      { ...open, id: 2 ** 60 },
      { ...open, protocol: "icmp" },
      { ...open, activation: "yes" },
      { ...open, activation: { began: -1, at: 0 } },
      { ...open, options: { ...open.options, userEntered: true } },
      { ...open, evidence: undefined },
      { ...open, evidence: { ...open.evidence, origin: "https://victim.test" } },
      {
        ...open,
        evidence: { ...open.evidence, policies: Array(9).fill({ eval: "blocked", requiresTrustedTypes: false }) },
      },
      { ...open, options: { ...open.options, remotePort: 70_000 } },
      { type: "write", id: 1, data: "A".repeat(400_000) },
      { type: "credit", id: 1, bytes: 2 ** 40 },
      { type: "eval", id: 1 },
    ]) {
      assert.deepEqual(
        await page.evaluateInContentScript(say, [bad], 5_000),
        ["disconnected"],
        JSON.stringify(bad).slice(0, 80),
      );
    }
    // It may claim a gesture; the user is still asked, and is told the true origin.
    const claimed = page.evaluateInContentScript(say, [open], 5_000);
    const prompt = await stage.person.seesPrompt();
    assert.equal(await prompt.who(), "evil.test");
    await claimed; // the port closes, and the prompt with it
    await prompt.page.waitUntilClosed();
    // The victim never noticed.
    assert.equal(await victim.evaluate(sendFine), "fine");
    await page.close();
    await victim.close();
  });

  test("broken base64, too much data and too much credit on one's own socket harm nobody else", async () => {
    const peer = await peers.echoPeer(life);
    const victim = await stage.open("https://victim.test/");
    await openTCP(stage, victim, peer);
    const page = await stage.open("https://evil.test/own");
    const stalled = await peers.stalledPeer(life); // takes nothing, so what is sent must wait in the host
    const result = page.evaluateInContentScript(
      (port: number) =>
        new Promise<string[]>((resolve) => {
          const ends: string[] = [];
          const broker = chrome.runtime.connect({ name: "document" });
          const options = { remoteAddress: "127.0.0.1", remotePort: port };
          const evidence = { policies: [], evalBlocked: false, controlled: false };
          const open = {
            type: "open",
            protocol: "tcp",
            activation: { began: Date.now(), at: Date.now() },
            secure: true,
            options,
            evidence,
          };
          let opened = 0;
          broker.onMessage.addListener((message: { type: string; id: number; error?: { name: string } }) => {
            if (message.type === "opened") {
              opened++;
              if (message.id === 1) {
                broker.postMessage({ type: "write", id: 1, data: "*** no base64 ***" });
                broker.postMessage({ ...open, id: 2 });
              } else if (message.id === 2) {
                for (let i = 0; i < 6; i++) broker.postMessage({ type: "credit", id: 2, bytes: 16 << 20 });
                broker.postMessage({ ...open, id: 3 });
              } else {
                // More than the window, in one go.
                const data = btoa("x".repeat(196_608));
                for (let i = 0; i < 200; i++) broker.postMessage({ type: "write", id: 3, data });
              }
            } else if (message.type === "closed") {
              ends.push(`${message.id.toString()} ${message.error?.name ?? "orderly"}`);
              if (ends.length === 2) done();
            }
          });
          const done = (): void => {
            broker.disconnect();
            resolve([`opened ${opened.toString()}`, ...ends]);
          };
          setTimeout(done, 20_000);
          broker.postMessage({ ...open, id: 1 });
        }),
      stalled.port,
    );
    await stage.person.allowsOnce();
    const seen = await result;
    assert.equal(seen[0], "opened 3");
    assert.ok(seen.includes("2 NetworkError"), `credit that overflows: ${seen.join(", ")}`);
    assert.ok(seen.includes("3 NetworkError"), `more than the window: ${seen.join(", ")}`);
    assert.equal(await victim.evaluate(sendFine), "fine");
    await page.close();
    await victim.close();
  });

  test("web pages and other frames cannot answer a prompt, or reach the extension's pages", async () => {
    const page = await stage.open("https://evil.test/prompt");
    const opened = attempt(page, to({ host: "127.0.0.1", port: 9 }));
    const prompt = await stage.person.seesPrompt();
    const promptUrl = prompt.page.url;
    // A content script knows how to connect, and even the prompt's secret id: its sender is no page of the extension.
    const heard = await page.evaluateInContentScript(
      (name: string) =>
        new Promise<string>((resolve) => {
          const port = chrome.runtime.connect({ name });
          port.onDisconnect.addListener(() => {
            resolve("disconnected");
          });
          port.onMessage.addListener(() => {
            resolve("heard something");
          });
          port.postMessage({ type: "allow", remember: true });
        }),
      `prompt:${new URL(promptUrl).hash.slice(1)}`,
    );
    assert.equal(heard, "disconnected");
    const framed = await page.evaluate(async (url: string) => {
      const frame = document.createElement("iframe");
      frame.src = url;
      document.body.append(frame);
      await new Promise((resolve) => setTimeout(resolve, 500));
      const fetched = await fetch(url).then(
        () => "fetched",
        () => "refused",
      );
      let inside = "unreadable";
      try {
        inside = String(frame.contentDocument?.querySelector("#allow-once"));
      } catch {
        // cross-origin
      }
      return { fetched, inside };
    }, promptUrl);
    assert.equal(framed.fetched, "refused");
    assert.ok(
      framed.inside === "unreadable" || framed.inside === "null" || framed.inside === "undefined",
      framed.inside,
    );
    await prompt.deny();
    assert.equal(await opened, "NotAllowedError");
    await until("the list of grants to be empty", async () => {
      const settings = await stage.browser.newExtensionPage("ui/options.html");
      const none = await settings.waitFor(
        "the list",
        () => document.querySelector<HTMLElement>("#none")?.hidden === false,
      );
      await settings.close();
      return none;
    });
    await page.close();
  });
});

test("a page cannot flood the audit log, or read why it was refused", async () => {
  const page = await stage.open("https://flood.test/");
  const before = await page.evaluate(() => document.documentElement.outerHTML);
  const said = await page.evaluate(async () => {
    const texts = await Promise.all(
      Array.from({ length: 60 }, async (_, n) => {
        // Without a gesture: refused by the extension.
        const error = await navigator.openTCPSocket({ remoteAddress: "127.0.0.1", remotePort: n + 1 }).then(
          () => new Error("opened"),
          (reason: unknown) => reason as Error,
        );
        return `${error.name}: ${error.message}`;
      }),
    );
    return [...new Set(texts)];
  });
  // The same words each time, which name no rule.
  assert.equal(said.length, 1);
  assert.match(said[0] ?? "", /^NotAllowedError: /);
  assert.doesNotMatch(said[0] ?? "", /gesture|click|key/);
  assert.equal(await page.evaluate(() => document.documentElement.outerHTML), before);
  const bound = auditLinesPerOrigin;
  assert.equal((await refusals(stage, "https://flood.test", bound)).length, bound);
  await page.close();
  // Another document is no new beginning.
  const next = await stage.open("https://flood.test/");
  await next.evaluate(async () => {
    for (let n = 0; n < 2; n++) {
      await navigator.openTCPSocket({ remoteAddress: "127.0.0.1", remotePort: n + 1 }).catch(() => undefined);
    }
  });
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.equal((await refusals(stage, "https://flood.test", bound)).length, bound);
  await next.close();
});

test("opens without end: what is over the page's bound is refused at once, other sites do not notice, a script that lies is cut off", async () => {
  const peer = await peers.echoPeer(life);
  const victim = await stage.open("https://victim.test/");
  await openTCP(stage, victim, peer);
  const page = await stage.open("https://endless.test/");
  const flooded = page.evaluate(async () => {
    const names: Record<string, number> = {};
    await Promise.all(
      Array.from({ length: 3_000 }, (_, n) =>
        navigator.openTCPSocket({ remoteAddress: "127.0.0.1", remotePort: n + 1 }).catch((error: unknown) => {
          const { name } = error as Error;
          names[name] = (names[name] ?? 0) + 1;
        }),
      ),
    );
    return names;
  });
  const reopened = await victim.evaluate(
    (remotePort: number) =>
      navigator.openTCPSocket({ remoteAddress: "127.0.0.1", remotePort }).then(
        () => "",
        (error: unknown) => (error as Error).name,
      ),
    peer.port,
  );
  assert.equal(reopened, "");
  assert.deepEqual(await flooded, { NotAllowedError: 128, QuotaExceededError: 2_872 });

  // The content script's voice, without its account.
  const speak = (count: number): Promise<{ quota: number; end: string }> =>
    new Promise((resolve) => {
      const port = chrome.runtime.connect({ name: "document" });
      const evidence = { policies: [], evalBlocked: false, controlled: false };
      let quota = 0;
      port.onMessage.addListener((message: { error?: { name: string } }) => {
        if (message.error?.name === "QuotaExceededError") quota++;
      });
      port.onDisconnect.addListener(() => {
        resolve({ quota, end: "disconnected" });
      });
      for (let id = 1; id <= count; id++) {
        const options = { remoteAddress: "127.0.0.1", remotePort: 9 };
        port.postMessage({ type: "open", id, protocol: "tcp", secure: true, options, evidence });
      }
    });
  const { quota, end } = await page.evaluateInContentScript(speak, 6_000);
  assert.equal(end, "disconnected");
  assert.ok(quota >= 2_000 && quota < 6_000, `${quota.toString()} were refused before it was cut off`);
  assert.deepEqual(await page.evaluateInContentScript(speak, 1), { quota: 0, end: "disconnected" });
  await page.close();
  await victim.close();
});
