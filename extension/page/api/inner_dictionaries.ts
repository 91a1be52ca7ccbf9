// Code generated from extension/page/api/direct_sockets.webidl by `make generate`. DO NOT EDIT.
//
// Dictionaries that a page passes: the members of each in the order in which they are read, what converts them, and which must be there.

import { toStrings } from "./texts.ts";
import { bufferSource, toDOMString } from "../webidl.ts";

/** PortsideCertificateHash. */
export const portsideCertificateHash = [
  ["algorithm", toDOMString, true],
  ["value", bufferSource, true],
] as const;

/** PortsideAnnouncement. */
export const portsideAnnouncement = [
  ["name", toDOMString, true],
  ["txt", toStrings],
  ["type", toDOMString, true],
] as const;
