// What the consent window says of a connection's encryption: who may read what is sent.

import type { Place, Question } from "../background/consent/question.ts";
import { encryptionMessage, isReadable, plainText } from "./display.ts";
import { isolated } from "./foreign.ts";
import { byId, tell, text } from "./texts.ts";

/** `place`: where it leads; undefined: nobody knows yet. */
export function showEncryption(asked: Question, place: Place | undefined): void {
  const name = asked.encryption === "on" && asked.authentication === "serverName" ? asked.serverName : "";
  const words = text(encryptionMessage(asked, place), isolated(plainText(name)));
  tell("encryption", ...(isMoot(asked, place) ? [] : [words]));
  byId("encryption").classList.toggle("plain", isReadable(asked, place));
}

/** On this computer and in the own network nobody is known to be in between before the user has named the place: nothing is said of that. */
function isMoot(asked: Question, place: Place | undefined): boolean {
  const own = asked.host === undefined && (asked.place === "computer" || asked.place === "network");
  return own && place === undefined && asked.encryption !== "on";
}
