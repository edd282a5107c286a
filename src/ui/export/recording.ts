// Records what an element shows as a WebM video, picture by picture, until it is stopped. Loaded when somebody records.
import type { ConvCam } from "../element.ts";
import { seenIn } from "./seen.ts";
import { withDuration } from "./webm-duration.ts";

const mimeType = "video/webm";
/** The least time between two pictures. */
const periodMs = 66;
/** The time in which ranges of what is off the screen may be old: to compute them takes as long as to draw. */
const rangesMs = 1000;
const bitsPerSecond = 8_000_000;
/** How long a video goes on, after somebody has ended it, of which nothing is recorded yet. */
const patienceMs = 10_000;

/** Why this browser cannot record; undefined where it can. */
export function recordingTrouble(): string | undefined {
  const canRecord =
    typeof MediaRecorder !== "undefined" && MediaRecorder.isTypeSupported(mimeType) && "captureStream" in HTMLCanvasElement.prototype;
  return canRecord ? undefined : "This browser records no WebM video. Chrome, Edge and Firefox do.";
}

export class Recording {
  readonly #viewer: ConvCam;
  readonly #canvas = document.createElement("canvas");
  readonly #chunks: Blob[] = [];
  #started = 0;
  #ranged = 0;
  #recorder: MediaRecorder | undefined;
  #timer = 0;
  #picture: ImageBitmap | undefined;
  #isTaking = false;

  /** @throws Error that says why nothing can be recorded */
  static async start(viewer: ConvCam): Promise<Recording> {
    const trouble = recordingTrouble();
    if (trouble) throw new Error(trouble);
    const recording = new Recording(viewer);
    await recording.#begin();
    return recording;
  }

  private constructor(viewer: ConvCam) {
    this.#viewer = viewer;
  }

  /** Ends it. @returns the video @throws Error where the browser has recorded nothing */
  async stop(): Promise<Blob> {
    const recorder = this.#recorder as MediaRecorder;
    await this.#untilRecorded(recorder);
    clearInterval(this.#timer);
    const durationMs = performance.now() - this.#started;
    if (recorder.state !== "inactive") {
      const stopped = new Promise((resolve) => recorder.addEventListener("stop", resolve, { once: true }));
      recorder.stop();
      await stopped;
    }
    for (const track of recorder.stream.getTracks()) track.stop();
    this.#picture?.close();
    const bytes = new Uint8Array(await new Blob(this.#chunks).arrayBuffer());
    if (bytes.length === 0) throw new Error("The browser has recorded nothing. Record for a little longer.");
    return new Blob([withDuration(bytes, durationMs) as Uint8Array<ArrayBuffer>], { type: mimeType });
  }

  /** An encoder may be slow to begin: the video goes on until there is something of it. */
  async #untilRecorded(recorder: MediaRecorder): Promise<void> {
    const end = performance.now() + patienceMs;
    while (this.#chunks.length === 0 && recorder.state === "recording" && performance.now() < end) {
      recorder.requestData();
      await new Promise((resolve) => setTimeout(resolve, periodMs));
    }
  }

  async #begin(): Promise<void> {
    this.#ranged = performance.now();
    const first = await this.#viewer.ask({ kind: "frame", ...seenIn(this.#viewer) });
    // Encoders of video take even sizes.
    this.#canvas.width = first.width + (first.width % 2);
    this.#canvas.height = first.height + (first.height % 2);
    this.#picture = first;
    const recorder = new MediaRecorder(this.#canvas.captureStream(), { mimeType, videoBitsPerSecond: bitsPerSecond });
    recorder.addEventListener("dataavailable", ({ data }) => data.size > 0 && this.#chunks.push(data));
    recorder.start(1000);
    this.#started = performance.now();
    this.#recorder = recorder;
    this.#draw();
    this.#timer = window.setInterval(() => {
      // A stream has a frame whenever somebody draws, and none of a canvas that nobody draws on.
      this.#draw();
      void this.#take();
    }, periodMs);
  }

  /** Whether ranges were brought up to date a moment ago. If not, they are now. */
  #keepsRanges(): boolean {
    const now = performance.now();
    if (now - this.#ranged < rangesMs) return true;
    this.#ranged = now;
    return false;
  }

  /** While one picture is under way, the next is left out. What cannot be taken, because another network loads, is left out, too. */
  async #take(): Promise<void> {
    if (this.#isTaking) return;
    this.#isTaking = true;
    const picture = await this.#viewer
      .ask({ kind: "frame", ...seenIn(this.#viewer), keepsRanges: this.#keepsRanges() })
      .catch(() => undefined);
    if (picture) {
      this.#picture?.close();
      this.#picture = picture;
    }
    this.#isTaking = false;
  }

  /** The first picture says how large the video is; others are fitted into it. */
  #draw(): void {
    const picture = this.#picture as ImageBitmap;
    const { width, height } = this.#canvas;
    const context = this.#canvas.getContext("2d") as CanvasRenderingContext2D;
    const scale = Math.min(1, width / picture.width, height / picture.height);
    context.fillStyle = "#fff";
    context.fillRect(0, 0, width, height);
    context.drawImage(picture, 0, 0, picture.width * scale, picture.height * scale);
  }
}
