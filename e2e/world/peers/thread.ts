// Starting a TypeScript module in a worker thread. A thread does not inherit tsx from `node --import tsx` in Node 20, so
// it begins with a line of JavaScript that registers it.
import { Worker } from "node:worker_threads";

export function startThread(module: URL, data: unknown): Worker {
  return new Worker(
    `const { workerData } = require("node:worker_threads");
     import(workerData.tsx).then(({ register }) => { register(); return import(workerData.module); });`,
    { eval: true, workerData: { tsx: import.meta.resolve("tsx/esm/api"), module: module.href, data } },
  );
}
