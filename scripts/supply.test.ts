// What the extension and the host are made of is pinned: to one version, and to one content.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");

interface Package {
  version?: string;
  resolved?: string;
  integrity?: string;
  link?: boolean;
  dev?: boolean;
}

test("every dependency is one version, and few are part of the extension", () => {
  const manifest = JSON.parse(read("package.json")) as Record<
    "dependencies" | "devDependencies",
    Record<string, string>
  >;
  const all = { ...manifest.dependencies, ...manifest.devDependencies };
  assert.ok(Object.keys(all).length > 10, "packages are missing");
  for (const [name, version] of Object.entries(all)) assert.match(version, /^(?:npm:[\w-]+@)?\d+\.\d+\.\d+$/, name);
  assert.deepEqual(Object.keys(manifest.dependencies).sort(), [
    "content-security-policy-parser",
    "idb",
    "punycode",
    "structured-headers",
    "tldts",
  ]);
});

test("every package of the lock file has a hash, and comes from the registry", () => {
  const { packages } = JSON.parse(read("package-lock.json")) as { packages: Record<string, Package> };
  const entries = Object.entries(packages).filter(([path]) => path !== "");
  assert.ok(entries.length > 100, "entries are missing");
  for (const [path, { resolved, integrity }] of entries) {
    assert.match(integrity ?? "", /^sha512-/, path);
    assert.match(resolved ?? "https://registry.npmjs.org/", /^https:\/\/registry\.npmjs\.org\//, path);
  }
  // What the extension is made of needs nothing else.
  const bundled = entries.filter(([, { dev }]) => dev !== true).map(([path]) => path);
  assert.deepEqual(bundled.sort(), [
    "node_modules/content-security-policy-parser",
    "node_modules/idb",
    "node_modules/punycode",
    "node_modules/structured-headers",
    "node_modules/tldts",
    "node_modules/tldts-core",
  ]);
});

test("what the benchmark compares with is one version, has a hash, and is no part of the rest", () => {
  const { dependencies } = JSON.parse(read("bench/package.json")) as { dependencies: Record<string, string> };
  for (const [name, version] of Object.entries(dependencies)) assert.match(version, /^\d+\.\d+\.\d+$/, name);
  const { packages } = JSON.parse(read("bench/package-lock.json")) as { packages: Record<string, Package> };
  const entries = Object.entries(packages).filter(([path]) => path !== "");
  assert.ok(entries.length > 0, "entries are missing");
  for (const [path, { resolved, integrity }] of entries) {
    assert.match(integrity ?? "", /^sha512-/, path);
    assert.match(resolved ?? "https://registry.npmjs.org/", /^https:\/\/registry\.npmjs\.org\//, path);
  }
  assert.ok(!read("package-lock.json").includes("wisp-js"), "the benchmark's packages are its own");
});

test("every Go module has a hash", () => {
  const modules = [...read("go.mod").matchAll(/^(?:require )?\t?(\S+\.\S+\/\S+|\S+\.\S+) (v\S+)/gm)];
  assert.ok(modules.length > 5, "modules are missing");
  const sums = read("go.sum");
  for (const [, path = "", version = ""] of modules)
    assert.ok(sums.includes(`${path} ${version} h1:`), `${path} ${version}`);
  assert.doesNotMatch(read("go.mod"), /^replace|\tlatest/m);
});
