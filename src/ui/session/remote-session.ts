// A session in a worker, as the page sees it: passes calls on, and hands canvases and pictures over.
import { DeviceError, ModelError, UnsupportedError } from "../../engine/errors.ts";
import type { FilePart, ModelSource } from "../../engine/source.ts";
import type { VisibleImage } from "../image-input.ts";
import type { LayerChoice } from "../layers.ts";
import type { MapPoint } from "../mosaic/layout.ts";
import type { Appearance, PaneCanvas } from "../viewer.ts";
import type { FromWorker, Method, PlainError, Request } from "./protocol.ts";
import {
  aborted,
  type FrameReport,
  type FrameRequest,
  type Networks,
  type PaneRequest,
  type Placement,
  type Session,
  type SessionListener,
  type ViewRequest,
} from "./session.ts";
import workerAddress from "./worker.ts?worker&url";

/** A session in a worker of its own; undefined where the browser has no worker that can draw with WebGPU. */
export async function openRemoteSession(listener: SessionListener): Promise<Session | undefined> {
  // A page that has no WebGPU says so itself.
  if (!navigator.gpu || !("transferControlToOffscreen" in HTMLCanvasElement.prototype)) return undefined;
  let worker: Worker;
  try {
    worker = startWorker();
  } catch {
    return undefined;
  }
  const isReady = await new Promise<boolean>((resolve) => {
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => resolve("event" in data && data.event === "ready" && data.detail);
    worker.onerror = () => resolve(false);
  });
  if (isReady) return new RemoteSession(worker, listener);
  worker.terminate();
  return undefined;
}

function startWorker(): Worker {
  try {
    return new Worker(new URL(workerAddress, import.meta.url), { type: "module" });
  } catch {
    // A worker must come from the page's own origin, but a module may import from any that allows it.
    const script = `import ${JSON.stringify(new URL(workerAddress, import.meta.url))}`;
    const address = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
    return new Worker(address, { type: "module" });
  }
}

interface Call {
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

class RemoteSession implements Session {
  readonly #worker: Worker;
  readonly #calls = new Map<number, Call>();
  readonly #handedOver = new WeakSet<PaneCanvas>();
  #callCount = 0;
  #isDisposed = false;

  constructor(worker: Worker, listener: SessionListener) {
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if ("id" in data) this.#onReply(data);
      else if (data.event !== "ready" && !this.#isDisposed) listener(data);
    };
    worker.onerror = ({ message }) => this.#rejectAll(new Error(`The worker failed: ${message}`));
  }

  load({ src, compare }: Networks): Promise<void> {
    return this.#call("load", [{ src: absolute(src), compare: absolute(compare) }]);
  }

  build(request: ViewRequest): ReturnType<Session["build"]> {
    return this.#call("build", [request]);
  }

  place(panes: readonly PaneRequest[], appearance: Appearance): Promise<readonly (Placement | undefined)[]> {
    const canvases: OffscreenCanvas[] = [];
    const requests = panes.map(({ canvas, width }) => {
      if (!(canvas instanceof HTMLCanvasElement) || this.#handedOver.has(canvas)) return { width };
      this.#handedOver.add(canvas);
      const offscreen = canvas.transferControlToOffscreen();
      canvases.push(offscreen);
      return { canvas: offscreen, width };
    });
    return this.#call("place", [requests, appearance], canvases);
  }

  async frame({ image, ...request }: FrameRequest): Promise<FrameReport> {
    if (!image || "data" in image) return this.#call("frame", [{ ...request, image }]);
    const picture = await portable(image);
    try {
      return await this.#call("frame", [{ ...request, image: picture }], [picture]);
    } finally {
      // Only what was not sent is still open.
      picture.close();
    }
  }

  probe(choice: LayerChoice, point: MapPoint): Promise<readonly number[]> {
    return this.#call("probe", [choice, point]);
  }

  async dispose(): Promise<void> {
    if (this.#isDisposed) return;
    this.#rejectAll(aborted());
    const done = this.#call("dispose", []);
    this.#isDisposed = true;
    await done.catch(() => undefined);
    this.#worker.terminate();
  }

  #call<M extends Method>(method: M, args: Parameters<Session[M]>, transfer: Transferable[] = []): ReturnType<Session[M]> {
    const id = ++this.#callCount;
    const result = new Promise<never>((resolve, reject) => {
      if (this.#isDisposed) throw aborted();
      this.#calls.set(id, { resolve, reject });
      this.#worker.postMessage({ id, method, args } as unknown as Request, transfer);
    });
    return result as ReturnType<Session[M]>;
  }

  #onReply(reply: Extract<FromWorker, { id: number }>): void {
    const call = this.#calls.get(reply.id);
    this.#calls.delete(reply.id);
    if ("error" in reply) call?.reject(reviveError(reply.error));
    else call?.resolve(reply.result as never);
  }

  #rejectAll(error: Error): void {
    for (const { reject } of this.#calls.values()) reject(error);
    this.#calls.clear();
  }
}

/** A worker knows neither the page's base address nor its URL objects. */
function absolute(source: ModelSource | undefined): ModelSource | undefined {
  const resolve = <T>(part: T) => (typeof part === "string" || part instanceof URL ? new URL(part, document.baseURI).href : part);
  return Array.isArray(source) ? (source as readonly FilePart[]).map(resolve) : resolve(source);
}

/** The picture as it is now, in a form that can be handed over. */
function portable(image: VisibleImage): VideoFrame | Promise<ImageBitmap> {
  if (image instanceof HTMLVideoElement && typeof VideoFrame !== "undefined") return new VideoFrame(image);
  return createImageBitmap(image);
}

const errorClasses = { ModelError, DeviceError } as const;

function reviveError({ name, message, reasons }: PlainError): Error {
  if (reasons) return new UnsupportedError(reasons);
  const Known = errorClasses[name as keyof typeof errorClasses];
  return Known ? new Known(message) : Object.assign(new Error(message), { name });
}
