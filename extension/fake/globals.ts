// For unit tests in Node: what the extension's modules find in a browser, and Node 20 does not have. To be imported before them.

import { createRequire } from "node:module";

// The generated validators are bundled for the browser, where nothing is required.
Object.assign(globalThis, { require: createRequire(import.meta.url) });
Object.assign(Uint8Array.prototype, {
  toBase64(this: Uint8Array) {
    return Buffer.from(this).toString("base64url");
  },
});
Object.assign(Uint8Array, {
  fromBase64(text: string) {
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw new SyntaxError("no base64");
    return new Uint8Array(Buffer.from(text, "base64"));
  },
});
Object.assign(Promise, {
  withResolvers: <T>() => {
    let resolve!: (value: T | PromiseLike<T>) => void;
    let reject!: (reason: unknown) => void;
    const promise = new Promise<T>((res, rej) => {
      [resolve, reject] = [res, rej];
    });
    return { promise, resolve, reject };
  },
});
