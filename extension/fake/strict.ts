// A part of the extension API that has what is faked of it and nothing else: whoever asks for more has found a hole in the fake, or a change
// of what the extension uses.

/** `of`: its name in messages. */
export function strict<T extends object>(of: string, part: T): T {
  return new Proxy(part, {
    get: (target, name): unknown => {
      if (typeof name === "string" && !(name in target)) throw new Error(`${of}.${name} is not faked`);
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}
