// Changes in JSON files, which can have no markers.

/**
 * Returns a JSON text with another value at a place, or without the one that is there. The last part of a pointer (RFC 6901) may be "-": the value is
 * appended to an array. Throws where there is no such place.
 */
export function withValue(text: string, pointer: string, value: unknown): string {
  const whole = JSON.parse(text) as unknown;
  const names = pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  const last = names.pop();
  let holder = whole as Record<string, unknown> | unknown[] | undefined;
  for (const name of names) holder = (holder as Record<string, typeof holder> | undefined)?.[name];
  if (last === undefined || typeof holder !== "object") throw new Error(`there is no ${pointer}`);
  if (Array.isArray(holder) && last === "-" && value !== undefined) holder.push(value);
  else if (!Object.hasOwn(holder, last)) throw new Error(`there is no ${pointer}`);
  else if (value !== undefined) Object.assign(holder, { [last]: value });
  else if (Array.isArray(holder)) holder.splice(Number(last), 1);
  else Reflect.deleteProperty(holder, last);
  return JSON.stringify(whole, null, 2) + "\n";
}
