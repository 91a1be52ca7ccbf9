// The consent window. All buttons, and Escape, are dead for a moment after whatever changes (guard.ts), so that a press that was meant for
// something else answers nothing. The window may come up while somebody types: so the dialog has the focus, and no button.

import { ext } from "../shared/ext.ts";
import { numberLanguage } from "../shared/language.ts";
import { readPromptHash, within } from "../background/consent/prompt_place.ts";
import { promptWidth } from "../background/consent/prompt_size.ts";
import type { Device, Named, Place, PromptMessage, PromptView, Question } from "../background/consent/question.ts";
import { encryptionMessage, isReadable, placeMessage, plainText } from "./display.ts";
import { isolated } from "./foreign.ts";
import { Guard } from "./guard.ts";
import { Nearby } from "./nearby.ts";
import { hostElement, hostNotes, originElement, part } from "./shown.ts";
import { byId, describePort, fillTexts, text } from "./texts.ts";
import { count } from "./units.ts";

/** What the user types is looked at when they pause for so long, in ms. */
const pause = 250;
/** Half an address is no mistake: what is wrong with what they typed is said when they pause for so long, or go on to something else, in ms. */
const patience = 1_000;

const dialog = byId("dialog");
const deny = byId("deny");
const denyAll = byId("deny-all");
const allowOnce = byId("allow-once");
const allowRemember = byId("allow-remember");
const address = byId<HTMLInputElement>("address");
const { id: questionId, place: wanted } = readPromptHash(location.hash);
const port = ext.runtime.connect({ name: `prompt:${questionId}` });

let question: Question | undefined;
/** The user has had the time to look at the question, at least once. */
let seen = false;
/** What the user has named and the background has found good: only then Allow has anything to allow. */
let named: Named | undefined;
let typing: ReturnType<typeof setTimeout> | undefined;
/** Says what is wrong with what they typed, once they have had the time to finish it. */
let objection: (() => void) | undefined;

const guard = new Guard(refresh);
const nearby = new Nearby(onPicked);

function send(message: PromptMessage): void {
  port.postMessage(message);
}

/** There is something to say no to. */
function asked(): boolean {
  return question !== undefined;
}

/** There is something to allow. */
function ready(): boolean {
  return question !== undefined && (question.host !== undefined || named !== undefined);
}

/** Not `disabled`: a button that has the focus shall keep it, and be found. */
function refresh(): void {
  const dead = String(!guard.alive || !ready());
  allowOnce.ariaDisabled = dead;
  allowRemember.ariaDisabled = dead;
  deny.ariaDisabled = denyAll.ariaDisabled = String(!guard.alive || !asked());
  if (!seen && guard.alive && question !== undefined) {
    seen = true;
    send({ type: "seen" });
    // Not before: they may have been typing something else.
    if (question.host === undefined && document.activeElement === dialog) address.focus();
  }
}

/** The text that says what the page wants. */
function wants({ host, proposal, place }: Question): string {
  if (host !== undefined) return "promptWants";
  if (proposal === undefined) return "promptWantsAny";
  switch (place) {
    case "computer":
      return "promptWantsComputer";
    case "network":
      return "promptWantsNetwork";
    default:
      return "promptWantsSpecial";
  }
}

const complaints = { invalid: "promptAddressInvalid", never: "promptAddressNever", policy: "promptAddressPolicy" };

/** Fills an element, or hides it. */
function tell(id: string, ...content: (string | Node)[]): void {
  const element = byId(id);
  element.replaceChildren(...content);
  element.hidden = content.length === 0;
}

function showEncryption(asked: Question, place: Place | undefined): void {
  const element = byId("encryption");
  const name = asked.encryption === "on" && asked.authentication === "serverName" ? asked.serverName : "";
  element.textContent = text(encryptionMessage(asked, place), isolated(plainText(name)));
  element.classList.toggle("plain", isReadable(asked, place));
}

/** "10 minutes" */
function duration(ms: number): string {
  const units = { day: 86_400_000, hour: 3_600_000, minute: 60_000 };
  const [unit, length] = Object.entries(units).find(([, length]) => ms >= length) ?? ["minute", units.minute];
  const format = new Intl.NumberFormat(numberLanguage(), { style: "unit", unit, unitDisplay: "long" });
  return format.format(Math.round(ms / length));
}

function show({ question: asked, waiting, looks, cooldown }: Extract<PromptView, { type: "question" }>): void {
  if ("kind" in asked) return;
  question = asked;
  const { origin, host, proposal, place, protocol } = asked;
  const who = originElement(origin);
  tell("who", who);
  tell("who-notes", ...hostNotes(new URL(origin).hostname, who));
  tell("wants", text(wants(asked)));
  const where = host === undefined ? undefined : hostElement(host);
  tell("where", ...(where === undefined ? [] : [where]));
  tell("where-notes", ...(host === undefined || where === undefined ? [] : hostNotes(host, where)));
  tell(
    "service",
    part(
      describePort(asked.port, protocol, {
        plain: /*rule:port-name-promises-no-encryption*/ asked.encryption !== "on",
      }),
      "",
      { ours: true },
    ),
    // What people know as a connection is none with UDP, and need not be said of TCP.
    ...(protocol === "udp" ? [" ", part(text("promptDatagrams"), "", { ours: true })] : []),
  );
  tell("place", ...(host === undefined || place === undefined ? [] : [text(placeMessage(place))]));
  byId("ask-address").hidden = host !== undefined;
  byId("named").hidden = host !== undefined;
  byId("named").textContent = text("promptNothing");
  byId("proposal").hidden = proposal === undefined;
  byId("proposed").textContent = proposal ?? "";
  if (looks) nearby.begin();
  //rule:prompt-names-alg-risk
  tell("risk", ...(asked.risk ? [text("promptRisk", asked.port)] : []));
  // Where the user names it, nobody knows yet where it goes.
  showEncryption(asked, host === undefined ? undefined : place);
  byId("private").hidden = !asked.private;
  tell("mutes", ...(cooldown === undefined ? [] : [text("promptMutes", duration(cooldown))]));
  showWaiting(waiting);
  allowRemember.hidden = !asked.remember;
  //rule:focus-on-no-button
  dialog.focus();
  changed();
}

function showWaiting(others: number): void {
  byId("more").hidden = others === 0;
  byId("waiting").textContent = text("promptWaiting", count(others));
}

/** What the window says has changed. */
function changed(): void {
  guard.rest();
  void fit();
}

/** Where the window is to be, if the browser could not open it there. */
let place = wanted;

/** Makes the window as large as its content, within the screen: some window managers and switches have other ideas. */
async function fit(): Promise<void> {
  const { id } = await ext.windows.getCurrent();
  const zoom = await ext.tabs.getZoom();
  // The first try may leave a scroll bar, which takes room; and windows take their time.
  for (let tries = 0; tries < 3 && id !== undefined; tries++) {
    const frame = { width: outerWidth - innerWidth * zoom, height: outerHeight - innerHeight * zoom };
    const width = Math.min(screen.availWidth, Math.ceil(promptWidth * zoom + frame.width));
    const height = Math.min(screen.availHeight, Math.ceil(document.documentElement.offsetHeight * zoom + frame.height));
    if (place === undefined && Math.abs(width - outerWidth) <= 1 && Math.abs(height - outerHeight) <= 1) return;
    // All of it on the screen that it is on.
    const { availLeft = 0, availTop = 0 } = screen as { availLeft?: number; availTop?: number };
    const room = { left: availLeft, top: availTop, width: screen.availWidth, height: screen.availHeight };
    const { left, top } = within(place ?? { left: screenX, top: screenY }, { width, height }, room);
    place = undefined;
    await ext.windows.update(id, { width, height, ...(left === screenX && top === screenY ? {} : { left, top }) });
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
}

/** The user named something else, and the background is to say what it is. */
function rename(next: Named | undefined): void {
  //rule:allow-disabled-after-new-choice.2
  named = undefined;
  objection = undefined;
  clearTimeout(typing);
  byId("named").textContent = text("promptNothing");
  byId("address-error").textContent = "";
  address.removeAttribute("aria-invalid");
  if (question !== undefined) showEncryption(question, undefined);
  if (next !== undefined) {
    typing = setTimeout(
      () => {
        send({ type: "name", named: next });
      },
      "device" in next ? 0 : pause,
    );
  }
  //rule:allow-disabled-after-new-choice
  changed();
}

function onPicked(device: Device | undefined): void {
  if (device === undefined) return;
  address.value = "";
  rename({ device: device.index });
}

function isCurrent(other: Named): boolean {
  return "device" in other ? nearby.picked?.index === other.device : address.value === other.address;
}

function showNamed(view: Extract<PromptView, { type: "named" }>): void {
  const { named: checked } = view;
  if (!isCurrent(checked) || question === undefined) return; // they have gone on
  if ("complaint" in view) {
    //rule:invalid-address-not-allowable
    const { complaint } = view;
    objection = () => {
      complain(checked, complaint);
    };
    if ("device" in checked || document.activeElement !== address) objection();
    else typing = setTimeout(objection, patience - pause);
    return;
  }
  const { host, place, risk } = view;
  named = checked;
  const line = document.createElement("p");
  const chosen = hostElement(host);
  line.append(`${text("promptNamed")} `, chosen);
  // What it calls itself is a stranger's word: it stands behind what it is asked for by.
  const about = document.createElement("p");
  about.className = "soft parts";
  const name = "device" in checked ? plainText(nearby.picked?.name ?? "") : "";
  if (name !== "") about.append(part(name), " ");
  if (place !== undefined) about.append(part(text(placeMessage(place)), "", { ours: true }));
  byId("named").replaceChildren(line, about, ...hostNotes(host, chosen));
  //rule:encryption-shown-for-named-place
  showEncryption(question, place);
  tell("risk", ...(question.risk || risk ? [text("promptRisk", question.port)] : []));
  changed();
}

/** What was named cannot be allowed. */
function complain(about: Named, complaint: keyof typeof complaints): void {
  if (!isCurrent(about) || question === undefined) return;
  rename(undefined);
  tell("risk", ...(question.risk ? [text("promptRisk", question.port)] : []));
  byId("address-error").textContent = text(complaints[complaint]);
  if ("address" in about) address.setAttribute("aria-invalid", "true");
  changed();
}

fillTexts();
port.onMessage.addListener((view: PromptView) => {
  switch (view.type) {
    case "question":
      show(view);
      return;
    case "complaint":
      complain(view.named, view.complaint);
      return;
    case "named":
      showNamed(view);
      return;
    case "waiting":
      showWaiting(view.count);
      //rule:allow-disabled-after-text-change
      changed();
      return;
    case "device":
      nearby.add(view.device);
      return;
    case "looked":
      nearby.end(view.how);
      changed();
  }
});
port.onDisconnect.addListener(() => {
  window.close(); // answered elsewhere, or the page that asked is gone
});

for (const [button, remember] of [
  [allowOnce, false],
  [allowRemember, true],
] as const)
  guard.guard(button, ready, () => {
    send({ type: "allow", remember, ...(named === undefined ? {} : { named }) });
  });
const sayNo = (): void => {
  send({ type: "deny" });
};
guard.guard(deny, asked, sayNo);
guard.guard(denyAll, asked, () => {
  send({ type: "deny", all: true });
});
guard.guardEscape(asked, sayNo);
address.addEventListener("input", () => {
  nearby.clear();
  rename(address.value.trim() === "" ? undefined : { address: address.value });
});
address.addEventListener("blur", () => objection?.());
let density = devicePixelRatio;
addEventListener("resize", () => {
  if (devicePixelRatio === density) return; // the user's own doing, or ours
  density = devicePixelRatio; // they have zoomed
  void fit();
});
addEventListener("keydown", (event) => {
  // A key that was held down before this window came up presses nothing.
  //rule:held-key-does-not-allow.2
  if (event.repeat && event.target instanceof HTMLButtonElement) event.preventDefault();
});
