// Explanations of a score as graphs: the gradient by an input, and class activation maps of a layer. Each takes A, the value, and dA, the
// gradient of the score by it.
import { ModelError } from "../errors.ts";
import { GraphEdit } from "../graph/edit.ts";
import type { Graph, TypedGraph } from "../graph/graph.ts";
import { gradientOf } from "./differentiate.ts";
import { Emitter } from "./emitter.ts";

interface Operands {
  readonly emit: Emitter;
  /** The value, of [n, channels, …spatial], and the gradient by it. */
  readonly value: string;
  readonly gradient: string;
  readonly spatial: readonly number[];
}

const relu = ({ emit }: Operands, value: string): string => emit.node("Relu", [value]);
const overChannels = ({ emit }: Operands, value: string): string => emit.sum(value, [1]);
const overPlaces = ({ emit, spatial }: Operands, value: string): string => emit.sum(value, spatial);

/** A map from a weight for each channel: relu(Σ weight · A). */
function mapOf(operands: Operands, weights: string): string {
  return relu(operands, overChannels(operands, operands.emit.multiply(weights, operands.value)));
}

const methods = {
  /** d score / d value, of the value's shape. */
  gradient: ({ gradient }: Operands) => gradient,
  /** Value times gradient: what each element adds to the score, to first order. */
  "gradient-x-input": ({ emit, gradient, value }: Operands) => emit.multiply(value, gradient),
  /** Selvaraju et al. 2017: a channel weighs as much as its mean gradient. */
  "grad-cam": (operands: Operands) => mapOf(operands, operands.emit.mean(operands.gradient, operands.spatial)),
  /** Chattopadhyay et al. 2018, with the derivatives of an exponential score: Σ relu(dA) · dA² / (2 dA² + dA³ Σ A). */
  "grad-cam++": (operands: Operands) => {
    const { emit, gradient, value } = operands;
    const square = emit.multiply(gradient, gradient);
    const cube = emit.multiply(square, gradient);
    const below = emit.add(emit.scale(square, 2, value), emit.multiply(cube, overPlaces(operands, value)));
    return mapOf(operands, overPlaces(operands, emit.multiply(relu(operands, gradient), emit.quotient(square, below, value))));
  },
  /** Draelos and Carin 2020: place by place, without a mean. */
  "hires-cam": (operands: Operands) => mapOf(operands, operands.gradient),
  /** Jiang et al. 2021: place by place, only gradients that raise the score. */
  "layer-cam": (operands: Operands) => mapOf(operands, relu(operands, operands.gradient)),
  /** Fu et al. 2020: a channel weighs Σ A · dA / Σ A. */
  "xgrad-cam": (operands: Operands) => {
    const { emit, gradient, value } = operands;
    return mapOf(operands, emit.quotient(overPlaces(operands, emit.multiply(value, gradient)), overPlaces(operands, value), value));
  },
} as const satisfies Readonly<Record<string, (operands: Operands) => string>>;

export type ExplanationMethod = keyof typeof methods;

export const explanationMethods = Object.keys(methods) as readonly ExplanationMethod[];

/** Whether the method makes one map of all channels of a layer, and not one number for each element. */
export function isActivationMap(method: ExplanationMethod): boolean {
  return method.endsWith("cam") || method.endsWith("cam++");
}

export interface ExplanationGraph {
  /** Its only output is the explanation. */
  readonly graph: Graph;
  readonly seed: string;
  readonly result: string;
}

/**
 * @param of the scores; the seed says which of them
 * @param value what they are explained by: an input, or a layer with rows and columns for a map
 * @throws ModelError, UnsupportedError as {@link gradientOf} does, and for a map of a value without rows and columns
 */
export function explanationOf(graph: TypedGraph, method: ExplanationMethod, of: string, value: string): ExplanationGraph {
  const { graph: backward, seed, gradients } = gradientOf(graph, of, [value]);
  const rank = graph.types.get(value)?.shape.length ?? 0;
  if (isActivationMap(method) && rank < 3)
    throw new ModelError(`'${value}' has no rows and columns, so there is no map of it. Name a layer that has, such as a convolution.`);
  const edit = new GraphEdit(backward);
  const emit = new Emitter(edit, graph.types, graph.opsets.get("") ?? 1);
  emit.writeFor(value);
  const spatial = Array.from({ length: Math.max(0, rank - 2) }, (_, i) => i + 2);
  const result = methods[method]({ emit, value, gradient: gradients.get(value) as string, spatial });
  return { graph: { ...edit.graph(), outputs: [result] }, seed, result };
}
