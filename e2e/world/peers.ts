// The far ends of the tests' connections: small servers of our own that do exactly one thing each, right or wrong.
// Real servers of real protocols are in servers.ts.
export * from "./peers/bulk.ts";
export * from "./peers/nobody.ts";
export * from "./peers/pattern.ts";
export * from "./peers/tcp.ts";
export * from "./peers/udp.ts";
