// What the consent window is called, in its heading and its title: who asks, for what. The rest of the window does not say it again.

import type { Question } from "../background/consent/question.ts";
import { titleOf } from "./display.ts";
import { isolatedInTitle } from "./foreign.ts";
import { hostElement, hostNotes, originElement } from "./shown.ts";
import { byId, tell, text, textAround } from "./texts.ts";

/** `heading`: the text, which has a place for the site and, if `host` is given, one for that. */
export function showHeading(origin: string, heading: string, host?: string): void {
  const [title, who, where] = [byId("title"), byId("who"), byId("where")];
  const asking = originElement(origin);
  who.replaceChildren(asking);
  const words = host === undefined ? [...textAround(heading, who), where] : textAround(heading, who, where);
  title.replaceChildren(...words); // both stay in the page
  const there = host === undefined ? undefined : hostElement(host);
  tell("where", ...(there === undefined ? [] : [there]));
  tell("who-notes", ...hostNotes(new URL(origin).hostname, asking));
  tell("where-notes", ...(host === undefined || there === undefined ? [] : hostNotes(host, there)));
  document.title = text("promptWindowTitle", isolatedInTitle(titleOf(origin)));
}

/** The heading of a question about a connection. */
export function connectionHeading({ host, proposal, place }: Question): string {
  if (host !== undefined) return "promptTitle";
  if (proposal === undefined) return "promptTitleAny";
  switch (place) {
    case "computer":
      return "promptTitleComputer";
    case "network":
      return "promptTitleNetwork";
    default:
      return "promptTitleSpecial";
  }
}
