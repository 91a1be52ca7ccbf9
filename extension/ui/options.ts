// Settings: what was remembered, and how to take it back; how the host is; a report for support.

import { ext } from "../shared/ext.ts";
import { listGrants, onGrantsChange, removeGrants } from "../background/consent/grants.ts";
import type { Grant } from "../background/consent/grants.ts";
import { onCooldownChange } from "../background/consent/cooldown.ts";
import { onPausedChange } from "../background/sockets/paused.ts";
import type { HostReport } from "../background/host/own_pages.ts";
import type { Restore, Restored } from "../background/consent/restoring.ts";
import { watchAccess } from "./access.ts";
import { GrantList, picked } from "./grant_list.ts";
import { showHeld } from "./held_back.ts";
import { HistoryList } from "./history_list.ts";
import { explain } from "./reasons.ts";
import { makeReport, save } from "./report.ts";
import { byId, fillTexts, text } from "./texts.ts";
import { Toast } from "./toast.ts";
import { count } from "./units.ts";

/** How often times are said again, in ms. */
const pace = 20_000;

const toast = new Toast();
const search = byId<HTMLInputElement>("search");
const confirmation = byId<HTMLDialogElement>("confirm");
const list = new GrantList(byId("grants"), (taken) => {
  void takeBack(picked(taken));
});

async function takeBack(which: (grant: Grant) => boolean): Promise<void> {
  const removed = await removeGrants(which);
  if (removed.length === 0) return; // another page was faster
  toast.say(text("revoked", count(removed.length)), () => void bringBack(removed));
}

async function bringBack(removed: Grant[]): Promise<void> {
  const { count: back, failed } = await ext.runtime.sendMessage<Restore, Restored>({ restore: removed });
  toast.say(failed === undefined ? text("undone", count(back)) : text("undoFailed", explain(failed).why));
}

/** Counts are said a moment after the last key, not at each. */
let counting: ReturnType<typeof setTimeout> | undefined;
function showCount(): void {
  clearTimeout(counting);
  counting = setTimeout(() => {
    const { all, shown } = list.count();
    byId("count").textContent =
      search.value.trim() === "" ? text("grantsCount", count(all)) : text("grantsShown", count(shown), count(all));
  }, 300);
}

function showMatches(): void {
  const { all, shown } = list.count();
  byId("no-match").hidden = all === 0 || shown > 0;
  showCount();
}

async function showGrants(): Promise<void> {
  const grants = await listGrants();
  const hadFocus = byId("tools").contains(document.activeElement) || byId("grants").contains(document.activeElement);
  list.update(grants);
  byId("none").hidden = grants.length > 0;
  byId("tools").hidden = grants.length === 0;
  showMatches();
  // Nothing is left that the focus could go on to. (The browser itself takes it off what is hidden, a moment later.)
  if (hadFocus && grants.length === 0) byId("grants-title").focus();
  else if (hadFocus && document.activeElement === document.body) search.focus();
}

let host: HostReport = { state: { kind: "failed", detail: "" } };

async function showHost(): Promise<void> {
  host = await ext.runtime.sendMessage<string, HostReport>("host-report");
  const { state } = host;
  byId("host").textContent = state.kind === "ready" ? text("hostReady", state.hostVersion) : text("hostNotReady");
  byId("help").textContent = text(state.kind === "ready" ? "hostTry" : "hostHelp");
}

const report = byId("report-text");
async function showReport(): Promise<void> {
  report.textContent = await makeReport(host);
}

fillTexts();
search.addEventListener("input", () => {
  list.search(search.value);
  showMatches();
});
byId("revoke-all").addEventListener("click", () => {
  byId("confirm-text").textContent = text("revokeAllMeaning", count(list.count().all));
  confirmation.returnValue = "no";
  confirmation.showModal();
});
confirmation.addEventListener("close", () => {
  if (/*rule:revoke-all-needs-confirmation*/ confirmation.returnValue === "yes") void takeBack(() => true);
});
// Also where it could not be written, and is kept in another place.
onGrantsChange(() => /*rule:settings-list-follows-changes*/ void showGrants().then(showReport));
onPausedChange(() => void showHeld().then(showReport));
onCooldownChange(() => void showHeld().then(showReport));
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  void showGrants(); // some may be over
  void showHeld();
});
setInterval(() => void showGrants(), pace);
byId("save-report").addEventListener("click", () => {
  // What is saved is what is shown.
  byId<HTMLDetailsElement>("report").open = true;
  save(
    /*rule:saved-report-is-shown-report*/ report.textContent,
    `portside-report-${new Date().toISOString().slice(0, 10)}.json`,
  );
});
watchAccess();
const history = new HistoryList(toast);
void history.show();
void showGrants();
void showHeld();
void showHost().then(showReport);
