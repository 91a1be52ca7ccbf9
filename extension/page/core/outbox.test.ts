import assert from "node:assert/strict";
import { test } from "node:test";
import { chunkBytes, laneChunkBytes, windowBytes } from "../../../protocol/message.ts";
import type { Channel } from "./channel.ts";
import { Outbox } from "./outbox.ts";
import { SendBudget, Traffic } from "./send_budget.ts";
import { SendCredit } from "./send_credit.ts";

/** An outbox on the lane, and what it has posted. */
function world(
  window = windowBytes,
  clock = (): number => 0,
): {
  outbox: Outbox;
  credit: SendCredit;
  posted: Uint8Array[];
  lengths(): number[];
  traffic: Traffic;
} {
  const posted: Uint8Array[] = [];
  const traffic = new Traffic(() => 0);
  const channel = {
    info: { window },
    write: (data: ArrayBuffer) => posted.push(new Uint8Array(data)),
  } as unknown as Channel;
  const credit = new SendCredit(window);
  const outbox = new Outbox(channel, new SendBudget(traffic, true), clock, credit);
  return { outbox, credit, posted, lengths: () => posted.map((bytes) => bytes.length), traffic };
}

/** What is found where large messages are faster. */
const large = { bytes: laneChunkBytes, sent: () => undefined };

/** Bytes of which each tells where it is. */
const period = 251;
const long = Uint8Array.from({ length: 3 << 20 }, (_, i) => i % period);
const pattern = (from: number, length: number): Uint8Array<ArrayBuffer> =>
  long.slice(from % period, (from % period) + length);

const task = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

function assertPattern(posted: readonly Uint8Array[], length: number): void {
  let at = 0;
  for (const bytes of posted) {
    assert.ok(Buffer.from(bytes).equals(pattern(at, bytes.length)), `other bytes from ${at} on`);
    at += bytes.length;
  }
  assert.equal(at, length);
}

test("a write after a pause is posted at once, as it is", async () => {
  const { outbox, lengths } = world();
  const first = outbox.write(new Uint8Array(3));
  assert.deepEqual(lengths(), [3]);
  await first;
  await task();
  const second = outbox.write(new Uint8Array(9).subarray(2, 7));
  assert.deepEqual(lengths(), [3, 5]);
  await second;
  await outbox.write(new Uint8Array(0));
  assert.deepEqual(lengths(), [3, 5]);
});

test("writes that follow each other go in few messages, before anything else happens", async () => {
  for (const piece of [1, 1_000, 40_000]) {
    const { outbox, posted, lengths, traffic } = world();
    Object.assign(traffic, { messageSize: large });
    for (let at = 0; at < 20 * piece; at += piece) await outbox.write(pattern(at, piece));
    await task();
    assert.ok(posted.length <= 7, `${posted.length} messages`);
    assertPattern(posted, 20 * piece);
    assert.equal(lengths()[0], piece);
    assert.ok(Math.max(...lengths()) <= laneChunkBytes, "a message is too long");
  }
});

test("writes through a stream, awaited or piped, go in few messages", async () => {
  for (const how of ["awaited", "ready", "piped"] as const) {
    const { outbox, posted } = world();
    const writable = new WritableStream<Uint8Array<ArrayBuffer>>(
      { write: (chunk) => outbox.write(chunk) },
      { highWaterMark: 1 },
    );
    if (how === "piped") {
      let at = 0;
      const source = new ReadableStream<Uint8Array<ArrayBuffer>>({
        pull(controller) {
          controller.enqueue(pattern(at, 100));
          at += 100;
          if (at === 2_000) controller.close();
        },
      });
      await source.pipeTo(writable);
    } else {
      const writer = writable.getWriter();
      for (let at = 0; at < 2_000; at += 100) {
        if (how === "ready") {
          await writer.ready;
          void writer.write(pattern(at, 100));
        } else await writer.write(pattern(at, 100));
      }
      await writer.ready;
    }
    await task();
    assertPattern(posted, 2_000);
    assert.ok(posted.length <= 12, `${how}: ${posted.length} messages`); // 4, but for the time that the first call of anything takes
  }
});

test("a page that computes between its writes does not hold them up", async () => {
  let time = 0;
  const { outbox, posted } = world(windowBytes, () => time);
  for (let i = 0; i < 6; i++) {
    time += 3;
    await outbox.write(pattern(i * 1_000, 1_000));
    assert.ok(posted.length >= i, `${posted.length} messages after ${i + 1} writes`);
  }
  await task();
  assertPattern(posted, 6_000);
});

test("a write that waits for credit keeps its bytes as they were", async () => {
  const { outbox, credit, posted } = world(1_000);
  const bytes = pattern(0, 1_500);
  let done = false;
  const written = outbox.write(bytes).then(() => {
    done = true;
  });
  await task();
  assert.equal(done, false);
  bytes.fill(0); // the page's buffer is the page's
  assert.equal(credit.bytes, 0);
  credit.give(600);
  await written;
  await task();
  assert.equal(credit.bytes, 100);
  assertPattern(posted, 1_500);
});

test("less is on its way beside others", async () => {
  const { outbox, lengths, traffic } = world();
  new SendBudget(traffic, true).moves(1); // somebody types
  const waits = outbox.write(new Uint8Array(windowBytes));
  await task();
  assert.deepEqual(lengths(), [chunkBytes, chunkBytes, chunkBytes]);
  outbox.fail(new Error("over"));
  await assert.rejects(waits, /over/);

  const alone = world();
  Object.assign(alone.traffic, { messageSize: large });
  await alone.outbox.write(new Uint8Array(windowBytes));
  assert.deepEqual(alone.lengths(), [laneChunkBytes, laneChunkBytes, laneChunkBytes, laneChunkBytes]);
});

test("a failure ends the write that waits, those to come, and what was gathered", async () => {
  const { outbox, posted } = world(100);
  await outbox.write(pattern(0, 50));
  await outbox.write(pattern(50, 10)); // gathered
  const waits = outbox.write(new Uint8Array(100));
  const failure = new Error("the socket is gone");
  await task();
  outbox.fail(failure);
  await assert.rejects(waits, failure);
  await assert.rejects(outbox.write(new Uint8Array(1)), failure);
  const before = posted.length;
  outbox.flush();
  await task();
  assert.equal(posted.length, before);
});

test("page and host never wait for each other, whatever is written", async () => {
  const { min } = Math;
  let seed = 1;
  const random = (most: number): number => {
    seed = (seed * 48_271) % 0x7fffffff;
    return seed % most;
  };
  for (let round = 0; round < 30; round++) {
    const window = [windowBytes, 300_000, 64 << 10, 1_000][round % 4] ?? windowBytes;
    const posted: Uint8Array[] = [];
    let time = 0;
    const traffic = new Traffic(() => time);
    const other = new SendBudget(traffic, true);
    const channel = {
      info: { window },
      write: (data: ArrayBuffer) => posted.push(new Uint8Array(data)),
    } as unknown as Channel;
    const credit = new SendCredit(window);
    const outbox = new Outbox(channel, new SendBudget(traffic, round % 3 !== 2), () => time, credit);
    const page = { ended: false };
    let idle = 0;
    /** The host: takes what was posted, and gives credit back as nativehost/stream does. */
    const host = (async () => {
      let taken = 0;
      let owed = 0;
      let under = 0;
      while (!page.ended || taken < posted.length) {
        await task();
        assert.ok(idle++ < 100, `both wait: window ${window}`);
        time += random(200);
        if (random(4) === 0) other.moves(random(3) === 0 ? 1 << 20 : 1);
        while (taken < posted.length) {
          idle = 0;
          const length = posted[taken++]?.length ?? 0;
          under += length;
          owed += length;
          assert.ok(under <= window, "more than the credit");
          if (owed < 2 * chunkBytes && 4 * owed < window) continue;
          credit.give(owed);
          under -= owed;
          owed = 0;
        }
      }
    })();
    let at = 0;
    for (let i = 0; i < 40; i++) {
      const length = random(min(20 * window, [10, 5_000, 100_000, 2_000_000][random(4)] ?? 10));
      await Promise.race([outbox.write(pattern(at, length)), host]);
      at += length;
      if (random(3) === 0) await task();
    }
    outbox.flush();
    page.ended = true;
    await host;
    assertPattern(posted, at);
  }
});
