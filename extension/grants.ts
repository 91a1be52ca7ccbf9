// What the person allowed: for good (a remembered grant), or for as long as one document lives (Allow once).
//
// A remembered grant is (origin, protocol, host, port) in storage.local. What a document may reopen is kept in storage.session, so
// that a stop of the worker loses nothing; it ends with the tab. Private windows never touch storage.local, and what is taken back for
// others does not concern them.

import { ext } from "./ext.ts";

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
}

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

/** Every remembered grant, oldest first. */
export async function listGrants(): Promise<Grant[]> {
  const stored = await ext.storage.local.get(grantsKey);
  return (stored[grantsKey] as Grant[] | undefined) ?? [];
}

export async function findGrant(origin: string, destination: Destination): Promise<Grant | undefined> {
  return (await listGrants()).find((grant) => grant.origin === origin && sameDestination(grant, destination));
}

/**
 * What the person named when this origin left the destination open: the one that they had remembered. Undefined when there are several, since
 * nobody knows which they mean now.
 */
export async function findNamed(origin: string, protocol: "tcp" | "udp", port: number): Promise<Grant | undefined> {
  const named = (await listGrants()).filter(
    (grant) => grant.origin === origin && grant.protocol === protocol && grant.port === port && grant.entered,
  );
  return named.length === 1 ? named[0] : undefined;
}

// Changes read, then write: one after the other, so that none is lost, whichever page of the extension makes them.
async function change(edit: (grants: Grant[]) => Grant[]): Promise<void> {
  await navigator.locks.request(grantsKey, async () => {
    await ext.storage.local.set({ [grantsKey]: edit(await listGrants()) });
  });
}

export function addGrant(grant: Grant): Promise<void> {
  return change((grants) => [
    ...grants.filter((old) => old.origin !== grant.origin || !sameDestination(old, grant)),
    grant,
  ]);
}

/** Takes back the grants that `revoked` picks. */
export function removeGrants(revoked: (grant: Grant) => boolean): Promise<void> {
  return change((grants) => grants.filter((grant) => !revoked(grant)));
}

/** Calls `listener` with the grants that were taken back, whoever did it. */
export function onRevoked(listener: (revoked: Grant[]) => void): void {
  ext.storage.onChanged.addListener((changes, area) => {
    const entry = changes[grantsKey];
    if (area !== "local" || entry === undefined) return;
    const before = (entry.oldValue as Grant[] | undefined) ?? [];
    const after = (entry.newValue as Grant[] | undefined) ?? [];
    const revoked = before.filter(
      (old) => !after.some((grant) => grant.origin === old.origin && sameDestination(grant, old)),
    );
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
interface DocumentGrants extends DocumentPlace {
  opened: Record<string, Reached>;
}

/** Where a request of a document led, and by which consent. */
export interface Reached extends Consent {
  host: string;
}

const documentKey = (documentId: string): string => `document:${documentId}`;

/** The name of a request in a document's own list: as the page put it, since the host may have been the person's answer. */
export function requestKey(protocol: string, remoteAddress: string, port: number): string {
  return JSON.stringify([protocol, remoteAddress, port]);
}

/** Where this document already got with this request, if anywhere. */
export async function documentGrant(documentId: string, request: string): Promise<Reached | undefined> {
  const stored = await ext.storage.session.get(documentKey(documentId));
  const grants = stored[documentKey(documentId)] as DocumentGrants | undefined;
  return grants !== undefined && Object.hasOwn(grants.opened, request) ? grants.opened[request] : undefined;
}

let lastDocumentChange: Promise<unknown> = Promise.resolve();

function changeDocuments(work: () => Promise<void>): Promise<void> {
  const done = lastDocumentChange.then(work);
  lastDocumentChange = done.catch(() => undefined);
  return done;
}

export function addDocumentGrant(
  { documentId, tabId, origin, private: isPrivate }: DocumentPlace & { documentId: string },
  request: string,
  reached: Reached,
): Promise<void> {
  return changeDocuments(async () => {
    const key = documentKey(documentId);
    const grants = ((await ext.storage.session.get(key))[key] as DocumentGrants | undefined) ?? {
      tabId,
      origin,
      private: isPrivate,
      opened: {},
    };
    grants.opened[request] = reached;
    await ext.storage.session.set({ [key]: grants });
  });
}

/** The document may not open this destination again without being asked. */
export function forgetDocumentGrants(documentId: string, destination: Destination): Promise<void> {
  return changeDocuments(async () => {
    const key = documentKey(documentId);
    const grants = (await ext.storage.session.get(key))[key] as DocumentGrants | undefined;
    if (grants === undefined) return;
    const rest = Object.entries(grants.opened).filter(([request, { host }]) => {
      const [protocol, , port] = JSON.parse(request) as [string, string, number];
      return protocol !== destination.protocol || host !== destination.host || port !== destination.port;
    });
    await ext.storage.session.set({ [key]: { ...grants, opened: Object.fromEntries(rest) } });
  });
}

/** Forgets what documents may reopen: those that `concerned` picks. */
export function forgetDocuments(concerned: (document: DocumentPlace) => boolean): Promise<void> {
  return changeDocuments(async () => {
    const all = await ext.storage.session.get(null);
    const keys = Object.entries(all).flatMap(([key, value]) =>
      key.startsWith("document:") && concerned(value as DocumentGrants) ? [key] : [],
    );
    if (keys.length > 0) await ext.storage.session.remove(keys);
  });
}
