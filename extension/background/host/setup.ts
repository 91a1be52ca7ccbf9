// Opens the setup page: once after the installation, and when there is no host to talk to. It says what is wrong, and the one command that
// mends it.

import { ext } from "../../shared/ext.ts";
import type { HostProblem } from "./host.ts";

const page = (): string => ext.runtime.getURL("ui/setup.html");

/** Welcomes whoever has installed the extension. What an administrator installed needs no setting up by the user. */
export async function welcome(): Promise<void> {
  if ((await ext.management.getSelf()).installType !== "admin") await ext.tabs.create({ url: page() });
}

/** Shows the setup page for `problem`, in the tab that already has it if there is one. Called only after a gesture of the user's. */
export async function openSetupPage(problem: HostProblem): Promise<void> {
  const url = `${page()}?${new URLSearchParams({ problem: problem.kind }).toString()}`;
  const [open] = await ext.tabs.query({ url: `${page()}*` });
  if (open?.id === undefined) await ext.tabs.create({ url });
  else {
    await ext.tabs.update(open.id, open.url === url ? { active: true } : { url, active: true });
    await ext.windows.update(open.windowId, { focused: true });
  }
}
