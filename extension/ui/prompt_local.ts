// What the consent window says and asks where others are to be able to send to the page: where the socket is open, and whom a bound UDP socket
// may send to. The narrowest comes first, and nothing is chosen beforehand unless there is only one.

import { maxHosts } from "../background/consent/local_answer.ts";
import type { AllowLocal, Complaint, LocalQuestion, Peers, Place } from "../background/consent/question.ts";
import type { Lasting } from "../background/consent/lifetime.ts";
import type { LocalPlace } from "../../protocol/message.ts";
import { encryptionMessage, hostAndPort, plainText } from "./display.ts";
import { isolated } from "./foreign.ts";
import { kindMessage } from "./services.ts";
import { part } from "./shown.ts";
import { showHeading } from "./prompt_heading.ts";
import { byId, describePort, tell, text } from "./texts.ts";
import { count } from "./units.ts";

/** What to say of one of several hosts that cannot be allowed. */
const hostComplaints: Record<Complaint, string> = {
  invalid: "localHostInvalid",
  never: "localHostNever",
  policy: "localHostPolicy",
};

/** From the narrowest to the widest, with their texts. */
const choices: readonly [Peers, string][] = [
  ["named", "localPeersNamed"],
  ["network", "localPeersNetwork"],
  ["internet", "localPeersInternet"],
];

/** The texts that say whom a socket may send to. */
export const peerTexts: Record<Peers, string> = {
  named: "popupPeersNamed",
  network: "popupPeersNetwork",
  internet: "popupPeersInternet",
};

/** The texts of a place: of a socket that listens, who may connect; of a bound one, where it is open. */
const reaches = {
  listen: { computer: "localComputer", network: "localNetworkPlain", anybody: "localAnybody", named: "localNetwork" },
  bind: {
    computer: "localBindComputer",
    network: "localBindNetworkPlain",
    anybody: "localBindAnybody",
    named: "localBindNetwork",
  },
};

/** What people call a place where a socket may be open. */
export function reachText(
  kind: LocalQuestion["kind"],
  { reach, interface: name }: Pick<LocalPlace, "reach" | "interface">,
): string {
  if (reach === "network" && name !== undefined) return text(reaches[kind].named, isolated(plainText(name)));
  return text(reaches[kind][reach]);
}

function line(className: string, words: string): HTMLElement {
  const element = document.createElement("small");
  element.className = className;
  element.textContent = words;
  return element;
}

/** One of several: a radio button with its words beside it. Its element, and the button. */
function radio(name: string, words: (string | Node)[], chosen: () => void): [HTMLElement, HTMLInputElement] {
  const button = document.createElement("input");
  button.type = "radio";
  button.name = name;
  button.addEventListener("change", chosen);
  const beside = document.createElement("span");
  beside.className = "choice-words";
  beside.append(...words);
  const label = document.createElement("label");
  label.className = "choice";
  label.append(button, beside);
  return [label, button];
}

export class LocalChoice {
  readonly #changed: () => void;
  readonly #outside = byId<HTMLInputElement>("outside-yes");
  readonly #hosts = byId<HTMLTextAreaElement>("hosts");
  #question: LocalQuestion | undefined;
  /** The number of the place that was chosen. */
  #place: number | undefined;
  #peers: Peers | undefined;
  /** A host that cannot be allowed, until they have written something else. */
  #wrong = false;

  /** `changed` is called when what the window says, or what was chosen in it, has changed. */
  constructor(changed: () => void) {
    this.#changed = changed;
    this.#outside.addEventListener("change", changed);
    this.#hosts.addEventListener("input", () => {
      this.#complain(this.#named.length > maxHosts ? text("localHostsMany", count(maxHosts)) : "");
      changed();
    });
  }

  /** All is chosen that there is to choose. */
  get complete(): boolean {
    const { kind, places } = this.#question ?? { places: [] };
    const place = this.#place === undefined ? undefined : places[this.#place];
    if (place === undefined) return false;
    //rule:anybody-needs-own-yes
    if (place.reach === "anybody" && !this.#outside.checked) return false;
    if (kind === "listen") return true;
    if (this.#peers !== "named") return this.#peers !== undefined;
    return this.#named.length > 0 && /*rule:wrong-host-not-allowable*/ !this.#wrong;
  }

  /** What is allowed, once it is complete. */
  answer(lasts: Lasting): AllowLocal {
    const peers = this.#peers;
    return {
      type: "allowLocal",
      ...lasts,
      place: this.#place ?? -1,
      ...(peers === undefined ? {} : { peers }),
      ...(peers === "named" ? { hosts: this.#named } : {}),
    };
  }

  show(question: LocalQuestion): void {
    const { kind, origin, port, multicast, announce } = question;
    this.#question = question;
    this.#peers = undefined;
    this.#outside.checked = false;
    this.#hosts.value = "";
    this.#complain("");
    const listens = kind === "listen";
    showHeading(origin, listens ? "localListenTitle" : "localBindTitle");
    const protocol = listens ? "tcp" : "udp";
    const named = port === undefined ? text("localPortAny") : describePort(port, protocol);
    tell(
      "service",
      part(named, "", { ours: true }),
      ...(listens ? [] : [" ", part(text("promptDatagrams"), "", { ours: true })]),
    );
    byId("places-title").textContent = text(listens ? "localWhoConnects" : "localWhere");
    byId("multicast").hidden = !multicast;
    tell("announce", ...(announce === undefined ? [] : announced(announce)));
    tell("meaning", text(listens ? "localListenMeaning" : "localBindMeaning"));
    this.#showPlaces(question);
    this.#showPeers();
    byId("named").hidden = listens && question.places.length === 1; // nothing to choose
  }

  /** A host that was allowed cannot be, after all. */
  complain(host: string, complaint: Complaint): void {
    if (!this.#named.includes(host)) return; // they have gone on
    const shown = isolated(plainText(host));
    this.#complain(text(hostComplaints[complaint], shown));
    this.#changed();
  }

  #complain(words: string): void {
    this.#wrong = words !== "";
    byId("hosts-error").textContent = words;
    if (this.#wrong) this.#hosts.setAttribute("aria-invalid", "true");
    else this.#hosts.removeAttribute("aria-invalid");
  }

  /** The hosts as they typed them, each once. */
  get #named(): string[] {
    return [...new Set(this.#hosts.value.split(/[\s,;]+/).filter((host) => host !== ""))];
  }

  #showPlaces({ kind, places, port }: LocalQuestion): void {
    const rows = places.map((place, index) => {
      const where = document.createElement("bdi");
      where.dir = "ltr";
      where.translate = false;
      where.textContent = port === undefined ? place.address : hostAndPort(place.address, port);
      const address = line("soft where", "");
      address.append(where);
      const words = [
        reachText(kind, place),
        address,
        ...(place.reach === "anybody" ? [line("soft", text("localAnybodyMeaning"))] : []),
        ...(place.public === true ? [line("careful", text("localPublic"))] : []),
      ];
      return radio("place", words, () => {
        this.#choosePlace(index);
      });
    });
    byId("place-choices").replaceChildren(...rows.map(([label]) => label));
    const [only, ...others] = rows;
    this.#place = undefined;
    byId("outside").hidden = true;
    //rule:no-place-chosen-beforehand
    if (only === undefined || others.length > 0) return;
    only[1].checked = true;
    this.#place = 0;
    byId("outside").hidden = places[0]?.reach !== "anybody";
  }

  #choosePlace(index: number): void {
    this.#place = index;
    // The yes is for this place: it goes with it.
    //rule:yes-for-anybody-goes-with-place
    this.#outside.checked = false;
    byId("outside").hidden = this.#question?.places[index]?.reach !== "anybody";
    this.#showPeers();
    this.#changed();
  }

  /** Offers whom it may send to: nothing wider than the rules allow, nor than the place can reach. */
  #showPeers(): void {
    const { kind, places = [], peers } = this.#question ?? {};
    byId("peers").hidden = kind !== "bind";
    if (kind !== "bind") {
      this.#choosePeers(undefined);
      return;
    }
    const place = this.#place === undefined ? undefined : places[this.#place];
    const most = place?.reach === "computer" ? "named" : (peers ?? "named");
    const offered = choices.slice(
      0,
      /*rule:peers-no-wider-than-allowed*/ choices.findIndex(([choice]) => choice === most) + 1,
    );
    const rows = offered.map(([choice, name]) => {
      const [label, button] = radio("peers", [text(name)], () => {
        this.#choosePeers(choice);
        this.#changed();
      });
      button.checked = offered.length === 1 || choice === this.#peers;
      return label;
    });
    // What is to be typed stands right below the choice that it belongs to.
    const [narrowest, ...wider] = rows;
    byId("peer-choices").replaceChildren(...(narrowest === undefined ? [] : [narrowest]), byId("hosts-part"), ...wider);
    const kept = offered.find(([choice]) => choice === this.#peers)?.[0];
    this.#choosePeers(offered.length === 1 ? "named" : kept);
  }

  #choosePeers(peers: Peers | undefined): void {
    this.#peers = peers;
    byId("hosts-part").hidden = peers !== "named";
    //rule:chosen-place-stands-beside-allow
    this.#showChosen();
    this.#showEncryption();
  }

  /** What Allow would do stands beside it, also where the choices are out of sight. */
  #showChosen(): void {
    const place = this.#place === undefined ? undefined : this.#question?.places[this.#place];
    if (this.#question === undefined || place === undefined) {
      byId("named").textContent = text("promptNothing");
      return;
    }
    const line = document.createElement("p");
    line.textContent = `${text("promptNamed")} ${reachText(this.#question.kind, place)}`;
    const whom = document.createElement("p");
    if (this.#peers !== undefined) whom.textContent = text(peerTexts[this.#peers]);
    byId("named").replaceChildren(line, whom);
  }

  /** Who may read along depends on who is in between. */
  #showEncryption(): void {
    const { kind, places = [], secure = false } = this.#question ?? {};
    const reach = this.#place === undefined ? undefined : places[this.#place]?.reach;
    const far: Record<LocalPlace["reach"], Place> = { computer: "computer", network: "network", anybody: "internet" };
    const sends = { named: undefined, network: "network", internet: "internet" } as const;
    const wide = kind === "bind" && this.#peers !== undefined ? sends[this.#peers] : reach && far[reach];
    const between = reach === "computer" ? "computer" : wide;
    // Before a place is chosen nobody is in between.
    const known = secure || reach !== undefined;
    tell(
      "encryption",
      ...(known ? [text(secure ? "localSecure" : encryptionMessage({ encryption: "off" }, between))] : []),
    );
    byId("encryption").classList.toggle("plain", !secure && between !== "computer");
  }
}

/** What is told on the link: a stranger's words. */
function announced({ name, type }: { name: string; type: string }): (string | Node)[] {
  const kind = kindMessage(type);
  return [
    text("localAnnounce"),
    " ",
    part(plainText(name), "foreign-name"),
    " ",
    kind === undefined ? part(plainText(type), "soft") : part(text(kind), "soft", { ours: true }),
  ];
}
