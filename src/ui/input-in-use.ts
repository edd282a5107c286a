// The picture, video or camera that an element looks at: opened when another is wanted, let go of when it ends or cannot be read.
import { DeviceError, ModelError } from "../engine/errors.ts";
import type { ConvCam } from "./element.ts";
import { type FrameSource, openSource } from "./sources.ts";

export interface InputHost {
  /** It is gone, and the answer to it. */
  onClose(): void;
  onFail(error: Error, stage: "input" | "frame"): void;
}

export class InputInUse {
  readonly #element: Pick<ConvCam, "input">;
  readonly #host: InputHost;
  #source: FrameSource | undefined;

  constructor(element: Pick<ConvCam, "input">, host: InputHost) {
    this.#element = element;
    this.#host = host;
  }

  get source(): FrameSource | undefined {
    return this.#source;
  }

  /** Whether the picture that is wanted is not there: what is shown is of another, or of zeros. */
  get isLacking(): boolean {
    return this.#source === undefined && this.#element.input !== undefined;
  }

  /** @param signal aborted where another is wanted meanwhile */
  async open(signal: AbortSignal): Promise<void> {
    this.close();
    const { input } = this.#element;
    if (input === undefined) return;
    const source = await openSource(input, signal);
    source.ended?.then((error) => source === this.#source && this.#lose(error));
    this.#source = source;
  }

  close(): void {
    this.#source?.dispose();
    this.#source = undefined;
    this.#host.onClose();
  }

  /** A frame failed. A picture that cannot be read, as one of another origin, is let go; something live may do better the next time. */
  onFrameFailed(error: Error): void {
    if (error.name === "AbortError") return;
    if (error instanceof DeviceError) this.#host.onFail(error, "frame");
    else if (!this.#source?.isLive || error.name === "SecurityError")
      this.#lose(error instanceof ModelError ? error : new Error(`This picture cannot be read: ${error.message}`));
  }

  #lose(error: Error): void {
    this.close();
    this.#host.onFail(error, "input");
  }
}
