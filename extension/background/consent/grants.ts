// What the user allowed: for as long as one document lives (document_grants.ts), or longer, for good or with an end (remembered.ts).
//
// A grant of one kind never serves another: to connect to an address and to be reached at it are different things (local_grants.ts).

export * from "./document_grants.ts";
export * from "./remembered.ts";
export { concerns, isGrantOf, sameDestination, sameGrant } from "./grant.ts";
export type { Consent, Destination, Grant, How, Wanted } from "./grant.ts";
