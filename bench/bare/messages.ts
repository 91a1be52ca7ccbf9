// What travels on the bare way. Between page and content script bytes are buffers, beyond it base64 in JSON.

/** To the host: where to connect, bytes, and how many bytes the page has read. */
export type ToHost = { port: number } | { d: string } | { a: number };
/** From the host: it is connected, bytes, how many bytes the connection has taken. */
export type FromHost = { open: true } | { d: string } | { a: number };

export type ToContent = { port: number } | { buffer: ArrayBuffer } | { a: number };
export type FromContent = { open: true } | { buffer: ArrayBuffer } | { a: number } | { closed: true };

/** How much may be under way unacknowledged in each direction, in bytes: as in Portside (protocol/schema/constants.json). */
export const credit = 1 << 20;
/** The largest frame, in bytes before base64. */
export const frame = 64 << 10;
/** The name under which the browser finds the host. */
export const hostName = "portside.bench";
/** Word that a page hands its content script a port. */
export const hello = "portside-bench-bare";
