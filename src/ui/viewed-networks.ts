// The networks that a viewer shows, brought to what a scene asks of them: values that are kept, weights, gates.
import type { Device } from "../engine/gpu/device.ts";
import type { Graph } from "../engine/graph/graph.ts";
import { loadModel, type Model } from "../engine/model.ts";
import type { Precision } from "../engine/precision.ts";
import type { ValueGate } from "./change-gates.ts";
import type { Weights, WeightsChange } from "./change-weights.ts";
import { isOther, observedBy, type Scene, type SceneOutcome } from "./scene.ts";
import { aborted } from "./session/session.ts";

export interface NetworkOptions {
  readonly graph: Graph;
  /** The second network of a comparison: same layer names, same shapes. */
  readonly compared?: Graph | undefined;
  /** Names of values that are shown first; a scene may ask for others. */
  readonly observe: readonly string[];
  readonly inputShapes: Readonly<Record<string, readonly number[]>>;
  readonly precision: Precision;
  readonly onProgress?: (progress: { stage: "download" | "compile"; done: number; total: number }) => void;
  /** Called when gates or weights have changed, whoever has changed them. */
  readonly onChange?: (() => void) | undefined;
}

/** How often values have moved, and up to which time their readers have found them again. */
interface Movement {
  count: number;
  found: number;
  tell?: () => void;
}

export class ViewedNetworks {
  readonly model: Model;
  readonly compared: Model | undefined;
  readonly #movement: Movement;
  #observed: readonly string[];
  #gates: readonly ValueGate[] = [];
  #weights: Weights = { id: 0 };
  #weightsChange: WeightsChange = {};
  #isDisposed = false;

  static async load(device: Device, { graph, compared, observe, inputShapes, precision, onProgress, onChange }: NetworkOptions) {
    const movement: Movement = { count: 0, found: 0 };
    const onMove = () => {
      movement.count++;
      movement.tell?.();
    };
    const load = (which: Graph, values = observe) =>
      loadModel(device, which, {
        ...{ inputShapes, observe: values, precision, onMove, onChange },
        ...(onProgress && { onProgress }),
      });
    const model = await load(graph);
    try {
      const has = (name: string) => compared?.nodes.some(({ outputs }) => outputs.includes(name));
      return new ViewedNetworks(model, compared && (await load(compared, observe.filter(has))), movement, observe);
    } catch (error) {
      model.dispose();
      throw error;
    }
  }

  private constructor(model: Model, compared: Model | undefined, movement: Movement, observed: readonly string[]) {
    this.model = model;
    this.compared = compared;
    this.#movement = movement;
    this.#observed = observed;
  }

  /** Both networks, or the one. */
  get models(): readonly Model[] {
    return this.compared ? [this.model, this.compared] : [this.model];
  }

  /** @param listener called when values have moved: those who read them have to find them again */
  set onMove(listener: () => void) {
    this.#movement.tell = listener;
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
    if (hasOtherWeights) await this.#changeWeights(weights);
    const isGated = JSON.stringify(gates) !== JSON.stringify(this.#gates);
    const gateProblem = isGated ? await this.#gate(gates) : undefined;
    const { isBlank, problem } = this.#weightsChange;
    const areWeightsRefused = problem !== undefined;
    return { needsRun: isGated || hasOtherWeights, isBlank, areWeightsRefused, problem: gateProblem ?? problem };
  }

  /** Frames are drawn until values move. */
  async #observe(values: readonly string[]): Promise<void> {
    if (JSON.stringify(values) === JSON.stringify(this.#observed)) return;
    // If one fails, the next scene plans anew in any case.
    this.#observed = [];
    const done = await Promise.allSettled(
      this.models.map((model) => model.observe(model === this.compared ? values.filter((value) => model.graph.types.has(value)) : values)),
    );
    this.#alive();
    for (const result of done) if (result.status === "rejected") throw result.reason;
    this.#observed = values;
  }

  /** In the first network only, as gates. */
  async #changeWeights(weights: Weights): Promise<void> {
    this.#weights = weights;
    const { changeWeights } = await import("./change-weights.ts");
    this.#weightsChange = await changeWeights(this.model, weights);
    this.#alive();
  }

  /** In the first network only, so that a comparison with itself shows the difference. The first gate of a value plans anew. */
  async #gate(gates: readonly ValueGate[]): Promise<string | undefined> {
    const before = this.#gates;
    this.#gates = gates;
    const { changeGates } = await import("./change-gates.ts");
    const problem = await changeGates(this.model, before, gates);
    this.#alive();
    return problem;
  }

  #alive(): void {
    if (this.#isDisposed) throw aborted();
  }

  dispose(): void {
    this.#isDisposed = true;
    for (const model of this.models) model.dispose();
  }
}
