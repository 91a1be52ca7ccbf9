// What a page refuses as a host at once, by the table that the program and the broker are held to.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { newPage } from "../fake/page.ts";
import { isHost } from "./host.ts";

interface HostVector {
  input: string;
  host: string | null;
  /** What the broker makes of it, where that differs. */
  extension?: string | null;
  /** It is no host, and the program says so: a page cannot know it. */
  left?: true;
}
const table = new URL("../../protocol/testdata/hosts.json", import.meta.url);
const vectors = JSON.parse(readFileSync(table, "utf8")) as HostVector[];
const read = ({ host, extension = host }: HostVector): string | null => extension;

test("a page refuses what can be no host, nothing that is one, and leaves the rest to the program", () => {
  const refused = vectors.filter(({ input }) => !isHost(input));
  assert.ok(refused.length > 80, `${refused.length.toString()} are refused`);
  for (const vector of vectors)
    assert.equal(isHost(vector.input), read(vector) !== null || vector.left === true, JSON.stringify(vector.input));
  // Names that nobody has are names all the same.
  for (const name of ["nothing.invalid", "a", "host.onion", "-a-.example"]) assert.equal(isHost(name), true, name);
});

test("both generations refuse it before anything is asked", async () => {
  const page = newPage();
  const { TCPSocket, UDPSocket } = page.window;
  for (const remoteAddress of [
    "not a host",
    "http://example.org/",
    "user@example.org",
    "example.org:80",
    "[::1",
    " ",
  ]) {
    const options = { remoteAddress, remotePort: 80 };
    assert.throws(() => new TCPSocket(remoteAddress, 80), TypeError, remoteAddress);
    assert.throws(() => new UDPSocket(options), TypeError, remoteAddress);
    await assert.rejects(page.navigator.openTCPSocket(options), TypeError, remoteAddress);
    await assert.rejects(page.navigator.openUDPSocket(options), {
      name: "TypeError",
      message: "remoteAddress is no host: a name or an address, and nothing else.",
    });
  }
  assert.deepEqual(page.said, []);
  void page.navigator.openTCPSocket({ remoteAddress: " example.org ", remotePort: 80 });
  assert.equal((await page.next("open")).options.remoteAddress, " example.org ");
});

test("a page that has replaced what strings do changes nothing", (t) => {
  t.mock.method(String.prototype, "trim", () => "example.org");
  t.mock.method(RegExp.prototype, "exec", () => null);
  assert.equal(isHost("not a host"), false);
});
