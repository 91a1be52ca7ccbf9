// The background: wiring. Every listener is registered in the first turn, so that any event can start the worker.

import { ext } from "../ext.ts";
import { forgetDocuments, onRevoked, sameDestination } from "../grants.ts";
import type { Destination } from "../grants.ts";
import { DocumentConnection } from "./broker.ts";
import { clearedByItself, watchCleared } from "./cleared.ts";
import { watchHandshakes } from "./handshake.ts";
import { watchHeaders } from "./headers.ts";
import { Hosts } from "./hosts.ts";
import { injectEverywhere } from "./inject.ts";
import { onManagedChange } from "./managed.ts";
import { watchPrivateWindows } from "./muted.ts";
import { hostReport, hostState } from "./own_pages.ts";
import { Prompts } from "./prompt.ts";
import { attest } from "./sender.ts";
import { welcome } from "./setup.ts";
import { Tryout } from "./tryout.ts";

const hosts = new Hosts();
const prompts = new Prompts();
const tryout = new Tryout(hosts);
const documents = new Set<DocumentConnection>();

/** Reports whether the sender is one of the extension's own pages, as opposed to a content script. */
function isOwnPage(sender: chrome.runtime.MessageSender | undefined): boolean {
  return sender?.id === ext.runtime.id && sender.url?.startsWith(ext.runtime.getURL("ui/")) === true;
}

watchHeaders(clearedByItself);
watchHandshakes();
watchPrivateWindows();
onManagedChange(() => {
  void hosts.managedChanged();
});

ext.runtime.onConnect.addListener((port) => {
  if (port.name === "document") {
    const sender = attest(port.sender);
    if (sender === undefined) {
      port.disconnect();
      return;
    }
    const connection = new DocumentConnection(port, sender, hosts, prompts, () => documents.delete(connection));
    documents.add(connection);
  } else if (port.name.startsWith("prompt:") && isOwnPage(port.sender)) {
    prompts.connect(port, port.name.slice("prompt:".length));
  } else {
    port.disconnect();
  }
});

/** The settings and the setup page ask how the host is, or to try it. */
ext.runtime.onMessage.addListener((message: unknown, sender, respond) => {
  if (!isOwnPage(sender)) return false;
  if (message === "host-state") void hostState(hosts).then(respond);
  else if (message === "host-report") void hostReport(hosts).then(respond);
  else if (message === "try") void tryout.start().then(respond);
  else return false;
  return true; // the answer comes later
});

/** Documents of these origins will be asked again, also for what they had open; sockets that `concerned` picks close. */
function takeBack(
  origins: ReadonlySet<string>,
  concerned: (origin: string, destination: Destination) => boolean,
): void {
  const affected = (document: { origin: string; private: boolean }): boolean =>
    !document.private && origins.has(document.origin);
  void forgetDocuments(affected);
  for (const connection of documents)
    if (affected(connection.sender))
      connection.revoke((destination) => concerned(connection.sender.origin, destination));
}

onRevoked((revoked) => {
  takeBack(new Set(revoked.map((grant) => grant.origin)), (origin, destination) =>
    revoked.some((grant) => grant.origin === origin && sameDestination(grant, destination)),
  );
});

watchCleared((origins) => {
  takeBack(origins, () => true);
});

ext.tabs.onRemoved.addListener((tabId) => {
  void forgetDocuments((document) => document.tabId === tabId);
});

ext.action.onClicked.addListener(() => {
  void ext.runtime.openOptionsPage();
});

// Documents that were there before the extension, or that an older copy of it served: they get the scripts now.
ext.runtime.onInstalled.addListener(({ reason }) => {
  void injectEverywhere();
  if (reason === "install") void welcome();
});
