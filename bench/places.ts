// Where the benchmark's parts are.
import { fileURLToPath } from "node:url";

const inRepository = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** Go programs that `make bench` builds. */
export const programs = {
  far: inRepository("build/bench/far"),
  floor: inRepository("build/bench/floor"),
  bare: inRepository("build/bench/bare"),
  link: inRepository("build/bench/link"),
  barelane: inRepository("build/bench/barelane"),
};

/** What `make bench-network` starts itself by, on another machine. */
export const networkScript = inRepository("bench/network.ts");

export const resultsFolder = inRepository("bench/results");

export const wispServer = inRepository("bench/node_modules/@mercuryworkshop/wisp-js/src/bin/server_cli.mjs");
export const websockifyProgram = "/usr/bin/websockify";
