// The script of the suite's page. The runner calls `conformance.run(id)`.
import "./checks/all.ts";
import { run } from "./kit/check.ts";

Object.assign(globalThis, { conformance: { run } });
