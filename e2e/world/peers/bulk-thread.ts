// The inside of a bulk peer: runs in the worker thread that bulk.ts starts.
import { createHash } from "node:crypto";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { parentPort, workerData } from "node:worker_threads";
import type { BulkReport, BulkRequest } from "./bulk.ts";
import { patternChunks } from "./pattern.ts";

const { behaviour, seed, length } = (workerData as { data: BulkRequest }).data;

function report(message: BulkReport): void {
  parentPort?.postMessage(message);
}

function serve(socket: Socket): void {
  const hash = createHash("sha256");
  let [received, sent, firstByteAt, lastByteAt] = [0, 0, 0, 0];
  let error: string | undefined;
  const moved = (): void => {
    lastByteAt = Date.now();
    if (firstByteAt === 0) firstByteAt = lastByteAt;
  };
  socket.on("data", (chunk: Buffer) => {
    moved();
    received += chunk.length;
    hash.update(chunk);
    if (behaviour === "echo") {
      sent += chunk.length;
      if (!socket.write(chunk)) socket.pause();
    }
  });
  socket.on("drain", () => socket.resume());
  socket.on("error", (thrown: NodeJS.ErrnoException) => {
    error = thrown.code ?? thrown.message;
  });
  socket.on("close", () => {
    const transfer = {
      received,
      receivedSha256: hash.digest("hex"),
      sent,
      firstByteAt,
      lastByteAt,
      closedAt: Date.now(),
      error,
    };
    report({ transfer });
  });
  if (behaviour === "source") {
    const chunks = patternChunks(seed, length);
    const pump = (): void => {
      for (;;) {
        const next = chunks.next();
        if (next.done === true) {
          socket.off("drain", pump);
          socket.end();
          return;
        }
        moved();
        sent += next.value.length;
        if (!socket.write(next.value)) return;
      }
    };
    socket.on("drain", pump);
    pump();
  } else {
    socket.on("end", () => socket.end());
  }
}

const server = createServer({ allowHalfOpen: true, noDelay: true }, serve);
server.listen({ host: "127.0.0.1", port: 0 }, () => {
  report({ port: (server.address() as AddressInfo).port });
});
