// The background: wiring. Every listener is registered in the first turn, so that any event can start the worker.

import { background as platform } from "../platform/current.ts";
import { storage } from "../platform/current_storage.ts";
import { whoseKey } from "../shared/container.ts";
import { onAccessGiven } from "../shared/access.ts";
import { ext } from "../shared/ext.ts";
import { watchEnds } from "./consent/expiry.ts";
import { concerns, isGrantOf, onGrantsChange, onRevoked, takeBackFromDocuments } from "./consent/grants.ts";
import { keepUnwritten, writeUnsaved } from "../storage/store.ts";
import { Stored } from "../storage/stored.ts";
import { Activity } from "./sockets/activity.ts";
import { Badge } from "./toolbar/badge.ts";
import { DocumentConnection } from "./sockets/document_connection.ts";
import { clearedByItself, watchCleared } from "./consent/cleared.ts";
import { onTabGone } from "./documents/documents.ts";
import { GestureLedger } from "./consent/gestures.ts";
import { watchHandshakes } from "./documents/handshake.ts";
import { watchHeaders } from "./documents/headers.ts";
import { History } from "./sockets/history.ts";
import { Hosts } from "./host/hosts.ts";
import { injectEverywhere, watchFirstUses } from "./documents/inject.ts";
import { Intake } from "./intake/intake.ts";
import { Lanes } from "./sockets/lanes.ts";
import { watchCreators } from "./documents/creators.ts";
import { watchFrames } from "./documents/tab_frames.ts";
import { beginToReadSettings, onManagedChange } from "./host/managed.ts";
import { onCooldownChange, forgetCooldownsOfPrivateWindows } from "./consent/cooldown.ts";
import { hostReport, hostState } from "./host/own_pages.ts";
import { forgetPausesOfPrivateWindows, onPausedChange } from "./sockets/paused.ts";
import { Presence } from "./host/presence.ts";
import { Popups } from "./toolbar/popup.ts";
import { closePopupWindow, offerPopupWindow } from "./toolbar/popup_window.ts";
import { Prompts } from "./consent/prompt.ts";
import { isRestore, restoreGrants } from "./consent/restoring.ts";
import { RefusalAudit } from "./sockets/refusal_audit.ts";
import { attest, type Sender } from "./intake/sender.ts";
import { welcome } from "./host/setup.ts";
import type { Shared } from "./sockets/socket_home.ts";
import { SelfTest } from "./sockets/selftest.ts";

const hosts = new Hosts();
const selfTest = new SelfTest(hosts);
const prompts = new Prompts(
  (tabId) => {
    badge.update(tabId);
    popups.changed(tabId);
  },
  (sender) => selfTest.isPage(sender),
);
const lanes = new Lanes();
const gestures = new GestureLedger();
const audit = new RefusalAudit({
  hosts,
  now: Date.now,
  later: (run, ms) => setTimeout(run, ms),
  budget: new Stored<unknown>("session", "refusalAudit", (stored) => stored),
});
const intake = new Intake();
const documents = new Set<DocumentConnection>();
const history = new History();
const activity = new Activity(
  (tabId) => {
    badge.update(tabId);
    popups.changed(tabId);
  },
  (socket) => {
    history.note(socket);
    selfTest.noted(socket);
  },
);
const badge = new Badge(activity, prompts);
const popups = new Popups({ activity, hosts, documents, prompts });
const shared: Shared = { hosts, prompts, activity, lanes, gestures, audit, presence: new Presence(hosts) };

/** Reports whether the sender is one of the extension's own pages, as opposed to a content script. */
function isOwnPage(sender: chrome.runtime.MessageSender | undefined): boolean {
  return sender?.id === ext.runtime.id && sender.url?.startsWith(ext.runtime.getURL("ui/")) === true;
}

// What is kept is not for content scripts: speaking as one, a renderer that was taken over could end a pause, or give itself a grant.
void platform.protectStorage().catch(() => undefined);
watchHeaders(clearedByItself);
watchFrames();
watchHandshakes();
watchFirstUses();
watchCreators();
//rule:private-denials-forgotten
forgetCooldownsOfPrivateWindows();
beginToReadSettings();
onManagedChange(() => {
  void hosts.managedChanged();
});

/** The longest name of a port of ours: "prompt:" and a UUID. */
const maxPortName = 64;

ext.runtime.onConnect.addListener((port) => {
  if (port.name.length > maxPortName) port.disconnect();
  else if (port.name === "document") {
    const sender = attest(port.sender);
    const account = sender && intake.connect(sender);
    if (sender === undefined || account === undefined) {
      port.disconnect();
      return;
    }
    const connection = new DocumentConnection(port, sender, shared, account, () => documents.delete(connection));
    documents.add(connection);
  } else if (port.name.startsWith("prompt:") && /*rule:only-prompt-page-answers*/ isOwnPage(port.sender)) {
    prompts.connect(port, port.name.slice("prompt:".length));
  } else if (port.name.startsWith("lane:")) {
    lanes.connect(port, port.name.slice("lane:".length));
  } else if (port.name === "popup" && /*rule:only-own-pages-are-popups*/ isOwnPage(port.sender)) {
    popups.connect(port);
  } else if (!(/*rule:only-own-pages-use-storage*/ isOwnPage(port.sender) && storage.service.connect(port))) {
    port.disconnect();
  }
});

/** The extension's pages ask how the host is, to try it, or for what is kept, or give what they could not write. */
//rule:no-external-messages
ext.runtime.onMessage.addListener((message: unknown, sender, respond) => {
  //rule:only-own-pages-use-storage.2
  if (!isOwnPage(sender)) return false;
  const kept = storage.service.answer(message);
  if (kept !== undefined) void kept.then(respond);
  else if (message === "host-state") void hostState(hosts).then(respond);
  else if (message === "host-report") void hostReport(hosts).then(respond);
  else if (message === "try") void selfTest.start().then(respond);
  else if (isRestore(message)) void restoreGrants(message).then(respond);
  else if (typeof message === "object") void keepUnwritten(message).then(respond);
  else return false;
  return true; // the answer comes later
});

/** Documents of these (by whoseKey) will be asked again, also for what they had open; sockets that `concerned` picks close. */
function takeBack(
  keys: ReadonlySet<string>,
  concerned: (sender: Sender, connection: Parameters<typeof concerns>[1]) => boolean,
): void {
  //rule:revoking-clears-document-grants
  void takeBackFromDocuments(keys);
  for (const connection of documents)
    if (
      /*rule:revoking-spares-private-sockets*/ !connection.sender.private &&
      /*rule:revoking-spares-container-sockets*/ keys.has(whoseKey(connection.sender))
    )
      //rule:revoking-ends-sockets
      connection.revoke((socket) => concerned(connection.sender, socket));
}

onRevoked((revoked) => {
  takeBack(new Set(revoked.map(whoseKey)), (sender, socket) =>
    //rule:revoke-site-ends-all-its-sockets
    revoked.some(
      (grant) => /*rule:revoking-spares-container-sockets.2*/ isGrantOf(sender, grant) && concerns(grant, socket),
    ),
  );
});

watchEnds();
void history.tidy().catch(() => undefined);
onGrantsChange(() => {
  popups.changed();
});

watchCleared((keys) => {
  takeBack(keys, () => /*rule:cleared-data-closes-sockets*/ true);
});

onPausedChange((keys, isPrivate) => {
  for (const connection of documents)
    if (
      connection.sender.private === isPrivate &&
      /*rule:pause-ends-sockets-in-all-tabs*/ /*rule:pause-spares-other-sites*/ keys.includes(
        whoseKey(connection.sender),
      )
    )
      connection.pause();
  void badge.updateAll();
  popups.changed();
});
//rule:private-pause-goes-with-windows
forgetPausesOfPrivateWindows();
onCooldownChange(() => {
  popups.changed();
});

onTabGone((tabId) => {
  //rule:refusals-go-with-tab
  void activity.refusals.forget(tabId);
  badge.forget(tabId);
  //rule:popup-window-goes-with-tab
  void closePopupWindow(tabId);
});

offerPopupWindow();
void badge.updateOld();
void ext.tabs.query({}).then((tabs) => activity.refusals.keepOnly(new Set(tabs.map(({ id = -1 }) => id))));
void writeUnsaved().catch(() => undefined); // as before, then

// Nor did they come into documents that were opened while the user had taken back the permission for websites.
onAccessGiven(() => void injectEverywhere());

// Documents that were there before the extension, or that an older copy of it served: they get the scripts now.
ext.runtime.onInstalled.addListener(({ reason }) => {
  void injectEverywhere();
  if (reason === "install") void welcome();
});
