// Bound UDP sockets: a page exchanges datagrams with many, those that the user says, and nobody else.
import assert from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { before, beforeEach, test } from "node:test";
import { openStage, type Page, type Stage } from "./stage.ts";
import { lifeOfSuite } from "./world/life.ts";
import { until } from "./world/wait.ts";

const life = lifeOfSuite("datagrams");
let stage: Stage;
let page: Page;
before(async () => {
  const limits = { attemptBurst: 1_000, attemptsPerSecond: 100, attemptsPerMinuteOverall: 10_000 };
  stage = await openStage(life, { host: { policy: { limits } } });
});
beforeEach(async () => {
  page = await stage.open();
});

/** A UDP socket on loopback that sends each datagram back. */
async function echo(answers = true, address = "127.0.0.1"): Promise<{ socket: Socket; port: number; heard: string[] }> {
  const socket = createSocket("udp4");
  const heard: string[] = [];
  socket.on("message", (data, from) => {
    heard.push(data.toString("latin1"));
    if (answers) socket.send(data, from.port, from.address);
  });
  socket.bind(0, address);
  await once(socket, "listening");
  life.onEnd("a UDP peer", () => {
    socket.close();
  });
  return { socket, port: socket.address().port, heard };
}

interface Bound {
  socket: UDPSocket;
  reader: ReadableStreamDefaultReader<UDPMessage>;
  writer: WritableStreamDefaultWriter<UDPMessage>;
}

/** The page binds a socket on loopback, which may send to `hosts`. */
async function binds(hosts: string): Promise<number> {
  const opened = page.evaluateOnClick("#go", async () => {
    const socket = new UDPSocket({ localAddress: "127.0.0.1" });
    const { readable, writable, localPort } = await socket.opened;
    Object.assign(window, { socket, reader: readable.getReader(), writer: writable.getWriter() });
    return localPort;
  });
  const prompt = await stage.person.seesPrompt();
  await prompt.page.type("#hosts", hosts);
  await prompt.allowOnce();
  return await opened;
}

test("150 growing datagrams come back in order, none lost", { timeout: 60_000 }, async () => {
  const { port } = await echo();
  await binds("127.0.0.1");
  const got = await page.evaluate(async (remotePort: number) => {
    const { reader, writer } = window as unknown as Bound;
    const sizes: number[] = [];
    const sources = new Set<string>();
    const reading = (async () => {
      while (sizes.length < 150) {
        const { done, value } = await reader.read();
        if (done) break;
        const data = value.data as Uint8Array;
        if (data.some((byte) => byte !== sizes.length))
          throw new Error(`datagram ${String(sizes.length)} is another one`);
        sizes.push(data.byteLength);
        sources.add(`${String(value.remoteAddress)} ${String(value.remotePort)}`);
      }
    })();
    for (let n = 0; n < 150; n++) {
      // The system keeps three large ones for the peer, which shares the processor with everything else.
      while (n - sizes.length > 2) await new Promise((resolve) => setTimeout(resolve, 0));
      const data = new Uint8Array(1 + n * 430).fill(n);
      await writer.write({ data, remoteAddress: "127.0.0.1", remotePort });
    }
    await reading;
    return { sizes, sources: [...sources] };
  }, port);
  assert.deepEqual(
    got.sizes,
    Array.from({ length: 150 }, (_, n) => 1 + n * 430),
  );
  assert.deepEqual(got.sources, [`127.0.0.1 ${String(port)}`]);
});

test("a socket has 50 peers; what nobody named hears nothing and is not heard", { timeout: 60_000 }, async () => {
  const peers = await Promise.all(Array.from({ length: 50 }, () => echo()));
  const stranger = await echo(true, "127.0.0.2");
  const local = await binds("127.0.0.1");
  const ports = peers.map(({ port }) => port);
  const answers = await page.evaluate(
    async (ports: number[], other: number) => {
      const { reader, writer } = window as unknown as Bound;
      await writer.write({ data: new Uint8Array([0]), remoteAddress: "127.0.0.2", remotePort: other });
      for (const remotePort of ports)
        await writer.write({ data: new Uint8Array([1]), remoteAddress: "127.0.0.1", remotePort });
      const from = new Set<number>();
      while (from.size < ports.length) {
        const { value } = await reader.read();
        from.add(value?.remotePort ?? 0);
      }
      return [...from];
    },
    ports,
    stranger.port,
  );
  assert.deepEqual(answers.sort(), [...ports].sort());
  assert.deepEqual(stranger.heard, [], "nobody has named it");
  stranger.socket.send("I am somebody else", local, "127.0.0.1");
  peers[0]?.socket.send("I am named", local, "127.0.0.1");
  const next = await page.evaluate(async () => {
    const { value } = await (window as unknown as Bound).reader.read();
    return new TextDecoder().decode(value?.data);
  });
  assert.equal(next, "I am named");
});

test("whoever does not answer gets three datagrams", async () => {
  const silent = await echo(false);
  const local = await binds("127.0.0.1");
  await page.evaluate(async (remotePort: number) => {
    const { writer } = window as unknown as Bound;
    for (let n = 0; n < 20; n++)
      await writer.write({ data: new TextEncoder().encode(String(n)), remoteAddress: "127.0.0.1", remotePort });
  }, silent.port);
  // Once it has answered it gets more; whatever was sent before has come by then.
  silent.socket.send("here I am", local, "127.0.0.1");
  await page.evaluate(async (remotePort: number) => {
    const { reader, writer } = window as unknown as Bound;
    await reader.read();
    await writer.write({ data: new TextEncoder().encode("last"), remoteAddress: "127.0.0.1", remotePort });
  }, silent.port);
  await until("the last one", () => silent.heard.includes("last") || undefined);
  assert.deepEqual(silent.heard, ["0", "1", "2", "last"]);
});

test("closing a bound socket ends it for everybody", async () => {
  const { port } = await echo();
  const local = await binds("127.0.0.1");
  const ended = await page.evaluate(async (remotePort: number) => {
    const { socket, reader, writer } = window as unknown as Bound;
    await writer.write({ data: new Uint8Array([1]), remoteAddress: "127.0.0.1", remotePort });
    await reader.read();
    reader.releaseLock();
    writer.releaseLock();
    await socket.close();
    await socket.closed;
    const { done } = await socket.opened.then(({ readable }) => readable.getReader().read());
    return done;
  }, port);
  assert.equal(ended, true);
  const next = createSocket("udp4");
  next.bind(local, "127.0.0.1");
  await once(next, "listening");
  next.close();
});
