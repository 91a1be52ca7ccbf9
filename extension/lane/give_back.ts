// Gives the memory of what the page has posted back at once (extension/shared/give_back.ts).

import { mostGivenBack, worthGivingBack } from "../shared/give_back.ts";

const { port1: nowhere, port2: end } = new MessageChannel();
end.close();

/** Frees what came by a port and has been sent on, where that is worth it. Nothing is left in it then. */
export function giveBack(data: unknown): void {
  if (!(data instanceof ArrayBuffer) || data.byteLength < worthGivingBack || data.byteLength > mostGivenBack) return;
  nowhere.postMessage(0, [data]);
}
