// Welcome and setup: what Portside is, whether the program is there and the one command that brings it, the button in the toolbar, and a first
// connection to try. What is done is ticked (setup_steps.ts).
//
// The page notices by itself when something has changed: it asks while it is looked at, less and less often.

import { ext } from "../shared/ext.ts";
import type { HostState } from "../background/host/own_pages.ts";
import { pages as platform } from "../platform/current.ts";
import { watchAccess } from "./access.ts";
import { isolated } from "./foreign.ts";
import { installCommand } from "./install_command.ts";
import { tick, watchSteps } from "./setup_steps.ts";
import { byId, fillTexts, text } from "./texts.ts";

/** Pauses between two looks at the host, in ms: the first, and the longest. A look may start a process, if there is one that does not run. */
const firstPause = 1_000;
const longestPause = 5_000;

/** How long a button says "Copied", in ms. */
const copiedTime = 3_000;

const command = byId("command");

/** The command that mends it, and what to say of it. */
function remedy(state: HostState): { step: string; command: string; more?: string } | undefined {
  const install = installCommand(ext.runtime.id);
  switch (state.kind) {
    case "missing":
      return { step: text("setupStepInstall"), command: install };
    case "version":
      return { step: text("setupStepUpdate"), command: install };
    case "failed":
      return {
        step: text("setupStepRepair"),
        command: install,
        more: text("setupLog", isolated("~/.local/state/portside/portside.log")),
      };
    case "forbidden":
      return { step: text("setupStepAdmit"), command: installCommand(ext.runtime.id, true) };
    default:
      return undefined;
  }
}

/** What went wrong with a program that is there: names of texts. */
const failures = { unstarted: "hostUnstarted", ended: "hostEnded", garbled: "hostGarbled" } as const;

/** What is wrong, or that nothing is. */
function describe(state: HostState): string {
  switch (state.kind) {
    case "ready":
      return text(calledFor ? "setupReadyBack" : "setupReady", state.hostVersion);
    case "missing":
      return text(platform.missingText);
    case "forbidden":
      return text("setupForbidden");
    case "blocked":
      return text("setupBlocked");
    case "version":
      return text("setupVersion", state.hostVersion, ext.runtime.getManifest().version);
    case "storage":
      return `${text("whyStorage")} ${text("doStorage")}`;
    case "failed":
      return text("setupFailed", state.how === undefined ? isolated(state.detail) : text(failures[state.how]));
  }
}

let shown = "";
function show(state: HostState, runsHere: boolean): void {
  const now = JSON.stringify(state);
  if (now === shown) return; // or a screen reader would say it again and again
  shown = now;
  const ready = state.kind === "ready";
  byId("state").className = `card ${ready ? "ready" : "missing"}`;
  byId("problem").textContent = ready || runsHere ? describe(state) : text("setupNotHere");
  const what = runsHere ? remedy(state) : undefined;
  byId("todo").hidden = what === undefined;
  byId("step").textContent = what?.step ?? "";
  command.textContent = what?.command ?? "";
  byId("more").hidden = what?.more === undefined;
  byId("more").textContent = what?.more ?? "";
  byId("waiting").hidden = ready || !runsHere;
  byId("trying").hidden = !ready;
  byId("try-later").hidden = ready;
  tick("program", ready);
}

/** Resolves at the next change between seen and hidden. */
function turned(): Promise<void> {
  return new Promise((resolve) => {
    const listener = (): void => {
      resolve();
    };
    document.addEventListener("visibilitychange", listener, { once: true });
  });
}

async function watch(): Promise<never> {
  const { os } = await ext.runtime.getPlatformInfo();
  const runsHere = os === "linux" || os === "mac";
  for (let pause = firstPause; ;) {
    const state = await ext.runtime.sendMessage<string, HostState>("host-state");
    show(state, runsHere);
    // What is there is looked at again when the user comes back to this page.
    const again = state.kind === "ready" ? turned() : new Promise((resolve) => setTimeout(resolve, pause));
    await again;
    pause = Math.min(pause * 1.5, longestPause);
    while (document.hidden) {
      await turned();
      pause = firstPause;
    }
  }
}

fillTexts();
/** A page's call has led here, not the installation. */
const calledFor = new URLSearchParams(location.search).has("problem");

let copied: ReturnType<typeof setTimeout> | undefined;
byId("copy").addEventListener("click", () => {
  void navigator.clipboard.writeText(command.textContent).then(() => {
    byId("copy").textContent = text("copied");
    byId("said").textContent = text("copied");
    clearTimeout(copied);
    copied = setTimeout(() => {
      byId("copy").textContent = text("copy");
      byId("said").textContent = "";
    }, copiedTime);
  });
});

byId("try").addEventListener("click", () => {
  byId("try-state").textContent = "";
  void ext.runtime.sendMessage<string, boolean>("try").then((started) => {
    if (!started) byId("try-state").textContent = text("tryFailed");
  });
});
watchAccess();
watchSteps();
void watch();
