// Tries the cases of one process, one after another, and writes a line for each as it begins and as it ends.
import { writeSync } from "node:fs";
import { requestNodeDevice } from "../../src/cli/node-device.ts";
import type { Device } from "../../src/engine/gpu/device.ts";
import { mutate, randomFrom } from "./mutate.ts";
import { seeds } from "./seeds.ts";
import { tryFile } from "./try-file.ts";

/** What a case may take beside the needs of the network: 4 bytes of each byte of the file and 64 MB, and 2 s. */
const allowed = { perByte: 4, bytes: 64e6, cpuSeconds: 2 };

export interface Job {
  readonly seed: number;
  readonly from: number;
  readonly to: number;
  /** Every so many cases one is run on the GPU, too; 0 for none. */
  readonly runEvery: number;
}

export interface FuzzCase {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Case `index` of a seed: the same bytes on every machine that has the same files. */
export function caseOf(seed: number, index: number, files = seeds()): FuzzCase {
  const random = randomFrom(seed * 1_000_003 + index);
  const file = files[random(files.length)] as FuzzCase;
  const others = files.map(({ bytes }) => bytes);
  return { name: file.name, bytes: mutate(file.bytes, random, others) };
}

/** Speaks to the parent at once: a process that hangs or is killed sends nothing later. */
const say = (...words: readonly (string | number)[]) => writeSync(1, `${words.join(" ").replaceAll("\n", " ")}\n`);

export async function work({ seed, from, to, runEvery }: Job): Promise<void> {
  const files = seeds();
  // What is loaded once, and compiled once, is no case's fault.
  for (const { bytes } of files.slice(0, 60)) await tryFile(bytes);
  let device: Device | undefined;
  let uncaptured = "";
  for (let index = from; index < to; index++) {
    const { name, bytes } = caseOf(seed, index, files);
    const isRun = runEvery > 0 && index % runEvery === 0;
    if (isRun && !device) {
      device = await requestNodeDevice();
      device.gpu.addEventListener("uncapturederror", ({ error }) => {
        uncaptured ||= error.message;
      });
    }
    const before = { cpu: process.cpuUsage(), peak: process.resourceUsage().maxRSS };
    say("begin", index);
    let fault = "";
    let outcome = "";
    try {
      outcome = await tryFile(bytes, isRun ? device : undefined);
      if (isRun) await device?.gpu.queue.onSubmittedWorkDone();
    } catch (error) {
      const { stack } = error as Error;
      fault = `threw ${stack?.split("\n").slice(0, 3).join(" | ") ?? String(error)}`;
    }
    const cpu = process.cpuUsage(before.cpu);
    const seconds = (cpu.user + cpu.system) / 1e6;
    const grown = 1024 * (process.resourceUsage().maxRSS - before.peak);
    if (uncaptured) fault ||= `the GPU reports ${uncaptured}`;
    uncaptured = "";
    // On SwiftShader the GPU's work is this process's.
    if (!isRun && seconds > allowed.cpuSeconds) fault ||= `took ${seconds.toFixed(1)} s`;
    if (!isRun && grown > allowed.bytes + allowed.perByte * bytes.length) fault ||= `took ${Math.round(grown / 1e6)} MB`;
    if (fault) say("fault", index, name, fault);
    say("end", index, outcome || "fault");
  }
  device?.dispose();
}
