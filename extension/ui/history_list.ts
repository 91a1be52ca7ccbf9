// The history of connections in the settings: the switch, what is in it, and how it is cleared.

import {
  clearHistory,
  isHistoryKept,
  keepHistory,
  listHistory,
  onHistoryChange,
} from "../background/sockets/history.ts";
import type { Visit } from "../background/sockets/history.ts";
import { textDirection } from "../shared/language.ts";
import { ago, showTime } from "./ago.ts";
import { containerNote } from "./container_name.ts";
import { destination } from "./foreign.ts";
import { KeyedList } from "./keyed.ts";
import type { Line } from "./keyed.ts";
import { grantKind } from "./grant_words.ts";
import { originElement } from "./shown.ts";
import { byId, describePort, text } from "./texts.ts";
import type { Toast } from "./toast.ts";
import { count } from "./units.ts";

/** Points the way that the language runs. */
const arrow = textDirection() === "rtl" ? " \u2190 " : " \u2192 ";

function line(visit: Visit): Line<Visit> {
  const { origin, kind, protocol, host, port, encrypted } = visit;
  const words = document.createElement("p");
  const service = document.createElement("small");
  const named = port === 0 ? text("localPortAny") : describePort(port, protocol);
  const what = kind === "connect" ? undefined : grantKind({ kind });
  service.textContent = [
    ...(what === undefined ? [] : [what]),
    text("grantService", named, protocol.toUpperCase()),
    ...(kind === "bind" ? [] : [text(encrypted ? "grantEncrypted" : "grantPlain")]),
  ].join(" \u00b7 ");
  words.append(originElement(origin), arrow, destination(host, port), document.createElement("br"), service);
  for (const note of containerNote(visit)) words.append(document.createElement("br"), note);
  const when = document.createElement("p");
  const [last, often] = [document.createElement("time"), document.createElement("small")];
  when.append(last, " ", often);
  const element = document.createElement("li");
  element.append(words, when);
  return {
    element,
    update: ({ last: at, count: times }) => {
      showTime(last, at, ago(at));
      const counted = times > 1 ? text("refusalTimes", count(times)) : "";
      if (often.textContent !== counted) often.textContent = counted;
    },
  };
}

export class HistoryList {
  readonly #on = byId<HTMLInputElement>("history-on");
  readonly #lines = new KeyedList<Visit>(byId("history"), byId("history-title"), line);

  constructor(toast: Toast) {
    this.#on.addEventListener("change", () => void keepHistory(this.#on.checked));
    byId("history-clear").addEventListener("click", () => {
      byId("history-title").focus();
      void clearHistory().then(() => {
        toast.say(text("historyCleared"));
      });
    });
    onHistoryChange(() => void this.show());
  }

  /** Brings it up to date. */
  async show(): Promise<void> {
    const [on, visits] = await Promise.all([isHistoryKept(), listHistory()]);
    this.#on.checked = on;
    byId("history-part").hidden = visits.length === 0;
    this.#lines.show(visits, ({ origin, container, kind, protocol, host, port, encrypted, first }) =>
      JSON.stringify([origin, container, kind, protocol, host, port, encrypted, first]),
    );
  }
}
