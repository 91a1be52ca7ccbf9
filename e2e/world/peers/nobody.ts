// TCP destinations where nobody answers: one that refuses, one that stays silent.
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { Worker } from "node:worker_threads";
import type { Life } from "../life.ts";

export interface Destination {
  readonly host: string;
  readonly port: number;
}

/**
 * A port that refuses: a SYN to it is answered by a RST.
 *
 * The port is not merely "closed a moment ago", which anyone could take over: it is the near end of a connection that
 * stands as long as the test, so it belongs to somebody, and nobody listens there.
 */
export async function refusingPeer(life: Life): Promise<Destination> {
  const server = createServer((socket) => socket.resume());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const holder = connect((server.address() as AddressInfo).port, "127.0.0.1");
  await new Promise<void>((resolve, reject) => {
    holder.once("connect", resolve);
    holder.once("error", reject);
  });
  life.onEnd(
    "the refusing peer",
    () =>
      new Promise((resolve) => {
        holder.destroy();
        server.close(() => {
          resolve();
        });
      }),
  );
  return { host: "127.0.0.1", port: (holder.address() as AddressInfo).port };
}

/**
 * A port that stays silent: a SYN to it is never answered, so a connection to it hangs until somebody loses patience.
 *
 * It is a listener that accepts nothing and whose backlog is full: then Linux drops further SYNs. The listener lives in
 * a worker thread that sleeps for ever, since Node accepts whenever it is awake. This needs no privileges and no network
 * namespace, and the address is an ordinary loopback address.
 */
export async function silentPeer(life: Life): Promise<Destination> {
  const worker = new Worker(
    `const { parentPort } = require("node:worker_threads");
     const server = require("node:net").createServer();
     server.listen({ host: "127.0.0.1", port: 0, backlog: 1 }, () => {
       parentPort.postMessage(server.address().port);
       Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
     });`,
    { eval: true },
  );
  const port = await new Promise<number>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
  const crowd: Socket[] = [];
  life.onEnd("the silent peer", async () => {
    await worker.terminate();
    for (const socket of crowd) socket.destroy();
  });
  for (let full = false; !full;) {
    const socket = connect(port, "127.0.0.1");
    crowd.push(socket);
    full = await new Promise<boolean>((resolve, reject) => {
      socket.once("error", reject);
      socket.once("connect", () => {
        resolve(false);
      });
      setTimeout(() => {
        resolve(true);
      }, 300);
    });
    socket.on("error", () => undefined);
  }
  return { host: "127.0.0.1", port };
}
