// A network of one's own in a frame: what its file lets guess, and files that are dropped. Loaded where there is one.
import type { ConvCam } from "../element.ts";
import { readLabels } from "../hints/labels.ts";
import { sortFiles, withTypes } from "./dropped-files.ts";
import { guessNames } from "./guessed-names.ts";
import { askOwnNetworks, forgetChoices } from "./own-network.ts";

interface Frame {
  readonly viewer: ConvCam;
  report(problem: string): void;
  /** What whoever wrote the frame has said of its network, which nothing is guessed in place of. */
  readonly hasPreparation: boolean;
  readonly hasLabels: boolean;
}

export class OwnInFrame {
  readonly #frame: Frame;
  /** Of files that were dropped nobody has said anything. */
  #isDropped = false;
  #hasNames = false;
  readonly #ask: ReturnType<typeof askOwnNetworks>;

  constructor(frame: Frame) {
    this.#frame = frame;
    const { viewer, report, hasPreparation, hasLabels } = frame;
    this.#ask = askOwnNetworks(viewer, {
      onHints: async (hints) => {
        const { src } = viewer;
        if (this.#isDropped || !hasPreparation) viewer.preparation = hints.input?.preparation ?? {};
        if (this.#isDropped ? this.#hasNames : hasLabels) return;
        const guessed = await guessNames(hints);
        if (guessed && viewer.src === src && !this.#hasNames) viewer.labels = [...guessed.names];
      },
      onFail: (error) => report((error as Error).message),
    });
  }

  /** Asks the network that is about to be loaded. */
  expect(source: NonNullable<ConvCam["src"]>): void {
    this.#ask(source);
  }

  /**
   * Shows a network, a picture, names of classes, or some of them.
   *
   * @returns whether there is a network among the files
   */
  async open(files: readonly File[]): Promise<boolean> {
    const { viewer } = this.#frame;
    const { network, pictures, names } = sortFiles(await withTypes(files));
    if (network.length > 0) this.#openNetwork(network);
    if (pictures[0]) viewer.input = pictures[0];
    if (names) {
      this.#hasNames = true;
      viewer.labels = [...readLabels(await names.text(), names.name)];
    }
    return network.length > 0;
  }

  #openNetwork(files: readonly File[]): void {
    const { viewer } = this.#frame;
    this.#isDropped = true;
    this.#hasNames = false;
    forgetChoices(viewer);
    for (const name of ["checkpoint", "checkpoints", "compare-names"]) viewer.removeAttribute(name);
    Object.assign(viewer, { compare: undefined, parameters: undefined, labels: undefined, preparation: {} });
    this.#ask(files);
    viewer.src = files;
  }
}
