// BatchNormalization, and normalizations by statistics of the value itself.
// https://onnx.ai/onnx/operators/onnx__LayerNormalization.html
import { trainsOn } from "../../graph/trains-on.ts";
import { normalizeAxis, sizeOf } from "../../shapes.ts";
import type { Facts } from "../facts.ts";
import { readElements } from "../reductions.ts";
import type { Grid, Index } from "../region.ts";
import { axesFrom, elementsOfRow, rowsAlong } from "../rows.ts";
import { broadcastGrid, broadcastIndex, type ElementReader, type Rule, type Rules, within } from "../rule.ts";
import { mapIndices, type Run, type Runs, unionOfRuns } from "../runs.ts";
import type { StepBody } from "../step.ts";

const batchNormalization: Rule = {
  continuesLayer: true,
  reads(facts, grid) {
    const channel: Grid = isPerElement(facts) ? grid.slice(1) : [grid[1] ?? [[0, 1]]];
    if (trainsOn(facts.node)) return [[rowsAlong(grid, facts.shape(0), axesOfBatch(facts))], [channel], [channel]];
    return [[grid], [channel], [channel], [channel], [channel]];
  },
  step(facts, index, at) {
    const channel = isPerElement(facts) ? index.slice(1) : [index[1] ?? 0];
    if (trainsOn(facts.node)) {
      const row = elementsOfRow(index, facts.shape(0), axesOfBatch(facts));
      return normalizationStep(facts, index, at, row, () => channel);
    }
    const x = at(0, index);
    const [scale, bias, mean, variance] = [1, 2, 3, 4].map((input) => at(input, channel)) as [number, number, number, number];
    const epsilon = epsilonOf(facts);
    const result = ((x - mean) / Math.sqrt(variance + epsilon)) * scale + bias;
    return { kind: "affine", value: facts.node.inputs[0] ?? "", index, x, scale, bias, mean, variance, epsilon, result };
  },
};

/** Whether each element of an example has statistics of its own. */
function isPerElement({ attributes }: Facts): boolean {
  return !attributes.flag("spatial", true);
}

/** The axes that the batch's statistics are taken over. */
function axesOfBatch(facts: Facts): readonly number[] {
  return [0, ...(isPerElement(facts) ? [] : axesFrom(2, facts.shape(0).length))];
}

function epsilonOf({ attributes }: Facts): number {
  return attributes.number("epsilon", 1e-5);
}

/** (x − mean) / √(variance + epsilon) · scale + bias over a row. */
function normalizationStep(
  facts: Facts,
  index: Index,
  at: ElementReader,
  row: readonly Index[],
  place: (input: number) => Index,
): StepBody {
  const elements = readElements(facts, at, row);
  const { numbers } = elements;
  const mean = numbers.reduce((total, one) => total + one, 0) / numbers.length;
  const variance = numbers.reduce((total, one) => total + (one - mean) ** 2, 0) / numbers.length;
  const epsilon = epsilonOf(facts);
  const [scale, bias] = [facts.inputs[1] ? at(1, place(1)) : 1, facts.inputs[2] ? at(2, place(2)) : 0];
  const x = at(0, index);
  const result = ((x - mean) / Math.sqrt(variance + epsilon)) * scale + bias;
  const operand = { value: elements.value, index, x };
  return { kind: "normalization", ...operand, elements, mean, variance, epsilon, scale, bias, result };
}

const instanceNormalization: Rule = {
  reads(facts, grid) {
    const shape = facts.shape(0);
    const channel: Grid = [grid[1] ?? []];
    return [[rowsAlong(grid, shape, axesFrom(2, shape.length))], [channel], [channel]];
  },
  step(facts, index, at) {
    const shape = facts.shape(0);
    return normalizationStep(facts, index, at, elementsOfRow(index, shape, axesFrom(2, shape.length)), () => [index[1] ?? 0]);
  },
};

/** Before opset 21 scale and bias are those of a group, from then on of a channel. */
const groupNormalization: Rule = {
  reads(facts, grid) {
    const shape = facts.shape(0);
    const { size, isPerChannel } = groupsOf(facts);
    const groups = mapIndices(grid[1] ?? [], (channel) => Math.floor(channel / size));
    const channels = groups.map(([begin, end]): Run => [begin * size, end * size]);
    const vector: Grid = [isPerChannel ? (grid[1] ?? []) : groups];
    return [[rowsAlong(grid, shape, axesFrom(2, shape.length)).with(1, channels)], [vector], [vector]];
  },
  step(facts, index, at) {
    const shape = facts.shape(0);
    const { size, isPerChannel } = groupsOf(facts);
    const channel = index[1] ?? 0;
    const group = Math.floor(channel / size);
    const channels = Array.from({ length: size }, (_, i) => index.with(1, group * size + i));
    const row = channels.flatMap((one) => elementsOfRow(one, shape, axesFrom(2, shape.length)));
    return normalizationStep(facts, index, at, row, () => [isPerChannel ? channel : group]);
  },
};

function groupsOf(facts: Facts): { readonly size: number; readonly isPerChannel: boolean } {
  const channels = facts.shape(0)[1] as number;
  return { size: channels / facts.attributes.number("num_groups"), isPerChannel: sizeOf(facts.shape(1)) === channels };
}

/** The statistics, which are its other outputs, are read from the same rows. */
const layerNormalization: Rule = {
  reads(facts, grid) {
    const shape = facts.shape(0);
    const row = rowsAlong(grid, shape, axesOfLayer(facts));
    const vectors =
      facts.outputIndex > 0 ? [] : [1, 2].map((input) => (facts.inputs[input] ? [broadcastGrid(grid, facts.shape(input))] : []));
    return [[row], ...vectors];
  },
  step(facts, index, at) {
    const row = elementsOfRow(index, facts.shape(0), axesOfLayer(facts));
    return normalizationStep(facts, index, at, row, (input) => broadcastIndex(index, facts.shape(input)));
  },
};

function axesOfLayer(facts: Facts): readonly number[] {
  return axesFrom(facts.attributes.number("axis", -1), facts.shape(0).length);
}

const lrn: Rule = {
  reads(facts, grid) {
    const channels = facts.shape(0)[1] as number;
    const [before, after] = reachOf(facts);
    const around: Runs = unionOfRuns((grid[1] ?? []).map(([begin, end]): Run => [begin - before, end + after]));
    return [[grid.with(1, within(around, channels))]];
  },
  step(facts, index, at) {
    const { attributes, node } = facts;
    const channels = facts.shape(0)[1] as number;
    const [before, after] = reachOf(facts);
    const channel = index[1] as number;
    const first = Math.max(0, channel - before);
    const end = Math.min(channels, channel + after + 1);
    const elements = readElements(
      facts,
      at,
      Array.from({ length: end - first }, (_, i) => index.with(1, first + i)),
    );
    const [size, alpha] = [attributes.number("size"), attributes.number("alpha", 1e-4)];
    const [beta, bias] = [attributes.number("beta", 0.75), attributes.number("bias", 1)];
    const squares = elements.numbers.reduce((total, one) => total + one * one, 0);
    const x = at(0, index);
    const constants = { bias, alpha, size, beta };
    const formula = "x / (bias + alpha / size · Σ e²)^beta";
    const result = x / (bias + (alpha / size) * squares) ** beta;
    return { kind: "response", value: node.inputs[0] ?? "", index, x, elements, formula, constants, result };
  },
};

/** How many channels before and after its own an element reads. */
function reachOf({ attributes }: Facts): readonly [before: number, after: number] {
  const size = attributes.number("size");
  return [Math.floor((size - 1) / 2), Math.ceil((size - 1) / 2)];
}

const lpNormalization: Rule = {
  reads: (facts, grid) => [[rowsAlong(grid, facts.shape(0), [axisOfNorm(facts)])]],
  step(facts, index, at) {
    const elements = readElements(facts, at, elementsOfRow(index, facts.shape(0), [axisOfNorm(facts)]));
    const p = facts.attributes.number("p", 2);
    const norm = elements.numbers.reduce((total, one) => total + Math.abs(one) ** p, 0) ** (1 / p);
    const x = at(0, index);
    const formula = "x / (Σ |e|^p)^(1/p)";
    return { kind: "response", value: elements.value, index, x, elements, formula, constants: { p }, result: norm === 0 ? 0 : x / norm };
  },
};

function axisOfNorm(facts: Facts): number {
  return normalizeAxis(facts.attributes.number("axis", -1), facts.shape(0).length);
}

export const normalization: Rules = {
  BatchNormalization: batchNormalization,
  InstanceNormalization: instanceNormalization,
  GroupNormalization: groupNormalization,
  LayerNormalization: layerNormalization,
  LRN: lrn,
  LpNormalization: lpNormalization,
};
