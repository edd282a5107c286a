// The buffers of constants: each is made once, however many steps bind it, and filled when it is uploaded.
import type { Packing, Table } from "../ops/operator.ts";
import { isFloat, type Tensor, toGpuWords } from "../tensor.ts";
import type { HalfStorage } from "./halves.ts";
import { packInto } from "./packing.ts";
import type { PlanBuffer } from "./plan.ts";

/** Constants with fewer elements stay exact: they may be a scale or an epsilon. Larger ones are stored in halves. */
const minHalfElements = 1024;

export class ConstantPool {
  readonly #tensors: ReadonlyMap<string, Tensor>;
  readonly #halves: HalfStorage | undefined;
  readonly #buffers = new Map<string | Table, PlanBuffer>();

  constructor(tensors: ReadonlyMap<string, Tensor>, halves: HalfStorage | undefined) {
    this.#tensors = tensors;
    this.#halves = halves;
  }

  table(label: string, table: Table): PlanBuffer {
    return this.#once(table, () => ({ label, role: "weights", sizeBytes: table.data.byteLength, initial: table.data, key: table }));
  }

  /** The constant of this name as it is in the file. */
  tensor(label: string, name: string): PlanBuffer {
    return this.#once(name, () => {
      const tensor = this.#tensors.get(name) as Tensor;
      const buffer: PlanBuffer = {
        label,
        role: "weights",
        sizeBytes: tensor.size * 4,
        key: name,
        get initial() {
          return toGpuWords(tensor);
        },
      };
      return isFloat(tensor.dtype) && tensor.size >= minHalfElements ? this.#asHalves(buffer) : buffer;
    });
  }

  packed(label: string, name: string, packing: Packing): PlanBuffer {
    // A constant's name does not change from plan to plan, and never means other elements.
    const key = packedKey(name, packing);
    return this.#once(key, () => {
      const fill = (zeros: Float32Array) => packInto(zeros, (this.#tensors.get(name) as Tensor).toFloat32(), packing);
      const buffer: PlanBuffer = { label, role: "weights", sizeBytes: packing.length * 4, key, fill };
      return packing.isExact ? buffer : this.#asHalves(buffer);
    });
  }

  #asHalves(buffer: PlanBuffer): PlanBuffer {
    return this.#halves?.weights(buffer) ?? buffer;
  }

  #once(identity: string | Table, make: () => PlanBuffer): PlanBuffer {
    const known = this.#buffers.get(identity) ?? make();
    this.#buffers.set(identity, known);
    return known;
  }
}

/** The key of packed elements: equal keys mean equal elements. */
export function packedKey(name: string, { label, length }: Packing): string {
  return [name, label, length].join("\n");
}
