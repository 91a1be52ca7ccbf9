// Starting programs and ending them. A program never outlives its test: it is ended by pid with everything it started;
// `setpriv --pdeathsig` makes the kernel kill it should this process itself be killed outright.
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { withoutPrivileges, type Life } from "./life.ts";
import { familyOf, forgetProcess, kill, newMark, rememberProcess } from "./remains.ts";
import { isAlive, type Identity } from "./proc.ts";
import { sleep, within } from "./wait.ts";

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface Program {
  /** What it is called in messages. */
  name: string;
  command: string;
  args: readonly string[];
  /** The whole environment; the world adds only its own mark. */
  env?: Readonly<Record<string, string>>;
  cwd?: string;
  /** Pipes to open as descriptors 3, 4, …. */
  extraPipes?: number;
  /** Open descriptors of ours that it gets as the ones after the pipes. */
  inherit?: readonly number[];
  /** Run as `nobody` when the tests run as root. */
  unprivileged?: boolean;
  /** Lines of its output that say nothing about a failure. */
  noise?: RegExp;
  /** How long it may take to end after SIGTERM, in milliseconds. */
  grace?: number;
}

export class Running {
  readonly name: string;
  readonly child: ChildProcess;
  readonly pid: number;
  readonly exited: Promise<Exit>;
  readonly #grace: number;
  readonly #text: () => string;
  readonly #family: () => Identity[];

  constructor(
    program: Program,
    child: ChildProcess,
    exited: Promise<Exit>,
    text: () => string,
    family: () => Identity[],
  ) {
    if (child.pid === undefined) throw new Error(`${program.name} did not start`);
    this.name = program.name;
    this.child = child;
    this.pid = child.pid;
    this.exited = exited;
    this.#grace = program.grace ?? 3_000;
    this.#text = text;
    this.#family = family;
  }

  get alive(): boolean {
    return isAlive(this.pid);
  }

  /** Everything it wrote to stdout and stderr so far. */
  output(): string {
    return this.#text();
  }

  /** SIGKILL, to it alone: what a crash looks like to everybody else. */
  kill(): void {
    this.child.kill("SIGKILL");
  }

  /** Ends it and all that it started, kindly at first, and waits until nothing is left. */
  async stop(): Promise<void> {
    const family = this.#family();
    this.child.kill("SIGTERM");
    await within(`${this.name} to end`, this.exited, this.#grace).catch(() => undefined);
    await endAll([...family, ...this.#family()], this.name);
    await within(`${this.name} to exit`, this.exited);
    forgetProcess(this.pid);
  }
}

function withoutNoise(text: string, noise: RegExp | undefined): string {
  const lines = text.split("\n");
  return lines.filter((line) => noise?.test(line) !== true).join("\n");
}

/** Kills what is left of these processes and waits until they are gone. */
export async function endAll(processes: readonly Identity[], name: string): Promise<void> {
  for (let patience = 100; processes.some(isAlive); patience--) {
    if (patience === 0)
      throw new Error(
        `${name}: ${processes
          .filter(isAlive)
          .map(({ pid }) => pid)
          .join(", ")} will not die`,
      );
    // Children often end by themselves a moment after their parent: give them that moment.
    if (patience < 95) for (const identity of processes) kill(identity, "SIGKILL");
    await sleep(20);
  }
}

export async function start(life: Life, program: Program): Promise<Running> {
  if (program.command.startsWith("/") && !existsSync(program.command)) {
    throw new Error(`${program.command} is not there: see e2e/packages.txt`);
  }
  const pipes = Array.from({ length: program.extraPipes ?? 0 }, () => "pipe" as const);
  const privileges = program.unprivileged === true ? withoutPrivileges() : [];
  const mark = newMark();
  const child = spawn("setpriv", ["--pdeathsig", "KILL", ...privileges, "--", program.command, ...program.args], {
    cwd: program.cwd ?? "/",
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", ...program.env, ...mark },
    stdio: ["ignore", "pipe", "pipe", ...pipes, ...(program.inherit ?? [])],
  });
  const started = new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (error) => {
      reject(new Error(`${program.name} did not start: ${error.message}`, { cause: error }));
    });
  });
  const exited = new Promise<Exit>((resolve) => {
    child.once("exit", (code, signal) => {
      resolve({ code, signal });
    });
  });
  await started;
  const { pid, stdout, stderr } = child;
  if (pid === undefined || stdout === null || stderr === null) throw new Error(`${program.name} did not start`);
  rememberProcess(pid);

  let text = "";
  for (const stream of [stdout, stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (chunk: string) => {
      text = (text + chunk).slice(-200_000);
    });
  }
  life.keepLog(`${program.name} (pid ${String(pid)})`, () => withoutNoise(text, program.noise));

  const running = new Running(
    program,
    child,
    exited,
    () => text,
    () => familyOf(pid, mark),
  );
  life.onEnd(program.name, () => running.stop());
  return running;
}
