// The API as a page meets it: where it is, what it checks in which order, and how its objects behave.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { before, describe, test } from "node:test";
import {
  attempt,
  openStage,
  openTCP,
  openUDP,
  plainPage,
  to,
  type Stage,
  type WithTCP,
  type WithUDP,
} from "./stage.ts";
import { lifeOfSuite } from "./world/life.ts";
import * as peers from "./world/peers.ts";
import { until } from "./world/wait.ts";

const life = lifeOfSuite("the API");
let stage: Stage;
before(async () => {
  stage = await openStage(life);
});

/** Presence of the API, seen from the page's own script. */
const present = (): boolean => "openTCPSocket" in navigator && "openUDPSocket" in navigator;

describe("where the API is", () => {
  test("on secure pages, before the page's first script, and not on others", async () => {
    const first = "<!doctype html><script>window.first = 'openTCPSocket' in navigator</script>";
    for (const [url, expected] of [
      ["https://a.test/first", true],
      ["http://localhost/first", true],
      ["http://c.test/first", false],
    ] as const) {
      const page = await stage.browser.newPage(stage.pages.serve(url, first));
      assert.equal(await page.evaluate(() => (window as unknown as { first: boolean }).first), expected, url);
      assert.equal(await page.evaluate(present), expected, url);
      await page.close();
    }
  });

  test("in frames and windows of every kind, at the first access; not in an insecure page's secure frame", async () => {
    const page = await stage.open();
    // With a click, since windows need one.
    const seen = await page.evaluateOnClick("#go", async () => {
      type View = (Window & typeof globalThis) | null;
      const has = (view: View): boolean => view !== null && "openTCPSocket" in view.navigator;
      const frame = (fill: (element: HTMLIFrameElement) => void): HTMLIFrameElement => {
        const element = document.createElement("iframe");
        fill(element);
        document.body.append(element);
        return element;
      };
      const loaded = (element: HTMLIFrameElement): Promise<boolean> =>
        new Promise((resolve) => {
          element.onload = () => {
            resolve(has(element.contentWindow as View));
          };
        });
      const blank = frame(() => undefined);
      const result: Record<string, boolean> = { "about:blank": has(blank.contentWindow as View) };
      const written = frame(() => undefined);
      // The types call write() deprecated; pages use it all the same.
      const writing = written.contentDocument as unknown as Record<"open" | "close", () => void> & {
        write(html: string): void;
      };
      writing.open();
      writing.write("<p>written");
      writing.close();
      result["document.write"] = has(written.contentWindow as View);
      const popup = window.open("about:blank") as View;
      result["window.open"] = has(popup);
      popup?.close();
      result["srcdoc"] = await loaded(frame((f) => (f.srcdoc = "<p>srcdoc")));
      const blob = URL.createObjectURL(new Blob(["<p>blob"], { type: "text/html" }));
      result["blob"] = await loaded(frame((f) => (f.src = blob)));
      return result;
    });
    assert.deepEqual(seen, {
      "about:blank": true,
      "document.write": true,
      "window.open": true,
      srcdoc: true,
      blob: true,
    });

    const inner = stage.pages.serve("https://a.test/inner", plainPage);
    const outer = await stage.browser.newPage(
      stage.pages.serve("http://c.test/outer", `<iframe id=f src="${inner}"></iframe>`),
    );
    const frame = await outer.frame("#f", { url: /inner/ });
    assert.equal(await frame.evaluate(present), false, "a secure frame of an insecure page is no secure context");
    await outer.close();
    await page.close();
  });

  test("as WebIDL operations: names, lengths, no constructor, right receiver only", async () => {
    const page = await stage.open();
    const shape = await page.evaluate(async () => {
      const rejected = async (f: () => Promise<unknown>): Promise<string> => {
        try {
          await f();
          return "";
        } catch (error) {
          return (error as Error).name;
        }
      };
      const descriptor = Object.getOwnPropertyDescriptor(Navigator.prototype, "openTCPSocket");
      return {
        names: [navigator.openTCPSocket.name, navigator.openUDPSocket.name],
        lengths: [navigator.openTCPSocket.length, navigator.openUDPSocket.length],
        constructs: "prototype" in navigator.openTCPSocket,
        enumerable: descriptor?.enumerable,
        receiver: await rejected(() => navigator.openTCPSocket.call({} as Navigator, { remotePort: 1 })),
        own: Object.keys(window).filter((key) => /portside/i.test(key)),
      };
    });
    assert.deepEqual(shape, {
      names: ["openTCPSocket", "openUDPSocket"],
      lengths: [0, 0],
      constructs: false,
      enumerable: true,
      receiver: "TypeError",
      own: [],
    });
    await page.close();
  });
});

describe("the order of checks", () => {
  test("no activation comes before a missing port; a missing port is a TypeError in every spelling", async () => {
    const page = await stage.open();
    for (const nothing of [undefined, null, {}]) {
      assert.equal(await attempt(page, nothing, { click: false }), "NotAllowedError", JSON.stringify(nothing));
      assert.equal(await attempt(page, nothing), "TypeError", JSON.stringify(nothing));
    }
    assert.equal(
      await page.evaluateOnClick("#go", () =>
        navigator.openTCPSocket().then(
          () => "",
          (e: unknown) => (e as Error).name,
        ),
      ),
      "TypeError",
    );
    await page.close();
  });

  test("the permissions policy comes first, and at once: no prompt", async () => {
    const url = stage.pages.serve("https://a.test/denied", {
      headers: { "Permissions-Policy": "direct-sockets=()" },
      body: plainPage,
    });
    const page = await stage.browser.newPage(url);
    assert.equal(await attempt(page, {}), "NotAllowedError");
    assert.equal(await attempt(page, { remoteAddress: "127.0.0.1", remotePort: 9 }), "NotAllowedError");
    await stage.person.seesNoPrompt(300);
    await page.close();
    const allowed = stage.pages.serve("https://a.test/allowed", {
      headers: { "Permissions-Policy": "geolocation=(), direct-sockets=(self)" },
      body: plainPage,
    });
    const other = await stage.browser.newPage(allowed);
    assert.equal(await attempt(other, {}), "TypeError");
    await other.close();
  });

  test("a document that is gone: NotSupportedError", async () => {
    const page = await stage.open();
    const name = await page.evaluate(async () => {
      const frame = document.createElement("iframe");
      document.body.append(frame);
      const { navigator: detached } = frame.contentWindow as Window & typeof globalThis;
      frame.remove();
      // Firefox goes on with nothing that waits in a document that is gone, so nobody can await a promise of its.
      return await new Promise<string>((resolve) => {
        detached.openTCPSocket({ remoteAddress: "127.0.0.1", remotePort: 9 }).then(
          () => {
            resolve("");
          },
          (error: unknown) => {
            resolve((error as Error).name);
          },
        );
      });
    });
    assert.equal(name, "NotSupportedError");
    await page.close();
  });

  test("arguments that cannot be", async () => {
    const page = await stage.open();
    const base = { remoteAddress: "127.0.0.1", remotePort: 9 };
    for (const [options, expected] of [
      [{ ...base, remotePort: 0 }, "TypeError"],
      [{ ...base, remotePort: 65536 + 9 }, "TypeError"],
      [{ ...base, keepAliveDelay: 999 }, "TypeError"],
      [{ ...base, keepAliveDelay: 0 }, "TypeError"],
      [{ ...base, keepAliveDelay: -1 }, "TypeError"],
      [{ ...base, sendBufferSize: 0 }, "TypeError"],
      [{ ...base, ipTypeOfService: 64 }, "TypeError"],
      [{ ...base, ipTypeOfService: 256 }, "TypeError"],
      [{ ...base, receiveBufferSize: 0 }, "TypeError"],
      [{ ...base, secureTransport: "perhaps" }, "TypeError"],
      [{ ...base, remoteAddress: "not a name" }, "TypeError"],
      [{ ...base, remoteAddress: "user@host" }, "TypeError"],
      [{ ...base, remoteAddress: "a".repeat(100_000) }, "TypeError"],
      [{ ...base, remoteAddress: "\ud800" }, "NetworkError"],
    ] as const) {
      assert.equal(await attempt(page, options), expected, JSON.stringify(options));
    }
    await page.close();
  });
});

describe("frames without a URL of their own", () => {
  for (const [kind, fill] of [
    ["about:blank", ""],
    ["srcdoc", ' srcdoc="<p>inner</p>"'],
  ] as const) {
    test(`a socket opened by an ${kind} frame is its origin's: the user sees the page's name`, async () => {
      const echo = await peers.echoPeer(life);
      const url = stage.pages.serve(
        `https://a.test/${encodeURIComponent(kind)}`,
        `<button id=go>Go</button><iframe id=f${fill}></iframe>`,
      );
      const page = await stage.browser.newPage(url);
      const text = page.evaluateOnClick(
        "#go",
        async (remotePort: number) => {
          const view = document.querySelector<HTMLIFrameElement>("#f")?.contentWindow as Window & typeof globalThis;
          const socket = await view.navigator.openTCPSocket({ remoteAddress: "127.0.0.1", remotePort });
          const writer = socket.writable.getWriter();
          await writer.write(new TextEncoder().encode("from inside"));
          await writer.close();
          return await new Response(socket.readable).text();
        },
        echo.port,
      );
      const prompt = await stage.person.seesPrompt();
      assert.equal(await prompt.who(), "a.test");
      await prompt.allowOnce();
      assert.equal(await text, "from inside");
      await page.close();
    });
  }
});

describe("activation", () => {
  test("one gesture opens one new destination; a reconnection needs none", async () => {
    const [one, two] = [await peers.echoPeer(life), await peers.echoPeer(life)];
    const page = await stage.open();
    // Two calls in one click: the second destination gets nothing.
    const both = page.evaluateOnClick(
      "#go",
      (ports: number[]) =>
        Promise.allSettled(
          ports.map((remotePort) => navigator.openTCPSocket({ remoteAddress: "127.0.0.1", remotePort })),
        ).then((results) => results.map((r) => (r.status === "rejected" ? (r.reason as Error).name : "opened"))),
      [one.port, two.port],
    );
    await stage.person.allowsOnce();
    assert.deepEqual(await both, ["opened", "NotAllowedError"]);
    assert.equal(two.connections.length, 0);
    // No gesture, no prompt: the document was there before.
    await page.evaluate(
      (remotePort: number) =>
        navigator.openTCPSocket({ remoteAddress: "127.0.0.1", remotePort }).then((s) => s.close()),
      one.port,
    );
    assert.equal(one.connections.length, 2);
    assert.equal(await attempt(page, to(two), { click: false }), "NotAllowedError");
    await page.close();
  });

  test("one click is one destination for all frames of the site that it activates", async () => {
    const all = await Promise.all(Array.from({ length: 4 }, () => peers.echoPeer(life)));
    const page = await stage.open("https://frames.test/");
    const frame = stage.pages.serve("https://frames.test/frame", plainPage);
    await page.evaluate(
      async (src: string, count: number) => {
        for (let n = 0; n < count; n++) {
          const element = document.createElement("iframe");
          element.src = src;
          document.querySelector("#frames")?.append(element);
          await new Promise((resolve) => (element.onload = resolve));
        }
      },
      frame,
      all.length,
    );
    const opened = page.evaluateOnClick(
      "#go",
      (ports: number[]) =>
        Promise.all(
          ports.map((remotePort, n) => {
            const { navigator } = frames[n] as unknown as typeof globalThis;
            return navigator.openTCPSocket({ remoteAddress: "127.0.0.1", remotePort }).then(
              () => "opened",
              (error: unknown) => (error as Error).name,
            );
          }),
        ),
      all.map(({ port }) => port),
    );
    await stage.person.allowsOnce();
    const names = (await opened).sort();
    assert.deepEqual(names, ["NotAllowedError", "NotAllowedError", "NotAllowedError", "opened"]);
    await page.close();
  });

  test("events that a script makes are no gestures", async () => {
    const [one, two] = [await peers.echoPeer(life), await peers.echoPeer(life)];
    const page = await stage.open();
    const both = page.evaluateOnClick(
      "#go",
      async (ports: number[]) => {
        const names: Promise<string>[] = [];
        for (const remotePort of ports) {
          names.push(
            navigator.openTCPSocket({ remoteAddress: "127.0.0.1", remotePort }).then(
              () => "opened",
              (error: unknown) => (error as Error).name,
            ),
          );
          // The content script has the call by then. The document is still activated by the click; what it makes by itself is no second one.
          await new Promise((resolve) => setTimeout(resolve, 300));
          for (const event of [
            new KeyboardEvent("keydown"),
            new MouseEvent("mousedown"),
            new PointerEvent("pointerup"),
          ])
            document.body.dispatchEvent(event);
          document.querySelector<HTMLButtonElement>("#go")?.click();
        }
        return await Promise.all(names);
      },
      [one.port, two.port],
    );
    await stage.person.allowsOnce();
    assert.deepEqual(await both, ["opened", "NotAllowedError"]);
    assert.equal(two.connections.length, 0);
    await page.close();
  });
});

describe("a TCP socket", () => {
  test("its options can be set while it is open", async () => {
    const echo = await peers.echoPeer(life);
    const page = await stage.open();
    await openTCP(stage, page, echo);
    const seen = await page.evaluate(async () => {
      const { socket } = window as unknown as WithTCP;
      const name = (promise: Promise<unknown>): Promise<string> =>
        promise.then(
          () => "set",
          (e: unknown) => (e as Error).name,
        );
      const open = [
        socket.setNoDelay(),
        socket.setNoDelay(false),
        socket.setKeepAlive(true, 60_000),
        socket.setKeepAlive(true),
        socket.setKeepAlive(),
        socket.setKeepAlive(true, 999),
      ].map(name);
      const names = await Promise.all(open);
      await socket.close();
      return [...names, await name(socket.setNoDelay()), await name(socket.setKeepAlive(true))];
    });
    assert.deepEqual(seen, ["set", "set", "set", "set", "set", "TypeError", "InvalidStateError", "InvalidStateError"]);
    await page.close();
  });

  test("packets carry the type of service that the page asked for", async () => {
    const echo = await peers.echoPeer(life);
    for (const [asked, octet] of [
      [46, "0xb8"],
      [48, "0"], // more than pages may have, unless an administrator says so
    ] as const) {
      const page = await stage.open();
      await openTCP(stage, page, echo, { ipTypeOfService: asked });
      const shown = execFileSync("ss", ["-tnH", "--tos", "dst", `127.0.0.1:${echo.port.toString()}`], {
        encoding: "utf8",
      });
      assert.equal(/tos:(\S+)/.exec(shown)?.[1] ?? "0", octet, shown);
      await page.close();
    }
  });

  test("tells its addresses, echoes, and ends in order", async () => {
    const echo = await peers.echoPeer(life);
    const page = await stage.open();
    await openTCP(stage, page, echo);
    const seen = await page.evaluate(async () => {
      const { socket } = window as unknown as WithTCP;
      const writer = socket.writable.getWriter();
      await writer.write(new TextEncoder().encode("hello "));
      await writer.write(new Uint8Array()); // an empty chunk is fine
      await writer.write(new DataView(new TextEncoder().encode("xworldx").buffer, 1, 5));
      await writer.close();
      const text = await new Response(socket.readable).text();
      const { remoteAddress, remotePort, localAddress, localPort } = socket;
      await socket.close();
      await socket.close();
      return { text, remoteAddress, remotePort, localAddress, localPort, tag: Object.prototype.toString.call(socket) };
    });
    const connection = await echo.connection();
    assert.deepEqual(seen, {
      text: "hello world",
      remoteAddress: "127.0.0.1",
      remotePort: echo.port,
      localAddress: "127.0.0.1",
      localPort: connection.remotePort,
      tag: "[object TCPSocket]",
    });
    await page.close();
  });

  test("its readable is a byte stream: BYOB reads fill the caller's buffer", async () => {
    const source = await peers.sendThenClosePeer(life, "0123456789");
    const page = await stage.open();
    await openTCP(stage, page, source);
    const read = await page.evaluate(async () => {
      const { socket } = window as unknown as WithTCP;
      const reader = socket.readable.getReader({ mode: "byob" });
      const pieces: string[] = [];
      let buffer = new ArrayBuffer(4);
      for (;;) {
        const { done, value } = await reader.read(new Uint8Array(buffer));
        if (value !== undefined) {
          pieces.push(new TextDecoder().decode(value));
          buffer = value.buffer;
        }
        if (done) return { pieces, size: buffer.byteLength };
      }
    });
    assert.equal(read.pieces.join(""), "0123456789");
    assert.ok(read.pieces.length >= 3, `4 bytes at a time: ${read.pieces.join("|")}`);
    assert.equal(read.size, 4);
    await page.close();
  });

  test("close() resolves with locked streams and twice; then reads are done and writes reject with AbortError", async () => {
    const peer = await peers.neverEndingPeer(life);
    const page = await stage.open();
    await openTCP(stage, page, peer);
    const seen = await page.evaluate(async () => {
      const { socket } = window as unknown as WithTCP;
      const writer = socket.writable.getWriter();
      const reader = socket.readable.getReader();
      const reading = reader.read();
      await Promise.all([socket.close(), socket.close()]);
      await socket.close();
      const failed = await writer.write(new Uint8Array(1)).then(
        () => "",
        (e: unknown) => (e as Error).name,
      );
      return { read: await reading, failed };
    });
    assert.deepEqual(seen, { read: { done: true }, failed: "AbortError" });
    const connection = await peer.connection(); // it never ends its own side, so it sees our FIN and no more
    await until("the FIN at the peer", () => connection.endedAt);
    await page.close();
  });

  test("a chunk that is no BufferSource is a TypeError and errors the writable; the readable goes on", async () => {
    const peer = await peers.linePeer(life, { greeting: "still here\n", answer: () => "" });
    const page = await stage.open();
    await openTCP(stage, page, peer);
    const seen = await page.evaluate(async () => {
      const { socket } = window as unknown as WithTCP;
      const writer = socket.writable.getWriter();
      const name = async (promise: Promise<unknown>): Promise<string> =>
        promise.then(
          () => "",
          (e: unknown) => (e as Error).name,
        );
      return {
        bad: await name(writer.write("text" as unknown as BufferSource)),
        after: await name(writer.write(new Uint8Array(1))),
        closed: await name(writer.closed),
        read: new TextDecoder().decode((await socket.readable.getReader().read()).value),
      };
    });
    assert.deepEqual(seen, { bad: "TypeError", after: "TypeError", closed: "TypeError", read: "still here\n" });
    await page.close();
  });

  test("bytes are copied at write: what the page does to its buffer later changes nothing", async () => {
    const peer = await peers.answerAfterEndPeer(life);
    const page = await stage.open();
    await openTCP(stage, page, peer);
    const answer = await page.evaluate(async () => {
      const { socket } = window as unknown as WithTCP;
      const bytes = new Uint8Array(300_000).fill(7);
      const writer = socket.writable.getWriter();
      const done = writer.write(bytes);
      bytes.fill(9);
      await done;
      await writer.close();
      return await new Response(socket.readable).text();
    });
    const { createHash } = await import("node:crypto");
    assert.equal(answer, `300000 ${createHash("sha256").update(Buffer.alloc(300_000, 7)).digest("hex")}\n`);
    await page.close();
  });

  test("aborting the writable sends FIN and lets the readable go on", async () => {
    const peer = await peers.answerAfterEndPeer(life);
    const page = await stage.open();
    await openTCP(stage, page, peer);
    const answer = await page.evaluate(async () => {
      const { socket } = window as unknown as WithTCP;
      await socket.writable.abort("enough");
      return await new Response(socket.readable).text();
    });
    assert.match(answer, /^0 /);
    await page.close();
  });

  test("cancelling the readable drops what comes and lets the writable go on", async () => {
    const peer = await peers.halfCloseFirstPeer(life, "x".repeat(100_000));
    const page = await stage.open();
    await openTCP(stage, page, peer);
    await page.evaluate(async () => {
      const { socket } = window as unknown as WithTCP;
      await socket.readable.cancel();
      const writer = socket.writable.getWriter();
      await writer.write(new Uint8Array(1234));
      await writer.close();
    });
    const connection = await peer.connection();
    await connection.waitUntilClosed();
    assert.equal(connection.received, 1234);
    await page.close();
  });

  test("signal withdraws the question; timeout ends the attempt", async () => {
    const page = await stage.open();
    const aborted = page.evaluateOnClick("#go", async () => {
      const controller = new AbortController();
      Object.assign(window, { controller });
      try {
        await navigator.openTCPSocket({ remoteAddress: "127.0.0.1", remotePort: 9, signal: controller.signal });
        return "";
      } catch (error) {
        return (error as Error).name;
      }
    });
    const prompt = await stage.person.seesPrompt();
    await page.evaluate(() => {
      (window as unknown as { controller: AbortController }).controller.abort();
    });
    assert.equal(await aborted, "AbortError");
    await prompt.page.waitUntilClosed();

    const silent = await peers.silentPeer(life);
    const timed = page.evaluateOnClick(
      "#go",
      async (remotePort: number) => {
        try {
          await navigator.openTCPSocket({ remoteAddress: "127.0.0.1", remotePort, timeout: 700 });
          return { name: "", ms: 0 };
        } catch (error) {
          return { name: (error as Error).name, ms: performance.now() };
        }
      },
      silent.port,
    );
    await stage.person.allowsOnce();
    const start = Date.now();
    assert.equal((await timed).name, "NetworkError");
    assert.ok(Date.now() - start < 5_000, "long before the system's own patience ends");
    await page.close();
  });

  test("onstate tells when the user is asked, and when the connection is made; and nothing of an open that is refused before", async () => {
    const peer = await peers.echoPeer(life);
    const page = await stage.open();
    const open = async (port: number, click = true): Promise<unknown[]> => {
      const call = (remotePort: number): Promise<unknown[]> => {
        const states: string[] = [];
        const shown = globalThis as unknown as { states: string[] };
        shown.states = states;
        const onstate = (state: string): never => {
          states.push(state);
          throw new Error(`what a page throws at ${state}`);
        };
        return navigator.openTCPSocket({ remoteAddress: "127.0.0.1", remotePort, onstate }).then(
          async (socket) => {
            await socket.close();
            return [...states, "open"];
          },
          (error: unknown) => [...states, (error as Error).name],
        );
      };
      return click ? await page.evaluateOnClick("#go", call, port) : await page.evaluate(call, port);
    };
    assert.deepEqual(await open(peer.port, false), ["NotAllowedError"]);
    const first = open(peer.port);
    const prompt = await stage.person.seesPrompt();
    const states = (): Promise<string[]> => page.evaluate(() => (globalThis as unknown as { states: string[] }).states);
    assert.deepEqual(await states(), ["asking"]);
    await prompt.allowOnce();
    assert.deepEqual(await first, ["asking", "connecting", "open"]);
    assert.deepEqual(await open(peer.port, false), ["connecting", "open"]);
    const denied = open(1);
    await (await stage.person.seesPrompt()).deny();
    assert.deepEqual(await denied, ["asking", "NotAllowedError"]);
    await page.close();
  });

  test("datagrams have no TLS: a page that asks for it gets no socket in the clear", async () => {
    const page = await stage.open();
    const names = await page.evaluateOnClick("#go", () =>
      Promise.all(
        [{ useSecureTransport: true }, { secureTransport: "on" }, { secureTransport: "starttls" }].map((more) =>
          navigator
            .openUDPSocket({ remoteAddress: "peer.example.org", remotePort: 9, ...more } as PortsideSocketOptions)
            .then(
              () => "open",
              (error: unknown) => (error as Error).name,
            ),
        ),
      ),
    );
    assert.deepEqual(names, ["TypeError", "TypeError", "TypeError"]);
    await page.close();
  });

  test("useSecureTransport is TLS, checked against the roots and the name", async () => {
    const peer = await peers.tlsEchoPeer(life);
    const page = await stage.open();
    // The test's certificate names "localhost" and 127.0.0.1, and not 127.0.0.2.
    await openTCP(stage, page, { host: "localhost", port: peer.port }, { useSecureTransport: true });
    const text = await page.evaluate(async () => {
      const { socket } = window as unknown as WithTCP;
      const writer = socket.writable.getWriter();
      await writer.write(new TextEncoder().encode("secret"));
      await writer.close();
      return await new Response(socket.readable).text();
    });
    assert.equal(text, "secret");
    const wrong = await peers.tlsEchoPeer(life, { host: "127.0.0.2" });
    const failed = attempt(page, to(wrong, { useSecureTransport: true }));
    await stage.person.allowsOnce();
    assert.equal(await failed, "NetworkError");
    await page.close();
  });
});

describe("a UDP socket", () => {
  test("sends Blobs and BufferSources, and iterates over answers with their source", async () => {
    const echo = await peers.udpEchoPeer(life);
    const page = await stage.open();
    await openUDP(stage, page, echo);
    const seen = await page.evaluate(async () => {
      const { socket } = window as unknown as WithUDP;
      const bytes = new TextEncoder().encode("[view]");
      await Promise.all([
        socket.send(new Blob(["a ", "blob"])),
        socket.send(bytes.subarray(1, 5)),
        socket.send(bytes.buffer),
        socket.send(new Uint8Array()),
      ]);
      const got: string[] = [];
      for await (const [source, blob] of socket) {
        got.push(
          `${source.remoteAddress}:${source.remotePort.toString()} ${blob.constructor.name} ${await blob.text()}`,
        );
        if (got.length === 4) break;
      }
      await socket.send(new Blob(["more"]));
      for await (const [, blob] of socket) {
        got.push(await blob.text());
        break;
      }
      const waiting = socket[Symbol.asyncIterator]();
      const next = waiting.next();
      await waiting.return?.();
      got.push(String((await next).done));
      const last = socket.send(new Blob(["last words"]));
      await socket.close();
      await socket.close();
      await last;
      return { got, tag: Object.prototype.toString.call(socket), local: socket.localPort };
    });
    const from = `127.0.0.1:${echo.port.toString()} Blob`;
    assert.deepEqual(seen.got, [`${from} a blob`, `${from} view`, `${from} [view]`, `${from} `, "more", "true"]);
    await echo.received(6);
    assert.equal(echo.datagrams[5]?.data.toString(), "last words");
    assert.equal(seen.tag, "[object UDPSocket]");
    assert.equal(seen.local, echo.datagrams[0]?.remotePort);
    await page.close();
  });

  test("hears only the chosen remote", async () => {
    const peer = await peers.udpImpostorPeer(life);
    const page = await stage.open();
    await openUDP(stage, page, peer);
    const got = await page.evaluate(async () => {
      const { socket } = window as unknown as WithUDP;
      const texts: string[] = [];
      const reader = socket.readable.getReader();
      for (const word of ["one", "two", "three"]) {
        await socket.send(new TextEncoder().encode(word));
        const { value } = await reader.read();
        texts.push(new TextDecoder().decode(value?.data));
      }
      return texts;
    });
    assert.deepEqual(got, ["one", "two", "three"]);
    await page.close();
  });

  test("the largest datagram passes, one byte more is a NetworkError, and the socket lives on", async () => {
    const echo = await peers.udpEchoPeer(life);
    const page = await stage.open();
    await openUDP(stage, page, echo);
    const seen = await page.evaluate(async () => {
      const { socket } = window as unknown as WithUDP;
      const name = async (promise: Promise<unknown>): Promise<string> =>
        promise.then(
          () => "",
          (e: unknown) => (e as Error).name,
        );
      const tooLong = await name(socket.send(new Uint8Array(65_508)));
      const noBytes = await name(socket.send("text" as unknown as Blob));
      await socket.send(new Uint8Array(65_507).fill(5));
      const { value } = await socket.readable.getReader().read();
      const after = await socket.close().then(() => name(socket.send(new Uint8Array(1))));
      return { tooLong, noBytes, length: value?.data.length, after };
    });
    assert.deepEqual(seen, {
      tooLong: "NetworkError",
      noBytes: "TypeError",
      length: 65_507,
      after: "InvalidStateError",
    });
    await page.close();
  });
});
