// The web server of the example, before real HTTP clients on real connections.
import assert from "node:assert/strict";
import { once } from "node:events";
import { get, request, type IncomingMessage } from "node:http";
import { connect, createServer, type AddressInfo } from "node:net";
import { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import { test, type TestContext } from "node:test";
import { plain, serve, type Connection, type Request } from "./http.ts";
import { answer, escaped, sizeText, type Site } from "./site.ts";

/** Serves on loopback as the page does; returns the port and what became of each connection. */
async function serving(
  t: TestContext,
  respond: (request: Request) => ReturnType<typeof answer>,
): Promise<{ port: number; served: (string | undefined)[] }> {
  const served: (string | undefined)[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const { readable, writable } = Duplex.toWeb(socket) as unknown as Connection;
    serve({ readable, writable }, respond).then(
      (done) => served.push(done === undefined ? undefined : `${done.path} ${done.status.toString()}`),
      () => served.push("broken"),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  return { port: (server.address() as AddressInfo).port, served };
}

async function fetched(
  port: number,
  path: string,
  method = "GET",
): Promise<{ status: number | undefined; headers: IncomingMessage["headers"]; body: string }> {
  const sent = request({ host: "127.0.0.1", port, path, method, agent: false });
  sent.end();
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}

const site: Site = {
  title: "Tea & <cake>",
  note: 'Say "hello"\n<script>alert(1)</script>',
  files: [new File(["a".repeat(100_000)], "a's \u00e4 (1).txt"), new File([], "<b>.png")],
};

test("the page shows what is shared, as text", async (t) => {
  const { port, served } = await serving(t, (asked) => answer(site, asked));
  const { status, headers, body } = await fetched(port, "/?from=camera");
  assert.equal(status, 200);
  assert.equal(headers["content-type"], "text/html; charset=utf-8");
  assert.match(body, /Tea &amp; &lt;cake&gt;/);
  assert.match(body, /&lt;script&gt;alert\(1\)&lt;\/script&gt;/);
  assert.doesNotMatch(body, /<script|<cake|<b>/);
  assert.match(body, /100 kB/);
  while (served.length === 0) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(served, ["/ 200"]);
});

test("a file comes whole, to be saved under its name", async (t) => {
  const { port } = await serving(t, (asked) => answer(site, asked));
  const { headers, body } = await fetched(port, "/file/0/whatever");
  assert.equal(body, "a".repeat(100_000));
  assert.equal(headers["content-length"], "100000");
  assert.equal(headers["content-type"], "application/octet-stream");
  assert.equal(headers["content-disposition"], "attachment; filename*=UTF-8''a%27s%20%C3%A4%20%281%29.txt");
  const head = await fetched(port, "/file/0", "HEAD");
  assert.equal(head.body, "");
  assert.equal(head.headers["content-length"], "100000");
});

test("what is not there, or not asked for as it should be, has its answer", async (t) => {
  const { port } = await serving(t, (asked) => answer(site, asked));
  for (const path of ["/file/2", "/file/-1", "/file/00001", "/etc/passwd", "/file/"])
    assert.equal((await fetched(port, path)).status, 404, path);
  assert.equal((await fetched(port, "/", "DELETE")).status, 405);
  const raw = async (sent: string): Promise<string> => {
    const socket = connect(port, "127.0.0.1");
    socket.end(sent);
    return await text(socket);
  };
  for (const sent of [
    "GET\r\n\r\n",
    "GET / HTTP/3\r\n\r\n",
    "get / HTTP/1.1\r\n\r\n",
    "GET http://a/ HTTP/1.1\r\n\r\n",
    "\0\r\n\r\n",
  ])
    assert.match(await raw(sent), /^HTTP\/1\.1 400 /, JSON.stringify(sent));
  assert.match(await raw(`GET / HTTP/1.1\r\nA: ${"a".repeat(20_000)}`), /^HTTP\/1\.1 431 /);
  assert.equal(await raw("GET / HT"), "", "it has ended before it asked");
});

test("a request that does not come in time ends", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const waits = serve({ readable, writable: writable as WritableStream<BufferSource> }, () => plain(404));
  t.mock.timers.tick(10_000);
  await assert.rejects(waits, { name: "TimeoutError" });
});

test("a browser that breaks off is told of", async (t) => {
  const { port, served } = await serving(t, () => ({
    status: 200,
    type: "a/b",
    body: new Blob([new Uint8Array(50_000_000)]),
  }));
  const sent = get({ host: "127.0.0.1", port, path: "/", agent: false });
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  response.destroy();
  while (served.length === 0) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(served, ["broken"]);
});

test("sizes and texts are fit to be read", () => {
  assert.deepEqual([0, 999, 1500, 2_500_000].map(sizeText), ["0 bytes", "999 bytes", "1.5 kB", "2.5 MB"]);
  assert.equal(escaped(`<a href='x' title="&">`), "&lt;a href=&#39;x&#39; title=&quot;&amp;&quot;&gt;");
});
