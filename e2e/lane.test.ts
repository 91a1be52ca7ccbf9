// The lane: the other carrier of a document's bytes, a frame of the extension's with a WebSocket to the host. What a page can do to it, and
// what becomes of its sockets. Tickets, ports and malformed frames are the host's to judge (nativehost/lane, nativehost/sockets).
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import {
  attempt,
  openStage,
  openTCP,
  openUDP,
  plainPage,
  readAll,
  to,
  type Page,
  type Stage,
  type WithTCP,
} from "./stage.ts";
import { lifeOf, lifeOfSuite } from "./world/life.ts";
import { makeNetwork, startPeer } from "./world/network.ts";
import { startPages } from "./world/pages.ts";
import * as peers from "./world/peers.ts";
import { extensionOrigin } from "./world/places.ts";
import { Person } from "./world/consent.ts";
import { startChromium } from "./world/chromium/chromium.ts";
import { sleep, until } from "./world/wait.ts";

const life = lifeOfSuite("the lane");
let stage: Stage;
before(async () => {
  stage = await openStage(life);
});

const frameUrl = `${extensionOrigin}/lane/frame.html`;

/** The frames of lanes that there are in this browser. */
function frames({ browser }: Pick<Stage, "browser"> = stage): string[] {
  return browser
    .targets()
    .flatMap(({ type, url, targetId }) => (type === "iframe" && url === frameUrl ? [targetId] : []));
}

/** Takes the lane's frame out of the page, as any script of the page can. */
const removeFrame = (): number => {
  const strangers = [...document.documentElement.children].filter((element) => !/^(HEAD|BODY)$/.test(element.tagName));
  for (const element of strangers) element.remove();
  return strangers.length;
};

/** Says a word to an echo over `window.socket`, and hears it. */
const say = async (word: string): Promise<string> => {
  const { socket } = window as unknown as WithTCP;
  const writer = socket.writable.getWriter();
  const reader = socket.readable.getReader();
  await writer.write(new TextEncoder().encode(word));
  let heard = "";
  while (heard.length < word.length) {
    const { done, value } = await reader.read();
    if (done) break;
    heard += new TextDecoder().decode(value);
  }
  writer.releaseLock();
  reader.releaseLock();
  return heard;
};

/** How `window.socket` ends: what its streams reject with, "" if they do not. */
const ending = async (): Promise<string[]> => {
  const { socket } = window as unknown as WithTCP;
  const name = (promise: Promise<unknown>): Promise<string> =>
    promise.then(
      () => "",
      (e: unknown) => {
        Object.assign(window, { reason: (e as { reason?: string }).reason });
        return (e as Error).name;
      },
    );
  const reader = socket.readable.getReader();
  const writer = socket.writable.getWriter();
  return [...(await Promise.all([name(reader.read()), name(writer.closed)])), await name(socket.close())];
};

/** Opens a socket to a place that this document has opened before. */
const reopen = (remotePort: number): Promise<string> =>
  navigator.openTCPSocket({ remoteAddress: "127.0.0.1", remotePort }).then(
    (socket) => {
      Object.assign(window, { socket });
      return "";
    },
    (e: unknown) => (e as Error).name,
  );

/** Reports whether the socket's bytes take the lane: it ends when the lane's frame is taken away, and within ten seconds. */
async function endsWithFrame(page: Page): Promise<boolean> {
  const ended = page.evaluate(ending);
  assert.equal(await page.evaluate(removeFrame), 1, "there was no frame to take away");
  const [how] = await Promise.race([ended, sleep(10_000).then(() => ["it goes on"])]);
  ended.catch(() => undefined); // it goes on by stdio, and nobody looks at its end
  return how === "NetworkError";
}

describe("who may have a lane", () => {
  /** Embeds a frame of ours as any page can, hands it a key, and tells what it says within a second: "lane", or nothing. */
  const embed = (key: string, url: string): Promise<string> =>
    new Promise((resolve) => {
      const frame = document.createElement("iframe");
      const { port1, port2 } = new MessageChannel();
      frame.src = url;
      port1.onmessage = ({ data }: MessageEvent<{ type: string }>) => {
        resolve(data.type);
      };
      frame.onload = () => {
        frame.contentWindow?.postMessage(key, "*", [port2]);
        setTimeout(resolve, 1_000, "nothing");
      };
      document.body.append(frame);
    });

  test("a page that embeds the frame itself gets nothing, and no host is asked", async () => {
    assert.deepEqual(stage.browser.hosts(), []);
    const page = await stage.open("https://embedding.test/");
    for (const key of ["", "x", crypto.randomUUID(), "x".repeat(100_000)])
      assert.equal(await page.evaluate(embed, key, frameUrl), "nothing", key.slice(0, 40));
    // Nor can it look into the frame, and the frame says nothing to it.
    const seen = await page.evaluate(async () => {
      const heard: unknown[] = [];
      addEventListener("message", ({ data }) => heard.push(data));
      const frame = window.frames[0] as unknown as Window;
      frame.postMessage({ port: 1, ticket: "" }, "*");
      let document = "readable";
      try {
        document = frame.document.title;
      } catch (error) {
        document = (error as Error).name;
      }
      await new Promise((resolve) => setTimeout(resolve, 300));
      return { heard, document };
    });
    assert.deepEqual(seen, { heard: [], document: "SecurityError" });
    assert.deepEqual(stage.browser.hosts(), []);
    await page.close();
  });

  test("no page embeds the frame: its address is another one in each session, and a page that has a lane does not see it", async () => {
    const page = await stage.open("https://curious.test/");
    await openTCP(stage, page, await peers.echoPeer(life));
    await page.waitFor("the frame", () => document.documentElement.lastElementChild?.ariaHidden === "true");
    await sleep(500);
    const seen = await page.evaluate(async (url: string) => {
      const frame = document.documentElement.lastElementChild;
      return {
        fetched: await fetch(url).then(
          () => true,
          () => false,
        ),
        entries: performance
          .getEntries()
          .map(({ name }) => name)
          .filter((name) => name.startsWith("chrome-extension:")),
        html: frame?.outerHTML.includes("chrome-extension:") === true || frame?.shadowRoot !== null,
      };
    }, frameUrl);
    assert.deepEqual(seen, { fetched: false, entries: [], html: false });
    await page.close();
  });

  test("a page cannot learn the ticket or the port from what it can watch of its own lane", async () => {
    const peer = await peers.echoPeer(life);
    const page = await stage.open("https://watching.test/");
    await page.evaluate(() => {
      const seen: string[] = [];
      Object.assign(window, { seen });
      addEventListener("message", ({ data }) => seen.push(JSON.stringify(data)), true);
      addEventListener("securitypolicyviolation", (event) => seen.push(event.blockedURI));
      new PerformanceObserver((list) => {
        for (const { name } of list.getEntries()) seen.push(name);
      }).observe({ entryTypes: ["resource"] });
    });
    await openTCP(stage, page, peer);
    assert.equal(await page.evaluate(say, "hello"), "hello");
    assert.equal(frames().length, 1);
    const seen = await page.evaluate(async () => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      const own = (window as unknown as { seen: string[] }).seen;
      const host = document.documentElement.lastElementChild as HTMLElement;
      return {
        own,
        shadow: host.shadowRoot,
        windows: window.length,
        html: host.outerHTML,
        entries: performance.getEntries().map(({ name }) => name),
      };
    });
    // No way to the frame's window leads through the document, so the page cannot speak to it, or send it elsewhere.
    assert.deepEqual([seen.shadow, seen.windows], [null, 0]);
    assert.doesNotMatch(seen.html, /<iframe|chrome-extension/);
    for (const text of [...seen.own, ...seen.entries]) assert.doesNotMatch(text, /ws:|127\.0\.0\.1|ticket/);
    await page.close();
  });

  test("a key is good for a frame of ours, in the tab that it was made for, once: not for a content script's voice, nor for another tab", async () => {
    const page = await stage.open("https://evil.test/");
    const other = await stage.open("https://accomplice.test/");
    const peer = await peers.echoPeer(life);
    // With the voice of the content script, which a renderer that was taken over has, the key can be had.
    const keyed = page.evaluateInContentScript(
      (port: number) =>
        new Promise<string>((resolve) => {
          const broker = chrome.runtime.connect({ name: "document" });
          const options = { remoteAddress: "127.0.0.1", remotePort: port };
          const evidence = { policies: [], evalBlocked: false, controlled: false };
          broker.onMessage.addListener((message: { type: string; key?: string }) => {
            if (message.type === "lane") resolve(message.key ?? "");
          });
          broker.postMessage({
            type: "open",
            id: 1,
            protocol: "tcp",
            activation: { began: Date.now(), at: Date.now() },
            secure: true,
            options,
            evidence,
          });
        }),
      peer.port,
    );
    await stage.person.allowsOnce();
    const key = await keyed;
    assert.match(key, /^[0-9a-f-]{36}$/);
    const spoken = await page.evaluateInContentScript(
      (name: string) =>
        new Promise<string>((resolve) => {
          const port = chrome.runtime.connect({ name });
          port.onMessage.addListener((message) => {
            resolve(JSON.stringify(message));
          });
          port.onDisconnect.addListener(() => {
            resolve("disconnected");
          });
        }),
      `lane:${key}`,
    );
    assert.equal(spoken, "disconnected");
    // The frame's address of this session, which content scripts know, and pages do not (below).
    const address = await page.evaluateInContentScript(() => chrome.runtime.getURL("lane/frame.html"));
    assert.equal(await other.evaluate(embed, key, address), "nothing");
    assert.equal(await page.evaluate(embed, key, frameUrl), "nothing", "by the extension's id");
    // It still has its use, so what was refused above was refused for who asked.
    assert.equal(await page.evaluate(embed, key, address), "lane");
    assert.equal(await page.evaluate(embed, key, address), "nothing");
    await page.close();
    await other.close();
  });
});

describe("a lane comes when it is wanted", () => {
  test("no frame before the first socket opens, one for all sockets of a document, none after the document", async () => {
    const peer = await peers.echoPeer(life);
    const page = await stage.open();
    assert.deepEqual(frames(), []);
    const refused = attempt(page, to(peer));
    await stage.person.denies();
    assert.equal(await refused, "NotAllowedError");
    assert.deepEqual(frames(), [], "a refused open has brought a frame");
    await openTCP(stage, page, peer);
    assert.equal(frames().length, 1);
    for (let i = 0; i < 3; i++) assert.equal(await page.evaluate(reopen, peer.port), "");
    assert.equal(await page.evaluate(say, "by the lane"), "by the lane");
    assert.equal(frames().length, 1);
    await page.goto(stage.pages.serve("https://b.test/", plainPage));
    await until("the frame to go with its document", () => frames().length === 0);
    await page.close();
  });

  test("it carries datagrams, too", async () => {
    const peer = await peers.udpEchoPeer(life);
    const page = await stage.open();
    await openUDP(stage, page, peer);
    const echoed = await page.evaluate(async () => {
      const { socket } = window as unknown as { socket: PortsideUDPSocket };
      const reader = socket.readable.getReader();
      const sizes: number[] = [];
      for (const size of [0, 1, 1200, 65_507]) {
        await socket.send(new Uint8Array(size).fill(7));
        const { value } = await reader.read();
        sizes.push(value?.data.every((byte) => byte === 7) === true ? value.data.length : -1);
      }
      return sizes;
    });
    assert.deepEqual(echoed, [0, 1, 1200, 65_507]);
    await page.close();
  });

  test("it carries datagrams that are sent together, in order, each with its own bytes and answer", async () => {
    const peer = await peers.udpEchoPeer(life);
    const page = await stage.open();
    await openUDP(stage, page, peer);
    const { wrong, refused, shared } = await page.evaluate(async () => {
      const { socket } = window as unknown as { socket: PortsideUDPSocket };
      const reader = socket.readable.getReader();
      const [wrong, refused]: [number[], string[]] = [[], []];
      let shared = 0;
      // As many at a time as any system keeps for a socket.
      for (let first = 0; first < 1_000; first += 50) {
        const sends = Array.from({ length: 50 }, (_, n) => {
          const data = new Uint8Array(2 + ((first + n) % 1_200));
          new DataView(data.buffer).setUint16(0, first + n);
          return socket.send(data);
        });
        sends.push(socket.send(new Uint8Array(65_508)));
        for (let n = first; n < first + 50; n++) {
          const { value } = await reader.read();
          if (value?.data.length !== 2 + (n % 1_200) || new DataView(value.data.buffer).getUint16(0) !== n)
            wrong.push(n);
          if (value?.data.buffer.byteLength !== value?.data.length) shared++;
        }
        for (const one of await Promise.allSettled(sends))
          if (one.status === "rejected") refused.push((one.reason as Error).name);
      }
      return { wrong, refused, shared };
    });
    assert.deepEqual(wrong, []);
    assert.equal(shared, 0, "a message shows more than its own bytes");
    assert.deepEqual(
      refused,
      Array.from({ length: 20 }, () => "NetworkError"),
    );
    await page.close();
  });

  test("it carries a socket before its upgrade, and what comes at once under TLS", async () => {
    const peer = await peers.startTlsPeer(life, {}, "first!");
    const page = await stage.open();
    await openTCP(stage, page, { host: "localhost", port: peer.port }, { secureTransport: "starttls" });
    const heard = await page.evaluate(async (remotePort: number) => {
      const plain = (window as unknown as WithTCP).socket.readable.getReader();
      await plain.read();
      plain.releaseLock();
      const all: string[] = [];
      for (let i = 0; i < 10; i++) {
        const socket = await navigator.openTCPSocket({
          remoteAddress: "localhost",
          remotePort,
          secureTransport: "starttls",
        });
        const reader = socket.readable.getReader();
        await reader.read();
        await socket.writable.getWriter().write(new TextEncoder().encode("STARTTLS\r\n"));
        await reader.read();
        const secure = await socket.startTls();
        const { value } = await secure.readable.getReader().read();
        all.push(new TextDecoder().decode(value));
        await secure.close();
      }
      return all;
    }, peer.port);
    assert.deepEqual(heard, Array<string>(10).fill("first!"));
    assert.equal(await endsWithFrame(page), true, "the one that is still plain");
    await page.close();
  });

  test("it carries a socket that was upgraded to TLS", async () => {
    const peer = await peers.startTlsPeer(life);
    const page = await stage.open();
    await openTCP(stage, page, { host: "localhost", port: peer.port }, { secureTransport: "starttls" });
    const heard = await page.evaluate(async () => {
      const { socket } = window as unknown as WithTCP;
      const reader = socket.readable.getReader();
      await reader.read();
      await socket.writable.getWriter().write(new TextEncoder().encode("STARTTLS\r\n"));
      await reader.read();
      const secure = await socket.startTls();
      const sent = crypto.getRandomValues(new Uint8Array(60_000));
      const writer = secure.writable.getWriter();
      void (async () => {
        for (let i = 0; i < 50; i++) await writer.write(sent);
      })();
      const echo = secure.readable.getReader();
      let bytes = 0;
      let same = true;
      while (bytes < 50 * sent.length) {
        const { value } = await echo.read();
        for (const byte of value ?? []) same &&= byte === sent[bytes++ % sent.length];
      }
      echo.releaseLock();
      writer.releaseLock();
      Object.assign(window, { socket: secure });
      return { bytes, same };
    });
    assert.deepEqual(heard, { bytes: 3_000_000, same: true });
    assert.equal(await endsWithFrame(page), true);
    await page.close();
  });

  const strict: Record<string, Record<string, string>> = {
    "a CSP that allows no frame": {
      "content-security-policy": "default-src 'none'; script-src 'none'; frame-src 'none'",
    },
    "COEP and COOP": {
      "cross-origin-embedder-policy": "require-corp",
      "cross-origin-opener-policy": "same-origin",
    },
    "a permissions policy without loopback": { "permissions-policy": "loopback-network=(), local-network=()" },
    "trusted types": { "content-security-policy": "require-trusted-types-for 'script'; trusted-types 'none'" },
  };
  for (const [index, [name, headers]] of Object.entries(strict).entries())
    test(`on a page with ${name}`, async () => {
      const peer = await peers.echoPeer(life);
      const url = `https://strict${String(index)}.test/`;
      const page = await stage.browser.newPage(stage.pages.serve(url, { headers, body: plainPage }));
      await openTCP(stage, page, peer);
      assert.equal(await page.evaluate(say, "hello"), "hello");
      assert.equal(await endsWithFrame(page), true);
      await page.close();
    });

  test("on a page of the public internet, for Chromium's rules on who may reach loopback", async (t) => {
    const own = lifeOf(t);
    const pages = await startPages(own);
    const address = `127.0.0.1:${String(pages.httpsPort)}`;
    const browser = await startChromium(own, { pages, switches: [`--ip-address-space-overrides=${address}=public`] });
    const there = { person: new Person(browser) };
    const page = await browser.newPage(pages.serve("https://a.test/", plainPage));
    const peer = await peers.echoPeer(own);
    assert.match(
      await page.evaluate((port: number) => fetch(`http://127.0.0.1:${String(port)}/`).then(String, String), peer.port),
      /TypeError/,
      "the page itself reaches loopback: this test shows nothing",
    );
    await openTCP(there, page, peer);
    assert.equal(await page.evaluate(say, "hello"), "hello");
    // A lane that comes too late on a busy machine is the next socket's. One that Chromium forbids never comes.
    for (let tries = 3; !(await endsWithFrame(page)); tries--) {
      assert.ok(tries > 1, "no lane comes");
      assert.equal(await page.evaluate(reopen, peer.port), "");
      assert.equal(await page.evaluate(say, "again"), "again");
    }
  });
});

describe("it ends", () => {
  test("the page takes the frame away: its sockets end with NetworkError, the far end sees it, the next open has a new lane", async () => {
    const peer = await peers.echoPeer(life);
    const page = await stage.open();
    await openTCP(stage, page, peer);
    assert.equal(await page.evaluate(say, "hello"), "hello");
    const ended = page.evaluate(ending);
    await page.evaluate(removeFrame);
    assert.deepEqual(await ended, ["NetworkError", "NetworkError", ""]);
    await (await peer.connection(0)).waitUntilClosed(2_000);
    // Three lanes in all; a page that takes the third away goes on without.
    for (let lane = 2; lane <= 3; lane++) {
      assert.equal(await page.evaluate(reopen, peer.port), "");
      assert.equal(await page.evaluate(say, `lane ${String(lane)}`), `lane ${String(lane)}`);
      assert.equal(await endsWithFrame(page), true);
    }
    assert.equal(await page.evaluate(reopen, peer.port), "");
    assert.equal(await page.evaluate(say, "stdio"), "stdio");
    assert.equal(await page.evaluate(removeFrame), 0);
    await page.close();
  });

  test("what was received before it can still be read, then the error comes", async () => {
    const peer = await peers.echoPeer(life);
    const page = await stage.open();
    await openTCP(stage, page, peer);
    await page.evaluate(async () => {
      const { socket } = window as unknown as WithTCP;
      const writer = socket.writable.getWriter();
      await writer.write(new Uint8Array(100_000));
    });
    const connection = await peer.connection();
    await until("the echo to be away", () => connection.socket.bytesWritten === 100_000);
    await sleep(300); // and to be in the page
    await page.evaluate(removeFrame);
    const seen = await page.evaluate(readAll);
    assert.deepEqual(seen, { bytes: 100_000, end: "NetworkError" });
    await page.close();
  });

  test("the frame is taken away the moment it appears: the socket opens all the same", async () => {
    const peer = await peers.echoPeer(life);
    const page = await stage.open("https://nimble.test/");
    await page.evaluate(() => {
      Object.assign(window, { taken: 0 });
      new MutationObserver((records) => {
        for (const { addedNodes } of records)
          for (const node of addedNodes) {
            (node as Element).remove();
            (window as unknown as { taken: number }).taken++;
          }
      }).observe(document.documentElement, { childList: true });
    });
    await openTCP(stage, page, peer);
    assert.equal(await page.evaluate(say, "without a lane"), "without a lane");
    for (let i = 0; i < 5; i++) assert.equal(await page.evaluate(reopen, peer.port), "");
    assert.equal(await page.evaluate(say, "without a lane"), "without a lane");
    const taken = await page.evaluate(() => (window as unknown as { taken: number }).taken);
    assert.ok(taken >= 1 && taken <= 3, `the page was given ${String(taken)} frames`);
    await page.close();
  });

  test("the host dies: NetworkError, and the next open has a host and a lane again", async () => {
    const peer = await peers.echoPeer(life);
    const page = await stage.open();
    await openTCP(stage, page, peer);
    const ended = page.evaluate(ending);
    const hosts = stage.browser.hosts();
    assert.equal(hosts.length, 1);
    for (const pid of hosts) process.kill(pid, "SIGKILL");
    assert.deepEqual(await ended, ["NetworkError", "NetworkError", ""]);
    assert.equal(await page.evaluate(() => (window as unknown as { reason?: string }).reason), "host");
    assert.equal(await page.evaluate(reopen, peer.port), "");
    assert.equal(await page.evaluate(say, "again"), "again");
    assert.equal(await endsWithFrame(page), true);
    await page.close();
  });

  test("a socket closed by the page closes, and the lane stays for the others", async () => {
    const peer = await peers.echoPeer(life);
    const page = await stage.open();
    await openTCP(stage, page, peer);
    await page.evaluate(() => (window as unknown as WithTCP).socket.close());
    await (await peer.connection(0)).waitUntilClosed(2_000);
    assert.equal(await page.evaluate(reopen, peer.port), "");
    assert.equal(await page.evaluate(say, "still"), "still");
    assert.equal(frames().length, 1);
    await page.close();
  });
});

describe("nobody needs it any more", () => {
  test("the frame goes, the page may go into the back/forward cache, and the next open has a lane again", async () => {
    const peer = await peers.echoPeer(life);
    const page = await stage.open("https://cached.test/");
    await openTCP(stage, page, peer);
    for (let i = 0; i < 3; i++) {
      assert.equal(frames().length, 1);
      await page.evaluate(() => (window as unknown as WithTCP).socket.close());
      await until("the frame to go", () => frames().length === 0);
      await page.goto(stage.pages.serve("https://b.test/", plainPage));
      assert.deepEqual(await page.back(), { restored: true });
      assert.equal(await page.evaluate(reopen, peer.port), "");
      assert.equal(await page.evaluate(say, "again"), "again");
    }
    assert.equal(await endsWithFrame(page), true);
    await page.close();
  });
});

describe("without a lane the bytes take the other way, and none is lost", () => {
  test("an administrator has switched it off: no frame, nothing listens", async (t) => {
    const own = lifeOf(t);
    const there = await openStage(own, { host: { policy: { dataLane: "off" } } });
    const page = await there.open();
    const peer = await peers.echoPeer(own);
    await openTCP(there, page, peer);
    assert.equal(await page.evaluate(say, "by stdio"), "by stdio");
    assert.deepEqual(frames(there), []);
  });

  test("the host's loopback is not the browser's: a megabyte each way arrives whole", async (t) => {
    const own = lifeOf(t);
    const network = await makeNetwork(own);
    const there = await openStage(own, { host: { network } });
    await startPeer(own, network, [{ host: "127.0.0.1", port: 4_000 }]);
    const page = await there.open();
    await openTCP(there, page, { host: "127.0.0.1", port: 4_000 });
    const seen = await page.evaluate(async () => {
      const { socket } = window as unknown as WithTCP;
      const sent = new Uint8Array(1 << 20).map((_, i) => (i * 31) >> 3);
      const writer = socket.writable.getWriter();
      void writer.write(sent).then(() => writer.close());
      const got = new Uint8Array(await new Response(socket.readable).arrayBuffer());
      return { length: got.length, same: got.every((byte, i) => byte === sent[i]) };
    });
    assert.deepEqual(seen, { length: 1 << 20, same: true });
  });

  test("the document is sandboxed by its CSP, or in a private window: sockets work", async () => {
    const peer = await peers.echoPeer(life);
    const headers = { "content-security-policy": "sandbox allow-scripts allow-same-origin" };
    const page = await stage.browser.newPage(
      stage.pages.serve("https://sandboxed.test/", { headers, body: plainPage }),
    );
    await openTCP(stage, page, peer);
    assert.equal(await page.evaluate(say, "hello"), "hello");
    await page.close();
    const secret = await stage.browser.newPage(stage.pages.serve("https://a.test/", plainPage), { incognito: true });
    await openTCP(stage, secret, peer);
    assert.equal(await secret.evaluate(say, "hello"), "hello");
    await secret.close();
  });
});
