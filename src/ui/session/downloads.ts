// Networks that are being read: a load that wants one of them goes on with it, and one that does not ends it.
import type { Graph } from "../../engine/graph/graph.ts";
import { type LoadProgress, type ModelSource, readModel } from "../../engine/source.ts";

interface Download {
  readonly graph: Promise<Graph>;
  readonly controller: AbortController;
}

export class Downloads {
  readonly #onProgress: (progress: LoadProgress) => void;
  readonly #underWay = new Map<ModelSource, Download>();

  constructor(onProgress: (progress: LoadProgress) => void) {
    this.#onProgress = onProgress;
  }

  /** Ends all but these. */
  keepOnly(...wanted: readonly (ModelSource | undefined)[]): void {
    for (const [source, { controller }] of this.#underWay) {
      if (wanted.includes(source)) continue;
      controller.abort();
      this.#underWay.delete(source);
    }
  }

  /** @throws AbortError where it is no longer wanted */
  read(source: ModelSource): Promise<Graph> {
    const known = this.#underWay.get(source);
    if (known) return known.graph;
    const controller = new AbortController();
    const { signal } = controller;
    const onProgress = (progress: LoadProgress) => !signal.aborted && this.#onProgress(progress);
    const graph = readModel(source, { onProgress, signal }).finally(() => {
      if (this.#underWay.get(source)?.controller === controller) this.#underWay.delete(source);
      signal.throwIfAborted();
    });
    this.#underWay.set(source, { graph, controller });
    return graph;
  }
}
