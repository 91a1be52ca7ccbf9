// The data-frame codec, the twin of data.go: the one message that is too frequent for a schema validator.
//
// In the browser the frame has been JSON-parsed already, so what remains is the check that schema/socket.data.params.json
// describes, less the alphabet of the base64: the content script decodes it with Uint8Array.fromBase64, which is strict.

import { maxPayloadBytes } from "./message.ts";
import type { SocketDataParams, SocketWriteParams } from "./message.ts";

const maxBase64 = Math.ceil(maxPayloadBytes / 3) * 4;

interface Frame {
  method?: unknown;
  params?: { socketId?: unknown; data?: unknown } | null;
}

/** Reports the parameters of a `socket.data` frame, or undefined when `frame` is anything else. */
export function readDataFrame(frame: unknown): SocketDataParams | undefined {
  if (typeof frame !== "object" || frame === null) return undefined;
  const { method, params } = frame as Frame;
  if (method !== "socket.data" || typeof params !== "object" || params === null) return undefined;
  const { socketId, data } = params;
  if (typeof socketId !== "number" || !Number.isSafeInteger(socketId) || socketId < 1) return undefined;
  if (typeof data !== "string" || data.length > maxBase64 || data.length % 4 !== 0) return undefined;
  return { socketId, data };
}

/** Builds a `socket.write` frame; with `id` the host answers it once the system has taken the bytes. */
export function writeFrame(params: SocketWriteParams, id?: number): object {
  // The order of members is the one that the host's scanner expects to see first; any other works too, only slower.
  return id === undefined
    ? { jsonrpc: "2.0", method: "socket.write", params }
    : { jsonrpc: "2.0", id, method: "socket.write", params };
}
