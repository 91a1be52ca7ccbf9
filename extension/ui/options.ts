// Settings: what was remembered, and how to take it back; how the host is.

import { ext } from "../ext.ts";
import { listGrants, removeGrants, sameDestination } from "../grants.ts";
import type { Grant } from "../grants.ts";
import { byId, describePort, fillTexts, text } from "./texts.ts";

const day = new Intl.DateTimeFormat(ext.i18n.getUILanguage(), { dateStyle: "medium" });

async function revoke(which: (grant: Grant) => boolean): Promise<void> {
  await removeGrants(which);
  byId("said").textContent = text("revoked");
}

function row(grant: Grant): HTMLTableRowElement {
  const line = document.createElement("tr");
  const [site, destination, since, action] = [
    line.insertCell(),
    line.insertCell(),
    line.insertCell(),
    line.insertCell(),
  ] as const;
  site.textContent = grant.origin.replace(/^https:\/\//, "");
  destination.textContent = grant.host;
  const detail = document.createElement("small");
  detail.textContent = `${describePort(grant.port)} · ${grant.protocol.toUpperCase()}`;
  destination.append(detail);
  since.textContent = day.format(grant.created);
  const button = document.createElement("button");
  button.type = "button";
  button.className = "revoke";
  button.textContent = text("revoke");
  button.setAttribute("aria-label", text("revokeLabel", grant.origin, `${grant.host}:${grant.port.toString()}`));
  button.addEventListener("click", () => {
    void revoke((other) => other.origin === grant.origin && sameDestination(other, grant));
  });
  action.append(button);
  return line;
}

async function showGrants(): Promise<void> {
  const grants = await listGrants();
  byId("grants")
    .querySelector("tbody")
    ?.replaceChildren(...grants.map(row));
  byId("grants").hidden = grants.length === 0;
  byId("revoke-all").hidden = grants.length < 2;
  byId("none").hidden = grants.length > 0;
}

async function showHost(): Promise<void> {
  const state: { kind: string; hostVersion?: string } = await ext.runtime.sendMessage("host-state");
  const ready = state.kind === "ready";
  byId("host").textContent = ready ? text("hostReady", state.hostVersion ?? "") : text("hostNotReady");
  const help = byId<HTMLAnchorElement>("help");
  help.hidden = ready;
  help.href = `setup.html?${new URLSearchParams({ ...state, problem: state.kind }).toString()}`;
}

fillTexts();
byId("revoke-all").addEventListener("click", () => {
  void revoke(() => true);
});
ext.storage.onChanged.addListener(() => {
  void showGrants();
});
void showGrants();
void showHost();
