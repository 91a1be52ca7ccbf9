// The consent window. All buttons, and Escape, are dead for a moment after whatever changes (guard.ts), so that a press that was meant for
// something else answers nothing. The window may come up while somebody types: so the dialog has the focus, and no button.

import { ext } from "../shared/ext.ts";
import { numberLanguage } from "../shared/language.ts";
import type { Lasting } from "../background/consent/lifetime.ts";
import { readPromptHash } from "../background/consent/prompt_place.ts";
import type {
  Complaint,
  Device,
  LocalQuestion,
  Named,
  PromptMessage,
  PromptView,
  Question,
} from "../background/consent/question.ts";
import { containerName } from "./container_name.ts";
import { placeMessage, plainText } from "./display.ts";
import { Guard, type Pressed } from "./guard.ts";
import { Nearby } from "./nearby.ts";
import { showEncryption } from "./prompt_encryption.ts";
import { fitWindow } from "./prompt_fit.ts";
import { connectionHeading, showHeading } from "./prompt_heading.ts";
import { LifetimeChoice } from "./prompt_lifetime.ts";
import { LocalChoice } from "./prompt_local.ts";
import { hostElement, hostNotes, part } from "./shown.ts";
import { byId, describePort, fillTexts, tell, text } from "./texts.ts";
import { count } from "./units.ts";

/** What the user types is looked at when they pause for so long, in ms. */
const pause = 250;
/** Half an address is no mistake: what is wrong with what they typed is said when they pause for so long, or go on to something else, in ms. */
const patience = 1_000;
/** Window managers may put a window somewhere else a moment after it has come up: it is looked at once more then, in ms. */
const arrival = 400;

const dialog = byId("dialog");
const deny = byId("deny");
const denyAll = byId("deny-all");
const allowOnce = byId("allow-once");
const allowRemember = byId("allow-remember");
const address = byId<HTMLInputElement>("address");
const wanted = readPromptHash(location.hash);
const port = ext.runtime.connect({ name: `prompt:${wanted.id}` });

/** At most one of the two: about a connection, or about a socket that others can send to. */
let question: Question | undefined;
let localQuestion: LocalQuestion | undefined;
/** The user has had the time to look at the question, at least once. */
let seen = false;
/** What the user has named and the background has found good: only then Allow has anything to allow. */
let named: Named | undefined;
let typing: ReturnType<typeof setTimeout> | undefined;
/** Says what is wrong with what they typed, once they have had the time to finish it. */
let objection: (() => void) | undefined;

const guard = new Guard(refresh);
const nearby = new Nearby(onPicked);
const local = new LocalChoice(/*rule:allow-disabled-after-local-choice*/ changed);
const lifetimes = new LifetimeChoice(guard, ready, changed, (ends) => {
  allow({ remember: true, ends });
});

function send(message: PromptMessage): void {
  port.postMessage(message);
}

function allow(lasts: Lasting): void {
  if (localQuestion !== undefined) send(local.answer(lasts));
  else send({ type: "allow", ...lasts, ...(named === undefined ? {} : { named }) });
}

/** There is something to say no to. */
function asked(): boolean {
  return question !== undefined || localQuestion !== undefined;
}

/** There is something to allow. */
function ready(): boolean {
  if (localQuestion !== undefined) return /*rule:local-choice-is-complete*/ local.complete;
  return question !== undefined && (question.host !== undefined || named !== undefined);
}

/** Not `disabled`: a button that has the focus shall keep it, and be found. */
function refresh(): void {
  const dead = String(!guard.alive || !ready());
  allowOnce.ariaDisabled = dead;
  allowRemember.ariaDisabled = lifetimes.dead = dead;
  deny.ariaDisabled = denyAll.ariaDisabled = String(!guard.alive || !asked());
  if (!seen && guard.alive && asked()) {
    seen = true;
    send({ type: "seen" });
    // Not before: they may have been typing something else. Where devices are listed, those come first.
    const types = question !== undefined && question.host === undefined && byId("nearby").hidden;
    if (types && document.activeElement === dialog) address.focus();
  }
}

const complaints: Record<Complaint, string> = {
  invalid: "promptAddressInvalid",
  never: "promptAddressNever",
  policy: "promptAddressPolicy",
};

/** "10 minutes" */
function duration(ms: number): string {
  const units = { day: 86_400_000, hour: 3_600_000, minute: 60_000 };
  const [unit, length] = Object.entries(units).find(([, length]) => ms >= length) ?? ["minute", units.minute];
  const format = new Intl.NumberFormat(numberLanguage(), { style: "unit", unit, unitDisplay: "long" });
  return format.format(Math.round(ms / length));
}

function show({
  question: asked,
  waiting,
  looks,
  cooldown,
  testPage,
}: Extract<PromptView, { type: "question" }>): void {
  [question, localQuestion] = "kind" in asked ? [undefined, asked] : [asked, undefined];
  byId("test-page").hidden = testPage !== true;
  byId("local").hidden = localQuestion === undefined;
  if ("kind" in asked) {
    showConnection(undefined);
    local.show(asked);
  } else showConnection(asked);
  if (looks) nearby.begin(question?.proposal);
  byId("address-label").textContent = text(looks ? "promptAddressUnlisted" : "promptAddressLabel");
  byId("private").hidden = !asked.private;
  //rule:prompt-names-container
  tell(
    "container",
    ...(asked.container === undefined ? [] : [text("promptContainer", containerName(asked.container))]),
  );
  tell("mutes", ...(cooldown === undefined ? [] : [text("promptMutes", duration(cooldown))]));
  showWaiting(waiting);
  allowRemember.hidden = !asked.remember;
  lifetimes.begin(asked.remember);
  //rule:focus-on-no-button
  dialog.focus();
  changed();
  setTimeout(() => {
    fitWindow(wanted);
  }, arrival);
}

/** What is said of a connection; undefined: the question is about something else. */
function showConnection(asked: Question | undefined): void {
  const { host, proposal } = asked ?? {};
  byId("ask-address").hidden = byId("named").hidden = asked === undefined || host !== undefined;
  byId("named").textContent = text("promptNothing");
  byId("proposal").hidden = proposal === undefined;
  byId("proposed").textContent = proposal ?? "";
  //rule:prompt-names-alg-risk
  tell("risk", ...(asked?.risk === true ? [text("promptRisk", asked.port)] : []));
  tell("place", ...(host === undefined || asked?.place === undefined ? [] : [text(placeMessage(asked.place))]));
  if (asked === undefined) return;
  showHeading(asked.origin, connectionHeading(asked), host);
  tell(
    "service",
    part(describePort(asked.port, asked.protocol), "", { ours: true }),
    // What people know as a connection is none with UDP, and need not be said of TCP.
    ...(asked.protocol === "udp" ? [" ", part(text("promptDatagrams"), "", { ours: true })] : []),
  );
  tell("meaning", text("promptMeaning"));
  // Where the user names it, nobody knows yet where it goes.
  showEncryption(asked, host === undefined ? undefined : asked.place);
}

function showWaiting(others: number): void {
  byId("more").hidden = others === 0;
  byId("waiting").textContent = text("promptWaiting", count(others));
}

/** What the window says has changed. */
function changed(): void {
  guard.rest();
  fitWindow(wanted);
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
function complain(about: Named, complaint: Complaint): void {
  if (localQuestion !== undefined && "address" in about) {
    local.complain(about.address, complaint);
    return;
  }
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
    allow({ remember });
  });
const sayNo = ({ key }: Pressed): void => {
  send({ type: "deny", ...(key ? { key } : {}) });
};
guard.guard(deny, asked, sayNo);
guard.guard(denyAll, asked, ({ key }) => {
  send({ type: "deny", all: true, ...(key ? { key } : {}) });
});
guard.guardEscape(asked, (pressed) => {
  //rule:escape-closes-lifetimes-first
  if (lifetimes.close()) return;
  sayNo(pressed);
});
address.addEventListener("input", () => {
  nearby.clear();
  rename(address.value.trim() === "" ? undefined : { address: address.value });
});
address.addEventListener("blur", () => objection?.());
// All of what has the focus is to be seen: Firefox is content with a part of it.
dialog.addEventListener("focusin", ({ target }) => {
  if (target instanceof HTMLElement && target !== dialog && target.matches(":focus-visible"))
    target.scrollIntoView({ block: "nearest" });
});
let density = devicePixelRatio;
addEventListener("resize", () => {
  if (devicePixelRatio === density) return; // the user's own doing, or ours
  density = devicePixelRatio; // they have zoomed
  fitWindow(wanted);
});
addEventListener("keydown", (event) => {
  // A key that was held down before this window came up presses nothing.
  //rule:held-key-does-not-allow.2
  if (event.repeat && event.target instanceof HTMLButtonElement) event.preventDefault();
});
