// The test's certificate as files in a server's folder.
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { certificates } from "../certs.ts";
import { handOver } from "../life.ts";

export interface CertificateFiles {
  certificate: string;
  key: string;
}

export async function writeCertificate(folder: string): Promise<CertificateFiles> {
  const { certificatePem, keyPem } = await certificates();
  const files = { certificate: join(folder, "certificate.pem"), key: join(folder, "key.pem") };
  writeFileSync(files.certificate, certificatePem);
  writeFileSync(files.key, keyPem, { mode: 0o600 });
  chmodSync(files.key, 0o600);
  handOver(files.key);
  return files;
}
