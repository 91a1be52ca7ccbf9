// Bytes: many, in every size, on many sockets, and none lost. Lengths and SHA-256 are compared at both ends.
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { before, test } from "node:test";
import { openStage, openTCP, openUDP, type Page, type Stage, type WithTCP, type WithUDP } from "./stage.ts";
import { lifeOf, lifeOfSuite } from "./world/life.ts";
import { until } from "./world/wait.ts";
import { commandLine, descendantsOf, pagesGotBy, type Memory } from "./world/proc.ts";
import * as peers from "./world/peers.ts";

const MiB = 1 << 20;
const life = lifeOfSuite("transfers");
let stage: Stage;
let page: Page;
before(async () => {
  // Hundreds of sockets within seconds take an administrator.
  const limits = { attemptBurst: 1_000, attemptsPerSecond: 100, attemptsPerMinuteOverall: 10_000 };
  stage = await openStage(life, { host: { policy: { limits } } });
  page = await stage.open();
  page.patience = 180_000;
  await page.evaluate(() => {
    // The pattern of e2e/world/peers/pattern.ts: AES-128-CTR over zeros. Made and hashed piecewise, so that the page holds little.
    const pieceSize = 4 << 20;
    async function* pattern(seed: number, length: number): AsyncGenerator<Uint8Array<ArrayBuffer>> {
      const raw = new Uint8Array(16);
      new DataView(raw.buffer).setUint32(0, seed);
      const key = await crypto.subtle.importKey("raw", raw, "AES-CTR", false, ["encrypt"]);
      for (let at = 0; at < length; at += pieceSize) {
        const counter = new Uint8Array(16);
        new DataView(counter.buffer).setUint32(12, at / 16);
        yield new Uint8Array(
          await crypto.subtle.encrypt(
            { name: "AES-CTR", counter, length: 128 },
            key,
            new Uint8Array(Math.min(pieceSize, length - at)),
          ),
        );
      }
    }
    /** Length and SHA-256 (hex) of all that a stream gives, which should be `expected` bytes. */
    async function digest(
      stream: ReadableStream<Uint8Array<ArrayBuffer>>,
      expected: number,
    ): Promise<{ bytes: number; sha256: string }> {
      const all = new Uint8Array(expected);
      let bytes = 0;
      const reader = stream.getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        all.set(value, bytes); // throws a RangeError if there is more than expected
        bytes += value.length;
      }
      const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", all));
      return { bytes, sha256: Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("") };
    }
    Object.assign(window, { pattern, digest });
  });
});

interface Tools {
  pattern(seed: number, length: number): AsyncGenerator<Uint8Array<ArrayBuffer>>;
  digest(stream: ReadableStream<Uint8Array<ArrayBuffer>>, expected: number): Promise<{ bytes: number; sha256: string }>;
}

test("256 MiB to the page, 256 MiB to the peer, equal at both ends", { timeout: 180_000 }, async (t) => {
  const length = 256 * MiB;
  const source = await peers.bulkSourcePeer(life, { seed: 7, length });
  await openTCP(stage, page, source);
  const receiving = await page.evaluate(async (expected: number) => {
    const { digest, socket } = window as unknown as Tools & WithTCP;
    const start = performance.now();
    const got = await digest(socket.readable, expected);
    await socket.close();
    return { ...got, ms: performance.now() - start };
  }, length);
  assert.equal(receiving.bytes, length);
  assert.equal(receiving.sha256, peers.patternSha256(7, length));

  const sink = await peers.bulkSinkPeer(life);
  await openTCP(stage, page, sink);
  const sendingMs = await page.evaluate(
    async (seed: number, bytes: number) => {
      const { pattern, socket } = window as unknown as Tools & WithTCP;
      const start = performance.now();
      const writer = socket.writable.getWriter();
      for await (const piece of pattern(seed, bytes)) await writer.write(piece);
      await writer.close();
      return performance.now() - start;
    },
    8,
    length,
  );
  const transfer = await sink.transfer();
  assert.equal(transfer.received, length);
  assert.equal(transfer.receivedSha256, peers.patternSha256(8, length));
  const rate = (ms: number): string => `${(length / MiB / (ms / 1000)).toFixed(0)} MiB/s`;
  t.diagnostic(
    `256 MiB to the page at ${rate(receiving.ms)} (with its hashing), to the peer at ${rate(sendingMs)} (with its making)`,
  );
});

test("200 sockets at once, 1 MiB each way on each, all equal", { timeout: 180_000 }, async (t) => {
  const echo = await peers.bulkEchoPeer(life);
  await openTCP(stage, page, echo); // the one question
  const seen = await page.evaluate(
    async (port: number, count: number, bytes: number) => {
      const { pattern, digest, socket: first } = window as unknown as Tools & WithTCP;
      await first.close();
      const start = performance.now();
      const sockets: PortsideTCPSocket[] = [];
      while (sockets.length < count) {
        // 25 at a time: an origin may have 32 opens under way.
        const more = Array.from({ length: 25 }, () =>
          navigator.openTCPSocket({ remoteAddress: "127.0.0.1", remotePort: port }),
        );
        sockets.push(...(await Promise.all(more)));
      }
      const opened = performance.now() - start;
      const totals = await Promise.all(
        sockets.map(async (socket, seed) => {
          const writing = (async () => {
            const writer = socket.writable.getWriter();
            for await (const piece of pattern(seed, bytes)) await writer.write(piece);
            await writer.close();
          })();
          const received = await digest(socket.readable, bytes);
          await writing;
          return received;
        }),
      );
      return { totals, opened, ms: performance.now() - start };
    },
    echo.port,
    200,
    MiB,
  );
  assert.deepEqual(
    seen.totals,
    Array.from({ length: 200 }, (_, seed) => ({ bytes: MiB, sha256: peers.patternSha256(seed, MiB) })),
  );
  t.diagnostic(
    `200 sockets opened in ${seen.opened.toFixed(0)} ms; 200 MiB each way in ${(seen.ms / 1000).toFixed(1)} s`,
  );
});

test("writes of every size arrive: 1 byte to 1 MiB, and all around 65,536", { timeout: 120_000 }, async () => {
  const sizes = [1, 2, 3, 15, 16, 17, 255, 256, 1000, 1023, 1024, 4095, 4096, 4097, 16_383, 16_384, 32_768, 60_000];
  for (let n = 65_530; n <= 65_542; n++) sizes.push(n);
  sizes.push(98_304, 131_071, 131_072, 131_073, 262_143, 262_144, 262_145, 524_288, 1_000_000, MiB - 1, MiB);
  // As the native implementation loses them: awaited writes, one after the other, of exactly the pipe's size.
  for (let i = 0; i < 64; i++) sizes.push(65_536);
  for (let i = 0; i < 128; i++) sizes.push(32_768);
  for (let i = 0; i < 500; i++) sizes.push(1024);
  const total = sizes.reduce((a, b) => a + b, 0);
  const peer = await peers.answerAfterEndPeer(life);
  await openTCP(stage, page, peer);
  const answer = await page.evaluate(
    async (pieces: number[], bytes: number) => {
      const { pattern, socket } = window as unknown as Tools & WithTCP;
      const all = new Uint8Array(bytes);
      let filled = 0;
      for await (const piece of pattern(9, bytes)) {
        all.set(piece, filled);
        filled += piece.length;
      }
      const writer = socket.writable.getWriter();
      let at = 0;
      for (const n of pieces) {
        await writer.write(all.subarray(at, at + n));
        at += n;
      }
      await writer.close();
      return await new Response(socket.readable).text();
    },
    sizes,
    total,
  );
  assert.equal(answer, `${total.toString()} ${peers.patternSha256(9, total)}\n`);
});

test("one write of 64 MiB arrives", { timeout: 120_000 }, async () => {
  const peer = await peers.answerAfterEndPeer(life);
  await openTCP(stage, page, peer);
  const answer = await page.evaluate(async (bytes: number) => {
    const { socket } = window as unknown as WithTCP;
    const writer = socket.writable.getWriter();
    await writer.write(new Uint8Array(bytes));
    await writer.close();
    return await new Response(socket.readable).text();
  }, 64 * MiB);
  assert.match(answer, /^67108864 /);
});

test("a keystroke is not held up by a download on another socket", { timeout: 120_000 }, async (t) => {
  const echo = await peers.echoPeer(life);
  const source = await peers.bulkSourcePeer(life, { length: 512 * MiB });
  await openTCP(stage, page, echo);
  await page.evaluate(() => {
    const { socket } = window as unknown as WithTCP;
    Object.assign(window, { keys: socket });
  });
  await openTCP(stage, page, source);
  const times = await page.evaluate(async () => {
    const { keys, socket: bulk } = window as unknown as WithTCP & { keys: PortsideTCPSocket };
    const writer = keys.writable.getWriter();
    const reader = keys.readable.getReader();
    const trip = async (): Promise<number> => {
      const start = performance.now();
      await writer.write(Uint8Array.of(1));
      await reader.read();
      return performance.now() - start;
    };
    const median = (all: number[]): number => all.sort((a, b) => a - b)[all.length >> 1] ?? 0;
    const measure = async (): Promise<number> => {
      const all: number[] = [];
      for (let i = 0; i < 60; i++) {
        all.push(await trip());
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      return median(all);
    };
    const idle = await measure();
    const bulkReader = bulk.readable.getReader();
    const stop = new AbortController();
    const reading = (async () => {
      while (!stop.signal.aborted && !(await bulkReader.read()).done);
    })();
    const loaded = await measure();
    stop.abort();
    await reading;
    await Promise.all([bulk.close(), keys.close()]);
    return { idle, loaded };
  });
  t.diagnostic(
    `round trip of one byte, median: ${times.idle.toFixed(2)} ms idle, ${times.loaded.toFixed(2)} ms beside a download`,
  );
  assert.ok(times.loaded < 250, `${times.loaded.toString()} ms: the download delays the keystroke`);
});

test(
  "a page that reads nothing while 1 GiB waits: nobody's memory grows beyond the window",
  { timeout: 120_000 },
  async (t) => {
    const windowMiB = 1;
    const allowedMiB = windowMiB + 16;
    // A browser of its own: one that has just moved hundreds of MiB shrinks meanwhile, and would hide growth.
    const own = await openStage(lifeOf(t));
    const fresh = await own.open("https://stall.test/");
    const source = await peers.bulkSourcePeer(own.life, { length: 1024 * MiB });
    await openTCP(own, fresh, await peers.echoPeer(own.life)); // everything is started
    const sum = (all: (Memory | undefined)[]): number => all.reduce((bytes, m) => bytes + (m?.resident ?? 0), 0) / MiB;
    const parts = ["host", "browser", "extension"] as const;
    const measure = async (): Promise<Record<(typeof parts)[number], number>> => {
      const { hosts, browser, extension } = await own.browser.memory();
      return { host: sum(hosts), browser: sum([browser]), extension: sum([extension]) };
    };
    const start = await measure();
    const most = { ...start };
    await openTCP(own, fresh, source);
    // Without a bound, more than a hundred MiB would come in these five seconds.
    for (let i = 0; i < 20; i++) {
      await new Promise((resolve) => setTimeout(resolve, 250));
      const now = await measure();
      for (const part of parts) most[part] = Math.max(most[part], now[part]);
    }
    const growth = parts.map((part) => [part, most[part] - start[part]] as const);
    t.diagnostic(
      `most growth in MiB while 1 GiB waits: ${growth.map(([part, mib]) => `${part} ${mib.toFixed(1)}`).join(", ")}`,
    );
    assert.equal(own.browser.hosts().length, 1);
    for (const [part, mib] of growth) assert.ok(mib <= allowedMiB, `${part} grew by ${mib.toFixed(1)} MiB`);
    // It was stalled, not broken: what the page reads now is right, and reading lets more come.
    const read = await fresh.evaluate(async () => {
      const { socket } = window as unknown as WithTCP;
      const reader = socket.readable.getReader();
      let bytes = 0;
      while (bytes < 8 << 20) bytes += (await reader.read()).value?.length ?? 0;
      await socket.close();
      return bytes;
    });
    assert.ok(read >= 8 * MiB, `${read.toString()} bytes read`);
    await fresh.close();
  },
);

test("a page that reads all the time gets bursts of datagrams whole, in order", async (t) => {
  const [count, size] = [3_000, 1_200];
  const fresh = await stage.open("https://bursts.test/");
  const source = await peers.udpSourcePeer(life);
  await openUDP(stage, fresh, source);
  const numbers = await fresh.evaluate(
    async (request: string, most: number) => {
      const { socket } = window as unknown as WithUDP;
      await socket.send(new TextEncoder().encode(request));
      const reader = socket.readable.getReader();
      const got: number[] = [];
      while (got.length < most) {
        const next = await Promise.race([reader.read(), new Promise<undefined>((r) => setTimeout(r, 2_000))]);
        if (next?.value === undefined) break;
        got.push(new DataView(next.value.data.buffer).getUint32(0));
      }
      await socket.close();
      return got;
    },
    `${count.toString()} ${size.toString()}`,
    count,
  );
  t.diagnostic(`${numbers.length.toString()} of ${count.toString()} datagrams came`);
  assert.deepEqual(
    numbers,
    Array.from({ length: count }, (_, n) => n),
  );
  await fresh.close();
});

test("a page that reads no datagrams: what exceeds the window and the system's room is dropped and counted, the rest is in order", async (t) => {
  const rounds = 40;
  const [count, size, overhead] = [50, 1200, 64];
  const buffer = 100_000; // Linux takes it twice
  const room = Math.floor(MiB / (size + overhead)) + Math.floor((2 * buffer) / size) + 1;
  const fresh = await stage.open("https://drops.test/");
  const source = await peers.udpSourcePeer(life);
  await openUDP(stage, fresh, source, { receiveBufferSize: buffer });
  const numbers = await fresh.evaluate(
    async (request: string, times: number) => {
      const { socket } = window as unknown as WithUDP;
      for (let i = 0; i < times; i++) {
        await socket.send(new TextEncoder().encode(request));
        await new Promise((resolve) => setTimeout(resolve, 20)); // reading nothing
      }
      const reader = socket.readable.getReader();
      const got: number[] = [];
      for (;;) {
        const next = await Promise.race([reader.read(), new Promise<undefined>((r) => setTimeout(r, 500))]);
        if (next?.value === undefined) break;
        got.push(new DataView(next.value.data.buffer).getUint32(0));
      }
      await socket.close();
      return got;
    },
    `${count.toString()} ${size.toString()}`,
    rounds,
  );
  assert.ok(numbers.length > 0 && numbers.length <= room, `${numbers.length.toString()}, room for ${room.toString()}`);
  // Each round counts from 0: in order, the numbers fall only where a new round begins.
  const falls = numbers.filter((n, i) => i > 0 && n <= (numbers[i - 1] ?? 0)).length;
  assert.ok(falls < rounds, `${falls.toString()} falls`);
  const dropped = await until("the audit line with the count", () => {
    const audit = Object.entries(stage.browser.hostFiles()).find(([name]) => name.includes("audit"))?.[1] ?? "";
    const line = audit.split("\n").find((l) => l.includes("https://drops.test") && l.includes('"event":"close"'));
    return line === undefined ? undefined : (JSON.parse(line) as { dropped?: number }).dropped;
  });
  const sent = rounds * count;
  t.diagnostic(`${numbers.length.toString()} of ${sent.toString()} datagrams kept, ${dropped.toString()} dropped`);
  assert.ok(
    dropped > 0 && numbers.length + dropped === sent,
    `${dropped.toString()} dropped, ${numbers.length.toString()} received of ${sent.toString()}`,
  );
  await fresh.close();
});

test("messages that the lane has sent on leave their memory to those that follow", { timeout: 60_000 }, async (t) => {
  if (process.env["TEST_CARRIER"] === "stdio") {
    t.skip("no lane");
    return;
  }
  const sink = createSocket("udp4").bind(0, "127.0.0.1");
  await once(sink, "listening");
  t.after(() => {
    sink.close();
  });
  const fresh = await stage.open("https://memory.test/");
  await openUDP(stage, fresh, { host: "127.0.0.1", port: sink.address().port });
  /** Sends so many MiB, 64 datagrams under way at a time. */
  const send = (most: number): Promise<number> =>
    fresh.evaluate(async (mebibytes: number) => {
      const { socket } = window as unknown as WithUDP;
      const datagram = new Uint8Array(16 << 10); // three in a message, or one: each is worth giving back
      let left = mebibytes * 64;
      const sender = async (): Promise<void> => {
        while (left-- > 0) await socket.send(datagram);
      };
      await Promise.all(Array.from({ length: 64 }, sender));
      return mebibytes;
    }, most);
  const pages = (): number =>
    descendantsOf(stage.browser.process.pid)
      .filter((pid) => commandLine(pid).includes("--extension-process"))
      .reduce((sum, pid) => sum + pagesGotBy(pid), 0);
  await send(4);
  const before = pages();
  const sent = await send(64);
  const each = (pages() - before) / sent;
  t.diagnostic(`${each.toFixed(0)} pages of memory got from the system for each MiB`);
  // A MiB has 256 of 4 KiB.
  assert.ok(each < 160, `${each.toFixed(0)} pages for each MiB`);
  await fresh.close();
});
