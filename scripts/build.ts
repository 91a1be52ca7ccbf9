// Builds the extension into build/extension/<browser>: bundles the scripts, merges the manifests, copies what is static. For Firefox there is
// a package as well, build/extension/firefox.xpi: unsigned, and the same bytes from the same source.
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { internalNames } from "./internal_names.ts";
import { zip } from "./zip.ts";

const browsers = ["chromium", "firefox"] as const;
const readJSON = (path: string): Record<string, unknown> =>
  JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;

/** The smallest versions that the code is written for (manifest/README.md). */
const target = { chromium: "chrome140", firefox: "firefox153" };

for (const browser of browsers) {
  const out = join("build", "extension", browser);
  rmSync(out, { recursive: true, force: true });
  mkdirSync(join(out, "ui"), { recursive: true });
  mkdirSync(join(out, "lane"));
  const common = {
    bundle: true,
    define: { builtFor: JSON.stringify(browser) }, // extension/platform/current.ts
    target: target[browser],
    legalComments: "none",
    logLevel: "warning",
    charset: "utf8",
  } as const;
  await Promise.all([
    build({
      ...common,
      entryPoints: { page: "extension/page/main.ts" },
      outdir: out,
      format: "iife",
      minify: true,
      mangleProps: new RegExp(`^(?:${internalNames.join("|")})$`),
    }),
    build({
      ...common,
      entryPoints: { content: "extension/content/main.ts", rest: "extension/content/rest.ts" },
      outdir: out,
      format: "iife",
      minify: true,
    }),
    // Firefox does not let a frame in a page reach loopback: its background has the lane.
    browser === "chromium" &&
      build({
        ...common,
        entryPoints: ["extension/lane/frame.ts", "extension/lane/worker.ts"],
        outdir: join(out, "lane"),
        format: "iife",
      }),
    build({ ...common, entryPoints: { background: "extension/background/main.ts" }, outdir: out, format: "esm" }),
    build({
      ...common,
      entryPoints: {
        popup: "extension/ui/popup.ts",
        prompt: "extension/ui/prompt.ts",
        options: "extension/ui/options.ts",
        setup: "extension/ui/setup.ts",
        explain: "extension/ui/explain.ts",
      },
      outdir: join(out, "ui"),
      format: "esm",
    }),
  ]);
  // Markers of rules are for whoever reads the source.
  for (const file of readdirSync(out, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".js"))) {
    const path = join(out, file);
    writeFileSync(path, readFileSync(path, "utf8").replaceAll(/\/\*rule:[\w.-]+\*\/\s*|\/\/rule:[\w.-]+$/gm, ""));
  }
  const manifest = { ...readJSON("manifest/base.json"), ...readJSON(`manifest/${browser}.json`) };
  manifest["version"] = readJSON("package.json")["version"];
  writeFileSync(join(out, "manifest.json"), JSON.stringify(manifest, null, 2) + "\n");
  // Firefox knows no schema of managed storage.
  if (browser === "chromium") cpSync("extension/managed_schema.json", join(out, "managed_schema.json"));
  if (browser === "chromium") cpSync("extension/lane/frame.html", join(out, "lane/frame.html"));
  cpSync("extension/_locales", join(out, "_locales"), { recursive: true });
  cpSync("extension/icons", join(out, "icons"), { recursive: true, filter: (path) => !path.endsWith(".svg") });
  for (const file of [
    "style.css",
    "popup.html",
    "popup.css",
    "prompt.html",
    "prompt.css",
    "options.html",
    "options.css",
    "setup.html",
    "setup.css",
    "explain.html",
    "explain.css",
  ]) {
    cpSync(join("extension/ui", file), join(out, "ui", file));
  }
  if (browser === "firefox") writeFileSync(`${out}.xpi`, zip(out));
  console.log(`built ${out}`);
}
