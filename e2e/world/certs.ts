// A certificate authority of our own, one server certificate and some that nobody should accept, made by openssl(1) once per
// run. No file of them stays.
import { execFile } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { rememberFolder, removeFolder } from "./remains.ts";

export interface Certificates {
  /** The authority, PEM. */
  caPem: string;
  /** The server's certificate, PEM, for *.test names, servers of the tests on port 443, localhost and the loopback addresses. */
  certificatePem: string;
  keyPem: string;
  /** Base64 of the SHA-256 of the certificate's public key, for Chromium's --ignore-certificate-errors-spki-list. */
  spki: string;
  /** SHA-256 of the whole certificate, as in `serverCertificateHashes`. */
  certificateSha256: Buffer;
  /** Certificates for `localhost` that are wrong in one way each. */
  wrong: Record<"expired" | "selfSigned" | "otherName", WrongCertificate>;
}

export interface WrongCertificate {
  cert: string;
  key: string;
  /** SHA-256 of the certificate in DER. */
  sha256: Buffer;
}

const names = [
  ...["a", "b", "c", "d", "e", "f"].flatMap((name) => [`DNS:${name}.test`, `DNS:*.${name}.test`]),
  "DNS:*.example.org",
  "DNS:cors.example",
  "DNS:plain.example",
  "DNS:localhost",
  "IP:127.0.0.1",
  "IP:::1",
];

let made: Promise<Certificates> | undefined;

export function certificates(): Promise<Certificates> {
  made ??= make();
  return made;
}

async function make(): Promise<Certificates> {
  const folder = mkdtempSync(join(tmpdir(), "portside-e2e-certificates-"));
  rememberFolder(folder);
  try {
    const path = (name: string): string => join(folder, name);
    const openssl = (...args: string[]): Promise<unknown> => promisify(execFile)("openssl", args, { cwd: folder });
    const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    await openssl(
      ...[
        "req",
        "-x509",
        ...newKey,
        "-keyout",
        "ca.key",
        "-out",
        "ca.pem",
        "-days",
        "2",
        "-subj",
        "/CN=Portside test CA",
      ],
      ...["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign"],
    );
    await openssl("req", ...newKey, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=a.test");
    writeFileSync(
      path("server.cnf"),
      `basicConstraints=CA:FALSE\nkeyUsage=digitalSignature\nextendedKeyUsage=serverAuth\nsubjectAltName=${names.join(",")}\n`,
    );
    await openssl(
      ...["x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"],
      ...["-days", "2", "-extfile", "server.cnf", "-out", "server.pem"],
    );
    const wrong = async (name: string, days: string, subject: string, signed: boolean): Promise<WrongCertificate> => {
      writeFileSync(path(`${name}.cnf`), `basicConstraints=CA:FALSE\nsubjectAltName=DNS:${subject}\n`);
      await openssl("req", ...newKey, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${subject}`);
      const signer = signed ? ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"] : ["-signkey", `${name}.key`];
      await openssl(
        ...["x509", "-req", "-in", `${name}.csr`, ...signer],
        ...["-days", days, "-extfile", `${name}.cnf`, "-out", `${name}.pem`],
      );
      const cert = readFileSync(path(`${name}.pem`), "utf8");
      const { raw } = new X509Certificate(cert);
      const sha256 = createHash("sha256").update(raw).digest();
      return { cert, key: readFileSync(path(`${name}.key`), "utf8"), sha256 };
    };
    const certificatePem = readFileSync(path("server.pem"), "utf8");
    const certificate = new X509Certificate(certificatePem);
    return {
      caPem: readFileSync(path("ca.pem"), "utf8"),
      certificatePem,
      keyPem: readFileSync(path("server.key"), "utf8"),
      spki: createHash("sha256")
        .update(certificate.publicKey.export({ type: "spki", format: "der" }))
        .digest("base64"),
      certificateSha256: createHash("sha256").update(certificate.raw).digest(),
      wrong: {
        expired: await wrong("expired", "0", "localhost", true), // valid for the second in which it was made
        selfSigned: await wrong("self", "2", "localhost", false),
        otherName: await wrong("other", "2", "other.example", true),
      },
    };
  } finally {
    removeFolder(folder);
  }
}
