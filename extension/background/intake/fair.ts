// A table with a bound, shared by sites that do not trust each other: whoever puts in too much pushes out their own.
//
// Every entry has an owner, and within that a part: the site of the page in the tab and that of the frame, say, or a site and one of its
// origins. Room is made before an entry comes in: first an owner that is over its own bound gives, then the owner that holds most; of its
// parts again the one that holds most; of its entries the oldest.
//
// Of those that hold the same, the first three quarters to come are safe, and of the last quarter the oldest gives. So a flood of new owners
// with an entry each pushes out new owners only, however many they are; and an honest newcomer is let in when the table is full, and stays for
// as many newcomers as a quarter of the table has room for. If the oldest of all gave, a flood would empty the table; if the youngest did, the
// next newcomer would push out the one before. Who comes again keeps its place among them. Pure; bounded_store.ts keeps such tables.

/** Bounds of a table. Sizes are what the caller says that they are. */
export interface Bounds {
  entries: number;
  size: number;
  /** Of one owner. */
  entriesOfOwner: number;
  sizeOfOwner: number;
}

/** Whose an entry is. */
export interface Place {
  owner: string;
  part: string;
}

interface Entry<V> extends Place {
  value: V;
  size: number;
}

/** What somebody holds. */
interface Usage {
  size: number;
  entries: number;
}

interface OwnerUsage extends Usage {
  /** The keys of each part, the oldest first. */
  parts: Map<string, Usage & { keys: Set<string> }>;
}

export class FairTable<V> {
  readonly #bounds: Bounds;
  readonly #entries = new Map<string, Entry<V>>();
  /** In the order in which they came. */
  readonly #owners = new Map<string, OwnerUsage>();
  #size = 0;
  /** Whose entry is being put in: they keep their place in the order, also with nothing left. */
  #coming: Place | undefined;

  constructor(bounds: Bounds) {
    this.#bounds = bounds;
  }

  get count(): number {
    return this.#entries.size;
  }

  get size(): number {
    return this.#size;
  }

  get(key: string): V | undefined {
    return this.#entries.get(key)?.value;
  }

  /** The oldest first. */
  *entries(): Generator<[string, V]> {
    for (const [key, { value }] of this.#entries) yield [key, value];
  }

  /** Puts an entry in, as the youngest, and returns the keys that had to go. One that is too large by itself is not taken, and its key is among them. */
  put(key: string, value: V, { owner, part }: Place, size: number): string[] {
    if (size > this.#bounds.sizeOfOwner || size > this.#bounds.size) {
      this.delete(key);
      return [key];
    }
    this.#coming = { owner, part };
    this.delete(key);
    const gone: string[] = [];
    const { entriesOfOwner, sizeOfOwner } = this.#bounds;
    for (let own = this.#owners.get(owner); own !== undefined; own = this.#owners.get(owner)) {
      const tooLarge = own.size + size > sizeOfOwner;
      //rule:fair-table-bounds-each-owner
      if (own.entries < entriesOfOwner && !tooLarge) break;
      gone.push(this.#giveUp(own, tooLarge));
    }
    gone.push(...this.makeRoom(this.#bounds.entries - 1, this.#bounds.size - size));
    this.#entries.set(key, { value, owner, part, size });
    this.#size += size;
    const own: OwnerUsage = this.#owners.get(owner) ?? { size: 0, entries: 0, parts: new Map() };
    this.#owners.set(owner, own);
    const usage = own.parts.get(part) ?? { size: 0, entries: 0, keys: new Set<string>() };
    own.parts.set(part, usage);
    usage.keys.add(key);
    for (const held of [own, usage]) {
      held.size += size;
      held.entries++;
    }
    this.#coming = undefined;
    return gone;
  }

  /** Puts a value of the same size in the place of another. */
  replace(key: string, value: V): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) entry.value = value;
  }

  delete(key: string): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    this.#entries.delete(key);
    this.#size -= entry.size;
    const own = this.#owners.get(entry.owner);
    const usage = own?.parts.get(entry.part);
    if (own === undefined || usage === undefined) return true;
    usage.keys.delete(key);
    for (const held of [own, usage]) {
      held.size -= entry.size;
      held.entries--;
    }
    //rule:returning-owner-keeps-place
    const comes = entry.owner === this.#coming?.owner;
    if (usage.entries === 0 && !(comes && entry.part === this.#coming?.part)) own.parts.delete(entry.part);
    if (own.entries === 0 && !comes) this.#owners.delete(entry.owner);
    return true;
  }

  /** Has owners give up entries until there are no more than this. Returns their keys. */
  makeRoom(entries: number, size: number): string[] {
    const gone: string[] = [];
    while (this.#entries.size > 0 && (this.#entries.size > entries || this.#size > size)) {
      const bySize = this.#size > size;
      gone.push(this.#giveUp(most(this.#owners.values(), bySize), bySize));
    }
    return gone;
  }

  #giveUp(own: OwnerUsage, bySize: boolean): string {
    const [oldest = ""] = /*rule:largest-part-of-owner-gives*/ most(own.parts.values(), bySize).keys;
    this.delete(oldest);
    return oldest;
  }
}

/** What part of those that hold the same is safe: the first to come. */
//rule:fair-table-protects-incumbents
//rule:fair-table-admits-newcomers
const safe = 3 / 4;

/** Who holds most, and is to give. `usages` are in the order in which they came. There is somebody. */
function most<S extends Usage>(usages: Iterable<S>, bySize: boolean): S {
  let top = -1;
  let same: S[] = [];
  for (const usage of usages) {
    //rule:fair-table-evicts-largest-owner
    const held = bySize ? usage.size : usage.entries;
    if (held > top) same = [];
    if (held < top) continue;
    top = held;
    same.push(usage);
  }
  return same[Math.floor(same.length * safe)] as S;
}
