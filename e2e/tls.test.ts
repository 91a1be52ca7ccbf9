// TLS from the first byte: what the page may ask for, what it hears of what was agreed, and that it hears nothing of what went
// wrong.
import assert from "node:assert/strict";
import { createHash, X509Certificate } from "node:crypto";
import { before, describe, test } from "node:test";
import { openStage, type Page, type Stage } from "./stage.ts";
import { certificates, type Certificates } from "./world/certs.ts";
import { lifeOfSuite } from "./world/life.ts";
import * as peers from "./world/peers.ts";

const life = lifeOfSuite("TLS");
let stage: Stage;
let made: Certificates;
let page: Page;
before(async () => {
  stage = await openStage(life);
  made = await certificates();
  page = await stage.open();
});

/** What a page can be sent: hashes as lists of numbers. */
interface Asked {
  remotePort: number;
  hashes?: number[][];
  serverName?: string;
  alpnProtocols?: string[];
}

interface Seen {
  error: { name: string; message: string; text: string; own: string[]; reason: string } | undefined;
  tls: { version: string; cipherSuite: string; alpnProtocol: string; certificates: number[][] } | null | undefined;
  echo: string;
}

/** Opens a secure socket to localhost by a click and the user's word; tells all that a page can see of it. */
async function opened(asked: Asked): Promise<Seen> {
  const seen = page.evaluateOnClick(
    "#go",
    async ({ hashes, ...rest }: Asked): Promise<Seen> => {
      try {
        const socket = await navigator.openTCPSocket({
          remoteAddress: "localhost",
          secureTransport: "on",
          ...rest,
          ...(hashes === undefined
            ? {}
            : {
                serverCertificateHashes: hashes.map((value) => ({
                  algorithm: "sha-256",
                  value: new Uint8Array(value),
                })),
              }),
        });
        const writer = socket.writable.getWriter();
        await writer.write(new TextEncoder().encode("secret"));
        await writer.close();
        const echo = await new Response(socket.readable).text();
        const { tls } = socket;
        return {
          error: undefined,
          tls:
            tls === null
              ? null
              : {
                  ...tls,
                  certificates: tls.peerCertificates.map((certificate) => [...new Uint8Array(certificate)]),
                },
          echo,
        };
      } catch (error) {
        const { name, message } = error as Error;
        const own = Reflect.ownKeys(error as object).map(String);
        const { reason = "" } = error as { reason?: string };
        return { error: { name, message, text: String(error), own, reason }, tls: undefined, echo: "" };
      }
    },
    asked,
  );
  await stage.person.allowsOnce();
  return await seen;
}

const listed = (...hashes: Buffer[]): number[][] => hashes.map((hash) => [...hash]);

describe("what was agreed", () => {
  test("version, cipher suite and the peer's certificates are told; a plain socket says null", async () => {
    const { port } = await peers.tlsEchoPeer(life);
    const { tls, echo, error } = await opened({ remotePort: port });
    assert.deepEqual([echo, error], ["secret", undefined]);
    assert.equal(tls?.version, "1.3");
    assert.match(tls.cipherSuite, /^TLS_[A-Z0-9_]+$/);
    assert.equal(tls.alpnProtocol, "");
    const [leaf] = tls.certificates;
    assert.deepEqual(Buffer.from(leaf ?? []), new X509Certificate(made.certificatePem).raw);
  });

  test("ALPN: the server's choice among what was offered; none when the server has no opinion", async () => {
    const picky = await peers.tlsEchoPeer(life, {}, { ALPNProtocols: ["imap", "pop3"] });
    const agreed = await opened({ remotePort: picky.port, alpnProtocols: ["pop3", "imap"] });
    assert.equal(agreed.tls?.alpnProtocol, "imap");
    const { port } = await peers.tlsEchoPeer(life);
    const none = await opened({ remotePort: port, alpnProtocols: ["imap"] });
    assert.deepEqual([none.tls?.alpnProtocol, none.echo], ["", "secret"]);
  });
});

describe("certificates", () => {
  test("serverName decides what is checked, not the address", async () => {
    const { port } = await peers.tlsEchoPeer(life, {}, made.wrong.otherName);
    const seen = await opened({ remotePort: port, serverName: "OTHER.example." });
    assert.deepEqual([seen.echo, seen.error], ["secret", undefined]);
  });

  test("a listed one is accepted though it signs itself; of an unlisted one the page sees its bytes never", async () => {
    const { selfSigned } = made.wrong;
    const { port } = await peers.tlsEchoPeer(life, {}, selfSigned);
    const seen = await opened({ remotePort: port, hashes: listed(made.certificateSha256, selfSigned.sha256) });
    assert.deepEqual([seen.echo, seen.error], ["secret", undefined]);
    const leaf = Buffer.from(seen.tls?.certificates[0] ?? []);
    assert.deepEqual(createHash("sha256").update(leaf).digest(), selfSigned.sha256);
  });

  test("every failure of TLS looks the same to the page; the host's log knows them apart", async () => {
    const { expired, selfSigned, otherName } = made.wrong;
    const failures: Record<string, Seen["error"]> = {};
    const fails = async (what: string, server: peers.TlsPeerOptions, asked: Partial<Asked> = {}): Promise<void> => {
      const { port } = await peers.tlsEchoPeer(life, {}, server);
      failures[what] = (await opened({ remotePort: port, ...asked })).error;
    };
    await fails("expired", expired);
    await fails("self-signed", selfSigned);
    await fails("wrong name", otherName);
    await fails("wrong name asked for", {}, { serverName: "other.example" });
    await fails("no name", {}, { serverName: "a b" });
    await fails("not listed", {}, { hashes: listed(selfSigned.sha256) });
    await fails("listed, but expired", expired, { hashes: listed(expired.sha256) });
    await fails("no protocol in common", { ALPNProtocols: ["imap"] }, { alpnProtocols: ["pop3"] });
    const plain = await peers.linePeer(life, { greeting: "220 plain\r\n", answer: () => "" });
    failures["no TLS at all"] = (await opened({ remotePort: plain.port })).error;
    const refusing = await peers.refusingPeer(life);
    failures["nobody there"] = (await opened({ remotePort: refusing.port })).error;

    const [first] = Object.values(failures);
    assert.equal(first?.name, "NetworkError");
    assert.equal(first.reason, "tls");
    for (const [what, error] of Object.entries(failures)) {
      // Nobody is there: that is no failure of TLS. And what goes no further than the extension has no word of the host's with it.
      if (what === "nobody there") assert.deepEqual(error, { ...first, reason: "refused" }, what);
      else if (what === "no name") assert.deepEqual(error, { ...first, own: [], reason: "" }, what);
      else assert.deepEqual(error, first, what);
    }

    const files = stage.browser.hostFiles();
    const audit = (files["audit.log"] ?? "").trim().split("\n");
    const reasons = audit
      .map((line) => JSON.parse(line) as { event: string; reason?: string })
      .filter(({ event }) => event === "fail")
      .map(({ reason }) => reason);
    assert.deepEqual(reasons, [...Array<string>(8).fill("tls"), "refused"]);
    assert.match(files["portside.log"] ?? "", /certificate has expired or is not yet valid/);
  });
});
