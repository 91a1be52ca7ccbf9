// Looks for devices nearby for a question, as long as it stands, and tells its window of each.

import { HostError } from "../host/host.ts";
import type { Pending } from "./pending_question.ts";

/** More devices than this are not listed: something on the link is making them up. */
const maxDevices = 100;

export async function lookNearby(pending: Pending): Promise<void> {
  const { about, devices, over } = pending;
  if (about.kind === "local" || about.helpers.look === undefined) return;
  let how: "done" | "failed" | "forbidden" = "done";
  try {
    await about.helpers.look(({ name, service, host, address }) => {
      if (devices.length >= maxDevices || pending.isOver) return;
      const device = { index: devices.length, name, service, host, address };
      devices.push(device);
      pending.tell?.({ type: "device", device });
    }, over.signal);
  } catch (error) {
    how = error instanceof HostError && error.data?.reason.startsWith("policy") === true ? "forbidden" : "failed";
  }
  if (!pending.isOver) pending.tell?.({ type: "looked", how });
}
