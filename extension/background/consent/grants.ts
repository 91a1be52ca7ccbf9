// What the user allowed: for good (a remembered grant), or for as long as one document lives (Allow once).
//
// A remembered grant is (origin, kind, protocol, host, port, protection) in storage.local. What a document may reopen is kept in
// storage.session, so that a stop of the worker loses nothing; it goes with the document. Private windows never touch storage.local, and what
// is taken back for others does not concern them.
//
// A grant of one kind never serves another: to connect to an address and to be reached at it are different things (local_grants.ts).

import { documentStore, homeOf } from "../documents/documents.ts";
import type { OfDocument } from "../documents/documents.ts";
import { covers, isProtection, ranked, sameProtection } from "./protection.ts";
import type { Protection } from "./protection.ts";
import { isLocalConsent } from "./local_consent.ts";
import type { LocalConsent } from "./local_consent.ts";
import { Stored, isRecord } from "../../shared/stored.ts";

export interface Destination {
  /** A socket that listens, or a UDP socket that is bound. Absent: a connection. */
  kind?: "listen" | "bind";
  protocol: "tcp" | "udp";
  /** Canonical, without brackets. With a kind, the address of this computer that is bound. */
  host: string;
  /** With a kind, 0 is whichever port the system picks. */
  port: number;
}

/** What the user said yes to, besides the destination itself. */
export interface Consent {
  /** They typed or picked the destination. */
  entered: boolean;
  /** The prompt named the danger of this port. */
  risk: boolean;
  /** How the connection was going to be protected. */
  protection: Protection;
  /** In which network, where the destination is another machine in another one; an id of the host's (PolicyJudgeResult). */
  network?: string;
  /** With a kind: what the user picked besides. */
  local?: LocalConsent;
}

/** How a connection to this host would be protected now. */
export type Wanted = (host: string) => Protection;

/** How the user came to agree: to what the page asked for, to what they typed, or to what they picked from the devices nearby. */
export type How = "asked" | "typed" | "picked";

export interface Grant extends Destination, Consent {
  origin: string;
  /** When it was given, in ms since 1970. */
  created: number;
  /** Absent in grants that are older than this. */
  how?: How;
}

export function sameDestination(a: Destination, b: Destination): boolean {
  return (
    /*rule:grant-is-per-kind*/ a.kind === b.kind &&
    a.protocol === b.protocol &&
    a.host === b.host &&
    /*rule:grant-is-per-port*/ a.port === b.port
  );
}

/** Reports whether it is the same entry of the list. */
export function sameGrant(a: Grant, b: Grant): boolean {
  return (
    a.origin === b.origin &&
    a.network === b.network &&
    sameDestination(a, b) &&
    sameProtection(a.protection, b.protection)
  );
}

/** Reports whether a connection stands on this grant, or could. */
export function concerns(grant: Grant, connection: Destination & { protection: Protection }): boolean {
  return sameDestination(grant, connection) && covers(grant.protection, connection.protection);
}

const leastProtection: Protection = { encryption: "on", authentication: "name" };

/** What was kept, as a grant; undefined: it is none. Of a version that kept no protection it counts for the least: it may have been given to an encrypted connection. */
function readGrant(value: unknown): Grant | undefined {
  if (!isRecord(value)) return undefined;
  const { origin, protocol, host, port, created, network, protection } = value;
  if (typeof origin !== "string" || typeof host !== "string" || !Number.isSafeInteger(port)) return undefined;
  if ((protocol !== "tcp" && protocol !== "udp") || (network !== undefined && typeof network !== "string"))
    return undefined;
  const { kind, local } = value;
  //rule:kept-local-grant-is-whole
  if (kind === undefined ? local !== undefined : (kind !== "listen" && kind !== "bind") || !isLocalConsent(local))
    return undefined;
  return {
    ...(value as unknown as Grant),
    entered: value["entered"] === true,
    risk: value["risk"] === true,
    created: typeof created === "number" ? created : 0,
    protection: isProtection(protection) ? protection : leastProtection,
  };
}

/** Every remembered grant, oldest first. */
const remembered = new Stored<Grant[]>("local", "grants", (stored) =>
  Array.isArray(stored) ? stored.map(readGrant).filter((grant) => grant !== undefined) : [],
);

/** Every remembered grant, oldest first. */
export function listGrants(): Promise<Grant[]> {
  return remembered.get();
}

/** The grants of this origin by which this destination may be opened as it is wanted. */
export async function findGrants(
  origin: string,
  { protection, ...destination }: Destination & { protection: Protection },
): Promise<Grant[]> {
  return (await listGrants()).filter(
    (grant) => /*rule:grant-is-per-origin*/ grant.origin === origin && concerns(grant, { ...destination, protection }),
  );
}

/** What the user named, and had remembered, when this origin left the destination open. */
export async function findNamed(
  origin: string,
  protocol: "tcp" | "udp",
  port: number,
  wanted: Wanted,
): Promise<Grant[]> {
  return (await listGrants()).filter(
    (grant) =>
      grant.origin === origin &&
      /*rule:named-host-grant-is-connection*/ grant.kind === undefined &&
      grant.protocol === protocol &&
      grant.port === port &&
      grant.entered &&
      covers(grant.protection, wanted(grant.host)),
  );
}

/** Resolves with false when it cannot be written down: then it is not remembered. */
export function addGrant(grant: Grant): Promise<boolean> {
  return remembered.editIfWritten((grants) => [...grants.filter((old) => !sameGrant(old, grant)), grant]);
}

/** Takes back the grants that `revoked` picks. */
export async function removeGrants(revoked: (grant: Grant) => boolean): Promise<void> {
  await remembered.edit((grants) => grants.filter((grant) => !revoked(grant)));
}

/** Calls `listener` with the grants that were taken back, whoever did it. */
export function onRevoked(listener: (revoked: Grant[]) => void): void {
  remembered.watch((before, after) => {
    const revoked = before.filter((old) => !after.some((grant) => sameGrant(grant, old)));
    if (revoked.length > 0) listener(revoked);
  });
}

/** Calls `listener` when the list has changed, whoever did it. */
export function onGrantsChange(listener: () => void): void {
  remembered.watch(listener);
}

/** Whose document it is. */
export interface DocumentPlace {
  tabId: number;
  origin: string;
  /** In a private window. */
  private: boolean;
}

/** What one document may open again without being asked: what it asked for -> where that led. */
interface DocumentGrants extends DocumentPlace, OfDocument {
  opened: Record<string, Reached[]>;
  /** Where the user has closed a socket: the document does not come back there by itself. */
  closed?: Destination[];
}

/** Where a request of a document led, and by which consent. */
export interface Reached extends Consent {
  host: string;
}

const documents = documentStore<DocumentGrants>("document:", {
  entries: 1_000,
  size: 1_500_000,
  entriesOfOwner: 300,
  sizeOfOwner: 500_000,
});
/** Requests of one document: of more the oldest are asked anew. */
const maxRequests = 64;
/** Where one request may have led. */
const maxReached = 8;
/** Destinations of one document that the user has closed: of more the oldest are forgotten. */
const maxClosed = 64;

/**
 * The name of a request in a document's own list: what the page asked for, since the host may have been the user's answer. `wanted` is
 * canonical, so that spellings of one host are one request; "" where the user was to name it.
 */
export function requestKey(protocol: string, wanted: string, port: number, kind?: Destination["kind"]): string {
  return JSON.stringify(kind === undefined ? [protocol, wanted, port] : [protocol, wanted, port, kind]);
}

/** Where a request led. */
function destinationOf(request: string, { host }: Reached): Destination {
  const [protocol, , port, kind] = JSON.parse(request) as [
    Destination["protocol"],
    string,
    number,
    Destination["kind"]?,
  ];
  return { ...(kind === undefined ? {} : { kind }), protocol, host, port };
}

function sameReached(a: Reached, b: Reached): boolean {
  return (
    a.host === b.host &&
    a.network === b.network &&
    sameProtection(a.protection, b.protection) &&
    JSON.stringify(a.local) === JSON.stringify(b.local)
  );
}

let lastDocumentChange: Promise<unknown> = Promise.resolve();

/**
 * Where this document may go with this request, protected as it is wanted: what serves best comes first. What is being taken back, or closed,
 * is gone.
 */
export async function documentGrants(documentId: string, request: string, wanted: Wanted): Promise<Reached[]> {
  await lastDocumentChange;
  //rule:document-grants-are-its-own
  const grants = await documents.get(documentId);
  const reached = grants !== undefined && Object.hasOwn(grants.opened, request) ? grants.opened[request] : undefined;
  return ranked(reached ?? [], ({ host }) => wanted(host));
}

/** Reports whether it still may go there by that consent. */
export async function stillReaches(documentId: string, request: string, reached: Reached): Promise<boolean> {
  const grants = await documentGrants(documentId, request, () => reached.protection);
  return grants.some((one) => sameReached(one, reached));
}

function changeDocuments(work: () => Promise<void>): Promise<void> {
  const done = lastDocumentChange.then(work);
  lastDocumentChange = done.catch(() => undefined);
  return done;
}

type OwnPlace = DocumentPlace & { documentId: string };

/** How often something was taken back of an origin, outside of private windows. In memory, as the opens are that it concerns. */
const takenBack = new Map<string, number>();

/**
 * A number that changes when something is taken back of what documents like this one may open. Whoever looks at it before they read a grant
 * can tell afterwards whether that still stands (addDocumentGrant).
 */
export function timesTakenBack({ origin, private: isPrivate }: Pick<DocumentPlace, "origin" | "private">): number {
  return isPrivate ? 0 : (takenBack.get(origin) ?? 0);
}

/** Changes what is kept of a document, of which nothing may be kept yet. */
function changeDocument(
  { documentId, tabId, origin, private: isPrivate }: OwnPlace,
  edit: (grants: Required<Pick<DocumentGrants, "opened" | "closed">>) => Pick<DocumentGrants, "opened" | "closed">,
): Promise<void> {
  return changeDocuments(async () => {
    const { page, ...place } = await homeOf(documentId, origin, isPrivate);
    const { opened = {}, closed = [] } = (await documents.get(documentId)) ?? {};
    const entry = { tabId, at: Date.now(), page, origin, private: isPrivate, ...edit({ opened, closed }) };
    await documents.put(documentId, entry, place);
  });
}

/**
 * Lets the document open it again. Resolves with whether it may: not if something was taken back since `taken` was looked at, nor if the user
 * has closed it meanwhile.
 */
export async function addDocumentGrant(
  place: OwnPlace,
  request: string,
  reached: Reached,
  taken = timesTakenBack(place),
): Promise<boolean> {
  const destination = destinationOf(request, reached);
  let may = false as boolean;
  await changeDocument(place, ({ opened, closed }) => {
    may =
      /*rule:revoked-grant-not-restored-by-open*/ taken === timesTakenBack(place) &&
      /*rule:pending-open-keeps-it-closed*/ !closed.some((one) => sameDestination(one, destination));
    if (!may) return { opened, closed };
    const before = Object.entries(opened);
    // An answer that serves what an earlier one did stands in its place.
    const others = (before.find(([other]) => other === request)?.[1] ?? []).filter(
      (old) =>
        old.host !== reached.host ||
        /*rule:document-grants-kept-per-network*/ old.network !== reached.network ||
        !covers(reached.protection, old.protection),
    );
    const now = [
      ...before.filter(([other]) => other !== request),
      [request, [...others, reached].slice(-maxReached)] as const,
    ];
    return { opened: Object.fromEntries(now.slice(/*rule:document-grants-are-bounded*/ -maxRequests)), closed };
  });
  return may && /*rule:revoked-grant-not-restored-by-open.2*/ taken === timesTakenBack(place);
}

/** The user has closed it: the document may not open this destination again by itself, nor, if it is not remembered, without being asked. */
export function closeDocumentGrants(place: OwnPlace, destination: Destination): Promise<void> {
  return changeDocument(place, ({ opened, closed }) => {
    const rest = Object.entries(opened).map(([request, reached]) => {
      return [request, reached.filter((one) => !sameDestination(destinationOf(request, one), destination))] as const;
    });
    return {
      opened: Object.fromEntries(rest),
      closed: [...closed.filter((one) => !sameDestination(one, destination)), destination].slice(-maxClosed),
    };
  });
}

/** Reports whether the user has closed a socket of this document to this destination. */
export async function wasClosed(documentId: string, destination: Destination): Promise<boolean> {
  return (await documents.get(documentId))?.closed?.some((one) => sameDestination(one, destination)) === true;
}

/** The user wants it again. */
export function mayReturn(place: OwnPlace, destination: Destination): Promise<void> {
  return changeDocument(place, ({ opened, closed }) => ({
    opened,
    closed: closed.filter((one) => !sameDestination(one, destination)),
  }));
}

/**
 * What was allowed to these origins is taken back: outside of private windows their documents may open nothing again by what they were allowed
 * before, nor by an open that is under way. What the user has closed stays closed.
 */
export function takeBackFromDocuments(origins: ReadonlySet<string>): Promise<void> {
  for (const origin of origins) takenBack.set(origin, (takenBack.get(origin) ?? 0) + 1); // at once: opens under way look at it
  return changeDocuments(async () => {
    const concerned = ({ origin, private: isPrivate }: DocumentPlace): boolean => !isPrivate && origins.has(origin);
    await documents.remove(
      (_, { closed = [], ...place }) => concerned(place) && /*rule:revoking-keeps-it-closed*/ closed.length === 0,
    );
    for (const [documentId, place] of await documents.entries())
      if (concerned(place)) await documents.note(documentId, { opened: {} });
  });
}
