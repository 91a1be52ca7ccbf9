// A program of its own: echo servers in the network namespace that it is started in. It tells of each connection on stdout.
//
//   node distant.ts '[{"host": "93.184.215.14", "port": 7}]'
import { createServer } from "node:net";

const listen = JSON.parse(process.argv[2] ?? "[]") as { host: string; port: number }[];
await Promise.all(
  listen.map(
    ({ host, port }) =>
      new Promise<void>((resolve, reject) => {
        const server = createServer((socket) => {
          console.log(`connection ${host}:${port.toString()}`);
          socket.on("error", () => undefined);
          socket.pipe(socket);
        });
        server.once("error", reject);
        server.listen({ host, port, exclusive: true }, resolve);
      }),
  ),
);
console.log("ready");
