// Every shader file compiles on a real compiler, under every value that its override constants take.
import { expect, test } from "vitest";
import type { Device } from "../../src/engine/gpu/device.ts";
import { compactWgsl } from "../../src/shaders/compact.ts";
import { defineShader, type Shader } from "../../src/shaders/shader.ts";
import { withDevice } from "../support/with-device.ts";

const files = import.meta.glob<Shader>("../../src/shaders/*.wgsl", { eager: true, import: "default" });
const shaders = Object.values(files);

/** Shader to the values its constants are given. One constant varies at a time. */
const variants: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>> = {
  "batch-moments": { IS_VARIANCE: [0, 1] },
  "convolution-general": { HAS_BIAS: [0, 1], HAS_RESIDUAL: [0, 1], ACTIVATION: [0, 1, 2, 3, 4, 5, 6, 7] },
  "count-saturated": { VALUE_TYPE: [0, 1, 2] },
  cumulative: { TYPE: [0, 1], IS_PRODUCT: [0, 1] },
  "deform-columns": { HAS_MASK: [0, 1] },
  difference: { VALUE_TYPE: [0, 1, 2] },
  "grid-sample": { MODE: [0, 1, 2], PADDING: [0, 1, 2] },
  histogram: { VALUE_TYPE: [0, 1, 2] },
  "loss-gradient": { OF_SCORES: [0, 1], HAS_WEIGHTS: [0, 1], IS_MEAN: [0, 1] },
  "loss-rows": { OF_SCORES: [0, 1], HAS_WEIGHTS: [0, 1] },
  "loss-scale": { RATE_COUNT: [8], MEAN: [1], SQUARE: [2], TAKES: [5] },
  "loss-total": { KIND: [0, 1, 2] },
  mosaic: { VALUE_TYPE: [0, 1, 2], COMPARE: [0, 1, 2], AVERAGE: [0, 1] },
  "normalize-rows": { LANES: [1, 64] },
  picture: { VALUE_TYPE: [0, 1, 2] },
  pool: { KIND: [0, 1, 2] },
  "pool-gradient": { KIND: [0, 1] },
  "robust-extent": { VALUE_TYPE: [0, 1, 2] },
  "range-partials": { VALUE_TYPE: [0, 1, 2] },
  random: { IS_MASK: [0, 1] },
  recurrent: { KIND: [0, 1, 2], RESETS_AFTER: [0, 1] },
  reduce: { TERM: [0, 1, 2, 3], COMBINE: [0, 1, 2, 3], FINISH: [0, 1, 2, 3], LANES: [1, 64], FLAT: [0, 1] },
  rotate: { TRANSPOSED: [0, 1] },
  "scatter-elements": { TYPE: [0, 1, 2], REDUCTION: [0, 1, 2, 3, 4] },
  "scatter-nd": { TYPE: [0, 1, 2], REDUCTION: [0, 1, 2, 3, 4], PHASE: [0, 1, 2, 3] },
  "roi-align": { IS_MAX: [0, 1] },
  softmax: { KIND: [0, 1, 2], LANES: [1, 64] },
  "top-k": { TYPE: [0, 1, 2] },
};

/** A shader that draws has no entry point `main`. */
function compile(device: Device, shader: Shader): Promise<unknown> {
  if (/\bfn main\b/.test(shader.code)) return device.pipeline(shader);
  const module = device.gpu.createShaderModule({ label: shader.name, code: shader.code });
  const fragment: GPUFragmentState = { module, entryPoint: "fragment", targets: [{ format: "rgba8unorm" }] };
  return device.gpu.createRenderPipelineAsync({ layout: "auto", vertex: { module, entryPoint: "vertex" }, fragment });
}

async function expectCompiles(device: Device, shader: Shader): Promise<void> {
  const compiled = [compile(device, shader)];
  for (const [name, values] of Object.entries(variants[shader.name] ?? {}))
    for (const value of values) compiled.push(device.pipeline(shader, { [name]: value }));
  await Promise.all(compiled);
}

test("the folder was found", () => expect(shaders.length).toBeGreaterThan(20));

test("every override constant has its values listed here, and nothing else is listed", () => {
  const declared = shaders.filter(({ overrides }) => overrides.length > 0).map(({ name, overrides }) => [name, [...overrides].sort()]);
  const listed = Object.entries(variants).map(([name, values]) => [name, Object.keys(values).sort()]);
  expect(Object.fromEntries(listed)).toEqual(Object.fromEntries(declared));
});

test("every shader compiles in every variant", () =>
  withDevice(async (device) => {
    const failures = (await Promise.allSettled(shaders.map((shader) => expectCompiles(device, shader)))).flatMap((result) =>
      result.status === "rejected" ? [(result.reason as Error).message] : [],
    );
    expect(failures).toEqual([]);
  }));

test("every shader compiles as it is shipped", () =>
  withDevice(async (device) => {
    await Promise.all(shaders.map((shader) => compile(device, { ...shader, code: compactWgsl(shader.code) })));
  }));

test("a shader that does not compile says which, and where", () =>
  withDevice(async (device) => {
    const broken = defineShader("broken", "@compute @workgroup_size(1)\nfn main() { let x = y; }");
    device.gpu.pushErrorScope("validation");
    await expect(device.pipeline(broken)).rejects.toThrow(/^Shader 'broken' did not compile: [\s\S]*2:21 unresolved value 'y'/);
    await device.gpu.popErrorScope();
  }));
