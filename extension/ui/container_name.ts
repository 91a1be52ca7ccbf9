// What a container is called. The browser tells its name only to extensions that ask for the permission "contextualIdentities", which switches
// the containers feature on for everybody who installs them. So it is its number.

import { isolated } from "./foreign.ts";
import { text } from "./texts.ts";
import type { Whose } from "../shared/container.ts";
import { siteName } from "./foreign.ts";

/** "Container 2". Without a number it is the browser's id. */
export function containerName(id: string): string {
  const [, number] = /-(\d{1,10})$/.exec(id) ?? [];
  return text("containerName", number ?? id);
}

/** A site as text, with its container where it is in one. */
export function whoseName({ origin, container }: Whose): string {
  const name = isolated(siteName(origin));
  return container === undefined ? name : text("siteInContainer", name, containerName(container));
}

/** "In the container tab …", as an element; nothing in the default container. */
export function containerNote({ container }: { container?: string }): HTMLElement[] {
  if (container === undefined) return [];
  const note = document.createElement("small");
  note.className = "container";
  note.textContent = text("inContainer", containerName(container));
  return [note];
}
