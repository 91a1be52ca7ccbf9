// The popup's notice that a question of this tab waits for its answer, in a window that may be behind others, or has not come yet.

import { byId } from "./texts.ts";

/** `bring` is called when the user wants to see it. */
export function onShowQuestion(bring: () => void): void {
  byId("bring").addEventListener("click", (event) => {
    if (/*rule:question-brought-by-trusted-click*/ event.isTrusted) bring();
  });
}

export function showWaitingQuestion(asks: boolean): void {
  byId("asks").hidden = !asks;
}
