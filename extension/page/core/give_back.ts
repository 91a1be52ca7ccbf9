// Gives the memory of a message that has come back at once (extension/shared/give_back.ts).

import {
  NativeMessageChannel,
  arrayBufferLength,
  firstPort,
  listOf,
  portClose,
  portPost,
  secondPort,
} from "../builtins.ts";
import { worthGivingBack } from "../../shared/give_back.ts";

let nowhere: MessagePort | undefined;

/** Frees a buffer that came by a port and that nobody looks at any more, where that is worth it. Nothing is left in it then. */
export function giveBack(buffer: ArrayBuffer): void {
  if (arrayBufferLength(buffer) < worthGivingBack) return;
  if (nowhere === undefined) {
    const channel = new NativeMessageChannel();
    nowhere = firstPort(channel);
    portClose(secondPort(channel));
  }
  portPost(nowhere, 0, listOf([buffer]));
}
