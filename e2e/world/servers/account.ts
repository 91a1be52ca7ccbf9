// The account that servers run under, for those that must be told.
import { execFileSync } from "node:child_process";
import { userInfo } from "node:os";
import { isRoot } from "../life.ts";

export interface Account {
  name: string;
  group: string;
}

export function serverAccount(): Account {
  return isRoot
    ? { name: "nobody", group: "nogroup" }
    : { name: userInfo().username, group: execFileSync("id", ["-gn"], { encoding: "utf8" }).trim() };
}
