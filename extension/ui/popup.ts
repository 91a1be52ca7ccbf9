// The popup of the toolbar: what the page in this tab has open, what was refused and why, how Portside is; and the switches for it.
//
// It changes in place, so that the focus stays, and says aloud only when the number of open sockets has changed. Whatever loosens
// something takes a trusted click.

import { ext } from "../shared/ext.ts";
import type { PopupMessage, PopupView } from "../background/toolbar/popup.ts";
import { openSetupPage } from "../background/host/setup.ts";
import { watchAccess } from "./access.ts";
import { containerName } from "./container_name.ts";
import { KeyedList } from "./keyed.ts";
import { showHost } from "./popup_host.ts";
import { RefusalList } from "./popup_refusals.ts";
import { SavedList } from "./popup_saved.ts";
import { setSwitch, siteSwitch, SocketList } from "./popup_sockets.ts";
import { shownText } from "./popup_text.ts";
import { onShowQuestion, showWaitingQuestion } from "./popup_waiting.ts";
import { originElement } from "./shown.ts";
import { byId, fillTexts, text } from "./texts.ts";
import { count, moment } from "./units.ts";

/** After this many ms a popup whose background was stopped asks again. */
const patience = 300;
/** How often a popup that stays says that it is there, in ms: without a word for 30 seconds the browser stops the background. */
const pulse = 20_000;
/** How long "Copied" stands there, in ms. */
const copiedTime = 2_000;
/** The mark in the address of a popup in a window of its own (background/toolbar/popup_window.ts). */
const inWindow = "#window";

let port: chrome.runtime.Port | undefined;
/** The tab that the popup is about, once that is known. */
let tab: number | undefined;
let view: PopupView | undefined;

/** What somebody does reaches the background also where that was stopped a moment ago. */
function send(message: PopupMessage): void {
  if (port === undefined && tab !== undefined) connect(tab);
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
  const [active] = await ext.tabs.query({ active: true, currentWindow: true });
  return active?.id;
}

function connect(tabId: number): void {
  port = ext.runtime.connect({ name: "popup" });
  port.onMessage.addListener(show);
  port.onDisconnect.addListener(() => {
    port = undefined;
    setTimeout(() => {
      whenSeen(() => {
        if (port === undefined) connect(tabId);
      });
    }, patience);
  });
  send({ type: "watch", tabId });
}

/** Runs it at once if somebody can see the popup, else when they can: a window that is out of sight keeps no background running. */
function whenSeen(run: () => void): void {
  if (!document.hidden) run();
  else document.addEventListener("visibilitychange", run, { once: true });
}

const sockets = new SocketList(byId("groups"), {
  close(key) {
    send({ type: "close", key });
  },
  pause,
});
const refusals = new RefusalList(byId("refusals"), byId("refused"), {
  resume(origin) {
    pause(origin, false);
  },
  unmute,
  openSetup,
});
const saved = new SavedList();
const alsoPaused = new KeyedList<string>(byId("also-paused"), byId("open-title"), (origin) => {
  const { element, update } = siteSwitch(origin, { pause });
  return {
    element,
    update() {
      update(true);
    },
  };
});

let shownOrigin: string | undefined;

function showSite({ site, private: isPrivate, container, cooldowns, unsaved }: PopupView): void {
  const place = byId("site");
  if (site === undefined) place.textContent = text("extensionName");
  else if (shownOrigin !== site.origin) place.replaceChildren(originElement(site.origin));
  shownOrigin = site?.origin;
  byId("pause-line").hidden = site?.secure !== true;
  setSwitch(byId("pause"), byId("pause-state"), site?.paused !== true);
  byId("paused").hidden = site?.paused !== true;
  byId("private").hidden = !isPrivate;
  byId("container").hidden = container === undefined;
  byId("container").textContent = container === undefined ? "" : text("popupContainer", containerName(container));
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
  showWaitingQuestion(now.asks === true);
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
  saved.show(now);
  showHost({ banner: byId("banner"), section: byId("host-section"), place: byId("host") }, now.host, openSetup);
}

let copied: ReturnType<typeof setTimeout> | undefined;
/** Copies what is shown, and says how that went: on the button, and aloud. */
async function copy(): Promise<void> {
  const words = await navigator.clipboard.writeText(shownText(document.body)).then(
    () => text("copied"),
    () => text("popupCopyFailed"),
  );
  byId("copy").textContent = byId("said").textContent = words;
  clearTimeout(copied);
  copied = setTimeout(() => {
    byId("copy").textContent = text("popupCopy");
    byId("said").textContent = "";
  }, copiedTime);
}

fillTexts();
if (location.hash === inWindow) document.documentElement.classList.add("in-window");
byId("copy").addEventListener("click", () => void copy());
byId("pause").addEventListener("click", (event) => {
  const site = view?.site;
  if (/*rule:unpause-switch-needs-trusted-click*/ event.isTrusted && site !== undefined)
    pause(site.origin, !site.paused);
});
byId("unmute").addEventListener("click", (event) => {
  const site = view?.site;
  if (/*rule:cooldown-end-needs-trusted-click*/ event.isTrusted && site !== undefined) unmute(site.origin);
});
watchAccess();
onShowQuestion(() => {
  send({ type: "bring" });
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
  if (tabId === undefined) return;
  tab = tabId;
  connect(tabId);
  setInterval(() => {
    if (!document.hidden) send({ type: "watch", tabId });
  }, pulse);
});
