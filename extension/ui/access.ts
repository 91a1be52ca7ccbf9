// Says that Portside may not see websites, where that is so, with a button that asks for it: in the popup, the settings and the setup page.

import { hasAccess, onAccessGiven, onAccessTaken, requestAccess } from "../shared/access.ts";
import { byId, text } from "./texts.ts";

/** Shows it in the page's own place for it, and keeps it up to date. */
export function watchAccess(): void {
  const place = byId("access");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "remedy";
  button.textContent = text("accessGive");
  button.addEventListener("click", (event) => {
    // The browser asks for it only in a person's click.
    if (event.isTrusted) void requestAccess().then(show, show);
  });
  const words = document.createElement("p");
  place.replaceChildren(words, button);
  const show = async (): Promise<void> => {
    const missing = !(await hasAccess());
    words.textContent = missing ? text("accessMissing") : ""; // in a status: it is read out when it comes
    place.hidden = !missing;
  };
  onAccessGiven(() => void show());
  onAccessTaken(() => void show());
  void show();
}
