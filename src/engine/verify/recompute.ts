// Computes layers again in float64, from what the GPU says that they have read and from the weights that the network is known to have.
import { fromTensor, type NdArray, ndArray } from "../../reference/array.ts";
import { randomSource } from "../../reference/differences.ts";
import { evaluateNode } from "../../reference/evaluate.ts";
import { UnsupportedError } from "../errors.ts";
import type { Execution } from "../execution.ts";
import { readParameter } from "../export.ts";
import { fusedDomain, type Node, type TypedGraph, type ValueType } from "../graph/graph.ts";
import type { Network } from "../network.ts";
import { sizeOf } from "../shapes.ts";
import { type DataType, isFloat, type Tensor } from "../tensor.ts";
import type { Pair } from "./difference.ts";
import { evaluateGate } from "./gate.ts";
import type { Unit } from "./units.ts";

/** Where a number that is moved a little may change the result by a lot: what they read is not moved. */
const jumping = new Set(
  "Ceil DynamicQuantizeLinear Floor GridSample Hardmax Mod QuantizeLinear Round Shrink Sign ThresholdedRelu TopK Where".split(" "),
);
/** Elements of one array in float64: half a gigabyte. */
const mostElements = 2 ** 26;

export class Recomputation {
  readonly #network: Network;
  readonly #execution: Execution;
  readonly #base: TypedGraph;

  /** @param execution it has run, with all that is to be read kept */
  constructor(network: Network, execution: Execution, base: TypedGraph) {
    this.#network = network;
    this.#execution = execution;
    this.#base = base;
  }

  sizeOf(names: readonly string[]): number {
    return names.reduce((sum, name) => sum + sizeOf(this.#typeOf(name).shape), 0);
  }

  /** Why a layer is not computed again. */
  refusal({ nodes, outputs, reads }: Unit, most: number): string | undefined {
    const multiplications = nodes.reduce((sum, { name }) => sum + this.#macsOf(name), 0);
    if (multiplications > most)
      return `it takes ${multiplications.toLocaleString("en")} multiplications, more than ${most.toLocaleString("en")}.`;
    const constants = nodes.flatMap(({ inputs }) => inputs.filter((name) => name !== "" && this.#base.types.has(name)));
    const large = [...outputs, ...reads, ...constants].find((name) => this.sizeOf([name]) > mostElements);
    return large && `'${large}' has ${this.sizeOf([large]).toLocaleString("en")} elements, more than ${mostElements.toLocaleString("en")}.`;
  }

  /** What the GPU has of each output, and what there should be. @throws UnsupportedError for what the float64 reference does not have */
  async of({ nodes, outputs, reads }: Unit): Promise<readonly Pair[]> {
    const known = new Map<string, NdArray>();
    for (const name of reads) known.set(name, await this.#read(name));
    for (const name of new Set(nodes.flatMap(({ inputs }) => inputs))) {
      const constant = name === "" || known.has(name) ? undefined : await this.#constant(name);
      if (constant) known.set(name, fromTensor(constant));
    }
    const expected = this.#evaluate(nodes, known);
    const moved = nodes.some(({ operator }) => jumping.has(operator)) ? expected : this.#evaluate(nodes, this.#moved(known, reads));
    const pairs: Pair[] = [];
    for (const name of outputs) {
      const should = expected.get(name);
      if (!should) throw new UnsupportedError(`the float64 reference has no '${name}'.`);
      const actual = await this.#read(name);
      const rounding = this.#roundingOf([...outputs, ...reads]);
      const isOfScale = nodes.some(({ operator }) => /quantize|^qlinear|^qgemm/i.test(operator));
      pairs.push({ actual, expected: should, moved: moved.get(name) ?? should, terms: this.#termsOf(nodes), rounding, isOfScale });
    }
    return pairs;
  }

  #evaluate(nodes: readonly Node[], given: ReadonlyMap<string, NdArray>): ReadonlyMap<string, NdArray> {
    const known = new Map(given);
    for (const node of nodes) {
      const inputs = node.inputs.map((name) => (name === "" ? undefined : known.get(name)));
      const isGate = node.domain === fusedDomain && node.operator === "Gate";
      const results = isGate ? [evaluateGate(node, inputs)] : evaluateNode(node, inputs, this.#base.opsets.get("") ?? 1);
      node.outputs.forEach((name, i) => {
        const result = results[i];
        if (name && result) known.set(name, result);
      });
    }
    return known;
  }

  /** Each float that was read, moved by one rounding: how far that moves the outputs tells what roundings on the way may do. */
  #moved(known: ReadonlyMap<string, NdArray>, reads: readonly string[]): ReadonlyMap<string, NdArray> {
    const sign = randomSource(1);
    const moved = new Map(known);
    for (const name of reads) {
      const { dtype, shape, data } = known.get(name) as NdArray;
      const by = this.#roundingOf([name]);
      if (isFloat(dtype))
        moved.set(
          name,
          ndArray(
            dtype,
            shape,
            data.map((value) => value * (1 + (sign() < 0 ? -by : by))),
          ),
        );
    }
    return moved;
  }

  /** Half a unit in the last place of the coarsest floats that take part. */
  #roundingOf(names: readonly string[]): number {
    const roundings = names.map((name) => roundingOf(this.#typeOf(name).dtype));
    return Math.max(this.#network.halves ? 2 ** -11 : 2 ** -24, ...roundings);
  }

  /** Of how many terms the longest sum is, about. */
  #termsOf(nodes: readonly Node[]): number {
    const terms = nodes.map(({ name, inputs, outputs }) => {
      const count = Math.max(1, this.sizeOf(outputs.filter((output) => output !== "").slice(0, 1)));
      const read = inputs[0] && this.#base.types.has(inputs[0]) ? this.sizeOf([inputs[0]]) : 1;
      return Math.max(this.#macsOf(name), read) / count;
    });
    return Math.max(1, ...terms);
  }

  #macsOf(node: string): number {
    return this.#network.inference.operations.get(node)?.macs ?? 0;
  }

  #typeOf(name: string): ValueType {
    return this.#base.types.get(name) ?? { dtype: "float32", shape: [] };
  }

  async #read(name: string): Promise<NdArray> {
    const operand = this.#network.editOperands[name];
    return fromTensor(operand ?? (await this.#execution.read(name)));
  }

  /** As whoever gave it knows it; only what a training has changed is read. */
  async #constant(name: string): Promise<Tensor | undefined> {
    const { parameters } = this.#network;
    if (parameters.isComputed(name)) return readParameter(this.#network, { name, ...this.#typeOf(name) });
    return this.#network.constant(name) ?? this.#base.initializers.get(name);
  }
}

function roundingOf(dtype: DataType): number {
  return dtype === "float16" ? 2 ** -11 : dtype === "bfloat16" ? 2 ** -8 : 0;
}
