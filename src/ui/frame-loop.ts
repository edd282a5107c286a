// Decides when a frame is drawn: only when something is new, with the page's animation frames, and at most two at a time.
import type { FrameReport, FrameRequest } from "./session/session.ts";
import type { FrameSource } from "./sources.ts";

export interface FrameStats {
  /** From the submit to the end of the GPU's work, the last frame. */
  readonly ms: number;
  /** Frames of the last second; 0 for a picture that does not move. */
  readonly fps: number;
  /** Bytes in GPU buffers, of all elements that share the device. */
  readonly gpuBytes: number;
}

export interface FrameHost {
  readonly element: { readonly isConnected: boolean; readonly paused: boolean };
  readonly source: FrameSource | undefined;
  /** Draws a frame; undefined while there is nothing that could be drawn. */
  readonly draw: ((request: Omit<FrameRequest, "visible" | "pictureId">) => Promise<FrameReport>) | undefined;
  onFrame(stats: FrameStats): void;
  onFail(error: Error): void;
}

/** What is new since the last frame: the picture, what the network computes from, or only how it is shown. */
export type News = "image" | "run" | "draw";

const framesAhead = 2;

export class FrameLoop {
  readonly #host: FrameHost;
  readonly #news = new Set<News>();
  #request = 0;
  #framesInFlight = 0;
  /** Whether a frame was asked for while as many were in flight as may be. */
  #isHeldUp = false;
  /** Counts rounds: results of frames of an earlier round are dropped. */
  #round = 0;
  #lastFrameMs: number | undefined;
  /** What the last frame failed of: a video does not repeat it with every frame. */
  #failure: string | undefined;
  #frameTimes: readonly number[] = [];

  constructor(host: FrameHost) {
    this.#host = host;
  }

  /** Says what the next frame is to bring up to date, without asking for one. */
  note(...news: readonly News[]): void {
    for (const one of news) this.#news.add(one);
    this.#failure = undefined;
  }

  /** Asks for a frame. */
  request(): void {
    if (this.#request === 0 && this.#host.element.isConnected) this.#request = requestAnimationFrame((now) => this.#onFrame(now));
  }

  /**
   * Drops the results and faults of frames under way, because what they show is gone.
   *
   * @param news what the next frame is to bring up to date
   */
  restart(...news: News[]): void {
    this.#round++;
    this.#lastFrameMs = undefined;
    this.note(...news);
  }

  stop(): void {
    cancelAnimationFrame(this.#request);
    this.#request = 0;
  }

  /** Draws on without being asked only if the input moves by itself. */
  #onFrame(now: number): void {
    this.#request = 0;
    const { source, element, draw } = this.#host;
    if (!draw) return;
    if (source?.isLive && !element.paused) this.request();
    this.#isHeldUp = this.#framesInFlight >= framesAhead;
    if (this.#isHeldUp) return;
    const mayTake = this.#news.has("run") || !element.paused;
    const takes = mayTake && source?.isReady() && (source.takeFrame() || this.#news.has("image"));
    if (takes || this.#news.has("run") || this.#news.has("draw")) this.#draw(now, draw, takes ? source : undefined);
  }

  #draw(now: number, draw: NonNullable<FrameHost["draw"]>, source: FrameSource | undefined): void {
    const isMoving = source?.isLive === true && !this.#host.element.paused;
    // After a pause ranges are not smoothed.
    const elapsedMs = isMoving && this.#lastFrameMs !== undefined ? now - this.#lastFrameMs : undefined;
    this.#lastFrameMs = isMoving ? now : undefined;
    const runs = this.#news.has("run") || source !== undefined;
    this.#news.delete("run");
    this.#news.delete("draw");
    if (source) this.#news.delete("image");
    this.#framesInFlight++;
    const round = this.#round;
    draw({ image: source?.image, runs, elapsedMs })
      .finally(() => {
        this.#framesInFlight--;
        // Whatever became of it, one that waited for it may be drawn now.
        if (this.#isHeldUp) this.request();
      })
      .then(
        (report) => round === this.#round && this.#onDone(report, isMoving),
        (error) => {
          if (round !== this.#round) return;
          // Whoever hears of it lets go of the answer, so the next frame, whenever it comes, brings everything up to date.
          this.#news.add("image").add("run");
          const isNew = error.message !== this.#failure;
          this.#failure = error.message;
          if (isNew) this.#host.onFail(error);
        },
      );
  }

  #onDone({ ms, gpuBytes, areResultsCurrent }: FrameReport, isMoving: boolean): void {
    this.#failure = undefined;
    const now = performance.now();
    this.#frameTimes = isMoving ? [...this.#frameTimes.filter((time) => now - time < 1000), now] : [];
    this.#host.onFrame({ ms, fps: this.#frameTimes.length, gpuBytes });
    if (!areResultsCurrent) this.note("draw");
    if (this.#news.size > 0) this.request();
  }
}
