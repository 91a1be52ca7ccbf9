// The world's own tests: what the other tests stand on stands. Portside itself takes no part in them.
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startChromium, type Chromium } from "./chromium/chromium.ts";
import { lifeOf, lifeOfSuite, type Life } from "./life.ts";
import { startPages, type Pages } from "./pages.ts";
import * as peers from "./peers.ts";
import { isAlive, type Identity } from "./proc.ts";
import { start } from "./processes.ts";
import { leftFolders, removeFolder, survivors } from "./remains.ts";
import { startDnsServer, startImapServer, startIrcServer, startSshServer } from "./servers.ts";
import { TimeoutError, until, within } from "./wait.ts";

const button = "<!doctype html><title>A page</title><button id=go>Go</button><input id=field>";

describe("the browser", () => {
  const life = lifeOfSuite("the browser");
  let pages: Pages;
  let browser: Chromium;
  before(async () => {
    pages = await startPages(life);
    browser = await startChromium(life, { pages, portside: false });
  });

  test("https://….test and http://localhost are secure contexts, http://….test is not", async () => {
    const seen: [string, boolean][] = [];
    for (const url of ["https://a.test/", "https://b.test/deep/path", "http://c.test/", "http://localhost/"]) {
      const page = await browser.newPage(pages.serve(url, button));
      seen.push([url, await page.evaluate(() => isSecureContext)]);
      assert.equal(new URL(await page.evaluate(() => location.href)).pathname, new URL(url).pathname);
      await page.close();
    }
    assert.deepEqual(seen, [
      ["https://a.test/", true],
      ["https://b.test/deep/path", true],
      ["http://c.test/", false],
      ["http://localhost/", true],
    ]);
  });

  test("other names lead nowhere", async () => {
    const page = await browser.newPage();
    await assert.rejects(page.goto("http://example.org/"), /ERR_NAME_NOT_RESOLVED/);
    await page.close();
  });

  test("headers of a page are the test's own", async () => {
    const url = pages.serve("https://a.test/strict", {
      headers: { "Content-Security-Policy": "script-src 'none'", "Set-Cookie": ["a=1", "b=2"] },
      body: "<script>document.title = 'ran'</script>",
    });
    const page = await browser.newPage(url);
    assert.equal(await page.evaluate(() => document.title), "");
    assert.equal(await page.evaluate(() => document.cookie), "a=1; b=2");
    await page.close();
  });

  test("a click gives transient activation, a script's click does not", async () => {
    const page = await browser.newPage(pages.serve("https://a.test/click", button));
    const isActive = (): boolean => navigator.userActivation.isActive;
    assert.equal(await page.evaluate(isActive), false);
    const scripted = await page.evaluate(() => {
      document.querySelector<HTMLElement>("#go")?.click();
      return navigator.userActivation.isActive;
    });
    assert.equal(scripted, false);
    assert.equal(await page.evaluateOnClick("#go", isActive), true);
    await page.close();
  });

  test("frames of the same and of another origin can be looked into and clicked", async () => {
    const inner = pages.serve("https://a.test/inner", "<button id=go style='margin: 40px'>in</button>");
    const foreign = pages.serve(
      "https://b.test/foreign",
      "<p style='height: 900px'></p><iframe src='https://a.test/inner' style='padding: 7px'></iframe>",
    );
    const url = pages.serve(
      "https://a.test/outer",
      `<iframe id=same src='${inner}'></iframe><iframe id=other src='${foreign}'></iframe>`,
    );
    const page = await browser.newPage(url);
    const click = async (trail: string[]): Promise<unknown> => {
      let frame = await page.frame(trail[0] ?? "");
      for (const selector of trail.slice(1)) frame = await frame.frame(selector, { url: /inner/ });
      return await frame.evaluateOnClick("#go", () => [location.origin, navigator.userActivation.isActive]);
    };
    assert.deepEqual(await click(["#same"]), ["https://a.test", true]);
    assert.deepEqual(await click(["#other", "iframe"]), ["https://a.test", true]);
    await page.close();
  });

  test("exceptions keep their names, values their shape, and what takes too long says what it was", async () => {
    const page = await browser.newPage(pages.serve("https://a.test/evaluate", button));
    await assert.rejects(
      page.evaluate(() => {
        throw new DOMException("no such harbour", "NotFoundError");
      }),
      { name: "NotFoundError", message: "no such harbour" },
    );
    await assert.rejects(
      page.evaluate(async () => {
        await Promise.resolve();
        (undefined as unknown as { x: { y: number } }).x.y = 1;
      }),
      { name: "TypeError" },
    );
    const nothing = await page.evaluate((): unknown => undefined);
    assert.equal(nothing, undefined);
    const named = await page.evaluate(
      (a: number, b: { c: string[] }) => {
        const join = (parts: string[]): string => parts.join("+");
        return `${String(a)} ${join(b.c)}`;
      },
      7,
      { c: ["x", "\u2028"] },
    );
    assert.equal(named, "7 x+\u2028");
    page.patience = 200;
    await assert.rejects(
      page.evaluate(() => new Promise(() => undefined)),
      (error) => error instanceof TimeoutError && error.message.includes("new Promise"),
    );
    await page.close();
  });

  test("typing reaches a field, keys reach the page", async () => {
    const page = await browser.newPage(pages.serve("https://a.test/type", button));
    await page.type("#field", "127.0.0.1:7000");
    assert.equal(
      await page.evaluate(() => document.querySelector<HTMLInputElement>("#field")?.value),
      "127.0.0.1:7000",
    );
    await page.evaluate(() => {
      const key = new Promise((resolve) => {
        addEventListener(
          "keydown",
          (event) => {
            resolve([event.key, event.isTrusted]);
          },
          { once: true },
        );
      });
      Object.assign(window, { key });
    });
    await page.press("Escape");
    const key = page.evaluate(() => (window as unknown as { key: Promise<unknown> }).key);
    assert.deepEqual(await key, ["Escape", true]);
    await page.close();
  });

  test("history goes through the back/forward cache, except for pages of an error", async () => {
    const first = pages.serve("https://a.test/first", "<h1>first</h1>");
    const second = pages.serve("https://b.test/second", "<h1>second</h1>");
    const page = await browser.newPage(first);
    await page.evaluate(() => {
      Object.assign(globalThis, { memory: "kept" });
    });
    await page.goto(second);
    assert.deepEqual(await page.back(), { restored: true });
    assert.equal(await page.text("h1"), "first");
    assert.equal(await page.evaluate(() => (globalThis as { memory?: string }).memory), "kept");
    assert.deepEqual(await page.forward(), { restored: true });

    pages.serve("https://a.test/first", { status: 404, body: "<h1>first</h1>" });
    await page.goto(first);
    await page.goto(second);
    assert.deepEqual(await page.back(), { restored: false });
    await page.close();
  });

  test("a window that a page opens is found once", async () => {
    const page = await browser.newPage(pages.serve("https://a.test/opener", button));
    const popup = pages.serve("https://a.test/popup", "<h1>popup</h1>");
    await page.evaluateOnClick(
      "#go",
      (url: string) => {
        window.open(url, "", "popup");
      },
      popup,
    );
    const found = await browser.nextPage("the popup", /\/popup$/);
    assert.equal(await found.text("h1"), "popup");
    await assert.rejects(
      browser.nextPage("another popup", /\/popup$/, { timeout: 100 }),
      /waited 100 ms for another popup/,
    );
    await found.close();
    await page.close();
  });

  test("a page crashes, the browser does not", async () => {
    const page = await browser.newPage(pages.serve("https://a.test/crash", button));
    const waiting = page.evaluate(() => new Promise(() => undefined));
    waiting.catch(() => undefined);
    await page.crash();
    await assert.rejects(waiting, /crashed/);
    await page.close();
    assert.ok(browser.process.alive, "the browser is gone");
  });

  test("an incognito page shares no storage", async (t) => {
    const browser = await startChromium(lifeOf(t), { pages }); // Portside's own pages open the private window
    const url = pages.serve("https://a.test/storage", button);
    const page = await browser.newPage(url);
    await page.evaluate(() => {
      localStorage.setItem("who", "me");
    });
    const secret = await browser.newPage(url, { incognito: true });
    assert.equal(await secret.evaluate(() => localStorage.getItem("who")), null);
    await secret.close();
    await page.close();
  });

  test("memory can be read and a picture taken", async (t) => {
    const page = await browser.newPage(pages.serve("https://a.test/picture", button));
    const { browser: main, renderers, hosts } = await browser.memory();
    assert.ok(main.resident > 10e6 && main.peak >= main.resident, `${String(main.resident)} of ${String(main.peak)}`);
    assert.ok(renderers.length > 0 && renderers.every(({ resident }) => resident > 1e6), "memory of renderers");
    assert.deepEqual(hosts, []);
    const file = join(lifeOf(t).folder("picture"), "page.png");
    await page.screenshot(file);
    assert.ok(existsSync(file), "no picture");
    await page.close();
  });
});

test("an extension's worker is seen, killed without attaching, and comes back", async (t) => {
  const life = lifeOf(t);
  const pages = await startPages(life);
  const browser = await startChromium(life, { pages, portside: false, toy: toyExtension(life) });
  await until("the worker", () => browser.serviceWorker());
  assert.equal(browser.serviceWorker()?.attached, false);
  const page = await browser.newPage(pages.serve("https://a.test/", button));
  const ask = (): Promise<unknown> =>
    page.evaluateInContentScript(() => (globalThis as unknown as { ask: () => Promise<unknown> }).ask());
  assert.equal(await ask(), "https://a.test");
  await browser.stopBackground();
  assert.equal(browser.serviceWorker(), undefined);
  assert.equal(await ask(), "https://a.test");
  assert.ok(browser.serviceWorker(), "no worker");
  assert.ok((await browser.memory()).extension, "no process of the extension");
});

describe("the servers", () => {
  test("IRC", async (t) => {
    const life = lifeOf(t);
    const server = await startIrcServer(life);
    const talk = await dial(life, server.port);
    talk.socket.write("NICK probe\r\nUSER probe 0 * :Probe\r\n");
    await talk.until(/ 001 probe .*Welcome/);
    talk.socket.end("QUIT\r\n");
    await talk.closed();
  });

  test("IMAP", async (t) => {
    const life = lifeOf(t);
    const server = await startImapServer(life);
    const talk = await dial(life, server.port);
    await talk.until(/^\* OK .*AUTH=PLAIN/);
    talk.socket.write(`a LOGIN ${server.user} "${server.password}"\r\nb SELECT INBOX\r\n`);
    await talk.until(/\r\nb OK /);
    talk.socket.end("c LOGOUT\r\n");
    await talk.closed();
  });

  test("SSH", async (t) => {
    const life = lifeOf(t);
    const server = await startSshServer(life);
    assert.match(server.hostKey, /^AAAAC3NzaC1lZDI1NTE5/);
    const talk = await dial(life, server.port);
    await talk.until(/^SSH-2\.0-OpenSSH/);
    talk.socket.end();
    await talk.closed();
  });

  test("DNS", async (t) => {
    const life = lifeOf(t);
    const server = await startDnsServer(life);
    const socket = createSocket("udp4");
    life.onEnd("the question", () => new Promise((resolve) => socket.close(resolve)));
    const question = Buffer.from(
      "beef01000001000000000000" + "0a6c69676874686f757365" + "07686172626f7572" + "0474657374" + "00" + "00010001",
      "hex",
    );
    const answer = once(socket, "message") as Promise<[Buffer]>;
    socket.send(question, server.port, server.host);
    const [message] = await within("the answer", answer);
    assert.equal(message.readUInt16BE(0), 0xbeef);
    assert.deepEqual([...message.subarray(-4)], [192, 0, 2, 10]);
  });
});

describe("the peers", () => {
  test("echo, sink and line", async (t) => {
    const life = lifeOf(t);
    const echo = await peers.echoPeer(life);
    const first = await dial(life, echo.port);
    first.socket.end("ahoy");
    await first.closed();
    assert.equal(first.text(), "ahoy");

    // Containers often have no IPv6, not even on loopback.
    const hasIPv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === "::1"));
    const sink = await peers.sinkPeer(life, hasIPv6 ? { host: "::1" } : {});
    const second = await dial(life, sink.port, sink.host);
    second.socket.end(peers.pattern(3, 100_000));
    await second.closed();
    const seen = await sink.connection();
    assert.deepEqual([seen.received, seen.sha256], [100_000, peers.patternSha256(3, 100_000)]);
    assert.ok((await seen.waitUntilClosed()) >= (seen.endedAt ?? Infinity), "closed before it ended");

    const line = await peers.linePeer(life, { greeting: "hello\n", answer: (said) => `you said ${said}\n` });
    const third = await dial(life, line.port);
    third.socket.write("a\r\nb");
    third.socket.end("c\n");
    await third.closed();
    assert.equal(third.text(), "hello\nyou said a\nyou said bc\n");
  });

  test("half-close, both ways", async (t) => {
    const life = lifeOf(t);
    const talker = await dial(life, (await peers.halfCloseFirstPeer(life, "bye")).port);
    await talker.ended();
    assert.equal(talker.text(), "bye");
    talker.socket.end("still here");
    await talker.closed();

    const listener = await dial(life, (await peers.answerAfterEndPeer(life)).port);
    listener.socket.end("abc");
    await listener.closed();
    assert.equal(listener.text(), "3 ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n");

    const endless = await peers.neverEndingPeer(life);
    const patient = await dial(life, endless.port);
    patient.socket.end("x");
    await until("the FIN", async () => (await endless.connection()).endedAt);
    assert.equal((await endless.connection()).closedAt, undefined);
  });

  test("reset, close, send-then-close", async (t) => {
    const life = lifeOf(t);
    const reset = await peers.resetPeer(life, "on data");
    const first = await dial(life, reset.port);
    first.socket.write("x");
    await first.closed();
    assert.equal(first.error(), "ECONNRESET");

    const second = await dial(life, (await peers.closePeer(life)).port);
    await second.ended();
    assert.deepEqual([second.text(), second.error()], ["", undefined]);

    const third = await dial(life, (await peers.sendThenClosePeer(life, "take this")).port);
    await third.ended();
    assert.deepEqual([third.text(), third.error()], ["take this", undefined]);
  });

  test("one refuses, one is silent", async (t) => {
    const life = lifeOf(t);
    const refusing = await peers.refusingPeer(life);
    await assert.rejects(dial(life, refusing.port), { code: "ECONNREFUSED" });
    const silent = await peers.silentPeer(life);
    await assert.rejects(within("the silent peer", dial(life, silent.port), 1_200), TimeoutError);
  });

  test("a stalled reader closes the window", async (t) => {
    const life = lifeOf(t);
    const stalled = await peers.stalledPeer(life);
    const talk = await dial(life, stalled.port);
    talk.socket.write(Buffer.alloc(32 << 20));
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.ok(talk.socket.writableLength > 16 << 20, String(talk.socket.writableLength));
    talk.socket.destroy();
  });

  test("bulk goes fast and is hashed right", async (t) => {
    const life = lifeOf(t);
    const length = 64 << 20;
    const [source, sink] = [await peers.bulkSourcePeer(life, { seed: 5, length }), await peers.bulkSinkPeer(life)];
    const [from, to] = [connect(source.port, source.host), connect(sink.port, sink.host)];
    const start = Date.now();
    from.pipe(to);
    const [sent, received] = [await source.transfer(), await sink.transfer()];
    const seconds = (Date.now() - start) / 1000;
    assert.deepEqual([sent.sent, received.received], [length, length]);
    assert.equal(received.receivedSha256, peers.patternSha256(5, length));
    assert.ok(seconds < 5, `${String(length / seconds / 1e6)} MB/s`);
  });

  test("UDP: echo, impostor, source", async (t) => {
    const life = lifeOf(t);
    const socket = createSocket("udp4");
    life.onEnd("the socket", () => new Promise((resolve) => socket.close(resolve)));
    const got: [string, number][] = [];
    socket.on("message", (data, from) => got.push([data.subarray(0, 8).toString("latin1"), from.port]));

    const echo = await peers.udpEchoPeer(life);
    socket.send("ping", echo.port, echo.host);
    await until("the echo", () => got.length === 1);
    assert.equal((await echo.received(1))[0]?.remotePort, socket.address().port);

    const impostor = await peers.udpImpostorPeer(life);
    socket.send("who?", impostor.port, impostor.host);
    await until("both answers", () => got.length === 3);

    const source = await peers.udpSourcePeer(life);
    socket.send("5 100", source.port, source.host);
    await until("five datagrams", () => got.length === 8);
    assert.deepEqual(
      got.slice(0, 3).map(([text]) => text),
      ["ping", "impostor", "who?"],
    );
    assert.notEqual(got[1]?.[1], impostor.port);
    assert.equal(got[2]?.[1], impostor.port);
  });
});

describe("the end", () => {
  test("a life leaves nothing behind", async (t) => {
    const life = lifeOf(t);
    const browser = await startChromium(life, { portside: false });
    await startImapServer(life);
    await startSshServer(life);
    await browser.newPage();
    const [alive, folders] = [survivors(), leftFolders()];
    assert.ok(alive.length > 5, `only ${String(alive.length)} processes: are they all seen?`);
    assert.ok(folders.length >= 3 && folders.every((folder) => existsSync(folder)), "folders are missing");
    await life.end();
    assert.deepEqual(alive.filter(isAlive), []);
    assert.deepEqual(survivors(), []);
    assert.deepEqual(
      folders.filter((folder) => existsSync(folder)),
      [],
    );
  });

  for (const signal of ["SIGINT", "SIGKILL"] as const) {
    test(`a test run that gets ${signal} leaves no process behind`, async (t) => {
      const life = lifeOf(t);
      const program = fileURLToPath(new URL("./linger.ts", import.meta.url));
      const cwd = fileURLToPath(new URL("../../", import.meta.url));
      const run = await start(life, {
        name: "a test run",
        command: process.execPath,
        args: ["--import", "tsx", program],
        cwd,
      });
      const line = await until("the run to start everything", () => /^{.*}$/m.exec(run.output())?.[0], {
        timeout: 30_000,
      });
      const { processes, folders } = JSON.parse(line) as { processes: Identity[]; folders: string[] };
      assert.ok(processes.length > 5 && processes.every(isAlive), "processes are missing");
      process.kill(run.pid, signal);
      await until("all processes to end", () => !processes.some(isAlive), { timeout: 5_000 });
      await run.exited;
      // Nobody is left to empty folders after a SIGKILL; this test does.
      if (signal === "SIGKILL") for (const folder of folders) removeFolder(folder);
      assert.deepEqual(
        folders.filter((folder) => existsSync(folder)),
        [],
      );
    });
  }
});

interface Talk {
  socket: Socket;
  text(): string;
  error(): string | undefined;
  /** Waits for text of the other side. */
  until(pattern: RegExp): Promise<void>;
  /** The other side's FIN has come, or the connection broke. */
  ended(): Promise<unknown>;
  closed(): Promise<unknown>;
}

async function dial(life: Life, port: number, host = "127.0.0.1"): Promise<Talk> {
  const socket = connect({ port, host, allowHalfOpen: true });
  life.onEnd("a connection", () => {
    socket.destroy();
  });
  const all: Buffer[] = [];
  let error: string | undefined;
  socket.on("data", (chunk: Buffer) => all.push(chunk));
  const closed = new Promise((resolve) => socket.once("close", resolve));
  const ended = Promise.race([closed, new Promise((resolve) => socket.once("end", resolve))]);
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
  });
  socket.on("error", (thrown: NodeJS.ErrnoException) => {
    error = thrown.code;
  });
  const text = (): string => Buffer.concat(all).toString("utf8");
  return {
    socket,
    text,
    error: () => error,
    until: async (pattern) => {
      await until(`${String(pattern)} from port ${String(port)}`, () => pattern.test(text()));
    },
    ended: () => within("the other side's end", ended),
    closed: () => within("the connection to close", closed),
  };
}

/** A small extension with Portside's id: its worker says who asks. */
function toyExtension(life: Life): string {
  const folder = join(life.folder("extension"), "toy");
  mkdirSync(folder);
  const manifest = {
    manifest_version: 3,
    name: "Toy",
    version: "1",
    key: (JSON.parse(readFileSync(new URL("../../manifest/chromium.json", import.meta.url), "utf8")) as { key: string })
      .key,
    background: { service_worker: "background.js" },
    content_scripts: [{ matches: ["<all_urls>"], js: ["content.js"], run_at: "document_start" }],
  };
  writeFileSync(join(folder, "manifest.json"), JSON.stringify(manifest));
  writeFileSync(
    join(folder, "background.js"),
    "chrome.runtime.onMessage.addListener((_, sender, answer) => { answer(sender.origin); });",
  );
  writeFileSync(join(folder, "content.js"), "globalThis.ask = () => chrome.runtime.sendMessage('who am I?');");
  return folder;
}
