// Patterns of a model: pictures that channels of a layer, or classes, answer to, found on the GPU step by step while a viewer draws them. Loaded
// when the first are asked for.
import { DerivedExecution } from "./derived.ts";
import { ModelError, UnsupportedError } from "./errors.ts";
import type { GpuValue } from "./execution.ts";
import { checkCount, checkFinite } from "./gradient/check.ts";
import {
  adamDecay,
  answersResult,
  basesAt,
  type PatternObjective,
  type PatternPlan,
  type PatternPreset,
  patternsOf,
  picturesResult,
} from "./gradient/patterns.ts";
import { classCountOf, scoresOf } from "./gradient/target.ts";
import { loadAxes } from "./graph/axes.ts";
import type { Graph, TypedGraph, ValueType } from "./graph/graph.ts";
import type { Network } from "./network.ts";
import { loadCatalog } from "./ops/catalog.ts";
import { inferGraph } from "./passes/infer.ts";
import { fillNormal, keyOf, uniformAt } from "./random.ts";
import { type Axes, sizeOf } from "./shapes.ts";
import { type DataType, isFloat, Tensor } from "./tensor.ts";

export interface PatternRequest {
  /**
   * A layer, or a value, whose channels are looked into: a ReLU's or Clip's are those of what goes into it, which has a slope everywhere. By
   * default the scores of classes.
   */
  readonly layer?: string | undefined;
  /** One picture for each, all in one batch. By default the first 16. */
  readonly channels?: readonly number[] | undefined;
  /**
   * What is raised: the mean of a channel; "unit", its middle element alone; or "layer", the mean square of all channels, which deepens what the
   * noise happens to have: then each number of `channels` is another picture. By default "channel".
   */
  readonly objective?: PatternObjective | undefined;
  /**
   * "chollet": pixels from grey, 30 steps of equal length. "lucid": a Fourier basis in opponent colours, 512 steps of Adam, the picture moved,
   * scaled and turned a little at each. By default "lucid".
   */
  readonly preset?: PatternPreset | undefined;
  /** Rows and columns of a picture. By default those of the model's input. What ends in a dense layer takes no other. */
  readonly size?: number | undefined;
  /** Begins the noise that pictures start from, and the moves. The same seed gives the same pictures. By default 0. */
  readonly seed?: number | undefined;
  /** How many steps they are meant to take, at most a million. By default the preset's. */
  readonly steps?: number | undefined;
  /** How colours of 0…1 become elements of the input, for each channel: colour · gain + shift. By default 1 and 0. */
  readonly gain?: readonly number[] | undefined;
  readonly shift?: readonly number[] | undefined;
  /** How little neighbouring pixels are to differ: the weight of the total variation. By default 0. */
  readonly smoothness?: number | undefined;
}

interface Preset {
  readonly steps: number;
  /** What the operands of a step hold. @param step from 1 */
  operands(step: number, plan: PatternPlan, dtype: DataType, seed: number): Readonly<Record<string, Tensor>>;
}

const number = (dtype: DataType, value: number) => Tensor.from(dtype, [], [value]);

const presets: Readonly<Record<PatternPreset, Preset>> = {
  // Each step moves pixels by 1/60 on average, so that thirty go through half of the range.
  chollet: { steps: 30, operands: (_step, _plan, dtype) => ({ step: number(dtype, 1 / 60) }) },
  lucid: {
    steps: 512,
    operands(step, { size }, dtype, seed) {
      const key = keyOf("moves", seed);
      const within = (reach: number, which: number) => (2 * uniformAt(key, 4 * step + which) - 1) * reach;
      const jitter = Math.max(size.height, size.width) / 14;
      const move = { scale: 1 + within(0.1, 0), down: within(jitter, 1), right: within(jitter, 2) };
      const [keepMean, keepSquare] = adamDecay;
      return {
        ...basesAt(size, move, dtype),
        angle: number(dtype, (within(10, 3) * Math.PI) / 180),
        rate: number(dtype, 0.05 / (1 - keepMean ** step)),
        spread: number(dtype, 1 / (1 - keepSquare ** step)),
      };
    },
  },
};

const mostSteps = 1_000_000;

export const patternObjectives: readonly PatternObjective[] = ["channel", "unit", "layer"];

export const patternPresets = Object.keys(presets) as readonly PatternPreset[];

export class Patterns {
  readonly layer: string;
  /** The value that answers are of: the layer's, or where that is a ReLU or a Clip what goes into it. */
  readonly answering: string;
  readonly channels: readonly number[];
  /** Steps that they are meant to take. More do no harm. */
  readonly steps: number;
  readonly #plan: PatternPlan;
  readonly #dtype: DataType;
  readonly #preset: Preset;
  readonly #seed: number;
  readonly #execution: DerivedExecution;
  /** What the steps until now have left the pictures in. After a move to another device they begin anew. */
  #memory: object | undefined;
  #done = 0;

  private constructor(plan: PatternPlan, dtype: DataType, request: PatternRequest, execution: DerivedExecution) {
    this.layer = request.layer ?? plan.value;
    this.answering = plan.value;
    this.channels = plan.channels;
    this.#preset = presets[plan.preset];
    this.steps = request.steps ?? this.#preset.steps;
    this.#plan = plan;
    this.#dtype = dtype;
    this.#seed = request.seed ?? 0;
    this.#execution = execution;
  }

  /**
   * @throws ModelError for layers, channels and presets that there are not, and a value that depends on more than one picture
   * @throws UnsupportedError that names every node on the way whose gradient has no rule
   */
  static async make(network: Network, request: PatternRequest): Promise<Patterns> {
    const { graph } = network;
    const { plan, dtype } = planOf(network, await loadAxes(graph), request);
    const catalog = await loadCatalog(undefined, { hasRareCases: true });
    const infer = (one: Graph): TypedGraph => {
      const { graph: typed, obstacles } = inferGraph(one, catalog);
      if (obstacles.length > 0 || !hasBatch(typed, plan))
        throw new UnsupportedError([...(request.size === undefined ? batchObstacle(graph, plan) : sizeObstacle(request)), ...obstacles]);
      return typed;
    };
    return new Patterns(plan, dtype, request, await DerivedExecution.make(network, (base) => patternsOf(base, plan, infer)));
  }

  /** How many steps are done. */
  get done(): number {
    return this.#done;
  }

  /** Settles when it runs on the pipelines that it will keep, as `model.settled` does. */
  get settled(): Promise<void> {
    return this.#execution.settled;
  }

  /**
   * Submits steps. Reads nothing back and waits for nothing.
   *
   * @throws ModelError where it is no number of steps
   */
  step(count = 1): void {
    checkCount("step", count, 0, mostSteps);
    for (let i = 0; i < count; i++) {
      const { memory } = this.#execution;
      if (memory !== this.#memory) this.#done = 0;
      this.#memory = memory;
      this.#done++;
      this.#execution.write(this.#preset.operands(this.#done, this.#plan, this.#dtype, this.#seed));
      this.#execution.run();
    }
  }

  /** Where the pictures lie on the GPU after a step: [n, channels, rows, columns], colours of 0…1. */
  value(): GpuValue {
    return this.#execution.value(picturesResult);
  }

  /** Where it lies how strongly the network answered to each picture, before the last step: [n]. */
  answers(): GpuValue {
    return this.#execution.value(answersResult);
  }

  /** Reads the pictures back, and how strongly the network answers to each: what {@link value} holds, and [n]. */
  async read(): Promise<{ readonly pictures: Tensor; readonly answers: Tensor }> {
    const results = await this.#execution.read([picturesResult, answersResult]);
    return { pictures: results[picturesResult] as Tensor, answers: results[answersResult] as Tensor };
  }

  /** Resolves when the GPU has done the steps that were submitted. */
  async finished(): Promise<void> {
    await this.#execution.done();
  }

  /** Returns its bytes to the GPU. The model goes on. */
  dispose(): void {
    this.#execution.dispose();
  }
}

function sizeObstacle({ size, layer }: PatternRequest): readonly string[] {
  if (size === undefined) return [];
  const what = layer === undefined ? "The scores of classes take" : `'${layer}' takes`;
  return [`size: ${what} no picture of ${size} × ${size}. Leave \`size\` out, or name a layer before the first dense one.`];
}

/** What it may be, where a layer was to be computed of another number of pictures than the file says. */
function batchObstacle({ types }: TypedGraph, { input, channels: { length } }: PatternPlan): readonly string[] {
  const batch = types.get(input)?.shape[0];
  if (batch === length) return [];
  const instead = batch === 1 ? "one channel" : `${batch} channels`;
  return [
    `channels: the file is made for a batch of ${batch}, and does not compute ${length} pictures each by itself. Name ${instead}, or export it with a free batch.`,
  ];
}

/** Whether a value of the part that patterns are found for has a picture's numbers for each picture. */
function hasBatch({ types }: TypedGraph, { value, axes, channels: { length } }: PatternPlan): boolean {
  return length === 1 || types.get(value)?.shape[Math.max(0, axes?.indexOf("n") ?? 0)] === length;
}

function planOf(
  network: Network,
  axes: ReadonlyMap<string, Axes>,
  request: PatternRequest,
): { readonly plan: PatternPlan; readonly dtype: DataType } {
  const { graph } = network;
  const { layer, preset = "lucid", objective = "channel", size, seed = 0, smoothness = 0 } = request;
  if (!patternObjectives.includes(objective)) throw new ModelError(`objective '${objective}': expected ${patternObjectives.join(", ")}.`);
  if (!patternPresets.includes(preset)) throw new ModelError(`preset '${preset}': expected ${patternPresets.join(", ")}.`);
  const value = beforeActivation(graph, layer === undefined ? scoresOf(graph, network) : network.valueName(layer));
  const type = graph.types.get(value) as ValueType;
  const { shape: answered, dtype: answerType } = type;
  if (layer === undefined && classCountOf(type) === undefined)
    throw new ModelError(
      `the model gives no scores of classes: it answers with [${answered.join(", ")}], as with a picture, a mask or boxes. Name a layer.`,
    );
  if (answered.length < 2 || !isFloat(answerType))
    throw new ModelError(`'${value}' is ${answerType} [${answered.join(", ")}], so it has no channels to look into.`);
  // Scores of classes are that, wherever they come from.
  const lies = layer === undefined ? undefined : axes.get(value);
  const input = graph.inputs.find(({ dtype, shape }) => isFloat(dtype) && shape.length === 4);
  if (!input) throw new ModelError("no input of the model is a picture of floats, [n, channels, rows, columns], so there are no patterns.");
  if (sizeOf(input.shape) === 0)
    throw new ModelError(`input '${input.name}' is [${input.shape.join(", ")}], a picture without elements, so there are no patterns.`);
  const isChannelsLast = axes.get(input.name)?.indexOf("c") === 3;
  const [, a = 1, b = 1, c = 1] = input.shape;
  const [channels, height, width] = isChannelsLast ? [c, a, b] : [a, b, c];
  if (size !== undefined) checkCount("size", size, 1, 4096);
  if (request.steps !== undefined) checkCount("steps", request.steps, 1, mostSteps);
  const perChannel = (numbers: readonly number[] | undefined, usual: number) =>
    Array.from({ length: channels }, (_, i) => numbers?.[i] ?? numbers?.[0] ?? usual);
  const channelCount = lies && !lies.includes("c") ? 1 : (answered[lies?.indexOf("c") ?? 1] as number);
  const chosen: readonly number[] = request.channels ?? Array.from({ length: Math.min(16, channelCount) }, (_, i) => i);
  if (!Array.isArray(chosen)) throw new ModelError(`channels: ${String(chosen)} is no list of numbers.`);
  checkFinite("smoothness", smoothness);
  checkFinite("seed", seed);
  for (const one of [...(request.gain ?? []), ...(request.shift ?? [])]) checkFinite("gain and shift", one);
  const name = layer ?? value;
  if (channelCount === 0) throw new ModelError(`'${name}' has no channels to look into.`);
  if (chosen.length === 0) throw new ModelError("channels is empty: name one at least.");
  const wrong = chosen.find((channel) => !Number.isInteger(channel) || channel < 0 || channel >= channelCount);
  if (wrong !== undefined)
    throw new ModelError(`channel ${wrong} of '${name}': it has ${channelCount}, so expected 0 to ${channelCount - 1}.`);
  const plan = {
    value,
    axes: lies,
    channels: chosen,
    preset,
    objective,
    input: input.name,
    isChannelsLast,
    size: { channels, height: size ?? height, width: size ?? width },
    gain: perChannel(request.gain, 1),
    shift: perChannel(request.shift, 0),
    smoothness,
    noise: (count: number) => {
      const numbers = new Float32Array(count);
      fillNormal(numbers, 1, keyOf("pictures", seed));
      return numbers;
    },
  };
  return { plan, dtype: input.dtype };
}

/** Where a ReLU is closed nothing says which way leads to where it opens: what goes into it does. */
function beforeActivation({ nodes }: TypedGraph, value: string): string {
  const node = nodes.find(({ outputs }) => outputs[0] === value);
  return node && ["Relu", "Clip"].includes(node.operator) ? (node.inputs[0] as string) : value;
}
