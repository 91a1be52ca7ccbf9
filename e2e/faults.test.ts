// Servers that misbehave, or behave in the ways that bridges get wrong.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import {
  attempt,
  openStage,
  openTCP,
  readAll,
  to,
  type Destination,
  type Page,
  type Stage,
  type WithTCP,
} from "./stage.ts";
import { lifeOfSuite } from "./world/life.ts";
import * as peers from "./world/peers.ts";

const life = lifeOfSuite("faults");
let stage: Stage;
let page: Page;
before(async () => {
  stage = await openStage(life);
  page = await stage.open();
});

/** Opens with a click and an "Allow this time", and tells the error's name. */
async function failureOf(destination: Destination, options: { timeout?: number } = {}): Promise<string> {
  const opened = attempt(page, to(destination, options));
  await stage.person.allowsOnce();
  return await opened;
}

test("a server that resets: reads and writes reject with NetworkError", async () => {
  const peer = await peers.resetPeer(life, "on data");
  await openTCP(stage, page, peer);
  const seen = await page.evaluate(async () => {
    const { socket } = window as unknown as WithTCP;
    const writer = socket.writable.getWriter();
    await writer.write(new Uint8Array(10));
    const name = async (promise: Promise<unknown>): Promise<string> =>
      promise.then(
        () => "",
        (e: unknown) => `${(e as Error).name} ${String((e as { reason?: string }).reason)}`,
      );
    const read = await name(socket.readable.getReader().read());
    return {
      read,
      closed: await name(writer.closed),
      write: await name(writer.write(new Uint8Array(1))),
      close: await name(socket.close()),
    };
  });
  const reset = "NetworkError reset";
  assert.deepEqual(seen, { read: reset, closed: reset, write: reset, close: "" });
});

test("a server that resets at once: the open or the first read fails, nothing hangs", async () => {
  const peer = await peers.resetPeer(life, "at once");
  const opened = page.evaluateOnClick(
    "#go",
    async (remotePort: number) => {
      try {
        const socket = await navigator.openTCPSocket({ remoteAddress: "127.0.0.1", remotePort });
        await socket.readable.getReader().read();
        return "";
      } catch (error) {
        return (error as Error).name;
      }
    },
    peer.port,
  );
  await stage.person.allowsOnce();
  assert.equal(await opened, "NetworkError");
});

test("a server that half-closes first: the page reads its end and can still write", async () => {
  const peer = await peers.halfCloseFirstPeer(life, "bye");
  await openTCP(stage, page, peer);
  const read = await page.evaluate(readAll);
  assert.deepEqual(read, { bytes: 3, end: "done" });
  await page.evaluate(async () => {
    const writer = (window as unknown as WithTCP).socket.writable.getWriter();
    for (let i = 0; i < 10; i++) await writer.write(new Uint8Array(100_000));
    await writer.close();
  });
  const connection = await peer.connection();
  await connection.waitUntilClosed();
  assert.equal(connection.received, 1_000_000);
  assert.equal(connection.error, undefined);
});

test("a page that half-closes first: the server answers after the page's FIN", async () => {
  const peer = await peers.answerAfterEndPeer(life);
  await openTCP(stage, page, peer);
  const text = await page.evaluate(async () => {
    const { socket } = window as unknown as WithTCP;
    const writer = socket.writable.getWriter();
    await writer.write(new TextEncoder().encode("question"));
    await writer.close();
    return await new Response(socket.readable).text();
  });
  assert.match(text, /^8 [0-9a-f]{64}\n$/);
});

test("a server that closes at once: the readable is done, with no error", async () => {
  await openTCP(stage, page, await peers.closePeer(life));
  assert.deepEqual(await page.evaluate(readAll), { bytes: 0, end: "done" });
});

test("a server that sends and closes: not a byte is lost, however slowly the page reads", async () => {
  const length = 5_000_001;
  const peer = await peers.bulkSourcePeer(life, { seed: 3, length });
  await openTCP(stage, page, peer);
  await new Promise((resolve) => setTimeout(resolve, 500)); // the server's FIN waits behind the data by now
  assert.deepEqual(await page.evaluate(readAll), { bytes: length, end: "done" });
});

test("a port that refuses, and one that never answers: NetworkError, the same for both", async () => {
  assert.equal(await failureOf(await peers.refusingPeer(life)), "NetworkError");
  assert.equal(await failureOf(await peers.silentPeer(life), { timeout: 1000 }), "NetworkError");
});

test("the same words for every failure of the network; where the user agreed, the reason beside them", async () => {
  const texts = new Set<string>();
  const reasons: unknown[] = [];
  for (const { host, port } of [await peers.refusingPeer(life), await peers.silentPeer(life)]) {
    const failed = page.evaluateOnClick(
      "#go",
      (options: PortsideSocketOptions) =>
        navigator.openTCPSocket(options).then(
          () => ({ message: "opened", reason: undefined }),
          (error: unknown) => ({
            message: (error as Error).message,
            reason: Object.getOwnPropertyDescriptor(error, "reason"),
          }),
        ),
      to({ host, port }, { timeout: 1000 }),
    );
    await stage.person.allowsOnce();
    const { message, reason } = await failed;
    texts.add(message);
    reasons.push(reason);
  }
  assert.deepEqual([...texts], ["The connection could not be opened, or it was lost."]);
  assert.deepEqual(
    reasons,
    ["refused", "timeout"].map((value) => ({ value, enumerable: true, writable: false, configurable: false })),
  );
  // What can be no host is a mistake of the page's: nobody is asked, and nothing fails on the network.
  const unasked = await page.evaluateOnClick("#go", () =>
    navigator.openTCPSocket({ remoteAddress: "not a name", remotePort: 9 }).then(
      () => ["opened"],
      (error: unknown) => [(error as Error).name, "reason" in (error as Error)],
    ),
  );
  assert.deepEqual(unasked, ["TypeError", false]);
});

test("a name that does not exist: NetworkError", async () => {
  assert.equal(await failureOf({ host: "no-such-name.invalid", port: 9 }), "NetworkError");
});

test("a write that was acknowledged reaches the peer though the page closes at once", async () => {
  const peer = await peers.sinkPeer(life);
  await openTCP(stage, page, peer);
  await page.evaluate(async () => {
    const { socket } = window as unknown as WithTCP;
    const writer = socket.writable.getWriter();
    await writer.write(new Uint8Array(700_000));
    await socket.close();
  });
  const connection = await peer.connection();
  await connection.waitUntilClosed();
  assert.equal(connection.received, 700_000);
});

test("what was acknowledged reaches a peer that is slow to read, and close() waits for that", async () => {
  const length = 300_000;
  const peer = await peers.sleepyPeer(life, 1_600);
  await openTCP(stage, page, peer);
  const seen = await page.evaluate(
    async (remotePort: number, length: number) => {
      const ends = ["cancel and FIN", "FIN and close()", "close()"].map(async (how, i) => {
        const first = (window as unknown as WithTCP).socket;
        const socket = i === 0 ? first : await navigator.openTCPSocket({ remoteAddress: "127.0.0.1", remotePort });
        if (how === "cancel and FIN") await socket.readable.cancel();
        const writer = socket.writable.getWriter();
        await writer.write(new Uint8Array(length));
        if (how !== "close()") await writer.close();
        const began = performance.now();
        await socket.close();
        return performance.now() - began;
      });
      return await Promise.all(ends);
    },
    peer.port,
    length,
  );
  assert.ok(Math.min(...seen) > 500, `close() took ${seen.map(Math.round).join()} ms`);
  for (let i = 0; i < 3; i++) {
    const connection = await peer.connection(i);
    await connection.waitUntilClosed();
    assert.deepEqual([connection.received, connection.error], [length, undefined]);
  }
});

test("a peer that takes nothing: writes wait for credit, and close() does not hang", async () => {
  const peer = await peers.stalledPeer(life);
  await openTCP(stage, page, peer);
  const seen = await page.evaluate(async () => {
    const { socket } = window as unknown as WithTCP;
    const writer = socket.writable.getWriter();
    let done = false;
    const writing = writer.write(new Uint8Array(64 << 20)).then(
      () => {
        done = true;
        return "";
      },
      (e: unknown) => (e as Error).name,
    );
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const before = done;
    const start = performance.now();
    await socket.close();
    return { before, name: await writing, ms: performance.now() - start };
  });
  assert.equal(seen.before, false, "64 MiB cannot have been taken");
  assert.equal(seen.name, "AbortError");
  assert.ok(seen.ms < 3_000, `close() took ${seen.ms.toString()} ms`);
});
