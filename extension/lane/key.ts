// The form of the broker's keys to lanes: UUIDs. Nothing else becomes the name of a connection, which has no bound in length of its own.

const form = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;

export function isKey(data: unknown): data is string {
  //rule:lane-key-is-uuid
  return typeof data === "string" && data.length === 36 && form.test(data);
}
