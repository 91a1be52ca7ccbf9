// The language of the texts, which need not be the browser's own: a language that nobody has translated them into gets the English ones.

import { ext } from "./ext.ts";

/** Languages of ours that run from right to left. */
const rightToLeft = ["ar"];

/** The language of the texts, as a BCP 47 tag. */
export function textLanguage(): string {
  return ext.i18n.getMessage("language");
}

/** The direction of the texts. */
export function textDirection(): "ltr" | "rtl" {
  return rightToLeft.includes(textLanguage()) ? "rtl" : "ltr";
}

/** The language for numbers and dates, as a BCP 47 tag: the user's own, with its region, where the texts are in it too. */
export function numberLanguage(): string {
  const wanted = ext.i18n.getUILanguage();
  return wanted.split("-")[0] === textLanguage() ? wanted : textLanguage();
}
