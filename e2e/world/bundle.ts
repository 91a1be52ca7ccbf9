// Makes one classic script of a TypeScript module and all that it imports, for a page to load.
import { build } from "esbuild";

export async function bundle(entry: URL): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [decodeURIComponent(entry.pathname)],
    bundle: true,
    write: false,
    format: "iife",
    target: "chrome140",
    logLevel: "silent",
  });
  const script = outputFiles[0]?.text;
  if (script === undefined) throw new Error(`nothing came of ${entry.href}`);
  return script;
}
