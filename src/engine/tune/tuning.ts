// The tuning of one model: the kernels that are known to be fast, and the search for more in idle time. Loaded only when asked for.
import type { Device } from "../gpu/device.ts";
import type { TypedGraph } from "../graph/graph.ts";
import type { Inference } from "../passes/infer.ts";
import type { HalfStorage } from "../plan/halves.ts";
import type { Precision } from "../precision.ts";
import { idle, unlessAborted } from "./idle.ts";
import { adapterFamily, type Choices, defaultMemory, memoryKey, type TuningMemory } from "./memory.ts";
import { type ChooseKernel, preferKernels } from "./prefer.ts";
import { shipped } from "./shipped.ts";
import { layersToTune, measureLayers, type TunedLayer } from "./tuner.ts";

export interface TuneOptions {
  /** Where choices are kept: IndexedDB, or a file in Node, unless given. */
  readonly memory?: TuningMemory | undefined;
  /** Resolves when there is time for a few milliseconds of GPU work. */
  readonly idle?: (() => Promise<void>) | undefined;
  readonly onProgress?: ((progress: TuneProgress) => void) | undefined;
  /** Called when the model has changed to faster kernels, before any other code runs: what `model.value` gave is to be asked for again. */
  readonly onSwap?: (() => void) | undefined;
  /** Ends the search; what was found until then is kept. */
  readonly signal?: AbortSignal | undefined;
}

export interface TuneProgress {
  readonly layer: TunedLayer;
  /** Layers measured, this one included, and to be measured. */
  readonly done: number;
  readonly total: number;
}

export interface TuningReport {
  /** False where the signal, the model's disposal or the loss of the device ended the search early. */
  readonly isComplete: boolean;
  /** What was measured now, the layer with the most work first; empty where all was known. */
  readonly layers: readonly TunedLayer[];
  /** What could not be measured, and why. */
  readonly failures: readonly string[];
}

interface TunedModel {
  readonly chooseKernel?: ChooseKernel | undefined;
  readonly precision?: Precision | undefined;
}

/** What is tuned: measured kernels come into use by planning it anew. */
export interface TunedExecution {
  readonly startup: { readonly settled: Promise<void>; reportRun(): void };
  /** Resolves when no plan is under way. */
  planned(): Promise<void>;
  /** Plans what is observed anew. */
  replan(): Promise<void>;
}

export class Tuning {
  readonly #device: Device;
  readonly #options: TuneOptions;
  /** What its findings are kept under. */
  readonly #key: string;
  readonly #chosen: ChooseKernel | undefined;
  readonly #ended = new AbortController();
  #remembered: Choices = {};
  #saved: Promise<void> = Promise.resolve();
  #report: Promise<TuningReport> | undefined;

  private constructor(device: Device, options: TuneOptions, key: string, chosen: ChooseKernel | undefined) {
    this.#device = device;
    this.#options = options;
    this.#key = key;
    this.#chosen = chosen;
  }

  /** @param model what the caller chose goes before anything measured */
  static async begin(device: Device, options: TuneOptions, { chooseKernel, precision }: TunedModel = {}): Promise<Tuning> {
    const memory = options.memory ?? (await defaultMemory().catch(() => undefined));
    const key = memoryKey(device.info, precision);
    const tuning = new Tuning(device, { ...options, memory }, key, chooseKernel);
    tuning.#remembered = (await memory?.load(key).catch(() => undefined)) ?? {};
    return tuning;
  }

  /** The kernels known to be best: the caller's choice, what was measured here, what is shipped; else the operator's own order. */
  chooser(graph: TypedGraph): ChooseKernel {
    return preferKernels(graph, this.#chosen, this.#remembered, this.#shipped);
  }

  get #shipped(): Choices {
    return shipped[adapterFamily(this.#device.info)] ?? {};
  }

  /** Ends the search; {@link report} settles soon after. */
  stop(): void {
    this.#ended.abort();
  }

  /** Settles when the search is over; absent before {@link start}. */
  get report(): Promise<TuningReport> | undefined {
    return this.#report;
  }

  /**
   * Measures what is not known yet, in idle time, and lets the execution plan anew if anything was faster. It searches once, however often
   * it is called.
   *
   * @param inference the graph after all passes
   * @param halves as the network stores them
   */
  start(execution: TunedExecution, inference: Inference, halves: HalfStorage | undefined): void {
    this.#report ??= this.#tune(execution, inference, halves);
  }

  /** Waits until the execution has settled and no plan is under way; for that it needs no run. */
  async #tune(execution: TunedExecution, inference: Inference, halves: HalfStorage | undefined): Promise<TuningReport> {
    const { startup } = execution;
    startup.reportRun();
    await startup.settled;
    await execution.planned();
    // What was planned meanwhile may have begun with quick-start pipelines.
    await startup.settled;
    return this.#search(inference, halves, () => execution.replan());
  }

  /**
   * Never rejects, whatever happens to the model or the device.
   *
   * @param replan is called once, if anything faster was found
   */
  async #search(inference: Inference, halves: HalfStorage | undefined, replan: () => Promise<void>): Promise<TuningReport> {
    const layers: TunedLayer[] = [];
    const failures: string[] = [];
    const ended = this.#ended;
    const { signal: own = ended.signal, idle: untilIdle = idle, onProgress } = this.#options;
    const signal = AbortSignal.any([own, ended.signal]);
    this.#device.lost.then(() => ended.abort());
    try {
      await measureLayers(this.#device, inference, this.#unknownLayers(inference), {
        idle: untilIdle,
        signal,
        halves,
        onFailure: (message) => failures.push(message),
        onLayer: (layer, done, total) => {
          layers.push(layer);
          this.#remember({ [layer.signature]: layer.kernel });
          onProgress?.({ layer, done, total });
        },
      });
      if (layers.some(({ before, kernel }) => before !== kernel)) {
        await unlessAborted(untilIdle(), signal);
        await replan();
        this.#options.onSwap?.();
      }
    } catch (error) {
      if (!signal.aborted) failures.push((error as Error).message);
    }
    await this.#saved;
    return { isComplete: !signal.aborted, layers, failures };
  }

  /** What neither the caller nor an earlier search has decided. What is shipped is measured too: drivers differ. */
  #unknownLayers(inference: Inference): ReturnType<typeof layersToTune> {
    const { graph } = inference;
    const decided = preferKernels(graph, this.#chosen, this.#remembered);
    const inUse = preferKernels(graph, undefined, this.#shipped);
    return layersToTune(inference, this.#device.target, (node, names) =>
      decided(node, names) === undefined ? (inUse(node, names) ?? names[0]) : undefined,
    );
  }

  #remember(choices: Choices): void {
    this.#remembered = { ...this.#remembered, ...choices };
    const { memory } = this.#options;
    // One after the other: a store may read before it writes.
    this.#saved = this.#saved.then(() => memory?.save(this.#key, choices)).catch(() => {});
  }
}
