// What a page hands over as one datagram.

import { blobSize, typedArrayLength } from "../builtins.ts";
import { copyBufferSource } from "../webidl.ts";

export interface Datagram {
  /** In bytes. */
  size: number;
  /** Either of the two; the other is undefined, and no member that the page has put on all objects. */
  bytes: Uint8Array<ArrayBuffer> | undefined;
  blob: Blob | undefined;
}

/** Takes a Blob or BufferSource: a copy of it, but for Blobs, which never change. Throws TypeError for anything else. */
export function datagramOf(data: unknown): Datagram {
  if (isBlob(data)) return { size: blobSize(data), bytes: undefined, blob: data };
  const bytes = copyBufferSource(data);
  return { size: typedArrayLength(bytes), bytes, blob: undefined };
}

function isBlob(value: unknown): value is Blob {
  try {
    blobSize(value as object); // throws for anything but a Blob, also when the page fakes the prototype
    return true;
  } catch {
    return false;
  }
}
