// How a page measures: the same code for all peers, over `Link` and `Datagrams`.
import type { Args, MeasureName, Result } from "../measures.ts";
import { looksRight, patternAt } from "../pattern/pattern.ts";
import type { Datagrams, Link, Peer } from "./link.ts";

const text = new TextEncoder();
const now = (): number => performance.now();
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The far end's first line, and with it the first byte to echo, in one write. */
const echoLine = text.encode("echo\n.");
const one = text.encode(".");

/** How many datagrams may be on their way into the API at a time: it answers each one when the system has taken it. */
const sendsUnderWay = 64;
/** How many datagrams the far end is asked for at a time. */
const askedAtOnce = 32;

/** A datagram that the far end counts under this number. */
function countedDatagram(size: number, run: number): Uint8Array<ArrayBuffer> {
  const datagram = new Uint8Array(size).fill(0x53);
  new DataView(datagram.buffer).setUint32(1, run);
  return datagram;
}

/** Says what the connection is for, and waits until that has left the browser: what is timed begins with nothing under way. */
async function begin(link: Link, line: string): Promise<void> {
  await link.write(text.encode(line));
  await pause(20);
}

async function openEcho(peer: Peer): Promise<Link> {
  const link = await peer.open();
  await link.write(echoLine);
  await link.read();
  return link;
}

/** Reads a pattern until `bytes` are there or `over()`, checking every chunk. Returns how many bytes came. */
async function readPattern(link: Link, bytes: number, over: () => boolean): Promise<number> {
  let at = 0;
  while (at < bytes && !over()) {
    const chunk = await link.read();
    if (!looksRight(at, chunk)) throw new Error(`wrong bytes between ${at} and ${at + chunk.length}`);
    at += chunk.length;
  }
  return at;
}

/** Writes a pattern until `bytes` have gone or `over()`. Returns how many went. */
async function writePattern(link: Link, bytes: number, chunk: number, over: () => boolean): Promise<number> {
  let at = 0;
  while (at < bytes && !over()) {
    const length = Math.min(chunk, bytes - at);
    await link.write(patternAt(at, length));
    at += length;
  }
  return at;
}

const hex = (buffer: ArrayBuffer): string =>
  Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Runs `work` `parallel` at a time: `count` times in all, or until `over()`. Returns how often it was done. */
async function together(
  parallel: number,
  count: number,
  over: () => boolean,
  work: () => Promise<void>,
): Promise<number> {
  let begun = 0;
  let done = 0;
  const worker = async (): Promise<void> => {
    while (begun < count && !over()) {
      begun++;
      await work();
      done++;
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  return done;
}

/** The measures over one peer. */
export function measuresOf(peer: Peer): { [M in MeasureName]: (args: Args<M>) => Promise<Result<M>> } {
  /** Connections that stay open between measures. */
  const held: Link[] = [];
  const heldDatagrams: Datagrams[] = [];
  const never = (): boolean => false;

  return {
    async receive({ streams, bytes, ms, byob }) {
      const share = Math.floor(bytes / streams);
      const links = await Promise.all(Array.from({ length: streams }, () => peer.open({ byob })));
      const start = now();
      const over = (): boolean => now() - start >= ms;
      const counts = await Promise.all(
        links.map(async (link) => {
          await link.write(text.encode(`source ${share}\n`));
          return await readPattern(link, share, over);
        }),
      );
      const taken = now() - start;
      await Promise.all(links.map((link) => link.close()));
      return { bytes: counts.reduce((a, b) => a + b, 0), ms: taken };
    },

    async send({ streams, bytes, ms, firstId, chunk }) {
      const share = Math.floor(bytes / streams);
      const links = await Promise.all(Array.from({ length: streams }, () => peer.open()));
      held.push(...links);
      await Promise.all(links.map((link, i) => begin(link, `sink ${firstId + i}\n`)));
      const start = now();
      const over = (): boolean => now() - start >= ms;
      const sent = await Promise.all(links.map((link) => writePattern(link, share, chunk, over)));
      return { sent };
    },

    async trips({ count, ms, loaded, held: ofHeld, sinkId, chunk }) {
      const link = ofHeld ? held[held.length >> 1] : await openEcho(peer);
      if (link === undefined) throw new Error("no connection is held");
      let stop = false;
      const load: Promise<unknown>[] = [];
      const loading: Link[] = [];
      if (loaded) {
        const [down, up] = [await peer.open(), await peer.open()];
        loading.push(down, up);
        await down.write(text.encode("source 0\n"));
        await begin(up, `sink ${sinkId}\n`);
        load.push(
          readPattern(down, Infinity, () => stop),
          writePattern(up, Infinity, chunk, () => stop),
        );
        // An unhandled rejection is no answer: these are looked at below.
        for (const part of load) part.catch(() => undefined);
        await pause(250);
      }
      const times: number[] = [];
      const start = now();
      while (times.length < count && now() - start < ms) {
        const sent = now();
        await link.write(one);
        await link.read();
        times.push(now() - sent);
      }
      stop = true;
      await Promise.all(load);
      await Promise.all(loading.map((other) => other.close()));
      if (!ofHeld) await link.close();
      return { times };
    },

    async open({ count, ms }) {
      const opened: number[] = [];
      const firstByte: number[] = [];
      const end = now() + ms;
      while (opened.length < count && now() < end) {
        const start = now();
        const link = await peer.open();
        opened.push(now() - start);
        await link.write(echoLine);
        await link.read();
        firstByte.push(now() - start);
        await link.close();
      }
      return { opened, firstByte };
    },

    async openMany({ parallel, ms }) {
      const start = now();
      const over = (): boolean => now() - start >= ms;
      const count = await together(parallel, Infinity, over, async () => {
        await (await openEcho(peer)).close();
      });
      return { count, ms: now() - start };
    },

    async udpTrips({ count, patience }) {
      if (peer.openDatagrams === undefined) throw new Error("no UDP");
      const socket = await peer.openDatagrams();
      const datagram = new Uint8Array(64).fill(0x45);
      const times: number[] = [];
      let lost = 0;
      let answer = socket.receive();
      for (let i = 0; i < count; i++) {
        const start = now();
        await socket.send(datagram);
        const came = await Promise.race([answer.then(() => true), pause(patience).then(() => false)]);
        if (came) {
          times.push(now() - start);
          answer = socket.receive();
        } else lost++;
      }
      answer.catch(() => undefined);
      await socket.close();
      return { times, lost };
    },

    async udpSend({ ms, size, run }) {
      if (peer.openDatagrams === undefined) throw new Error("no UDP");
      const socket = await peer.openDatagrams();
      const datagram = countedDatagram(size, run);
      heldDatagrams.push(socket);
      let sent = 0;
      const start = now();
      await together(
        sendsUnderWay,
        Infinity,
        () => now() - start >= ms,
        async () => {
          await socket.send(datagram);
          sent++;
        },
      );
      return { sent, ms: now() - start };
    },

    async udpRate({ ms, size, perSecond, run }) {
      if (peer.openDatagrams === undefined) throw new Error("no UDP");
      const socket = await peer.openDatagrams();
      heldDatagrams.push(socket);
      const datagram = countedDatagram(size, run);
      let sent = 0;
      const start = now();
      for (let taken = 0; taken < ms; taken = now() - start) {
        const due = Math.ceil((taken / 1000) * perSecond) - sent;
        await Promise.all(Array.from({ length: due }, () => socket.send(datagram)));
        sent += due;
        await pause(1);
      }
      return { sent };
    },

    async udpReceive({ ms, size, patience }) {
      if (peer.openDatagrams === undefined) throw new Error("no UDP");
      const socket = await peer.openDatagrams();
      const wish = new Uint8Array(5).fill(0x47);
      new DataView(wish.buffer).setUint16(1, askedAtOnce);
      new DataView(wish.buffer).setUint16(3, size);
      let [received, lost, underWay] = [0, 0, 0];
      const start = now();
      let last = start;
      await new Promise<void>((resolve, reject) => {
        /** Asks for more while there is room. When it is time to end, and nothing is under way, that is all. */
        const ask = async (): Promise<void> => {
          while (underWay + askedAtOnce <= sendsUnderWay && now() - start < ms) {
            underWay += askedAtOnce;
            await socket.send(wish);
          }
          if (underWay === 0) resolve();
        };
        const receive = async (): Promise<void> => {
          for (;;) {
            const data = await socket.receive(); // rejects when the socket is closed
            if (data.length !== size) throw new Error(`a datagram of ${data.length} bytes`);
            received++;
            underWay--;
            last = now();
            if (underWay + askedAtOnce <= sendsUnderWay) ask().catch(reject);
          }
        };
        const watch = setInterval(() => {
          if (now() - last < patience) return;
          lost += underWay;
          underWay = 0;
          ask().catch(reject);
          if (now() - start >= ms) clearInterval(watch);
        }, patience / 4);
        receive().catch(reject);
        ask().catch(reject);
      });
      await socket.close();
      return { received, lost, ms: last - start };
    },

    async hold({ count, parallel }) {
      const start = now();
      await together(parallel, count, never, async () => {
        held.push(await openEcho(peer));
      });
      return { ms: now() - start };
    },

    async release() {
      const all = [...held.splice(0), ...heldDatagrams.splice(0)];
      await Promise.all(all.map((socket) => socket.close()));
      return { closed: all.length };
    },

    async receiveHash({ bytes }) {
      const link = await peer.open();
      await link.write(text.encode(`source ${bytes}\n`));
      const all = new Uint8Array(bytes);
      let at = 0;
      while (at < bytes) {
        const chunk = await link.read();
        all.set(chunk, at); // throws a RangeError if there is more than asked for
        at += chunk.length;
      }
      await link.close();
      return { bytes: at, sha256: hex(await crypto.subtle.digest("SHA-256", all)) };
    },

    async sendHash({ bytes, id, chunk }) {
      const link = await peer.open();
      held.push(link);
      await begin(link, `sink ${id} sha256\n`);
      return { sent: [await writePattern(link, bytes, chunk, never)] };
    },
  };
}
