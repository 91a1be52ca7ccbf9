// Setup: says what is missing between the browser and the host, with the exact commands for it.

import { ext } from "../ext.ts";
import type { HostProblem } from "../background/host.ts";
import { byId, fillTexts, text } from "./texts.ts";

type State = HostProblem | { kind: "ready"; hostVersion: string };

const build = "make build && sudo install -m 755 build/portside /usr/local/bin/portside";
const register = "portside install";

function command(label: string, line: string): HTMLLIElement {
  const item = document.createElement("li");
  const box = document.createElement("div");
  box.className = "command";
  const code = document.createElement("pre");
  code.textContent = line;
  const copy = document.createElement("button");
  copy.type = "button";
  copy.textContent = text("copy");
  copy.setAttribute("aria-label", `${text("copy")}: ${line}`);
  copy.addEventListener("click", () => {
    void navigator.clipboard.writeText(line).then(() => {
      copy.textContent = text("copied");
    });
  });
  box.append(code, copy);
  item.append(label, box);
  return item;
}

function show(state: State): void {
  const problem = byId("problem");
  const steps: HTMLElement[] = [];
  const back = document.createElement("li");
  back.textContent = text("setupStepBack");
  switch (state.kind) {
    case "ready":
      problem.textContent = text("setupReady", state.hostVersion);
      break;
    case "missing":
      problem.textContent = text("setupMissing");
      steps.push(command(text("setupStepBuild"), build), command(text("setupStepRegister"), register), back);
      break;
    case "forbidden":
      problem.textContent = text("setupForbidden");
      steps.push(command(text("setupStepRegister"), `${register} --extension-id ${ext.runtime.id}`), back);
      break;
    case "blocked":
      problem.textContent = text("setupBlocked");
      break;
    case "version":
      problem.textContent = text("setupVersion", state.hostVersion, ext.runtime.getManifest().version);
      steps.push(command(text("setupStepBuild"), build), command(text("setupStepRegister"), register), back);
      break;
    case "failed":
      problem.textContent = text("setupFailed", state.detail);
      steps.push(command(text("setupStepRepair"), `${register} && portside status`), back);
  }
  byId("steps").replaceChildren(...steps);
}

async function check(): Promise<void> {
  show(await ext.runtime.sendMessage<string, State>("host-state"));
}

fillTexts();
const given = new URLSearchParams(location.search);
const problem = given.get("problem");
if (problem === "version") show({ kind: problem, hostVersion: given.get("hostVersion") ?? "?" });
else if (problem === "failed") show({ kind: problem, detail: given.get("detail") ?? "" });
else if (problem === "missing" || problem === "forbidden" || problem === "blocked") show({ kind: problem });
else void check();
byId("check").addEventListener("click", () => {
  void check();
});
