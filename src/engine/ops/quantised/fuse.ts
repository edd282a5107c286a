// Fuses what quantised networks have between whole steps: weights stay bytes, and QuantizeLinear with the DequantizeLinear behind it becomes a rounding,
// in the convolution before it where there is one.
import type { ActivationKind } from "../../../shaders/activations.ts";
import { clipBounds, numberOf } from "../../graph/clip-bounds.ts";
import { GraphEdit } from "../../graph/edit.ts";
import { type AttributeValue, fusedDomain, type Graph, type Node, type TypedGraph } from "../../graph/graph.ts";
import type { Pass } from "../../graph/pass.ts";
import { largestFloat, Tensor } from "../../tensor.ts";
import { activationBounds, attributesOf, type Bounds, cut, isSame, isWithin, mostInHalves, mostSteps, narrowed } from "./bounds.ts";
import { ranges } from "./grid.ts";
import { knownProduct } from "./known-products.ts";
import type { Rounding } from "./products.ts";
import { inSteps } from "./step-tensor.ts";

/** What becomes one node, and the value that it computes. */
interface Chain {
  /** The last of them keeps its name. */
  readonly last: Node;
  readonly dropped: readonly Node[];
  readonly output: string;
  readonly rounding: Rounding;
}

/** They pass numbers on as they are, so these stay whole steps. */
const passing = new Set("MaxPool Reshape Flatten Transpose Squeeze Unsqueeze Identity Slice Split Concat Relu".split(" "));
/** They give as many steps as they would give numbers, though not whole ones. */
const means = new Set("AveragePool GlobalAveragePool ReduceMean".split(" "));

/** A value that is computed in steps. */
interface Counts {
  readonly step: number;
  /** The largest size that their number may have. */
  readonly most: number;
  readonly isWhole: boolean;
}

/** With what it is then called. */
interface Counted extends Counts {
  readonly name: string;
}

function countsOf(rounding: Rounding): Counts {
  return { step: rounding.step, most: mostSteps(rounding), isWhole: true };
}

export function fuseSteps(graph: TypedGraph, keep: Iterable<string>): Graph {
  const fusion = new Fusion(graph, keep);
  for (const node of graph.nodes) fusion.leaveOutCast(node);
  for (const { name } of graph.nodes) fusion.visit(name);
  fusion.settle();
  return fusion.edit.graph();
}

/** For networks whose weights alone are quantised, once everything is fused into convolutions: weights stay bytes. */
export const keepWeightsInBytes: Pass = (graph, { keep }) => {
  const fusion = new Fusion(graph, keep);
  for (const node of graph.nodes) fusion.keepBytes(node);
  return fusion.edit.graph();
};

class Fusion {
  readonly edit: GraphEdit;
  readonly #graph: TypedGraph;
  /** What values are known to be whole steps of. */
  readonly #steps = new Map<string, Rounding>();
  /**
   * Values whose kernels store the steps themselves: sums of whole numbers below 2²⁴ are exact, as integer arithmetic is, so that the middle between two
   * steps lies where it should. Who wants the numbers has them from a product with the scale.
   */
  readonly #counted = new Map<string, Counted>();

  constructor(graph: TypedGraph, keep: Iterable<string>) {
    this.#graph = graph;
    this.edit = new GraphEdit(graph, keep);
  }

  /** PyTorch writes a Cast of steps to the type that they have. */
  leaveOutCast({ name, operator, domain, inputs: [input = ""], outputs: [output = ""] }: Node): void {
    const { types } = this.#graph;
    if (operator !== "Cast" || domain !== "" || types.get(input)?.dtype !== types.get(output)?.dtype || this.edit.isWanted(output)) return;
    this.edit.drop(name);
    this.edit.replaceUses(output, input);
  }

  visit(name: string): void {
    const node = this.edit.node(name);
    if (!node) return;
    if (this.#fuseProduct(node)) return;
    if (node.operator === "QuantizeLinear") this.#fusePair(node);
    else if (node.domain === "" && passing.has(node.operator)) this.#pass(node);
    else if (node.domain === "" && means.has(node.operator)) this.#count(node, 1, false);
  }

  /** Values that only move stay whole steps, of those that all of them are. */
  #pass(node: Node): void {
    const { operator, inputs, outputs } = node;
    const reads = operator === "Concat" ? inputs.length : 1;
    const [first, ...others] = inputs.slice(0, reads).map((input) => this.#steps.get(input));
    if (first && others.every((other) => other && isSame(other, first)))
      for (const output of operator === "MaxPool" ? outputs.slice(0, 1) : outputs) this.#steps.set(output, first);
    this.#count(node, reads, true);
  }

  // ---- steps in the place of numbers

  /** Lets a node compute with steps, where all that it reads is counted in the same ones. @param passes whether it gives the numbers that it reads */
  #count({ name, operator, inputs, outputs }: Node, reads: number, passes: boolean): void {
    const counted = inputs.slice(0, reads).flatMap((input) => this.#counted.get(input) ?? []);
    const step = counted[0]?.step;
    // What moves values may store halves: larger steps are numbers before it.
    if (step === undefined || counted.length < reads || !counted.every((one) => one.step === step && one.most <= mostInHalves)) return;
    const most = Math.max(...counted.map((one) => one.most));
    const counts = { step, most, isWhole: passes && counted.every(({ isWhole }) => isWhole) };
    const [values, others] = operator === "MaxPool" ? [outputs.slice(0, 1), outputs.slice(1)] : [outputs, []];
    this.edit.replace(name, {
      inputs: inputs.map((input, i) => counted[i]?.name ?? input),
      outputs: [...values.map((value) => this.#inSteps(value, counts)), ...others],
    });
  }

  /** The name of a value's steps; the value itself is their product with the scale. */
  #inSteps(value: string, counts: Counts): string {
    const name = this.edit.fresh(`${value}/steps`);
    this.#counted.set(value, { ...counts, name });
    const scale = this.edit.constant(`${value}/scale`, Tensor.filled("float32", [], counts.step));
    this.edit.add({ operator: "Mul", inputs: [name, scale], name: `${value}/scaled`, outputs: [value] });
    return name;
  }

  /** So far a counted value is computed twice: as steps, and as their product with the scale. Leaves out the one that nobody needs. */
  settle(): void {
    const numbers = new Map(Array.from(this.#counted, ([value, { name }]) => [name, value]));
    // The last first: a node that computes numbers reads those of the node before it.
    for (const [value, { name: steps }] of [...this.#counted].reverse()) {
      const product = this.edit.producer(value) as Node;
      const maker = this.edit.producer(steps) as Node;
      const needsNumbers = this.edit.readerCount(value) > 0 || this.edit.isWanted(value);
      // The product reads the steps, too. A node with several outputs computes steps for all of them, or for none.
      const needsSteps = this.edit.readerCount(steps) > 1 || maker.outputs.some((output) => output !== steps && numbers.has(output));
      if (needsNumbers && needsSteps) continue;
      this.edit.drop(product.name);
      if (needsNumbers) this.#computeNumbers(maker, numbers);
    }
  }

  /** Lets a node compute numbers in place of their steps. @param numbers by the names of their steps */
  #computeNumbers({ name, inputs, outputs, attributes }: Node, numbers: ReadonlyMap<string, string>): void {
    const numbersOf = (value: string) => numbers.get(value) ?? value;
    const step = attributes.get("step");
    // A kernel that rounds stores either; what only moves values gives what it reads.
    const change = step === undefined ? { inputs: inputs.map(numbersOf) } : { attributes: new Map([...attributes, ["stored", step]]) };
    this.edit.replace(name, { outputs: outputs.map(numbersOf), ...change });
  }

  // ---- a rounding by itself

  #fusePair(node: Node): void {
    const [input = ""] = node.inputs;
    const chain = this.#pair(node, []);
    if (!chain || !this.#isFloat32(input)) return;
    const known = this.#steps.get(input);
    if (known && isWithin(known, chain.rounding)) {
      this.#drop(chain);
      this.#leaveOut(chain, input);
      return;
    }
    // An activation that cuts off is part of the rounding, and so is a sum before it.
    const activation = this.#soleMaker(input, node);
    const bounds = activation && this.#boundsOf(activation);
    const [first, value = ""] = activation && bounds ? [activation, activation.inputs[0]] : [node, input];
    const maker = this.#soleMaker(value, first);
    const sum = maker?.operator === "Add" && maker.domain === "" && maker.inputs.every((one) => this.#isFloat32(one)) ? maker : undefined;
    const absorbed = [bounds && activation, sum].filter((one) => one !== undefined);
    this.#drop({ ...chain, dropped: [...chain.dropped, ...absorbed] });
    const rounding = bounds ? cut(chain.rounding, bounds) : chain.rounding;
    const inputs = sum?.inputs ?? [value];
    const counted = inputs.map((one) => this.#counted.get(one));
    this.edit.replace(chain.last.name, {
      operator: "Requantize",
      domain: fusedDomain,
      inputs: inputs.map((one, i) => counted[i]?.name ?? one),
      outputs: [this.#inSteps(chain.output, countsOf(rounding))],
      attributes: new Map([...attributesOf(rounding), ["units", counted.map((one) => one?.step ?? 0)]]),
    });
    this.#steps.set(chain.output, rounding);
  }

  /** The node that computes a value which only `reader` reads. */
  #soleMaker(value: string, reader: Node): Node | undefined {
    return this.edit.soleReader(value) === reader ? this.edit.producer(value) : undefined;
  }

  #isFloat32(value: string): boolean {
    return this.#graph.types.get(value)?.dtype === "float32";
  }

  /** For a value that is rounded already. */
  #leaveOut({ last, output }: Chain, input: string): void {
    this.#steps.set(output, this.#steps.get(input) as Rounding);
    if (this.edit.isWanted(output)) {
      this.edit.replace(last.name, { operator: "Identity", domain: "", inputs: [input], attributes: new Map() });
      return;
    }
    this.edit.drop(last.name);
    this.edit.replaceUses(output, input);
  }

  /** QuantizeLinear and all DequantizeLinear behind it, where all have one scale that is known. */
  #pair(node: Node, dropped: readonly Node[]): Chain | undefined {
    const [, scaleName = "", zeroName = ""] = node.inputs;
    const [steps = ""] = node.outputs;
    const number = (name: string) => numberOf(this.edit.initializers, name);
    const scale = number(scaleName);
    const zero = zeroName ? number(zeroName) : 0;
    const dtype = this.#graph.types.get(steps)?.dtype;
    const range = dtype && ranges[dtype];
    const readers = this.edit.readers(steps);
    const isLikeIt = (reader: Node) => {
      const [own = "", ownScale = "", ownZero = ""] = reader.inputs;
      const type = this.#graph.types.get(reader.outputs[0] ?? "")?.dtype;
      const isSameScale = number(ownScale) === scale && (ownZero ? number(ownZero) : 0) === zero;
      return reader.operator === "DequantizeLinear" && own === steps && isSameScale && type === "float32";
    };
    if (!range || scale === undefined || zero === undefined || !(scale > 0) || this.edit.isWanted(steps)) return undefined;
    if (readers.length === 0 || !readers.every(isLikeIt)) return undefined;
    const wanted = readers.filter(({ outputs }) => this.edit.isWanted(outputs[0] as string));
    if (wanted.length > 1) return undefined;
    const last = wanted[0] ?? (readers[0] as Node);
    const others = readers.filter((reader) => reader !== last);
    const rounding = { step: scale, lowest: range[0] - zero, highest: range[1] - zero };
    return { last, dropped: [...dropped, node, ...others], output: last.outputs[0] as string, rounding };
  }

  /** Drops all but the last; whoever read another copy of the result reads this one. */
  #drop({ dropped, last, output }: Chain): void {
    for (const node of dropped) {
      if (node === last) continue;
      this.edit.drop(node.name);
      if (node.operator === "DequantizeLinear") this.edit.replaceUses(node.outputs[0] as string, output);
    }
  }

  // ---- convolutions and products of matrices

  #fuseProduct(node: Node): boolean {
    const own = activationBounds(node);
    const product = own && !node.inputs[3] ? this.#product(node) : undefined;
    if (!own || !product) return false;
    const chain = this.#chainBehind(node, own);
    this.#drop(chain);
    const isRounded = chain.rounding.step > 0;
    const behind = isRounded || product.operator !== "StepConvolution" ? 0 : this.#stepBehind(chain.output);
    const attributes = behind > 0 ? new Map([...product.attributes, ["behind", behind] as const]) : product.attributes;
    const output = isRounded ? this.#inSteps(chain.output, countsOf(chain.rounding)) : chain.output;
    this.#replace(chain.last, { ...product, attributes }, output, chain.rounding);
    if (isRounded) this.#steps.set(chain.output, chain.rounding);
    return true;
  }

  /** Keeps the weights of a product bytes, with the residual and the activation that were fused into it. */
  keepBytes(node: Node): void {
    const product = this.#product(node);
    if (!product) return;
    const { attributes } = node;
    const number = (name: string) => (attributes.get(name) as number | undefined) ?? 0;
    const [lowest, highest] = [number("activation_alpha"), number("activation_beta")];
    const instead = (attributes.get("activation") ?? "none") as ActivationKind;
    this.#replace(node, product, node.outputs[0] as string, { step: 0, lowest, highest, instead });
  }

  /** What a product with known weights becomes; `undefined` where these are no bytes with a scale for each output channel. */
  #product(node: Node): Pick<Node, "operator" | "inputs" | "attributes"> | undefined {
    const [input = "", , biasName, residual = ""] = node.inputs;
    const counted = this.#counted.get(input);
    const product = knownProduct(node, this.edit.initializers, counted?.step);
    if (!product || !this.#isFloat32(node.outputs[0] ?? "")) return undefined;
    const { kind, isExact, bytes, factors, bias } = product;
    // What is read as steps hangs on what is observed, and a name must mean the same elements in every plan.
    const constant = (what: string, values: Float32Array<ArrayBuffer>) =>
      this.edit.constant(`${node.name}/${what} of ${counted?.step ?? 1}`, Tensor.float32([values.length], values));
    const isConvolution = kind === "Conv";
    const inputs = [
      counted?.name ?? input,
      this.edit.constant(`${node.name}/steps`, bytes),
      // A convolution has a bias, zeros or not: factors lie in the order of its elements.
      biasName || isConvolution ? constant("bias in steps", inSteps(bias, factors)) : "",
      residual,
      constant("factors", factors),
    ];
    const attributes = new Map<string, AttributeValue>([
      ...[...node.attributes].filter(([key]) => !key.startsWith("activation")),
      ...(isConvolution ? [] : [["product", node.domain === fusedDomain && kind === "Gemm" ? "FusedGemm" : kind] as const]),
      ...(isExact ? [["exact", 1] as const] : []),
      ...(counted && isConvolution ? [["whole", counted.isWhole ? 1 : 0] as const, ["most", counted.most] as const] : []),
    ]);
    return { operator: isConvolution ? "StepConvolution" : "StepProduct", inputs, attributes };
  }

  #replace(
    last: Node,
    { operator, inputs, attributes }: Pick<Node, "operator" | "inputs" | "attributes">,
    output: string,
    rounding: Rounding,
  ) {
    const all = new Map([...attributes, ...attributesOf(rounding)]);
    this.edit.replace(last.name, { operator, domain: fusedDomain, inputs, outputs: [output], attributes: all });
  }

  /** What one kernel can do of what comes behind a product: an activation that cuts off, then a rounding. */
  #chainBehind(node: Node, own: Bounds): Chain {
    let [last, output, bounds]: [Node, string, Bounds] = [node, node.outputs[0] as string, own];
    const dropped: Node[] = [];
    for (;;) {
      const next = this.edit.soleReader(output);
      const more = next && this.#boundsOf(next);
      if (next?.operator === "QuantizeLinear") {
        const pair = this.#pair(next, [...dropped, last]);
        if (pair) return { ...pair, rounding: cut(pair.rounding, bounds) };
      }
      if (!next || !more) return { last, dropped, output, rounding: { step: 0, lowest: bounds.low, highest: bounds.high } };
      dropped.push(last);
      [last, output, bounds] = [next, next.outputs[0] as string, narrowed(bounds, more)];
    }
  }

  /** The smallest step that a value is rounded to further on, halved for each sum between: its other operand may be off, too. 0 where something else reads it. */
  #stepBehind(value: string): number {
    const values = new Set([value]);
    let smallest = Number.POSITIVE_INFINITY;
    let sums = 0;
    for (const one of values)
      for (const reader of this.edit.readers(one)) {
        if (reader.operator === "QuantizeLinear")
          smallest = Math.min(smallest, numberOf(this.edit.initializers, reader.inputs[1] ?? "") ?? 0);
        else if (reader.domain === "" && (reader.operator === "Add" || passing.has(reader.operator) || this.#boundsOf(reader)))
          for (const output of reader.outputs) values.add(output);
        else return 0;
        if (reader.operator === "Add") sums++;
      }
    return Number.isFinite(smallest) ? smallest / 2 ** sums : 0;
  }

  /** Where a node cuts numbers off; `undefined` where it does something else. */
  #boundsOf(node: Node): Bounds | undefined {
    if (node.domain !== "") return undefined;
    if (node.operator === "Relu") return { low: 0, high: largestFloat };
    const bounds = node.operator === "Clip" ? clipBounds(node, this.edit.initializers) : undefined;
    return bounds && { low: bounds[0], high: bounds[1] };
  }
}
