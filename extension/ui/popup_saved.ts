// The saved permissions of the site that the tab shows, each with Remove. The list is that of the settings.

import { isGrantOf, listGrants, onGrantsChange, removeGrants } from "../background/consent/grants.ts";
import type { PopupView } from "../background/toolbar/popup.ts";
import { inContainer, whoseKey, type Whose } from "../shared/container.ts";
import { disclosure, unfold } from "./disclosure.ts";
import { GrantList, picked } from "./grant_list.ts";
import { part } from "./popup_parts.ts";
import { byId, text } from "./texts.ts";
import { count } from "./units.ts";

/** How often times such as "3 minutes ago" are said anew, in ms. */
const pace = 30_000;
/** More than so many are folded up at first. */
const few = 3;

function sameWhose(a: Whose | undefined, b: Whose | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && whoseKey(a) === whoseKey(b));
}

/** Keeps the section up to date. Without such permissions it is not there. */
export class SavedList {
  readonly #place = byId("saved-list");
  readonly #list = new GrantList(this.#place, (taken) => void removeGrants(picked(taken)));
  readonly #title = part("span", "");
  readonly #fold = disclosure(this.#place, this.#title);
  /** Whose permissions are shown; undefined: none are. */
  #whose: Whose | undefined;

  constructor() {
    byId("saved-title").append(this.#fold);
    onGrantsChange(() => void this.#update());
    setInterval(() => {
      this.#list.tick();
    }, pace);
  }

  /** Shows those of the site in this view. */
  show({ site, private: isPrivate, container }: PopupView): void {
    // In a private window those of other windows do not count.
    const origin = /*rule:private-popup-lists-no-permissions*/ isPrivate ? undefined : site?.origin;
    // Nor do those of another container.
    const whose = origin === undefined ? undefined : { origin, ...inContainer({ container }) };
    if (sameWhose(whose, this.#whose)) return;
    this.#whose = whose;
    void this.#update(true);
  }

  async #update(begins = false): Promise<void> {
    const whose = this.#whose;
    const grants =
      whose === undefined
        ? []
        : (await listGrants()).filter((grant) => /*rule:popup-lists-permissions-of-container*/ isGrantOf(whose, grant));
    if (whose !== this.#whose) return; // another page came meanwhile
    const hadFocus = this.#place.contains(document.activeElement);
    this.#list.update(grants);
    this.#title.textContent = text("popupSaved", count(grants.length));
    if (begins) unfold(this.#fold, this.#place, grants.length <= few);
    byId("saved").hidden = grants.length === 0;
    if (hadFocus && grants.length === 0) byId("open-title").focus();
  }
}
