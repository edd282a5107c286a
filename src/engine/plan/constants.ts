// The buffers of constants: each is made once, however many steps bind it, and filled when it is uploaded.
import type { Node, TypedGraph } from "../graph/graph.ts";
import type { PackedConstant } from "../ops/operator.ts";
import { isFloat, type Tensor, toGpuWords } from "../tensor.ts";
import type { HalfStorage } from "./halves.ts";
import type { PlanBuffer } from "./plan.ts";

/** Elements of a constant from which on it is stored in halves: what is small may be a scale or an epsilon that must stay exact. */
const leastHalves = 1024;

export class ConstantPool {
  readonly #graph: TypedGraph;
  readonly #halves: HalfStorage | undefined;
  readonly #names: ReadonlyMap<Tensor, string>;
  /** By key, or by itself where a constant has none. */
  readonly #buffers = new Map<string | PackedConstant | Tensor, PlanBuffer>();

  constructor(graph: TypedGraph, halves: HalfStorage | undefined) {
    this.#graph = graph;
    this.#halves = halves;
    this.#names = new Map(Array.from(graph.initializers, ([name, tensor]) => [tensor, name]));
  }

  packed(label: string, node: Node, packed: PackedConstant): PlanBuffer {
    const sizeBytes = bytesOf(packed);
    if ("data" in packed) return this.#once(packed, { label, role: "weights", sizeBytes, initial: packed.data });
    // Names of constants do not change from plan to plan, those of fused nodes do.
    const constants = node.inputs.filter((name) => this.#graph.initializers.has(name));
    const key = [...constants, packed.label, sizeBytes].join("\n");
    return this.#once(key, this.#asHalves({ label, role: "weights", sizeBytes, key, fill: packed.pack }));
  }

  tensor(label: string, constant: Tensor): PlanBuffer {
    const key = this.#names.get(constant);
    const buffer: PlanBuffer = {
      label,
      role: "weights",
      sizeBytes: constant.size * 4,
      ...(key !== undefined && { key }),
      get initial() {
        return toGpuWords(constant);
      },
    };
    const isLarge = isFloat(constant.dtype) && constant.size >= leastHalves;
    return this.#once(key ?? constant, isLarge ? this.#asHalves(buffer) : buffer);
  }

  lengthOf(packed: PackedConstant): number {
    return bytesOf(packed) / 4;
  }

  #asHalves(buffer: PlanBuffer): PlanBuffer {
    return this.#halves?.weights(buffer) ?? buffer;
  }

  #once(identity: string | PackedConstant | Tensor, buffer: PlanBuffer): PlanBuffer {
    const known = this.#buffers.get(identity) ?? buffer;
    this.#buffers.set(identity, known);
    return known;
  }
}

function bytesOf(packed: PackedConstant): number {
  return "data" in packed ? packed.data.byteLength : packed.sizeBytes;
}
