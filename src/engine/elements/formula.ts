// How one element of a value is computed, with its numbers: the steps of the layer that it ends, such as Conv, BatchNormalization, Relu.
import { ModelError, UnsupportedError } from "../errors.ts";
import { type Node, producersOf, type TypedGraph } from "../graph/graph.ts";
import { denseStrides, sizeOf } from "../shapes.ts";
import type { Tensor } from "../tensor.ts";
import { elementOf } from "./copies.ts";
import { type Constants, constantsOf, describeRefusal, type Facts, factsOf } from "./facts.ts";
import { checkBox } from "./receptive-field.ts";
import { type Box, type Grid, gridOfElement, hullOf, type Index, placeOf, shapeOfBox } from "./region.ts";
import type { Rule } from "./rule.ts";
import { ruleOf } from "./rules/index.ts";
import type { Step } from "./step.ts";
import { tensorReader } from "./tensor-reader.ts";

export interface FormulaOptions {
  /** What parameters, or other constants, hold now, where that is not what the file says. */
  readonly constants?: ReadonlyMap<string, Tensor> | undefined;
  /** Values at which a layer's formula begins although it could begin earlier, such as one that a gate changes. */
  readonly known?: ReadonlySet<string> | undefined;
  /** Whether a value cannot be read, such as an input behind its gate: then what it is computed from is read in its place. */
  readonly isHidden?: ((value: string) => boolean) | undefined;
}

/** The elements of boxes: one number for each element, row by row. */
export type Parts = ReadonlyMap<string, ArrayLike<number>>;

export interface Formula {
  readonly value: string;
  readonly index: Index;
  /** The nodes of the steps, in the order of computing. */
  readonly nodes: readonly Node[];
  /** What must be known, besides constants. */
  readonly reads: ReadonlyMap<string, Box>;
  /** What is read of constants. Their elements may be given, too, where these are no longer what the file says. */
  readonly constants: ReadonlyMap<string, Box>;
  /**
   * @param parts the elements of `reads`, and of any of `constants`
   * @returns the steps, of which the last one's result is the element
   * @throws ModelError where a part is missing, or has another length than its box
   */
  evaluate(parts: Parts): readonly Step[];
}

/**
 * How one element is computed. The formula begins with the last node that is more than a function of one element: what follows it as part of
 * the same layer (activations, BatchNormalization, arithmetic with constants, other shapes) has a step each, if nothing else reads the
 * values between.
 *
 * @param index of the element, in the value's own axes
 * @throws ModelError for a value or an index that the graph does not have, UnsupportedError where no formula is known
 */
export function formulaOf(graph: TypedGraph, value: string, index: Index, options: FormulaOptions = {}): Formula {
  checkBox(graph, value, { begin: index, end: index.map((one) => one + 1) });
  const constants = constantsOf(graph, options.constants);
  const links = linksOf(graph, value, index, constants, options.known ?? new Set());
  const hidden = new HiddenValues(graph, constants, options.isHidden ?? (() => false));
  const reads = readsOf(links, hidden);
  const read = boxesOf([...links.flatMap((link) => [...link.constants]), ...hidden.constants]);
  return {
    value,
    index,
    nodes: links.map(({ facts }) => facts.node),
    reads,
    constants: read,
    evaluate(parts) {
      const readers = new Map<string, (index: Index) => number>();
      for (const [name, box] of reads) readers.set(name, partReader(name, box, parts.get(name)));
      for (const [name, box] of read) if (parts.has(name)) readers.set(name, partReader(name, box, parts.get(name)));
      hidden.addReaders(readers);
      return links.map((link) => {
        const step = evaluateLink(link, constants, readers);
        readers.set(link.output, () => step.result);
        return step;
      });
    },
  };
}

/** One node of the chain, and its element. */
interface Link {
  readonly facts: Facts;
  readonly rule: Required<Pick<Rule, "step">> & Rule;
  readonly output: string;
  readonly index: Index;
  /** What it reads of each value that is not constant. */
  readonly variables: ReadonlyMap<string, readonly Grid[]>;
  /** What it reads of constants. */
  readonly constants: ReadonlyMap<string, readonly Grid[]>;
}

/** From the node that computes the value back to the one that its layer begins with, in the order of computing. */
function linksOf(graph: TypedGraph, value: string, index: Index, constants: Constants, known: ReadonlySet<string>): readonly Link[] {
  const producers = producersOf(graph);
  const readers = readerCounts(graph);
  const last = producers.get(value);
  if (!last) throw new UnsupportedError(describeSource(graph, value));
  const links = [linkOf(graph, last, value, index, constants)];
  for (;;) {
    const [first] = links as [Link];
    const before = first.rule.continuesLayer ? onlyVariable(first, graph) : undefined;
    const producer = before && producers.get(before.name);
    if (!producer || known.has(before.name) || readers.get(before.name) !== 1) return links;
    try {
      links.unshift(linkOf(graph, producer, before.name, before.index, constants));
    } catch (error) {
      if (error instanceof UnsupportedError) return links;
      throw error;
    }
  }
}

/** Nodes that read each value. */
function readerCounts({ nodes }: TypedGraph): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { inputs } of nodes) for (const name of new Set(inputs)) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

/** @throws UnsupportedError where no formula is known */
function linkOf(graph: TypedGraph, node: Node, output: string, index: Index, constants: Constants): Link {
  const rule = ruleOf(node);
  const where = `${node.operator} '${node.name}'`;
  if (!rule?.step) throw new UnsupportedError(describeRefusal(where));
  if (!rule.hasAllOutputs && node.outputs[0] !== output) throw new UnsupportedError(describeRefusal(where, `in its output '${output}'`));
  const facts = factsOf(graph, node, output, constants);
  const [variables, fixed] = [new Map<string, readonly Grid[]>(), new Map<string, readonly Grid[]>()];
  for (const [i, grids] of rule.reads(facts, gridOfElement(index)).entries()) {
    const name = node.inputs[i];
    if (!name || grids.length === 0) continue;
    const own = constants(name) ? fixed : variables;
    own.set(name, [...(own.get(name) ?? []), ...grids]);
  }
  return { facts, rule: { ...rule, step: rule.step }, output, index, variables, constants: fixed };
}

/** The value that a link is a function of, and its element, if it is one only; what is computed from parameters alone does not count. */
function onlyVariable({ variables }: Link, { prepared }: TypedGraph): { readonly name: string; readonly index: Index } | undefined {
  const [first, second] = [...variables].filter(([name]) => !prepared?.has(name));
  if (!first || second) return undefined;
  const [name, [grid = []]] = first;
  // Of a BatchNormalization in training mode it is the whole channel.
  const isOne = grid.every(([run, other]) => run && !other && run[1] - run[0] === 1);
  return isOne ? { name, index: elementOf(grid) } : undefined;
}

function describeSource(graph: TypedGraph, name: string): string {
  const what = graph.inputs.some((input) => input.name === name) ? "an input of the network" : "constant";
  return `'${name}' is ${what}: no node computes it, so its elements have no formula. They can be read.`;
}

/** The box of each value that no link computes. */
function readsOf(links: readonly Link[], hidden: HiddenValues): ReadonlyMap<string, Box> {
  const computed = new Set(links.map(({ output }) => output));
  const variables = links.flatMap((link) => [...link.variables]).filter(([name]) => !computed.has(name));
  return boxesOf(variables.flatMap(([name, read]) => hidden.sourcesOf(name, read)));
}

/** Of each value the smallest box around all that is read of it. */
function boxesOf(reads: readonly (readonly [string, readonly Grid[]])[]): ReadonlyMap<string, Box> {
  const grids = new Map<string, Grid[]>();
  for (const [name, some] of reads) grids.set(name, [...(grids.get(name) ?? []), ...some]);
  return new Map(
    [...grids].flatMap(([name, read]) => {
      const box = hullOf(read);
      return box ? [[name, box] as const] : [];
    }),
  );
}

/** Values that nobody can read: their elements are computed from those of values that one can. */
class HiddenValues {
  /** What is read of constants to compute them. */
  readonly constants: (readonly [string, readonly Grid[]])[] = [];
  readonly #graph: TypedGraph;
  readonly #constants: Constants;
  readonly #isHidden: (value: string) => boolean;
  readonly #producers: ReadonlyMap<string, Node>;
  readonly #met = new Set<string>();

  constructor(graph: TypedGraph, constants: Constants, isHidden: (value: string) => boolean) {
    this.#graph = graph;
    this.#constants = constants;
    this.#isHidden = isHidden;
    this.#producers = producersOf(graph);
  }

  /** What has to be read for parts of a value: these themselves, unless it is hidden. @throws UnsupportedError where that is not known */
  sourcesOf(name: string, grids: readonly Grid[]): readonly (readonly [string, readonly Grid[]])[] {
    const producer = this.#isHidden(name) ? this.#producers.get(name) : undefined;
    if (!producer) return [[name, grids]];
    this.#met.add(name);
    const rule = ruleOf(producer);
    if (!rule?.step) throw new UnsupportedError(describeRefusal(`${producer.operator} '${producer.name}'`));
    const facts = factsOf(this.#graph, producer, name, this.#constants);
    const reads = grids.flatMap((grid) => rule.reads(facts, grid).map((read, i) => [producer.inputs[i] ?? "", read] as const));
    const some = reads.filter(([input, read]) => input && read.length > 0);
    this.constants.push(...some.filter(([input]) => this.#constants(input)));
    return some.flatMap(([input, read]) => (this.#constants(input) ? [] : this.sourcesOf(input, read)));
  }

  /** A reader for each of them that was met. */
  addReaders(readers: Map<string, (index: Index) => number>): void {
    for (const name of this.#met) {
      const producer = this.#producers.get(name) as Node;
      readers.set(name, (index) => {
        const link = linkOf(this.#graph, producer, name, index, this.#constants);
        return evaluateLink(link, this.#constants, readers).result;
      });
    }
  }
}

function evaluateLink({ facts, rule, output, index }: Link, constants: Constants, known: Map<string, (index: Index) => number>): Step {
  const { node } = facts;
  const readerOf = (name: string): ((index: Index) => number) => {
    const reader = known.get(name) ?? tensorReader(constants(name) as Tensor);
    known.set(name, reader);
    return reader;
  };
  const body = rule.step(facts, index, (input, place) => readerOf(node.inputs[input] ?? "")(place));
  return { ...body, node: node.name, operator: node.operator, output, outputIndex: index };
}

function partReader(name: string, box: Box, part: ArrayLike<number> | undefined): (index: Index) => number {
  const shape = shapeOfBox(box);
  if (part?.length !== sizeOf(shape))
    throw new ModelError(
      `'${name}': from [${box.begin}] up to [${box.end}] there are ${sizeOf(shape)} elements, got ${part ? part.length : "none"}.`,
    );
  const strides = denseStrides(shape);
  const start = placeOf(box.begin, strides);
  return (index) => part[placeOf(index, strides) - start] as number;
}
