// The popup of the toolbar: what the page in this tab has open, what was refused and why, how Portside is; and the switches for it.
//
// It changes in place, so that the focus stays, and says aloud only when the number of open sockets has changed. Whatever loosens
// something takes a trusted click.

import { ext } from "../shared/ext.ts";
import type { PopupMessage, PopupView } from "../background/toolbar/popup.ts";
import { openSetupPage } from "../background/host/setup.ts";
import { KeyedList } from "./keyed.ts";
import { showHost } from "./popup_host.ts";
import { RefusalList } from "./popup_refusals.ts";
import { TemporaryList } from "./popup_temporary.ts";
import { pauseSwitch, SocketList } from "./popup_sockets.ts";
import { originElement } from "./shown.ts";
import { byId, fillTexts, text } from "./texts.ts";
import { count, moment } from "./units.ts";

/** After this many ms a popup whose background was stopped asks again. */
const patience = 300;

let port: chrome.runtime.Port | undefined;
let view: PopupView | undefined;

function send(message: PopupMessage): void {
  port?.postMessage(message);
}

function pause(origin: string, paused: boolean): void {
  send({ type: "pause", origin, paused });
}

function unmute(origin: string): void {
  send({ type: "endCooldown", origin });
}

function openSetup(): void {
  const host = view?.host;
  if (host === undefined || host.kind === "checking" || host.kind === "ready")
    void ext.tabs.create({ url: ext.runtime.getURL("ui/setup.html") });
  else void openSetupPage(host);
}

/** The tab that this is about: the one that it hangs from, or the one that the address names where it was opened as a page. */
async function ownTab(): Promise<number | undefined> {
  const named = new URLSearchParams(location.search).get("tab");
  if (named !== null) return Number(named);
  const [tab] = await ext.tabs.query({ active: true, currentWindow: true });
  return tab?.id;
}

function connect(tabId: number): void {
  port = ext.runtime.connect({ name: "popup" });
  port.onMessage.addListener(show);
  port.onDisconnect.addListener(() => {
    port = undefined;
    setTimeout(() => {
      connect(tabId);
    }, patience);
  });
  send({ type: "watch", tabId });
}

const sockets = new SocketList(byId("groups"), {
  close(key) {
    send({ type: "close", key });
  },
  pause,
});
const refusals = new RefusalList(byId("refusals"), {
  resume(origin) {
    pause(origin, false);
  },
  unmute,
  openSetup,
});
const alsoPaused = new KeyedList<string>(byId("also-paused"), byId("open-title"), (origin) => {
  const { element, update } = pauseSwitch(origin, { pause });
  return {
    element,
    update() {
      update(true);
    },
  };
});

const temporary = new TemporaryList();

let shownOrigin: string | undefined;

function showSite({ site, private: isPrivate, cooldowns, unsaved }: PopupView): void {
  const place = byId("site");
  if (site === undefined) place.textContent = text("extensionName");
  else if (shownOrigin !== site.origin) place.replaceChildren(originElement(site.origin));
  shownOrigin = site?.origin;
  byId("pause-line").hidden = site?.secure !== true;
  byId("pause").setAttribute("aria-checked", String(site?.paused === true));
  byId("paused").hidden = site?.paused !== true;
  byId("private").hidden = !isPrivate;
  byId("unsaved").hidden = !unsaved;
  const until = site === undefined ? undefined : cooldowns[site.origin];
  byId("muted").hidden = until === undefined;
  byId("muted-until").textContent = until === undefined ? "" : text("popupMuted", moment(until));
}

let counted: number | undefined;

function showSockets(now: PopupView): void {
  const length = now.open;
  sockets.show(now);
  byId("close-all").hidden = length < 2;
  const none = byId("none");
  none.hidden = length > 0;
  none.textContent =
    now.site === undefined ? text("popupNoSite") : now.site.secure ? text("popupNone") : text("popupInsecure");
  // Read out when it changes; not for the first time, when everything is read anyway.
  if (counted !== undefined && counted !== length) byId("count").textContent = text("popupCount", count(length));
  counted = length;
}

function show(now: PopupView): void {
  view = now;
  showSite(now);
  showSockets(now);
  alsoPaused.show(now.alsoPaused, (origin) => origin);
  byId("refused").hidden = now.refusals.length === 0;
  const own = now.site?.origin;
  refusals.show(
    now.refusals.map((refusal) => ({
      ...refusal,
      foreignSite: refusal.origin !== own,
      stillPaused: (now.site?.paused === true && refusal.origin === own) || now.alsoPaused.includes(refusal.origin),
      stillMuted: refusal.origin in now.cooldowns,
    })),
  );
  showHost(byId("host"), now.host, openSetup);
  temporary.show(now.site?.temporary ?? []);
  const remembered = now.site?.remembered ?? 0;
  byId("settings").textContent = remembered > 0 ? text("popupRemembered", count(remembered)) : text("popupSettings");
}

fillTexts();
byId("settings").textContent = text("popupSettings");
byId("pause").addEventListener("click", (event) => {
  const site = view?.site;
  if (/*rule:unpause-switch-needs-trusted-click*/ event.isTrusted && site !== undefined)
    pause(site.origin, !site.paused);
});
byId("unmute").addEventListener("click", (event) => {
  const site = view?.site;
  if (/*rule:cooldown-end-needs-trusted-click*/ event.isTrusted && site !== undefined) unmute(site.origin);
});
byId("close-all").addEventListener("click", (event) => {
  if (!event.isTrusted) return;
  byId("open-title").focus();
  send({ type: "close-all" });
});
byId("settings").addEventListener("click", (event) => {
  event.preventDefault();
  void ext.runtime.openOptionsPage();
});
byId("help").addEventListener("click", (event) => {
  event.preventDefault();
  openSetup();
});
void ownTab().then((tabId) => {
  if (tabId !== undefined) connect(tabId);
});
