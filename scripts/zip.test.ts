// The ZIP file of a folder: another program reads it, and the same files make the same bytes.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { zip } from "./zip.ts";

const files: Record<string, Buffer> = {
  "manifest.json": Buffer.from("{}\n"),
  "ui/größe.html": Buffer.from("<p>grüß dich</p>"),
  "ui/empty.css": Buffer.alloc(0),
  "bytes.bin": Buffer.from(Array.from({ length: 70_000 }, (_, n) => (n * 7) % 256)),
};

function folderOf(t: TestContext, names: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "portside-zip-"));
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  mkdirSync(join(folder, "ui"));
  for (const name of names) writeFileSync(join(folder, name), files[name] ?? "");
  return folder;
}

/** What Python's zipfile finds: it compares each file's two headers, its length and its CRC. */
const look = `
import json, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as z:
    assert z.testzip() is None
    print(json.dumps([[i.filename, z.read(i).hex(), list(i.date_time), oct(i.external_attr >> 16)] for i in z.infolist()]))
`;

const skip = spawnSync("python3", ["--version"]).status === 0 ? false : "there is no python3";

test("another program finds the files, their bytes and their names, all of one time", { skip }, (t) => {
  const names = Object.keys(files);
  const packed = join(folderOf(t, []), "packed.zip");
  writeFileSync(packed, zip(folderOf(t, names)));
  const found: unknown = JSON.parse(execFileSync("python3", ["-c", look, packed], { encoding: "utf8" }));
  assert.deepEqual(
    found,
    names.sort().map((name) => [name, files[name]?.toString("hex"), [1980, 1, 1, 0, 0, 0], "0o100644"]),
  );
});

test("the order in which files came, and their times, change nothing", (t) => {
  const names = Object.keys(files);
  const [one, other] = [folderOf(t, names), folderOf(t, [...names].reverse())];
  utimesSync(join(other, "manifest.json"), 1, 1);
  assert.deepEqual(zip(one), zip(other));
});
