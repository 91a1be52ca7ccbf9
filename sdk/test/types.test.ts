// The types as a project has them that adds direct-sockets.d.ts: with this repository's TypeScript, and with the oldest that they are for.

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import current from "typescript";
import oldest from "typescript-5.4";

type Compiler = typeof current;

const types = fileURLToPath(new URL("../direct-sockets.d.ts", import.meta.url));
const file = fileURLToPath(new URL("consumer.ts", import.meta.url));

/** A page author's own code. Its SocketOptions is a global name, as a script's are. */
const code = `
interface SocketOptions { mine: true }
const mine: SocketOptions = { mine: true };

async function connect(): Promise<string> {
  if (!("openTCPSocket" in navigator)) {
    const language: string = navigator.language; // not never
    return language + String(mine.mine);
  }
  const socket = await navigator.openTCPSocket?.({ remoteAddress: "example.org", remotePort: 13 });
  return socket === undefined ? "" : new Response(socket.readable).text();
}

async function ask(): Promise<Uint8Array> {
  if (navigator.openUDPSocket === undefined || navigator.openTCPSocket === undefined) throw new Error("no Portside");
  const there: boolean = await navigator.openTCPSocket.available();
  const socket = await navigator.openUDPSocket({ remoteAddress: "example.org", remotePort: 53 });
  const { data, remotePort } = await socket.receive({ signal: AbortSignal.timeout(remotePortOf(there)) });
  for await (const [{ remoteAddress }, blob] of socket) console.log(remoteAddress, await blob.text());
  return data.subarray(remotePort > 0 ? 1 : 0);
}
const remotePortOf = (there: boolean): number => (there ? 1 : 0);

async function second(): Promise<void> {
  const socket = new TCPSocket("example.org", 993, { secureTransport: "on", onstate: (state) => console.log(state) });
  const { readable, writable, tls } = await socket.opened;
  await writable.getWriter().write(new Uint8Array(1));
  const { value } = await readable.getReader().read();
  console.log(value?.byteLength, tls?.version);
  const server = new TCPServerSocket("::", { localPort: 40_000 });
  const accepted = await (await server.opened).readable.getReader().read();
  await accepted.value?.close();
  const { multicastController } = await new UDPSocket({ localAddress: "::" }).opened;
  await multicastController?.joinGroup("ff02::1");
}

// @ts-expect-error: without Portside there is no such method
void navigator.openTCPSocket({ remotePort: 1 });
// @ts-expect-error: a port is a number
new TCPSocket("example.org", "993");
console.log(connect, ask, second);
`;

/** What a compiler says against the code and the types, all of them looked at. */
function complaints(ts: Compiler): string[] {
  const options = {
    strict: true,
    noEmit: true,
    target: ts.ScriptTarget.ES2022,
    lib: ["lib.es2022.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts", "lib.dom.asynciterable.d.ts"],
    types: [],
    skipLibCheck: false,
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (path) => path === file || fileExists.call(host, path);
  host.readFile = (path) => (path === file ? code : readFile.call(host, path));
  host.getSourceFile = (path, ...rest) =>
    path === file ? ts.createSourceFile(path, code, ts.ScriptTarget.ES2022) : getSourceFile.call(host, path, ...rest);
  const program = ts.createProgram([types, file], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ messageText, file: where, start = 0 }) => {
    const line =
      where === undefined
        ? ""
        : `${where.fileName}:${(where.getLineAndCharacterOfPosition(start).line + 1).toString()} `;
    return line + ts.flattenDiagnosticMessageText(messageText, "\n");
  });
}

for (const ts of [current, oldest as unknown as Compiler])
  test(`TypeScript ${ts.version} understands a page author's code`, () => {
    assert.deepEqual(complaints(ts), []);
  });

test("the oldest is what the types say", () => {
  assert.match(oldest.version, /^5\.4\./);
});
