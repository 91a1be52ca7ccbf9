// Makes an example ready to be served: bundles its app.ts into app.js and copies the rest beside it.
//
//   node --import tsx examples/build.ts imap        writes build/examples/imap
import { copyFile, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const served = /\.(html|css|svg|webmanifest)$/;

/** Builds the example and returns the folder that it is in. */
export async function buildExample(name: string): Promise<string> {
  const from = join(root, "examples", name);
  const to = join(root, "build", "examples", name);
  await mkdir(to, { recursive: true });
  for (const file of await readdir(from)) if (served.test(file)) await copyFile(join(from, file), join(to, file));
  await build({
    entryPoints: [join(from, "app.ts")],
    outfile: join(to, "app.js"),
    bundle: true,
    format: "iife",
    target: ["chrome140", "firefox140"],
    charset: "utf8",
    logLevel: "warning",
  });
  return to;
}

const [, program, ...names] = process.argv;
if (program === fileURLToPath(import.meta.url)) for (const name of names) console.log(await buildExample(name));
