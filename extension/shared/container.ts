// Whose data something is, where the browser keeps the data of one site in several containers (contextual identities): an origin, in a container.
//
// A container is named by the browser's own id for it. Without one it is the default, which is all there is in Chromium: what is kept of that has no
// such member, as before there were containers. Private windows have none.

/** An origin, in a container. */
export interface Whose {
  origin: string;
  /** Absent: in the default one. */
  container?: string;
}

/** In which windows and tabs: private windows, the default container or another one. What is kept or counted of one of these is none of another's. */
export interface Side {
  private: boolean;
  container?: string;
}

/** Words that sideName has for what is no container. */
const others = { private: "private", normal: "normal" } as const;

/** Reports whether it could be a browser's id of a container. */
export function isContainer(value: unknown): value is string {
  //rule:container-ids-are-bounded
  return typeof value === "string" && /^[\w-]{1,64}$/.test(value) && !(value in others);
}

/** The member, where there is one. */
export function inContainer({ container }: { container?: string | undefined }): { container?: string } {
  return container === undefined ? {} : { container };
}

/** Two values have the same key if they are the same origin in the same container. In the default container it is the origin. */
export function whoseKey({ origin, container }: Whose): string {
  return container === undefined ? origin : `${container} ${origin}`;
}

/** What has this key; undefined: nothing has. */
export function readWhose(key: string): Whose | undefined {
  const at = key.indexOf(" ");
  if (at < 0) return { origin: key };
  const container = key.slice(0, at);
  return isContainer(container) ? { origin: key.slice(at + 1), container } : undefined;
}

/** Sorts of windows and tabs by name: one word, the same for the same. */
export function sideName({ private: isPrivate, container }: Side): string {
  return isPrivate ? others.private : (container ?? others.normal);
}

/** The side of that name. */
export function readSide(name: string): Side {
  if (name === others.private) return { private: true };
  return { private: false, ...(name === others.normal ? {} : { container: name }) };
}
