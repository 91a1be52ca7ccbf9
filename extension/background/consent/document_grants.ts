// What one document may do again without being asked (Allow this time), for as long as it lives: until the page is closed or reloaded.
//
// It is kept in storage.session, so that a stop of the worker loses nothing, and goes with the document. What is taken back outside of private
// windows does not concern these.

import { inContainer, whoseKey, type Whose } from "../../shared/container.ts";
import { documentStore, homeOf } from "../documents/documents.ts";
import type { OfDocument } from "../documents/documents.ts";
import { concerns, isGrantOf, kindOfEnd, sameDestination } from "./grant.ts";
import type { Consent, Destination, Grant, Wanted } from "./grant.ts";
import { covers, ranked, sameProtection } from "./protection.ts";
import { listGrants } from "./remembered.ts";

/** Whose document it is. */
export interface DocumentPlace extends Whose {
  tabId: number;
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
  /** It stands on a grant whose time ends, and ends with it. */
  timed?: true;
}

/** What a grant lets a document reach. */
export function reachedBy({ host, entered, risk, protection, network, local, ends }: Grant): Reached {
  return {
    ...{ host, entered, risk, protection },
    ...(network === undefined ? {} : { network }),
    ...(local === undefined ? {} : { local }),
    ...(typeof ends === "object" ? { timed: true } : {}),
  };
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
  if (grants === undefined || !Object.hasOwn(grants.opened, request)) return [];
  const reached = await standing(grants, request, grants.opened[request] ?? []);
  return ranked(reached, ({ host }) => wanted(host));
}

/** Those that do not end with a grant, or whose grant is there. */
async function standing(whose: Whose, request: string, reached: Reached[]): Promise<Reached[]> {
  if (!reached.some(({ timed }) => timed)) return reached;
  const given = (await listGrants()).filter((grant) => isGrantOf(whose, grant) && kindOfEnd(grant) === "time");
  const isGiven = (one: Reached): boolean =>
    given.some(
      (grant) =>
        grant.network === one.network &&
        concerns(grant, { ...destinationOf(request, one), protection: one.protection }),
    );
  return reached.filter((one) => one.timed !== true || /*rule:document-grant-ends-with-its-hour*/ isGiven(one));
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

/** How often something was taken back of an origin in a container (whoseKey), outside of private windows. In memory, as the opens are that it concerns. */
const takenBack = new Map<string, number>();

/**
 * A number that changes when something is taken back of what documents like this one may open. Whoever looks at it before they read a grant
 * can tell afterwards whether that still stands (addDocumentGrant).
 */
export function timesTakenBack({ private: isPrivate, ...whose }: Whose & Pick<DocumentPlace, "private">): number {
  return isPrivate ? 0 : (takenBack.get(whoseKey(whose)) ?? 0);
}

/** Changes what is kept of a document, of which nothing may be kept yet. */
function changeDocument(
  { documentId, tabId, origin, private: isPrivate, container }: OwnPlace,
  edit: (grants: Required<Pick<DocumentGrants, "opened" | "closed">>) => Pick<DocumentGrants, "opened" | "closed">,
): Promise<void> {
  return changeDocuments(async () => {
    const whose = { origin, ...inContainer({ container }) };
    const { page, ...place } = await homeOf(documentId, origin, isPrivate);
    const { opened = {}, closed = [] } = (await documents.get(documentId)) ?? {};
    const entry = { tabId, at: Date.now(), page, ...whose, private: isPrivate, ...edit({ opened, closed }) };
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
        (reached.timed === true && old.timed !== true) ||
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
 * What was allowed to these (by whoseKey) is taken back: outside of private windows their documents may open nothing again by what they were allowed
 * before, nor by an open that is under way. What the user has closed stays closed.
 */
export function takeBackFromDocuments(keys: ReadonlySet<string>): Promise<void> {
  for (const key of keys) takenBack.set(key, (takenBack.get(key) ?? 0) + 1); // at once: opens under way look at it
  return changeDocuments(async () => {
    const concerned = ({ private: isPrivate, ...whose }: DocumentPlace): boolean =>
      !isPrivate && /*rule:revoking-spares-other-containers*/ keys.has(whoseKey(whose));
    await documents.remove(
      (_, { closed = [], ...place }) => concerned(place) && /*rule:revoking-keeps-it-closed*/ closed.length === 0,
    );
    for (const [documentId, place] of await documents.entries())
      if (concerned(place)) await documents.note(documentId, { opened: {} });
  });
}
