// Portside share: a page that is a web server. It serves a note and some files to the phone beside it, over a TCPServerSocket.
//
// The user says in Portside's question who may connect. What comes from the network is set as text, never as HTML.
import { generate } from "lean-qr";
import { toSvg } from "lean-qr/extras/svg";
import { serve } from "./http.ts";
import { answer, sizeText } from "./site.ts";

/** So many connections are served at a time; others wait in the system until one is done. */
const maxConnections = 16;
const maxVisits = 200;
const maxFiles = 1000;

function element<T extends HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found as T;
}

const form = element<HTMLFormElement>("share");
const title = element<HTMLInputElement>("title");
const note = element<HTMLTextAreaElement>("note");
const picker = element<HTMLInputElement>("files");
const announced = element<HTMLInputElement>("announce");
const visits = element<HTMLOListElement>("visits");

let files: File[] = [];
/** Takes the connections of the server that is open. */
let connections: ReadableStreamDefaultReader<TCPSocket> | undefined;

function show(state: "offline" | "asking" | "online", status: string): void {
  document.body.dataset["state"] = state;
  element("status").textContent = status;
  element<HTMLButtonElement>("go").disabled = state !== "offline";
}

function notice(text: string): void {
  const box = element("notice");
  box.textContent = text;
  box.hidden = text === "";
}

/** What stands in the way here, in words; "" when nothing does. */
function obstacle(): string {
  if (!isSecureContext) return "Sockets need a secure page. Open this one by https, or by http://localhost.";
  if ("TCPServerSocket" in globalThis) return "";
  return (
    "This page needs Portside to let others connect.\n" +
    "Install the browser extension and its host (run “portside install”), then reload the page."
  );
}

function explain(error: unknown): string {
  const name = error instanceof Error || error instanceof DOMException ? error.name : "";
  switch (name) {
    case "NotAllowedError":
      return "It was not allowed. You or your administrator said no; press Share to be asked again.";
    case "NetworkError":
      return "This computer does not let the page listen. Is Portside's host running?";
    case "QuotaExceededError":
      return "This page listens too often. Stop sharing elsewhere, and try again.";
    default:
      return error instanceof Error ? error.message : String(error);
  }
}

function listFiles(): void {
  element("list").replaceChildren(
    ...files.map(({ name, size }) => {
      const row = document.createElement("li");
      row.textContent = `${name} (${sizeText(size)})`;
      return row;
    }),
  );
}

function addFiles(more: Iterable<File>): void {
  files = [...files, ...more].slice(0, maxFiles);
  listFiles();
}

/** Shows where the site is. Of every interface nobody tells the page an address. */
function showAddress({ localAddress, localPort }: { localAddress: string; localPort: number }): void {
  const everywhere = localAddress === "0.0.0.0" || localAddress === "::";
  const host = localAddress.includes(":") ? `[${localAddress}]` : localAddress;
  const url = everywhere
    ? `http://ADDRESS-OF-THIS-COMPUTER:${String(localPort)}/`
    : `http://${host}:${String(localPort)}/`;
  element("address").textContent = url;
  element("hint").textContent = everywhere
    ? "Put in this computer's address in the network of whoever is to connect."
    : localAddress === "127.0.0.1" || localAddress === "::1"
      ? "Only programs on this computer can open it."
      : "Open it on a device in the same network: point its camera here. Anybody in that network can read what you share.";
  const code = element("code");
  // Black on white also in the dark: cameras want it so.
  code.replaceChildren(
    ...(everywhere ? [] : [toSvg(generate(url), document, { on: "black", off: "white", width: 240, height: 240 })]),
  );
}

function record(who: string, what: string): void {
  const row = document.createElement("li");
  const time = document.createElement("time");
  time.textContent = new Date().toLocaleTimeString();
  row.append(time, ` ${who}: ${what}`);
  visits.prepend(row);
  if (visits.childElementCount > maxVisits) visits.lastElementChild?.remove();
}

async function serveOne(socket: TCPSocket): Promise<void> {
  const { readable, writable, remoteAddress } = await socket.opened;
  try {
    const done = await serve({ readable, writable }, (request) =>
      answer({ title: title.value, note: note.value, files }, request),
    );
    if (done !== undefined) record(remoteAddress, `${done.path.slice(0, 200)} ${String(done.status)}`);
  } catch {
    record(remoteAddress, "the connection broke");
  }
}

/** Serves whoever comes, until the server ends. A read takes one connection: with enough of them nobody reads. */
async function serveAll(reader: ReadableStreamDefaultReader<TCPSocket>): Promise<void> {
  const serving = new Set<Promise<void>>();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const one = serveOne(value).finally(() => serving.delete(one));
    serving.add(one);
    if (serving.size >= maxConnections) await Promise.race(serving);
  }
}

async function start(): Promise<void> {
  notice("");
  show("asking", "Waiting for your answer");
  try {
    const server = new TCPServerSocket(
      "0.0.0.0",
      announced.checked ? { announce: { type: "_http._tcp", name: title.value } } : {},
    );
    const { readable, ...where } = await server.opened;
    showAddress(where);
    show("online", "Shared");
    connections = readable.getReader();
    await serveAll(connections);
  } catch (error) {
    notice(explain(error));
  }
  connections = undefined;
  show("offline", "Not shared");
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  void start();
});
picker.addEventListener("change", () => {
  addFiles(picker.files ?? []);
  picker.value = "";
});
element("stop").addEventListener("click", () => {
  void connections?.cancel(); // closes the server; downloads that have begun go on
});
element("clear").addEventListener("click", () => {
  files = [];
  listFiles();
});
addEventListener("dragover", (event) => {
  event.preventDefault();
});
addEventListener("drop", (event) => {
  event.preventDefault();
  addFiles(event.dataTransfer?.files ?? []);
});
notice(obstacle());
element<HTMLButtonElement>("go").disabled = obstacle() !== "";
