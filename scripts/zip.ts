// Writes a folder as a ZIP file (PKWARE's APPNOTE.TXT), the same bytes for the same files wherever it runs: names in order, one fixed time,
// and nothing compressed, since what a compressor makes depends on its version. Without ZIP64: up to 65,535 files and 4 GiB.

import { readFileSync, readdirSync } from "node:fs";
import { join, sep } from "node:path";
import { crc32 } from "node:zlib";

/** 1980-01-01 00:00, the earliest time that the format has. */
const time = 0;
const date = (1 << 5) | 1;

/** Names in UTF-8. */
const flags = 0x0800;
/** What it takes to read it: version 2.0. */
const version = 20;
/** Made by Unix, where the upper half of the external attributes is the file's mode: a regular file, 0644. */
const madeBy = (3 << 8) | version;
const attributes = 0o100644 * 0x10000;

interface Entry {
  name: Buffer;
  content: Buffer;
  crc: number;
  at: number;
}

/** What a file's own header and its line in the list have in common. */
function common({ name, content, crc }: Entry): Buffer {
  const bytes = Buffer.alloc(26);
  bytes.writeUInt16LE(version, 0);
  bytes.writeUInt16LE(flags, 2);
  bytes.writeUInt16LE(0, 4); // stored
  bytes.writeUInt16LE(time, 6);
  bytes.writeUInt16LE(date, 8);
  bytes.writeUInt32LE(crc, 10);
  bytes.writeUInt32LE(content.length, 14);
  bytes.writeUInt32LE(content.length, 18);
  bytes.writeUInt16LE(name.length, 22);
  return bytes;
}

/** A signature, "PK" and two bytes. */
const signed = (mark: number): Buffer => Buffer.from([0x50, 0x4b, mark, mark + 1]);

function listed(entry: Entry): Buffer {
  const made = Buffer.alloc(2);
  made.writeUInt16LE(madeBy);
  const rest = Buffer.alloc(14);
  rest.writeUInt32LE(attributes, 6);
  rest.writeUInt32LE(entry.at, 10);
  return Buffer.concat([signed(1), made, common(entry), rest, entry.name]);
}

/** The folder's files as a ZIP file. */
export function zip(folder: string): Buffer {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1));
  const entries: Entry[] = [];
  const parts: Buffer[] = [];
  let at = 0;
  const put = (part: Buffer): void => {
    parts.push(part);
    at += part.length;
  };
  for (const path of paths.sort()) {
    const content = readFileSync(join(folder, path));
    const entry = { name: Buffer.from(path.split(sep).join("/")), content, crc: crc32(content), at };
    entries.push(entry);
    for (const part of [signed(3), common(entry), entry.name, content]) put(part);
  }
  const list = Buffer.concat(entries.map(listed));
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(list.length, 8);
  end.writeUInt32LE(at, 12);
  return Buffer.concat([...parts, list, signed(5), end]);
}
