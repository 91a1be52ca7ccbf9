// What the settings and the setup page ask of the background. Who asks is looked at before (main.ts): only the extension's own pages.

import type { PolicySource } from "../../../protocol/message.ts";
import { HostUnavailable } from "./host.ts";
import type { HostProblem } from "./host.ts";
import type { Hosts } from "./hosts.ts";

export type HostState = { kind: "ready"; hostVersion: string } | HostProblem;

export interface HostReport {
  state: HostState;
  /** Where administrators have said something; absent when the host cannot be asked. */
  policy?: PolicySource[];
}

/** How the host is. One that had to be started for it is let go again. */
export async function hostState(hosts: Hosts): Promise<HostState> {
  try {
    const { hello } = await hosts.probe();
    return { kind: "ready", hostVersion: hello.hostVersion };
  } catch (error) {
    return error instanceof HostUnavailable ? error.problem : { kind: "failed", detail: String(error) };
  }
}

export async function hostReport(hosts: Hosts): Promise<HostReport> {
  const state = await hostState(hosts);
  if (state.kind !== "ready") return { state };
  try {
    const connection = await hosts.probe();
    return { state, policy: (await connection.request("policy.get", {})).sources };
  } catch {
    return { state };
  }
}
