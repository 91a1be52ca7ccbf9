// The first half second of an SSH client (RFC 4253) of a page: banners, key exchange, the check of the server's
// signature, and one request under encryption to prove that both sides hold the same keys.
import { ByteReader, type Duplex } from "../../examples/imap/reader.ts";
import { Parser, concat, mpint, string, uint32, type Bytes } from "./ssh-wire.ts";

const message = { serviceRequest: 5, serviceAccept: 6, kexInit: 20, newKeys: 21, kexReply: 31, kexStart: 30 } as const;

const banner = "SSH-2.0-PortsideTest_1";
const cipher = "aes128-gcm@openssh.com";

/** One way to agree on a secret: our public value for the wire, and the secret when theirs has come. */
interface Agreement {
  publicValue: Bytes;
  secret(theirs: Bytes): Promise<Bytes>;
}

async function agreement(algorithm: { name: "X25519" } | { name: "ECDH"; namedCurve: "P-256" }): Promise<Agreement> {
  const pair = await crypto.subtle.generateKey(algorithm, false, ["deriveBits"]);
  if (!("privateKey" in pair)) throw new Error("one key is not a pair");
  return {
    publicValue: new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey)),
    secret: async (theirs) => {
      const key = await crypto.subtle.importKey("raw", theirs, algorithm, false, []);
      return new Uint8Array(
        await crypto.subtle.deriveBits({ name: algorithm.name, public: key }, pair.privateKey, 256),
      );
    },
  };
}

const agreements = {
  "curve25519-sha256": () => agreement({ name: "X25519" }),
  "ecdh-sha2-nistp256": () => agreement({ name: "ECDH", namedCurve: "P-256" }),
} as const;
export type KeyExchange = keyof typeof agreements;

export interface Handshake {
  /** What the server calls itself. */
  banner: string;
  keyExchange: KeyExchange;
  /** Base64 of the server's public key, as in known_hosts. */
  hostKey: string;
  /** The server's signature over everything that was said so far is right. */
  signatureIsValid: boolean;
  /** The service that the server granted under encryption. */
  service: string;
}

/** Shakes hands by this key exchange, and closes the connection. */
export async function shakeHands(socket: Duplex, keyExchange: KeyExchange): Promise<Handshake> {
  const connection = new SshConnection(socket);
  try {
    const theirBanner = await connection.exchangeBanners();
    const ours = kexInit(keyExchange);
    await connection.send(ours);
    const theirs = await connection.receive(message.kexInit);
    expectOffered(theirs, keyExchange);

    const agreement = await agreements[keyExchange]();
    await connection.send(concat(Uint8Array.of(message.kexStart), string(agreement.publicValue)));
    const reply = new Parser(await connection.receive(message.kexReply));
    reply.byte();
    const [hostKey, theirPublic, signature] = [reply.string(), reply.string(), reply.string()];
    const secret = mpint(await agreement.secret(theirPublic));
    const exchangeHash = await sha256(
      concat(
        ...[banner, theirBanner, ours, theirs, hostKey, agreement.publicValue, theirPublic].map((value) =>
          string(value),
        ),
        secret,
      ),
    );
    const signatureIsValid = await verify(hostKey, signature, exchangeHash);

    await connection.send(Uint8Array.of(message.newKeys));
    await connection.receive(message.newKeys);
    await connection.encrypt(secret, exchangeHash);
    await connection.send(concat(Uint8Array.of(message.serviceRequest), string("ssh-userauth")));
    const accept = new Parser(await connection.receive(message.serviceAccept));
    accept.byte();
    return {
      banner: theirBanner,
      keyExchange,
      hostKey: btoa(String.fromCharCode(...hostKey)),
      signatureIsValid,
      service: new TextDecoder().decode(accept.string()),
    };
  } finally {
    await connection.close();
  }
}

function kexInit(keyExchange: KeyExchange): Bytes {
  const cookie = crypto.getRandomValues(new Uint8Array(16));
  const lists = [keyExchange, "ssh-ed25519", cipher, cipher, "hmac-sha2-256", "hmac-sha2-256", "none", "none", "", ""];
  return concat(
    Uint8Array.of(message.kexInit),
    cookie,
    ...lists.map((list) => string(list)),
    Uint8Array.of(0),
    uint32(0),
  );
}

function expectOffered(theirKexInit: Bytes, keyExchange: KeyExchange): void {
  const parser = new Parser(theirKexInit);
  parser.take(17);
  const [exchanges, hostKeys, ciphers] = [parser.names(), parser.names(), parser.names()];
  if (!exchanges.includes(keyExchange) || !hostKeys.includes("ssh-ed25519") || !ciphers.includes(cipher)) {
    throw new Error(`nothing in common with ${exchanges.join()} ${hostKeys.join()} ${ciphers.join()}`);
  }
}

async function sha256(bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

/** RFC 8709: key and signature are a name and the raw value. */
async function verify(hostKey: Bytes, signature: Bytes, data: Bytes): Promise<boolean> {
  const [key, signed] = [new Parser(hostKey), new Parser(signature)];
  const names = [key.string(), signed.string()].map((name) => new TextDecoder().decode(name));
  if (names.some((name) => name !== "ssh-ed25519")) return false;
  const publicKey = await crypto.subtle.importKey("raw", key.string(), { name: "Ed25519" }, false, ["verify"]);
  return await crypto.subtle.verify({ name: "Ed25519" }, publicKey, signed.string(), data);
}

/** AES-GCM of one direction (RFC 5647): the length is authenticated, not encrypted; the counter is the nonce's end. */
class PacketCipher {
  readonly #key: CryptoKey;
  readonly #nonce: Bytes;

  constructor(key: CryptoKey, nonce: Bytes) {
    this.#key = key;
    this.#nonce = nonce;
  }

  async seal(length: Bytes, plain: Bytes): Promise<Bytes> {
    return new Uint8Array(await crypto.subtle.encrypt(this.#parameters(length), this.#key, plain));
  }

  async open(length: Bytes, sealed: Bytes): Promise<Bytes> {
    return new Uint8Array(await crypto.subtle.decrypt(this.#parameters(length), this.#key, sealed));
  }

  #parameters(length: Bytes): AesGcmParams {
    const iv = this.#nonce.slice();
    const counter = new DataView(this.#nonce.buffer, this.#nonce.byteOffset + 4, 8);
    counter.setBigUint64(0, counter.getBigUint64(0) + 1n);
    return { name: "AES-GCM", iv, additionalData: length, tagLength: 128 };
  }
}

/** The binary packet protocol (RFC 4253, section 6), in the clear at first. */
class SshConnection {
  readonly #socket: Duplex;
  readonly #reader: ByteReader;
  readonly #writer: WritableStreamDefaultWriter<BufferSource>;
  #sending: PacketCipher | undefined;
  #receiving: PacketCipher | undefined;

  constructor(socket: Duplex) {
    this.#socket = socket;
    this.#reader = new ByteReader(socket.readable);
    this.#writer = socket.writable.getWriter();
  }

  async exchangeBanners(): Promise<string> {
    await this.#writer.write(new TextEncoder().encode(`${banner}\r\n`));
    for (;;) {
      // A server may say other things first.
      const line = await this.#reader.line();
      if (line === undefined) throw new Error("the server closed the connection before its banner");
      if (line.startsWith("SSH-")) return line;
    }
  }

  async send(payload: Bytes): Promise<void> {
    // Padding of at least 4 bytes to a whole number of blocks; GCM does not count the length field in.
    const [block, counted] = this.#sending === undefined ? [8, 5] : [16, 1];
    const short = block - ((counted + payload.length) % block);
    const padding = short < 4 ? short + block : short;
    const packet = concat(Uint8Array.of(padding), payload, crypto.getRandomValues(new Uint8Array(padding)));
    const length = uint32(packet.length);
    await this.#writer.write(concat(length, (await this.#sending?.seal(length, packet)) ?? packet));
  }

  /** The payload of the next packet, which must be of this type. */
  async receive(type: number): Promise<Bytes> {
    const length = concat(await this.#reader.bytes(4));
    const size = new DataView(length.buffer).getUint32(0);
    const tag = this.#receiving === undefined ? 0 : 16;
    const body = concat(await this.#reader.bytes(size + tag));
    const packet = (await this.#receiving?.open(length, body)) ?? body;
    const payload = packet.slice(1, packet.length - (packet[0] ?? 0));
    if (payload[0] !== type) throw new Error(`a message of type ${String(payload[0])} in place of ${String(type)}`);
    return payload;
  }

  /** From here on both directions are encrypted, with keys made of the secret (RFC 4253, section 7.2). */
  async encrypt(secret: Bytes, exchangeHash: Bytes): Promise<void> {
    const derive = async (letter: string, length: number): Promise<Bytes> => {
      const bytes = await sha256(concat(secret, exchangeHash, new TextEncoder().encode(letter), exchangeHash));
      return bytes.slice(0, length);
    };
    const key = async (letter: string): Promise<CryptoKey> =>
      await crypto.subtle.importKey("raw", await derive(letter, 16), "AES-GCM", false, ["encrypt", "decrypt"]);
    this.#sending = new PacketCipher(await key("C"), await derive("A", 12));
    this.#receiving = new PacketCipher(await key("D"), await derive("B", 12));
  }

  async close(): Promise<void> {
    this.#reader.release();
    this.#writer.releaseLock();
    await this.#socket.close();
  }
}
