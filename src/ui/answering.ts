// Which answer belongs to what is shown: an answer is of one picture source and one network, and goes with either.
import { Answer } from "./answer.ts";
import { readAttribute } from "./attributes.ts";
import type { ConvCam } from "./element.ts";
import type { ConvCamEvents } from "./events.ts";
import { Labels } from "./labels.ts";
import type { Results } from "./results.ts";

export interface AnswerHost {
  emit<Name extends "results" | "reset">(type: Name, detail: ConvCamEvents[Name]): boolean;
  onFail(error: Error): void;
}

export class Answering {
  readonly labels = new Labels();
  readonly #host: AnswerHost;
  readonly #element: ConvCam;
  readonly #answer: Answer;
  /** Counts changes of source and networks. */
  #pictureId = 0;

  /** @param previous the element that bars are put after */
  constructor(host: AnswerHost, element: ConvCam, previous: Element) {
    this.#host = host;
    this.#element = element;
    this.#answer = new Answer(previous, (error) => host.onFail(error));
  }

  /** To be given with each frame, so that its results are known to belong to what is shown. */
  get pictureId(): number {
    return this.#pictureId;
  }

  /** Reads the names of the classes. Those of another source leave at once. */
  async loadLabels(): Promise<void> {
    this.relabel();
    await this.labels.load();
  }

  /** Shows the answer again, for its labels or the attribute `bars` have changed. */
  relabel(): void {
    this.#answer.relabel(this.labels.names, readAttribute(this.#element, "bars"));
  }

  /** Shows and tells the scores of a frame, unless they are of an earlier picture. */
  async show({ outputs, pictureId }: Results, isTrained: boolean): Promise<void> {
    const [scores] = outputs;
    if (!scores || pictureId !== this.#pictureId) return;
    const isShown = readAttribute(this.#element, "bars");
    const top = await this.#answer.show(scores, this.labels.names, { isShown, isTrained });
    if (top && pictureId === this.#pictureId) this.#host.emit("results", { outputs, top, isTrained });
  }

  /** Results of frames under way are of the past from now on. */
  forget(): void {
    this.#pictureId++;
    if (this.#answer.clear()) this.#host.emit("reset", {});
  }
}
