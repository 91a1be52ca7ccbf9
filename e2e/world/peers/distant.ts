// A program of its own: servers in the network namespace that it is started in. It tells of each connection on stdout.
//
//   node distant.ts '[{"host": "93.184.215.14", "port": 7}]'
//
// They echo, or with `https` speak HTTPS: "cors" takes part in CORS, "plain" does not. TLS has a key and a certificate from the environment.
import { createServer as createHttpsServer } from "node:https";
import { createServer, type Server, type Socket } from "node:net";

interface Listen {
  host: string;
  port: number;
  https?: "cors" | "plain";
}

const tell = (what: string, { host, port }: Listen): void => {
  console.log(`${what} ${host}:${port.toString()}`);
};

function server(at: Listen): Server {
  const connected = (socket: Socket): void => {
    tell("connection", at);
    socket.on("error", () => undefined);
  };
  if (at.https === undefined)
    return createServer((socket) => {
      connected(socket);
      socket.pipe(socket);
    });
  const { TLS_KEY: key = "", TLS_CERT: cert = "" } = process.env;
  const https = createHttpsServer({ key, cert }, (request, response) => {
    tell(`${request.method ?? ""} ${request.headers.origin ?? "without origin"}`, at);
    if (at.https === "cors") response.setHeader("Access-Control-Allow-Origin", "https://friend.example");
    response.end("hello");
  });
  https.on("connection", connected);
  return https;
}

const listen = JSON.parse(process.argv[2] ?? "[]") as Listen[];
await Promise.all(
  listen.map(
    (at) =>
      new Promise<void>((resolve, reject) => {
        const listening = server(at);
        listening.once("error", reject);
        listening.listen({ host: at.host, port: at.port, exclusive: true }, resolve);
      }),
  ),
);
console.log("ready");
