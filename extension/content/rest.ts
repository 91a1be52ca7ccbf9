// The rest of the content script: comes into a document when its page first uses the API, or a frame of it does (main.ts has kept what they said).

import type { World } from "./early.ts";
import { answerFrame } from "./frames.ts";
import { Gatekeeper } from "./gatekeeper.ts";

const early = (globalThis as World).portside;
early?.begin(({ page, asked, frames }) => {
  if (page !== undefined) {
    const gatekeeper = new Gatekeeper(page, early);
    for (const { message, activation } of asked) gatekeeper.take(message, activation);
  }
  for (const word of frames) answerFrame(word, early);
  return {
    fromFrame: (word) => {
      answerFrame(word, early);
    },
  };
});
