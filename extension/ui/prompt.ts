// The consent window. Deny is the default, and Escape; the Allow buttons are dead for the first moment and after each return of the focus,
// so that a click that was meant for something else allows nothing.

import { ext } from "../ext.ts";
import { promptWidth } from "../background/prompt_size.ts";
import type { PromptMessage, PromptView, Question } from "../background/prompt.ts";
import { byId, describePort, fillTexts, text } from "./texts.ts";

/** How long the Allow buttons stay dead, in ms. */
const deadTime = 500;

const allowOnce = byId<HTMLButtonElement>("allow-once");
const allowRemember = byId<HTMLButtonElement>("allow-remember");
const address = byId<HTMLInputElement>("address");
const port = ext.runtime.connect({ name: `prompt:${location.hash.slice(1)}` });
let question: Question | undefined;
let alive = false;
let timer: ReturnType<typeof setTimeout> | undefined;

function answer(message: PromptMessage): void {
  port.postMessage(message);
}

function refresh(): void {
  const ready = alive && question !== undefined && (question.host !== undefined || address.value.trim() !== "");
  allowOnce.disabled = !ready;
  allowRemember.disabled = !ready;
}

function rest(): void {
  alive = false;
  clearTimeout(timer);
  timer = setTimeout(() => {
    alive = true;
    refresh();
  }, deadTime);
  refresh();
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

function show(asked: Question): void {
  question = asked;
  byId("who").textContent = asked.origin.replace(/^https:\/\//, "");
  byId("wants").textContent = text(wants(asked));
  byId("where").textContent = asked.host ?? "";
  byId("service").textContent =
    describePort(asked.port) + (asked.protocol === "udp" ? ` · ${text("promptDatagrams")}` : "");
  byId("ask-address").hidden = asked.host !== undefined;
  const proposal = byId("proposal");
  proposal.hidden = asked.proposal === undefined;
  byId("proposed").textContent = asked.proposal ?? "";
  byId("risk").hidden = !asked.risk;
  byId("risk").textContent = text("promptRisk", asked.port);
  const encryption = byId("encryption");
  encryption.textContent = text(
    { on: "promptEncrypted", off: "promptPlain", starttls: "promptStartTLS" }[asked.encryption],
  );
  encryption.classList.toggle("plain", asked.encryption !== "on");
  byId("private").hidden = !asked.private;
  allowRemember.hidden = !asked.remember;
  (asked.host === undefined ? address : byId("deny")).focus();
  rest();
  fit();
}

/** Makes the window as large as its content, which has a width of its own: some window managers and switches have other ideas. */
function fit(): void {
  const width = promptWidth + (outerWidth - innerWidth);
  const height = Math.ceil(document.documentElement.offsetHeight + (outerHeight - innerHeight));
  void ext.windows
    .getCurrent()
    .then(({ id }) => (id === undefined ? undefined : ext.windows.update(id, { width, height })));
}

fillTexts();
port.onMessage.addListener((view: PromptView) => {
  if (view.type === "question") {
    show(view.question);
    return;
  }
  byId("address-error").textContent = text(complaints[view.complaint]);
  address.setAttribute("aria-invalid", "true");
  address.focus();
  fit();
});
port.onDisconnect.addListener(() => {
  window.close(); // answered elsewhere, or the page that asked is gone
});
for (const [button, remember] of [
  [allowOnce, false],
  [allowRemember, true],
] as const) {
  button.addEventListener("click", (event) => {
    if (!event.isTrusted || button.disabled || question === undefined) return;
    answer(
      question.host === undefined ? { type: "allow", remember, address: address.value } : { type: "allow", remember },
    );
  });
}
byId("deny").addEventListener("click", () => {
  answer({ type: "deny" });
});
address.addEventListener("input", () => {
  byId("address-error").textContent = "";
  address.removeAttribute("aria-invalid");
  refresh();
});
addEventListener("keydown", (event) => {
  if (event.key === "Escape") answer({ type: "deny" });
});
addEventListener("focus", rest);
