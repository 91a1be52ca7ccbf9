// The global MulticastController: one class for each window. Pages get it from bound UDP sockets that may join groups.

import { arrayPush, freeze } from "../builtins.ts";
import type { Membership, Memberships } from "../core/memberships.ts";
import { canonicalAddress, isIPv6, isLoopbackOrUnspecified, isMulticast } from "../ip_address.ts";
import { readDictionary, refuse, toDOMString } from "../webidl.ts";
import { guard } from "./constructor.ts";
import { multicastGroupOptions } from "./dictionaries.ts";
import { requireArguments } from "./interfaces.ts";

/** MulticastMembership. */
interface SourceMembership {
  groupAddress: string;
  sourceAddress: string;
}

/** Converts and checks the arguments of joinGroup() and leaveGroup(). Throws TypeError. */
function toMembership(count: number, ipAddress: unknown, options: unknown): Membership {
  requireArguments(count, 1);
  const given = toDOMString(ipAddress);
  const { sourceAddress } = readDictionary(options, "The options", multicastGroupOptions);
  const group = canonicalAddress(given);
  if (group === undefined || !isMulticast(group)) refuse("ipAddress", "multicast address");
  if (sourceAddress === undefined) return { group, source: undefined };
  const source = canonicalAddress(sourceAddress);
  if (
    source === undefined ||
    isIPv6(source) !== isIPv6(group) ||
    isMulticast(source) ||
    isLoopbackOrUnspecified(source)
  )
    refuse("sourceAddress", "unicast address of the same IP version");
  return { group, source };
}

/** Makes the class. */
export function multicastControllerInterface() {
  class MulticastController {
    readonly #memberships: Memberships;

    constructor(given = undefined as unknown, memberships = undefined as Memberships | undefined) {
      guard(given);
      this.#memberships = memberships as Memberships;
    }

    async joinGroup(ipAddress: unknown, options = undefined as unknown): Promise<undefined> {
      return this.#memberships.change("join", toMembership(arguments.length, ipAddress, options));
    }

    async leaveGroup(ipAddress: unknown, options = undefined as unknown): Promise<undefined> {
      return this.#memberships.change("leave", toMembership(arguments.length, ipAddress, options));
    }

    /** A new frozen array at each get. */
    get joinedGroups(): readonly (string | SourceMembership)[] {
      const { joined } = this.#memberships;
      const list: (string | SourceMembership)[] = [];
      for (let i = 0; i < joined.length; i++) {
        const { group, source } = joined[i] as Membership;
        arrayPush(list, source === undefined ? group : { groupAddress: group, sourceAddress: source });
      }
      return freeze(list);
    }
  }
  return MulticastController;
}
