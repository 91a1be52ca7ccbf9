// How the Portside program is, and what administrators have said.

import type { HostView } from "../background/toolbar/popup.ts";
import type { PolicyGetResult, PolicySource } from "../../protocol/message.ts";
import { foreign, isolated } from "./foreign.ts";
import { explain } from "./reasons.ts";
import { text } from "./texts.ts";

function paragraph(words: string, className = ""): HTMLElement {
  const element = document.createElement("p");
  element.className = className;
  element.textContent = words;
  return element;
}

function sourceLine({ name, kind, fault }: PolicySource): HTMLElement {
  const element = document.createElement("li");
  element.append(kind === "browser" ? text("policyBrowser") : foreign(name));
  if (fault !== undefined) element.append(paragraph(text("policyFault", isolated(fault)), "plain"));
  return element;
}

/** What the user should know of the audit log that an administrator wants: that it cannot be written, and that it tells of private windows. */
function auditParts({ auditFault, auditRequired, auditPrivate }: PolicyGetResult): HTMLElement[] {
  const parts: HTMLElement[] = [];
  if (/*rule:popup-tells-audit-fault*/ auditFault !== undefined) {
    const words = auditRequired === true ? "auditFaultRequired" : "auditFault";
    parts.push(paragraph(text(words, isolated(auditFault)), "plain"));
  }
  if (/*rule:popup-tells-private-audit*/ auditPrivate === true) parts.push(paragraph(text("auditPrivate"), "plain"));
  return parts;
}

function policyParts({ sources, siteAllowed, siteBy }: PolicyGetResult): HTMLElement[] {
  const parts: HTMLElement[] = [];
  if (siteAllowed === false) {
    parts.push(paragraph(text("policySiteRefused"), "plain"));
    if (siteBy !== undefined) {
      const by = paragraph(text("refusalBy"), "by");
      by.append(" ", foreign(siteBy));
      parts.push(by);
    }
  }
  if (sources.length === 0) return [...parts, paragraph(text("policyNone"), "soft")];
  const list = document.createElement("ul");
  list.className = "sources";
  list.append(...sources.map(sourceLine));
  return [...parts, paragraph(text("policyTitle")), list];
}

let shown = "";

/** Says how the program is: in `section`; or, where it cannot be used and nothing works, in `banner` at the top. Unless nothing has changed. */
export function showHost(
  { banner, section, place }: Record<"banner" | "section" | "place", HTMLElement>,
  host: HostView,
  openSetup: () => void,
): void {
  const key = JSON.stringify(host);
  if (key === shown) return;
  shown = key;
  const works = host.kind === "checking" || host.kind === "ready";
  banner.hidden = works;
  section.hidden = !works;
  if (host.kind === "checking") {
    place.replaceChildren(paragraph(text("hostChecking"), "soft"));
    return;
  }
  if (host.kind === "ready") {
    const policy = host.policy === undefined ? [] : [...policyParts(host.policy), ...auditParts(host.policy)];
    place.replaceChildren(paragraph(text("popupHostReady", host.version), "ready"), ...policy);
    return;
  }
  const { why } = explain(`host-${host.kind}`);
  const button = document.createElement("button");
  button.type = "button";
  button.className = "remedy";
  button.textContent = text("remedySetup");
  button.addEventListener("click", openSetup);
  banner.replaceChildren(paragraph(host.kind === "version" ? text("popupHostVersion", host.hostVersion) : why), button);
}
