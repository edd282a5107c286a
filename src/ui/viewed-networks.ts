// The networks that a viewer shows, brought to what a scene asks of them: values that are kept, weights, gates.
import { loadPart } from "../engine/errors.ts";
import type { Device } from "../engine/gpu/device.ts";
import type { Graph } from "../engine/graph/graph.ts";
import { loadModel, type Model } from "../engine/model.ts";
import type { Precision } from "../engine/precision.ts";
import type { ValueGate } from "./change-gates.ts";
import type { Weights, WeightsChange } from "./change-weights.ts";
import { isOther, observedBy, type Scene, type SceneOutcome } from "./scene.ts";
import { aborted, type NetworkName } from "./session/session.ts";

/** Loads what is seldom needed. @throws Error that says what is missing where the connection is gone */
export const loadOnDemand = () => loadPart("for views", () => import("./on-demand.ts"));

export interface NetworkOptions {
  readonly graph: Graph;
  /** The second network of a comparison: same layer names, same shapes. */
  readonly compared?: Graph | undefined;
  /** Of random weights for the second network, in place of its file's. */
  readonly seed?: number | undefined;
  /** Names of values that are shown first; a scene may ask for others. */
  readonly observe: readonly string[];
  readonly inputShapes: Readonly<Record<string, readonly number[]>>;
  readonly precision: Precision;
  readonly onProgress?: (progress: { stage: "download" | "compile"; done: number; total: number }) => void;
}

/** How often values have moved, and up to which time their readers have found them again. */
interface Movement {
  count: number;
  found: number;
  /** Called when values have moved: those who read them have to find them again. */
  onMove?: () => void;
  /** Called when gates or weights have changed, whoever has changed them. */
  onChange?: (which: NetworkName) => void;
}

/** The values that a network keeps. */
interface Kept {
  /** What it was asked for last from here. */
  readonly all: readonly string[];
  /** Those among them that the page has asked for. */
  readonly others: readonly string[];
}

export class ViewedNetworks {
  readonly model: Model;
  readonly compared?: Model | undefined;
  /** Why there is no second network, where one is wanted that does not load. */
  readonly problem?: string;
  readonly #movement: Movement;
  readonly #kept: Map<Model, Kept>;
  #gates: readonly ValueGate[] = [];
  /** What is wrong with one of them. */
  #gateProblem: string | undefined;
  #weights: Weights = { id: 0 };
  #weightsChange: WeightsChange = {};
  #isDisposed = false;

  /** Where the second does not load, the first goes on without it. */
  static async load(device: Device, { graph, compared, seed, observe, inputShapes, precision, onProgress }: NetworkOptions) {
    const movement: Movement = { count: 0, found: 0 };
    const onMove = () => {
      movement.count++;
      movement.onMove?.();
    };
    // The second one's inputs may be called otherwise.
    const shapesOf = ({ inputs }: Graph) =>
      Object.fromEntries(Object.entries(inputShapes).filter(([name]) => inputs.some((input) => input.name === name)));
    const load = (file: Graph, which: NetworkName, values = observe) =>
      loadModel(device, file, {
        ...{ inputShapes: shapesOf(file), observe: values, precision, onProgress },
        ...{ onMove, onChange: () => movement.onChange?.(which) },
      });
    const model = await load(graph, "src");
    if (!compared) return new ViewedNetworks(model, undefined, movement);
    const has = (name: string) => compared.nodes.some(({ outputs }) => outputs.includes(name));
    const second = await load(compared, "compare", observe.filter(has))
      .then((loaded) => withSeed(loaded, seed))
      .catch((error: Error) => error);
    return new ViewedNetworks(model, second, movement);
  }

  private constructor(model: Model, second: Model | Error | undefined, movement: Movement) {
    this.model = model;
    if (second instanceof Error) this.problem = `compare: ${second.message}`;
    else this.compared = second;
    this.#movement = movement;
    this.#kept = new Map(this.models.map((one) => [one, { all: one.observed, others: [] }]));
  }

  /** Both networks, or the one. */
  get models(): readonly Model[] {
    return this.compared ? [this.model, this.compared] : [this.model];
  }

  listen(listeners: Pick<Movement, "onMove" | "onChange">): void {
    Object.assign(this.#movement, listeners);
  }

  /** Whether values have moved, of a network or of what runs beside it, and {@link endMove} was not called for it. */
  get isMoving(): boolean {
    return this.#movement.count !== this.#movement.found;
  }

  /** How often values have moved. */
  get moves(): number {
    return this.#movement.count;
  }

  /** Whoever reads values has found them again as they lay after so many moves. */
  endMove(moves: number): void {
    this.#movement.found = moves;
  }

  /**
   * Keeps the values that a scene's views read, and changes weights and gates to the scene's. Calls must not overlap. What cannot be had of
   * weights and gates is told as a problem, and the scene is shown without it.
   *
   * @throws Error where a network cannot be planned with the values
   */
  async change({ views, weights = this.#weights, gates = [] }: Scene): Promise<Omit<SceneOutcome, "views">> {
    await this.#observe(observedBy(views));
    const hasOtherWeights = weights.id !== this.#weights.id && (isOther(weights) || isOther(this.#weights));
    let isGated = JSON.stringify(gates) !== JSON.stringify(this.#gates);
    // Of the first network only, so that a comparison with itself shows the difference. The first gate of a value plans anew.
    if (hasOtherWeights) {
      this.#weightsChange = await (await loadOnDemand()).changeWeights(this.model, weights, this.#weights);
      this.#weights = weights;
    }
    // Those that were refused are tried again: what they need may be there now.
    if (isGated || this.#gateProblem) {
      const problem = await (await loadOnDemand()).changeGates(this.model, gates);
      isGated ||= problem !== this.#gateProblem;
      this.#gateProblem = problem;
      this.#gates = gates;
    }
    this.#alive();
    const { isBlank, problem } = this.#weightsChange;
    return {
      needsRun: isGated || hasOtherWeights,
      isBlank,
      areWeightsRefused: problem !== undefined,
      problem: this.#gateProblem ?? problem,
    };
  }

  /** Frames are drawn until values move. */
  async #observe(values: readonly string[]): Promise<void> {
    const keeping = this.models.map((model) =>
      this.#keep(model, model === this.compared ? values.filter((value) => model.graph.types.has(value)) : values),
    );
    // One that fails waits for the other, so that calls do not overlap.
    await Promise.allSettled(keeping);
    this.#alive();
    await Promise.all(keeping);
  }

  /** Lets a network keep values, besides those that the page has asked it for. */
  async #keep(model: Model, values: readonly string[]): Promise<void> {
    const { observed } = model;
    const kept = this.#kept.get(model) as Kept;
    const others = areSame(observed, kept.all) ? kept.others : observed;
    const all = [...new Set([...values.map((value) => model.valueName(value)), ...others])];
    if (!areSame(all, observed)) await model.observe(all);
    this.#kept.set(model, { all, others });
    // The page has asked for others meanwhile.
    if (!areSame(all, model.observed)) await this.#keep(model, values);
  }

  #alive(): void {
    if (this.#isDisposed) throw aborted();
  }

  dispose(): void {
    this.#isDisposed = true;
    for (const model of this.models) model.dispose();
  }
}

/** A network with random weights of a seed, or with its own where there is none. */
async function withSeed(model: Model, seed: number | undefined): Promise<Model> {
  try {
    if (seed !== undefined) await model.reinitialize(seed);
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** Whether two lists are of the same names. */
function areSame(names: readonly string[], others: readonly string[]): boolean {
  return JSON.stringify([...names].sort()) === JSON.stringify([...others].sort());
}
