// The device's ceilings: multiply-adds in registers, and a plain copy. The bench draws them as the roof over the layers.

import { PassClock } from "../engine/gpu/clock.ts";
import type { Device } from "../engine/gpu/device.ts";
import { Program } from "../engine/gpu/program.ts";
import type { Plan, PlanBuffer, Step } from "../engine/plan/plan.ts";
import type { Shader } from "../shaders/shader.ts";
import arithmetic from "./arithmetic.wgsl";
import copy from "./copy.wgsl";
import type { Ceilings } from "./report.ts";

const workgroupSize = 64;
const rounds = 256;
const flopsPerRound = 32;
/** Long enough for a clock that browsers round to 0.1 ms, short enough not to be felt. */
const targetMs = 20;

/** Undefined where the GPU has no clock. */
export async function measureCeilings(device: Device): Promise<Ceilings | undefined> {
  if (!device.gpu.features.has("timestamp-query")) return undefined;
  const clock = new PassClock(device);
  try {
    return { flops: await measureArithmetic(device, clock), bytesPerSecond: await measureCopy(device, clock) };
  } finally {
    clock.dispose();
  }
}

async function measureArithmetic(device: Device, clock: PassClock): Promise<number> {
  let best = 0;
  // More invocations until a pass is long enough: a small GPU would be blocked for seconds by what a large one needs.
  for (let workgroups = 64; workgroups <= 65_535; workgroups *= 4) {
    const output: PlanBuffer = { label: "arithmetic output", sizeBytes: workgroups * workgroupSize * 4, role: "activations" };
    const plan = planOf(arithmetic, [output], { output: 0 }, [workgroups, 1, 1], { ROUNDS: rounds }, { factor: 0.5, term: 0.25 });
    const ms = await fastestPass(device, clock, plan);
    best = Math.max(best, (workgroups * workgroupSize * rounds * flopsPerRound) / (ms / 1000));
    if (ms > targetMs) break;
  }
  return best;
}

async function measureCopy(device: Device, clock: PassClock): Promise<number> {
  let best = 0;
  for (const megabytes of [32, 128]) {
    const sizeBytes = megabytes * 2 ** 20;
    const workgroups = sizeBytes / 16 / workgroupSize;
    const columns = Math.min(workgroups, 32_768);
    const buffer = (label: string): PlanBuffer => ({ label, sizeBytes, role: "activations" });
    const plan = planOf(copy, [buffer("copy input"), buffer("copy output")], { input: 0, output: 1 }, [columns, workgroups / columns, 1]);
    const ms = await fastestPass(device, clock, plan);
    best = Math.max(best, (2 * sizeBytes) / (ms / 1000));
    if (ms > targetMs) break;
  }
  return best;
}

function planOf(
  shader: Shader,
  buffers: readonly PlanBuffer[],
  bindings: Step["bindings"],
  workgroups: Step["workgroups"],
  constants: Step["constants"] = {},
  params: Step["params"] = {},
): Plan {
  const step: Step = { node: shader.name, kernel: shader.name, shader, constants, params, bindings, workgroups, macs: 0, bytes: 0 };
  return {
    buffers,
    steps: [step],
    prepare: [],
    updates: [],
    values: new Map(),
    constants: new Map(),
    memory: { weightBytes: 0, activationBytes: 0, peakLiveBytes: 0 },
  };
}

async function fastestPass(device: Device, clock: PassClock, plan: Plan): Promise<number> {
  const program = await Program.create(device, plan);
  try {
    let fastest = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 4; i++) fastest = Math.min(fastest, await clock.time((pass) => program.encode(pass)));
    return Math.max(fastest, 1e-3);
  } finally {
    program.dispose();
  }
}
