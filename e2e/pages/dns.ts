// A DNS client (RFC 1035) of a page: asks over UDP and reads the answers.

/** What a UDP socket must have for this client: navigator.openUDPSocket() gives such a thing. */
export interface DatagramSocket extends AsyncIterable<[unknown, Blob]> {
  send(data: Uint8Array<ArrayBuffer>): Promise<undefined>;
  close(): Promise<undefined>;
}

export const recordTypes = { A: 1, TXT: 16 } as const;
export type RecordType = keyof typeof recordTypes;

export interface Answer {
  id: number;
  /** 0 no error, 3 the name does not exist (NXDOMAIN). */
  code: number;
  question: string;
  /** Addresses or texts, in the server's order. */
  values: string[];
}

export class DnsError extends Error {
  override readonly name = "DnsError";
}

/** Asks the questions all at once and sorts the answers to them by their ids, in whatever order they come. */
export async function ask(
  socket: DatagramSocket,
  questions: readonly { name: string; type: RecordType }[],
): Promise<Answer[]> {
  const base = crypto.getRandomValues(new Uint16Array(1))[0] ?? 0;
  const ids = questions.map((_, index) => (base + index) & 0xffff);
  const answers = new Map<number, Answer>();
  const answered = (async () => {
    for await (const [, blob] of socket) {
      const answer = parse(new Uint8Array(await blob.arrayBuffer()));
      if (!ids.includes(answer.id)) throw new DnsError(`an answer to nobody's question: ${String(answer.id)}`);
      answers.set(answer.id, answer);
      if (answers.size === questions.length) return;
    }
  })();
  for (const [index, { name, type }] of questions.entries()) await socket.send(encode(ids[index] ?? 0, name, type));
  await answered;
  return ids.map((id) => {
    const answer = answers.get(id);
    if (answer === undefined) throw new DnsError("a question without an answer");
    return answer;
  });
}

export function encode(id: number, name: string, type: RecordType): Uint8Array<ArrayBuffer> {
  const labels = name.split(".").flatMap((label) => [label.length, ...new TextEncoder().encode(label)]);
  const recursionDesired = 0x01;
  // Identity, flags, one question and no records; then name, type and the class IN.
  return Uint8Array.from([
    id >> 8,
    id & 255,
    recursionDesired,
    0,
    0,
    1,
    0,
    0,
    0,
    0,
    0,
    0,
    ...labels,
    0,
    0,
    recordTypes[type],
    0,
    1,
  ]);
}

export function parse(message: Uint8Array): Answer {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const flags = view.getUint16(2);
  if ((flags & 0x8000) === 0) throw new DnsError("a question in place of an answer");
  let at = 12;

  const name = (start: number, hops = 0): { text: string; end: number } => {
    const labels: string[] = [];
    for (let position = start; ;) {
      const length = view.getUint8(position);
      if (length === 0) return { text: labels.join("."), end: position + 1 };
      if (length >= 0xc0) {
        // A pointer to the rest of the name. Names that point in circles are not names.
        if (hops > 10) throw new DnsError("a name without an end");
        const { text } = name(view.getUint16(position) & 0x3fff, hops + 1);
        return { text: [...labels, text].join("."), end: position + 2 };
      }
      labels.push(text(position + 1, length));
      position += 1 + length;
    }
  };
  const text = (start: number, length: number): string =>
    new TextDecoder().decode(message.subarray(start, start + length));

  const question = name(at);
  at = question.end + 4;
  const values: string[] = [];
  for (let left = view.getUint16(6); left > 0; left--) {
    const { end } = name(at);
    const [type, length, data] = [view.getUint16(end), view.getUint16(end + 8), end + 10];
    if (type === recordTypes.A) values.push([...message.subarray(data, data + 4)].join("."));
    if (type === recordTypes.TXT) values.push(text(data + 1, view.getUint8(data)));
    at = data + length;
  }
  return { id: view.getUint16(0), code: flags & 15, question: question.text, values };
}
