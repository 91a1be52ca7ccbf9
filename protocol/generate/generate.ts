// Writes everything that follows from protocol/schema and from the page's WebIDL: the Go and TypeScript types, the tables of methods and constants, the extension's compiled
// validators, the ways of the page's options, the types of sdk/, and the schema by which Chromium checks what administrators set in the
// browser. Also the one script that the host serves, out of its TypeScript.
//
//   make generate         writes the files
//   generate.ts --check fails when a file on disk differs from what the schemas say
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { transformSync } from "esbuild";
import * as prettier from "prettier";
import { goDispatchFile, goFile, goLaneFile, goSchemas } from "./go.ts";
import { brokerFile } from "./options.ts";
import { root } from "./schemas.ts";
import { managedFile, tsFile, validatorFiles } from "./typescript.ts";
import { dictionariesFile, sdkTypes } from "./webidl.ts";

/** The script of the self-test page. The host has it inside, and Go knows no TypeScript. */
function selfTestScript(): string {
  const source = "nativehost/selftest/page/page.ts";
  const { code } = transformSync(readFileSync(join(root, source), "utf8"), {
    loader: "ts",
    format: "iife",
    target: ["chrome140", "firefox142"],
    charset: "utf8",
  });
  return `// Code generated from ${source} by \`npm run generate\`. DO NOT EDIT.\n${code}`;
}

/** A file whose part between two comments is generated. */
function between(file: string, part: string): string {
  const text = readFileSync(join(root, file), "utf8");
  const begin = "// Generated from direct_sockets.webidl by `make generate`:\n";
  const from = text.indexOf(begin) + begin.length;
  const to = text.indexOf("// End of what is generated.\n");
  if (from < begin.length || to < from) throw new Error(`${file} does not say which part is generated`);
  return text.slice(0, from) + part + text.slice(to);
}

const typescript = (text: string, printWidth: number): Promise<string> =>
  prettier.format(text, { parser: "typescript", printWidth });
const { js, dts } = validatorFiles();
const outputs: Record<string, string> = {
  "protocol/message.ts": await typescript(await tsFile(), 140),
  "protocol/message.go": goFile(),
  "protocol/lane_table.go": goLaneFile(),
  "protocol/schemas.json": goSchemas(),
  "nativehost/rpc/methods.go": goDispatchFile(),
  "protocol/validators.js": js,
  "protocol/validators.d.ts": dts,
  "extension/page/api/dictionaries.ts": await typescript(dictionariesFile("outer"), 120),
  "extension/page/api/inner_dictionaries.ts": await typescript(dictionariesFile("inner"), 120),
  "extension/background/sockets/host_options.ts": await typescript(brokerFile(), 120),
  "sdk/socket-types.d.ts": await typescript(between("sdk/socket-types.d.ts", sdkTypes()), 120),
  "nativehost/selftest/page/page.js": selfTestScript(),
  "extension/managed_schema.json": await prettier.format(managedFile(), { parser: "json", printWidth: 120 }),
};
let stale = false;
for (const [file, raw] of Object.entries(outputs)) {
  const text = file.endsWith(".go") ? execFileSync("gofmt", { input: raw, encoding: "utf8" }) : raw;
  const path = join(root, file);
  if (process.argv.includes("--check")) {
    let present = "";
    try {
      present = readFileSync(path, "utf8");
    } catch {
      // A missing file is a stale one.
    }
    if (present !== text) {
      stale = true;
      console.error(`${file} does not match what it is generated from: run \`npm run generate\` and commit the result`);
    }
  } else {
    writeFileSync(path, text);
    console.log(`wrote ${file}`);
  }
}
if (stale) process.exit(1);
