// Holds receptive fields to brute force: each element of a value is changed in the float64 reference, and what moves depends on it. Holds
// formulas to what the reference computes.
import { expect } from "vitest";
import { elementsOfBox, formulaOf, receptiveField } from "../../src/engine/elements/index.ts";
import { type Box, type Index, indicesOfBox, placeOf, sameBox } from "../../src/engine/elements/region.ts";
import type { Step } from "../../src/engine/elements/step.ts";
import type { Graph, Node, TypedGraph } from "../../src/engine/graph/graph.ts";
import { inferGraph } from "../../src/engine/passes/infer.ts";
import { denseStrides, type Shape, sizeOf } from "../../src/engine/shapes.ts";
import { fromTensor, type NdArray } from "../../src/reference/array.ts";
import { randomSource } from "../../src/reference/differences.ts";
import { type Arrays, evaluateNode } from "../../src/reference/evaluate.ts";
import { everything } from "../support/catalog.ts";
import { type GraphLines, graphOf, noise } from "../support/graphs.ts";

export interface ElementCase extends GraphLines {
  readonly what: string;
  /** Values to look for the field in; all that are not constant unless given. */
  readonly sources?: readonly string[];
}

/** One node, or a few, over inputs of these shapes. */
export const one = (
  what: string,
  nodes: Node | readonly Node[],
  inputs: GraphLines["inputs"],
  rest: Partial<ElementCase> = {},
): ElementCase => ({
  what,
  nodes: [nodes].flat(),
  ...(inputs && { inputs }),
  ...rest,
});

/** The graph with types, and every value in float64. */
export function evaluateCase(lines: GraphLines): { readonly graph: TypedGraph; readonly values: Arrays } {
  const { graph, obstacles } = inferGraph(graphOf(lines), everything);
  expect(obstacles).toEqual([]);
  const inputs = graph.inputs.map(({ name, shape }, i) => [name, fromTensor(noise(shape, 11 + i))] as const);
  const constants = [...graph.initializers, ...(graph.parameters ?? [])].map(([name, tensor]) => [name, fromTensor(tensor)] as const);
  return { graph, values: evaluateFrom(graph, new Map([...constants, ...inputs]), () => true) };
}

/** Computes the nodes that are due, in order, over what is known. */
function evaluateFrom(graph: Graph, known: Arrays, isDue: (node: Node, changed: ReadonlySet<string>) => boolean): Map<string, NdArray> {
  const values = new Map(known);
  const changed = new Set<string>();
  for (const node of graph.nodes) {
    if (!isDue(node, changed)) continue;
    const inputs = node.inputs.map((name) => (name === "" ? undefined : values.get(name)));
    const outputs = evaluateNode(node, inputs, graph.opsets.get("") ?? 1);
    node.outputs.forEach((name, i) => {
      if (!name || !outputs[i]) return;
      values.set(name, outputs[i]);
      changed.add(name);
    });
  }
  return values;
}

/** Which elements of `output` move when one of `value` does. */
function movedBy(graph: TypedGraph, values: Arrays, value: string, output: string, place: number): ReadonlySet<number> {
  const before = values.get(output) as NdArray;
  const moved = new Set<number>();
  for (const change of [1e5, -1e5, 0.3]) {
    const x = values.get(value) as NdArray;
    const known = new Map(values).set(value, { ...x, data: x.data.with(place, (x.data[place] as number) + change) });
    const dependsOn = ({ inputs, outputs }: Node, changed: ReadonlySet<string>): boolean =>
      inputs.some((name) => name === value || changed.has(name)) && !outputs.includes(value);
    const after = evaluateFrom(graph, known, dependsOn).get(output) as NdArray;
    after.data.forEach((y, i) => {
      if (!Object.is(y, before.data[i])) moved.add(i);
    });
  }
  return moved;
}

/** Every element by itself, and some larger boxes. */
function boxesIn(shape: Shape): readonly Box[] {
  const random = randomSource(sizeOf(shape));
  const cut = (extent: number): number => Math.floor(((random() + 1) / 2) * extent);
  const singles = [...indicesOfBox({ begin: shape.map(() => 0), end: shape })].map((begin) => ({ begin, end: begin.map((i) => i + 1) }));
  const larger = Array.from({ length: 12 }, () => {
    const ends = shape.map((extent) => [cut(extent), cut(extent)].sort((a, b) => a - b) as [number, number]);
    return { begin: ends.map(([begin]) => begin), end: ends.map(([, end]) => end + 1) };
  });
  return [...singles, ...larger];
}

/** The smallest box around boxes. */
function around(boxes: readonly Box[]): Box | undefined {
  return boxes.reduce<Box | undefined>((all, { begin, end }) => {
    if (!all) return { begin, end };
    return {
      begin: begin.map((one, axis) => Math.min(one, all.begin[axis] as number)),
      end: end.map((one, axis) => Math.max(one, all.end[axis] as number)),
    };
  }, undefined);
}

/** The field of every box of a value, in each earlier value, is the box around the elements that move it. */
export function holdFields(lines: ElementCase): void {
  const { graph, values } = evaluateCase(lines);
  const output = graph.outputs[0] as string;
  const shape = values.get(output)?.shape as Shape;
  const strides = denseStrides(shape);
  const fixed = new Set([...graph.initializers.keys(), ...(graph.prepared ?? [])]);
  const earlier = lines.sources ?? [...values.keys()].filter((name) => name !== output && !fixed.has(name) && graph.types.has(name));
  const boxes = boxesIn(shape).map((box) => ({
    box,
    field: receptiveField(graph, output, box),
    places: [...indicesOfBox(box)].map((index) => placeOf(index, strides)),
  }));
  const wrong: unknown[] = [];
  for (const source of earlier) {
    const from = values.get(source)?.shape as Shape;
    /** What moves each element of the output. */
    const movers = new Map<number, Box>();
    for (const [place, begin] of [...indicesOfBox({ begin: from.map(() => 0), end: from })].entries())
      for (const moved of movedBy(graph, values, source, output, place)) {
        const element = { begin, end: begin.map((one) => one + 1) };
        movers.set(moved, around([movers.get(moved) ?? element, element]) as Box);
      }
    for (const { box, field, places } of boxes) {
      const expected = around(places.flatMap((place) => movers.get(place) ?? []));
      const found = field.get(source);
      if (!sameBox(found, expected) || found?.isExact === false) wrong.push({ source, box, found, expected });
    }
  }
  expect(wrong).toEqual([]);
}

function elementOf({ data, shape }: NdArray, index: Index): number {
  return data[placeOf(index, denseStrides(shape))] as number;
}

function isNear(actual: number, expected: number): boolean {
  return Object.is(actual, expected) || Math.abs(actual - expected) <= 1e-11 * Math.max(1, Math.abs(expected));
}

/** The steps of an element's formula. Each step's result is what the reference computes there. */
export function holdFormula(graph: TypedGraph, values: Arrays, value: string, index: Index): readonly Step[] {
  const formula = formulaOf(graph, value, index);
  const arrayOf = (name: string): NdArray => values.get(name) as NdArray;
  const steps = formula.evaluate(
    new Map(Array.from(formula.reads, ([name, box]) => [name, elementsOfBox(arrayOf(name).data, arrayOf(name).shape, box)])),
  );
  // Also where constants are given as the boxes that are said to be read of them.
  const all = [...formula.reads, ...formula.constants].filter(([name]) => values.has(name));
  const again = formula.evaluate(new Map(all.map(([name, box]) => [name, elementsOfBox(arrayOf(name).data, arrayOf(name).shape, box)])));
  if (!Object.is(again.at(-1)?.result, steps.at(-1)?.result)) expect(again).toEqual(steps);
  const wrong = steps.filter(({ output, outputIndex, result }) => !isNear(result, elementOf(arrayOf(output), outputIndex)));
  const last = steps.at(-1);
  if (wrong.length > 0 || last?.output !== value || String(last.outputIndex) !== String(index)) expect(steps).toEqual([value, index]);
  return steps;
}

/** The formula of every element of the case's outputs comes to what the reference computes. */
export function holdFormulas(lines: ElementCase): void {
  const { graph, values } = evaluateCase(lines);
  for (const output of graph.outputs) {
    const { shape } = values.get(output) as NdArray;
    for (const index of indicesOfBox({ begin: shape.map(() => 0), end: shape })) holdFormula(graph, values, output, index);
  }
}
