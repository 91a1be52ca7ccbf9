// What the person allowed: for good (a remembered grant), or for as long as one document lives (Allow once).
//
// A remembered grant is (origin, protocol, host, port, protection) in storage.local. What a document may reopen is kept in storage.session, so
// that a stop of the worker loses nothing; it goes with the document. Private windows never touch storage.local, and what is taken back for
// others does not concern them.

import { documentShelf, homeOf } from "./background/documents.ts";
import type { OfDocument } from "./background/documents.ts";
import { covers, sameProtection, serving } from "./protection.ts";
import type { Protection } from "./protection.ts";
import { keep, kept, onKept, tryToWrite } from "./store.ts";

export interface Destination {
  protocol: "tcp" | "udp";
  /** Canonical, without brackets. */
  host: string;
  port: number;
}

/** What the person said yes to, besides the destination itself. */
export interface Consent {
  /** They typed or picked the destination. */
  entered: boolean;
  /** The prompt named the danger of this port. */
  risk: boolean;
  /** How the connection was going to be protected. */
  protection: Protection;
  /** In which network, where the destination is another machine in another one; an id of the host's (PolicyJudgeResult). */
  network?: string;
}

/** How a connection to this host would be protected now. */
export type Wanted = (host: string) => Protection;

/** How the person came to agree: to what the page asked for, to what they typed, or to what they picked from the devices nearby. */
export type How = "asked" | "typed" | "picked";

export interface Grant extends Destination, Consent {
  origin: string;
  /** When it was given, in ms since 1970. */
  created: number;
  /** Absent in grants that are older than this. */
  how?: How;
}

const grantsKey = "grants";

export function sameDestination(a: Destination, b: Destination): boolean {
  return a.protocol === b.protocol && a.host === b.host && a.port === b.port;
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

/** Grants of versions that kept no protection count for the least: they may have been given to an encrypted connection. */
function read(stored: unknown): Grant[] {
  const grants = (stored as (Omit<Grant, "protection"> & Partial<Grant>)[] | undefined) ?? [];
  return grants.map((grant) => ({ protection: { encryption: "on", authentication: "name" }, ...grant }));
}

/** Every remembered grant, oldest first. */
export async function listGrants(): Promise<Grant[]> {
  return read(await kept("local", grantsKey));
}

/** The grants of this origin by which this destination may be opened as it is wanted. */
export async function findGrants(
  origin: string,
  { protection, ...destination }: Destination & { protection: Protection },
): Promise<Grant[]> {
  return (await listGrants()).filter(
    (grant) => grant.origin === origin && concerns(grant, { ...destination, protection }),
  );
}

/** What the person named, and had remembered, when this origin left the destination open. */
export async function findNamed(
  origin: string,
  protocol: "tcp" | "udp",
  port: number,
  wanted: Wanted,
): Promise<Grant[]> {
  return (await listGrants()).filter(
    (grant) =>
      grant.origin === origin &&
      grant.protocol === protocol &&
      grant.port === port &&
      grant.entered &&
      covers(grant.protection, wanted(grant.host)),
  );
}

// Changes read, then write: one after the other, so that none is lost, whichever page of the extension makes them.
function change(write: (grants: Grant[]) => Promise<boolean>): Promise<boolean> {
  return navigator.locks.request<Promise<boolean>>(grantsKey, async () => await write(await listGrants()));
}

/** Resolves with false when it cannot be written down: then it is not remembered. */
export function addGrant(grant: Grant): Promise<boolean> {
  return change((grants) => {
    const others = grants.filter((old) => !sameGrant(old, grant));
    return tryToWrite("local", { [grantsKey]: [...others, grant] });
  });
}

/** Takes back the grants that `revoked` picks. */
export async function removeGrants(revoked: (grant: Grant) => boolean): Promise<void> {
  await change((grants) =>
    keep(
      "local",
      grantsKey,
      grants.filter((grant) => !revoked(grant)),
    ),
  );
}

/** Calls `listener` with the grants that were taken back, whoever did it. */
export function onRevoked(listener: (revoked: Grant[]) => void): void {
  onKept("local", grantsKey, (oldValue, newValue) => {
    const after = read(newValue);
    const revoked = read(oldValue).filter((old) => !after.some((grant) => sameGrant(grant, old)));
    if (revoked.length > 0) listener(revoked);
  });
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
  /** Where the person has closed a socket: the document does not come back there by itself. */
  closed?: Destination[];
}

/** Where a request of a document led, and by which consent. */
export interface Reached extends Consent {
  host: string;
}

const documents = documentShelf<DocumentGrants>("document:", {
  entries: 1_000,
  size: 1_500_000,
  entriesOfOwner: 300,
  sizeOfOwner: 500_000,
});
/** Requests of one document: of more the oldest are asked anew. */
const maxRequests = 64;
/** Where one request may have led. */
const maxReached = 8;
/** Destinations of one document that the person has closed: of more the oldest are forgotten. */
const maxClosed = 64;

/**
 * The name of a request in a document's own list: what the page asked for, since the host may have been the person's answer. `wanted` is
 * canonical, so that spellings of one host are one request; "" where the person was to name it.
 */
export function requestKey(protocol: string, wanted: string, port: number): string {
  return JSON.stringify([protocol, wanted, port]);
}

/** Where this document may go with this request, protected as it is wanted, if anywhere. */
export async function documentGrant(documentId: string, request: string, wanted: Wanted): Promise<Reached | undefined> {
  const grants = await documents.get(documentId);
  const reached = grants !== undefined && Object.hasOwn(grants.opened, request) ? grants.opened[request] : undefined;
  return serving(reached ?? [], ({ host }) => wanted(host));
}

let lastDocumentChange: Promise<unknown> = Promise.resolve();

function changeDocuments(work: () => Promise<void>): Promise<void> {
  const done = lastDocumentChange.then(work);
  lastDocumentChange = done.catch(() => undefined);
  return done;
}

type OwnPlace = DocumentPlace & { documentId: string };

/** Changes what is kept of a document, of which nothing may be kept yet. */
function changeDocument(
  { documentId, tabId, origin, private: isPrivate }: OwnPlace,
  edit: (grants: Required<Pick<DocumentGrants, "opened" | "closed">>) => Pick<DocumentGrants, "opened" | "closed">,
): Promise<void> {
  return changeDocuments(async () => {
    const { page, ...place } = await homeOf(documentId, origin);
    const { opened = {}, closed = [] } = (await documents.get(documentId)) ?? {};
    const entry = { tabId, at: Date.now(), page, origin, private: isPrivate, ...edit({ opened, closed }) };
    await documents.put(documentId, entry, place);
  });
}

export function addDocumentGrant(place: OwnPlace, request: string, reached: Reached): Promise<void> {
  return changeDocument(place, ({ opened, closed }) => {
    const before = Object.entries(opened);
    // An answer that serves what an earlier one did stands in its place.
    const others = (before.find(([other]) => other === request)?.[1] ?? []).filter(
      (old) => old.host !== reached.host || !covers(reached.protection, old.protection),
    );
    const now = [
      ...before.filter(([other]) => other !== request),
      [request, [...others, reached].slice(-maxReached)] as const,
    ];
    return { opened: Object.fromEntries(now.slice(-maxRequests)), closed };
  });
}

/** The person has closed it: the document may not open this destination again by itself, nor, if it is not remembered, without being asked. */
export function closeDocumentGrants(place: OwnPlace, destination: Destination): Promise<void> {
  return changeDocument(place, ({ opened, closed }) => {
    const rest = Object.entries(opened).map(([request, reached]) => {
      const [protocol, , port] = JSON.parse(request) as [Destination["protocol"], string, number];
      return [request, reached.filter(({ host }) => !sameDestination({ protocol, host, port }, destination))] as const;
    });
    return {
      opened: Object.fromEntries(rest),
      closed: [...closed.filter((one) => !sameDestination(one, destination)), destination].slice(-maxClosed),
    };
  });
}

/** Reports whether the person has closed a socket of this document to this destination. */
export async function wasClosed(documentId: string, destination: Destination): Promise<boolean> {
  return (await documents.get(documentId))?.closed?.some((one) => sameDestination(one, destination)) === true;
}

/** The person wants it again. */
export function mayReturn(place: OwnPlace, destination: Destination): Promise<void> {
  return changeDocument(place, ({ opened, closed }) => ({
    opened,
    closed: closed.filter((one) => !sameDestination(one, destination)),
  }));
}

/** Forgets what documents may reopen: those that `concerned` picks. */
export function forgetDocuments(concerned: (document: DocumentPlace) => boolean): Promise<void> {
  return changeDocuments(() => documents.remove((_, grants) => concerned(grants)));
}
