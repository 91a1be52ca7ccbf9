// Opens the setup page when there is no host to talk to: what is wrong, and the exact command that mends it.

import { ext } from "../ext.ts";
import type { HostProblem } from "./host.ts";

/** Shows the setup page for `problem`, in the tab that already has it if there is one. Called only after a person's gesture. */
export async function openSetupPage(problem: HostProblem): Promise<void> {
  const page = ext.runtime.getURL("ui/setup.html");
  const parameters = new URLSearchParams({ problem: problem.kind });
  if (problem.kind === "version") parameters.set("hostVersion", problem.hostVersion);
  if (problem.kind === "failed") parameters.set("detail", problem.detail);
  const url = `${page}?${parameters.toString()}`;
  const [open] = await ext.tabs.query({ url: `${page}*` });
  if (open?.id === undefined) await ext.tabs.create({ url });
  else {
    await ext.tabs.update(open.id, { url, active: true });
    await ext.windows.update(open.windowId, { focused: true });
  }
}
