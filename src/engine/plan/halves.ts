// Weights, and values between layers, in 16 bits: half the memory and half the bytes to move. Loaded only for models that ask for it.
import { type HalfFormat, withHalves } from "../../shaders/halves.ts";
import type { Shader } from "../../shaders/shader.ts";
import type { Storage } from "../ops/operator.ts";
import { numberToFloat16 } from "../tensor.ts";
import type { PlannedGraph } from "./nodes.ts";
import type { Placements } from "./place.ts";
import type { PlanBuffer, Step } from "./plan.ts";

type Storages = ReadonlySet<Storage | undefined>;

/** How a planner stores halves. */
export interface HalfStorage {
  /** Which values are halves beside constants: those between layers, where kernels can write halves; "all" if nobody reads any. */
  readonly values: "none" | "between" | "all";
  /**
   * Tells of a storage whether it holds halves.
   *
   * @param floats storages of floats
   * @param readable those that can be read after a run
   */
  stores(planned: PlannedGraph, placements: Placements, floats: Storages, readable: Storages): (storage: Storage) => boolean;
  /** The same kernel where these bindings hold halves. */
  shader(shader: Shader, names: readonly string[]): Shader;
  /** The same float32 constants in halves. */
  weights(buffer: PlanBuffer): PlanBuffer;
  /** The same zeros in a border of halves. */
  ofBorder(step: Step): Step;
}

/** @param hasF16 whether the device has shader-f16 */
export function halfStorage(hasF16: boolean): HalfStorage {
  const format: HalfFormat = hasF16 ? "f16" : "pairs";
  // Layers share shaders: each is rewritten once.
  const known = new Map<string, Shader>();
  const shader = (plain: Shader, names: readonly string[]): Shader => {
    const key = `${names.join()} ${plain.code}`;
    const changed = known.get(key) ?? withHalves(plain, names, format);
    known.set(key, changed);
    return changed;
  };
  let staging = new Float32Array(0);
  return {
    values: hasF16 ? "between" : "none",
    shader,
    stores({ nodes }, { of }, floats, readable) {
      const exact = nodes.flatMap(({ node, operation }) => operation.exact?.map((i) => of.get(node.outputs[i] ?? "")?.storage) ?? []);
      const whole: Storages = new Set([...exact, ...(this.values === "all" ? [] : readable)]);
      // A number by itself saves nothing.
      return (storage) => this.values !== "none" && storage.elements > 1 && floats.has(storage) && !whole.has(storage);
    },
    weights(buffer) {
      const count = buffer.sizeBytes / 4;
      return {
        label: buffer.label,
        role: buffer.role,
        ...(buffer.key !== undefined && { key: buffer.key }),
        sizeBytes: Math.ceil(count / 2) * 4,
        holdsHalves: true,
        fill(zeros) {
          let source = buffer.initial as Float32Array | undefined;
          if (buffer.fill) {
            if (staging.length < count) staging = new Float32Array(count);
            source = staging.subarray(0, count).fill(0);
            buffer.fill(source);
          }
          roundToHalves(source as Float32Array, new Uint16Array(zeros.buffer, zeros.byteOffset, count));
        },
      };
    },
    ofBorder: (step) => ({ ...step, shader: shader(step.shader, Object.keys(step.bindings)), bytes: step.bytes / 2 }),
  };
}

/** The largest finite half. */
const largest = 65504;

/**
 * Rounds to nearest even. A finite number beyond the range becomes the largest half, because infinity would spread. Infinity and NaN stay as
 * they are, so that they are seen.
 */
function roundToHalves(source: Float32Array, halves: Uint16Array): void {
  const bits = new Uint32Array(source.buffer, source.byteOffset, source.length);
  for (let i = 0; i < source.length; i++) {
    const word = bits[i] as number;
    const exponent = (word >>> 23) & 0xff;
    // Most weights are normal halves, and their bits need only be moved and rounded.
    if (exponent > 112 && exponent < 142) {
      const magnitude = (word & 0x7fffffff) - (112 << 23);
      halves[i] = ((word >>> 16) & 0x8000) | ((magnitude + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
    } else {
      const value = source[i] as number;
      halves[i] = numberToFloat16(exponent === 255 ? value : Math.min(largest, Math.max(-largest, value)));
    }
  }
}
