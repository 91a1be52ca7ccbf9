// docs/GUIDE.md's code, as it stands there. Only the servers are others: the test's own, on this machine.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { before, describe, test } from "node:test";
import { createSecureContext, TLSSocket } from "node:tls";
import { promisify } from "node:util";
import { openStage, type Page, type Stage } from "./stage.ts";
import { certificates } from "./world/certs.ts";
import { lifeOfSuite } from "./world/life.ts";
import * as peers from "./world/peers.ts";
import { until } from "./world/wait.ts";

const guide = readFileSync(new URL("../docs/GUIDE.md", import.meta.url), "utf8");

/** A piece of code of the guide. `here`: what stands there, and what is to stand in its place. */
function block(name: string, here: Readonly<Record<string, string>> = {}): string {
  const found = new RegExp(`^<!-- runs: ${name} -->\n\`\`\`\\w+\n([^]*?)\n\`\`\``, "m").exec(guide)?.[1];
  assert.ok(found !== undefined, `the guide has no code called ${name}`);
  let code = found;
  for (const [there, instead] of Object.entries(here)) {
    assert.ok(code.includes(there), `${name} has no ${there}`);
    code = code.replaceAll(there, instead);
  }
  return code;
}

const life = lifeOfSuite("the guide");
let stage: Stage;
before(async () => {
  const policy = JSON.parse(block("policy", { "http://localhost": "https://guide.test" })) as object;
  stage = await openStage(life, { host: { policy } });
});

/** Runs code as a module of a page, and resolves with what `result` comes to. Nobody is asked: the policy lets it pass. */
async function run(code: string, result: string): Promise<unknown> {
  const page = await load(code, result);
  const { value, error } = await page.waitFor("the result", () => {
    const { ended } = window as { ended?: { value?: unknown; error?: string } };
    return ended;
  });
  await page.close();
  assert.equal(error, undefined);
  return value;
}

async function load(code: string, result: string): Promise<Page> {
  const module = `${code}
try {
  window.ended = { value: await (${result}) };
} catch (error) {
  window.ended = { error: String(error) + " " + error.reason };
}`;
  const html = `<!doctype html><meta charset=utf-8><title>Guide</title><button>Go</button><script type="module">${module}</script>`;
  return await stage.browser.newPage(stage.pages.serve("https://guide.test/", html));
}

const at = (port: number): string => `remoteAddress: "127.0.0.1", remotePort: ${port.toString()}`;

describe("bytes within five minutes", () => {
  test("the page", async () => {
    const peer = await peers.linePeer(life, { answer: (line) => `you asked for ${line}\n` });
    const html = block("first", { 'remoteAddress: "whois.example.org", remotePort: 43': at(peer.port) });
    const page = await stage.browser.newPage(stage.pages.serve("https://guide.test/first", html));
    await page.click("button");
    const connection = await peer.connection();
    await until("the question", () => connection.received > 0);
    connection.socket.end();
    const shown = await page.waitFor("the answer", () => {
      const text = document.querySelector("pre")?.textContent ?? "";
      return text === "" ? null : text;
    });
    assert.equal(shown, "you asked for example.org\n");
    await page.close();
  });

  test("the other generation", async () => {
    const peer = await peers.sendThenClosePeer(life, "whois says hello");
    const code = block("second", { '"whois.example.org", 43': `"127.0.0.1", ${peer.port.toString()}` });
    assert.equal(
      await run(`const said = []; console.log = (text) => said.push(text);\n${code}`, "said[0]"),
      "whois says hello",
    );
  });
});

test("is it there?", async () => {
  assert.equal(await run(block("detection"), "hint()"), "");
  const page = await load(`${block("detection")}\nwindow.later = hintAfterClick;`, "1");
  const ask = (): Promise<string> =>
    page.evaluateOnClick("button", () => (window as unknown as { later(): Promise<string> }).later());
  assert.equal(await ask(), "");
  const name = await page.evaluate(() =>
    (window as unknown as { later(): Promise<string> }).later().catch((error: unknown) => (error as Error).name),
  );
  assert.ok(name === "" || name === "NotAllowedError", name);
  await page.close();
});

test("lines of a stream, however they come", async () => {
  const peer = await peers.sendThenClosePeer(life, "one\r\ntwo é\r\nthree\r\n");
  const lines = `(async () => {
    const socket = await navigator.openTCPSocket({ ${at(peer.port)} });
    return await Array.fromAsync(linesOf(socket.readable));
  })()`;
  assert.deepEqual(await run(block("lines"), lines), ["one", "two é", "three"]);
});

/** A mail server that can do STARTTLS (RFC 3207), and no mail. Resolves with its port. */
async function mailServer(): Promise<number> {
  const { keyPem, certificatePem } = await certificates();
  const secureContext = createSecureContext({ key: keyPem, cert: certificatePem });
  const open = new Set<Socket>();
  const serve = (socket: Socket): void => {
    socket.on("error", () => undefined);
    socket.on("data", (line) => {
      if (line.toString() !== "STARTTLS\r\n") socket.write("250-mail.example\r\n250 STARTTLS\r\n");
      else {
        socket.removeAllListeners("data");
        socket.write("220 go ahead\r\n");
        serve(new TLSSocket(socket, { isServer: true, secureContext }));
      }
    });
  };
  const server = createServer((socket) => {
    open.add(socket);
    socket.write("220 mail.example\r\n");
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  life.onEnd("the mail server", () => {
    for (const socket of open) socket.destroy();
    server.close();
    return Promise.resolve();
  });
  return (server.address() as AddressInfo).port;
}

test("STARTTLS, both ways", async () => {
  const port = await mailServer();
  for (const how of ["secureMail", "secureMailToo"]) {
    const result = `${how}("127.0.0.1", ${port.toString()}, talk).then(({ tls }) => tls.version)`;
    assert.equal(await run(block("starttls"), result), "1.3", how);
  }
});

test("reconnecting: what breaks comes again, and what cannot be does not", async () => {
  const peer = await peers.sendThenClosePeer(life, "hello");
  const nobody = await peers.refusingPeer(life);
  const quick = "setTimeout = ((original) => (run) => original(run, 1))(setTimeout);";
  const result = `(async () => {
    const over = new AbortController();
    const seen = [];
    await stayConnected({ ${at(peer.port)} }, async (socket) => {
      seen.push(await new Response(socket.readable).text());
      await socket.close();
      if (seen.length === 3) over.abort();
    }, over.signal);

    const enough = new AbortController();
    const open = navigator.openTCPSocket.bind(navigator);
    let tries = 0;
    navigator.openTCPSocket = (options) => {
      if (++tries === 4) enough.abort();
      return open(options);
    };
    await stayConnected({ ${at(nobody.port)} }, () => {}, enough.signal);
    const no = await stayConnected({ remoteAddress: "not a host", remotePort: 1 }, () => {}, new AbortController().signal)
      .catch((error) => error.name);
    return [seen, tries, no];
  })()`;
  assert.deepEqual(await run(`${quick}\n${block("reconnecting")}`, result), [
    ["hello", "hello", "hello"],
    5,
    "TypeError",
  ]);
});

/** A UDP server that misses the first datagram, and sends the others back. Resolves with its port. */
async function deafServer(): Promise<number> {
  const socket = createSocket("udp4");
  let missed = false;
  socket.on("message", (data, { port, address }) => {
    if (missed) socket.send(data, port, address);
    missed = true;
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  life.onEnd("the deaf server", () => new Promise((resolve) => socket.close(resolve)));
  return socket.address().port;
}

test("UDP: an answer that gets lost is asked for again, both ways", async () => {
  for (const [name, result] of [
    ["udp", (port: number) => `ask(await navigator.openUDPSocket({ ${at(port)} }), bytes)`],
    ["udp-streams", (port: number) => `askByStreams(await new UDPSocket({ ${at(port)} }).opened, bytes)`],
  ] as const) {
    const port = await deafServer();
    const code = `${block(name)}\nconst bytes = new TextEncoder().encode("anybody there?");`;
    const text = `${result(port)}.then((data) => new TextDecoder().decode(data))`;
    assert.equal(await run(code, text), "anybody there?", name);
  }
  const late = `ask(await navigator.openUDPSocket({ ${at(await deafServer())} }), new Uint8Array(1), 1).catch((error) => error.name)`;
  assert.equal(await run(block("udp"), late), "TimeoutError");
});

test("errors in words for the user", async () => {
  const nobody = await peers.refusingPeer(life);
  const result = `navigator.openTCPSocket({ ${at(nobody.port)} }).catch(explain)`;
  assert.match(String(await run(block("errors"), result)), /does not take connections/);
  const all = `["TypeError", "NotAllowedError", "QuotaExceededError", "AbortError", "InvalidStateError", "NetworkError"]
    .map((name) => explain(name === "TypeError" ? new TypeError() : new DOMException("", name)))`;
  const texts = (await run(block("errors"), all)) as string[];
  assert.equal(new Set(texts).size, 6);
});

test("the fingerprint that openssl prints is the one that is pinned", async () => {
  const peer = await peers.tlsEchoPeer(life);
  const port = peer.port.toString();
  const command = block("fingerprint", { "printer.example:631": `127.0.0.1:${port}` });
  const { stdout } = await promisify(execFile)("sh", ["-c", command]);
  const [hash = ""] = stdout.split(" ");
  assert.equal(hash, (await certificates()).certificateSha256.toString("hex"));
  const code = block("pinned", {
    ["0".repeat(64)]: hash,
    'remoteAddress: "printer.example"': 'remoteAddress: "127.0.0.1"',
    "remotePort: 631": `remotePort: ${port}`,
  });
  assert.match(String(await run(code, "pinned.tls.version")), /^1\.[23]$/);
});

test("the console says why, where the page cannot read it", async () => {
  const nobody = await peers.refusingPeer(life);
  const spy = `const read = []; for (const name of Object.keys(console)) console[name] = (...words) => read.push(words);`;
  const page = await load(spy, `navigator.openTCPSocket({ ${at(nobody.port)} }).catch(() => read.length)`);
  const read = await page.waitFor("the failure", () => (window as { ended?: { value: number } }).ended);
  assert.equal(read.value, 0);
  const line = await until("the line", () => page.console.find((text) => text.includes("Portside: ")));
  assert.match(
    line,
    new RegExp(`nobody listens at this port.*\\(tcp connect 127\\.0\\.0\\.1:${nobody.port.toString()}\\)`),
  );
  await page.close();
});
