// A session in the page's worker, as the page sees it: passes calls on, and hands canvases and pictures over.
import type { FilePart, ModelSource } from "../../engine/source.ts";
import type { ExplainRequest } from "../explain/request.ts";
import type { VisibleImage } from "../picture-size.ts";
import type { ViewCanvas } from "../views/view.ts";
import type { LoadArgument } from "./protocol.ts";
import type { ElementAnswers, ElementQuery } from "./queries.ts";
import {
  aborted,
  type FrameReport,
  type FrameRequest,
  type NetworkName,
  type Networks,
  type SceneRequest,
  type Session,
  type SessionListener,
} from "./session.ts";
import { WorkerLink } from "./worker-link.ts";

/** The page's worker, for all elements that want one; it ends with the last of them. */
let shared: Promise<WorkerLink | undefined> | undefined;

/** A session in a worker; undefined where the browser has no worker that can draw with WebGPU. */
export async function openRemoteSession(listener: SessionListener): Promise<Session | undefined> {
  // A page that has no WebGPU says so itself.
  if (!navigator.gpu || !("transferControlToOffscreen" in HTMLCanvasElement.prototype)) return undefined;
  if ((await shared)?.hasFailed) shared = undefined;
  shared ??= WorkerLink.open();
  const mine = shared;
  const link = await mine;
  // Another element may have ended the worker meanwhile, as its last user.
  if (link && shared !== mine) return openRemoteSession(listener);
  if (link) return new RemoteSession(mine, link, listener);
  if (shared === mine) shared = undefined;
  return undefined;
}

class RemoteSession implements Session {
  readonly #opening: typeof shared;
  readonly #link: WorkerLink;
  readonly #session: number;
  readonly #handedOver = new WeakSet<ViewCanvas>();
  /** The networks that the worker has, and the id of the weights. */
  #sentNetworks: Networks | undefined;
  #sentWeights: number | undefined;
  #isDisposed = false;

  /** @param opening what gave the link */
  constructor(opening: typeof shared, link: WorkerLink, listener: SessionListener) {
    this.#opening = opening;
    this.#link = link;
    this.#session = link.connect(listener);
  }

  get hasFailed(): boolean {
    return this.#link.hasFailed;
  }

  load(networks: Networks): ReturnType<Session["load"]> {
    const keeps = keptBy(this.#sentNetworks, networks);
    this.#sentNetworks = networks;
    const send = (name: NetworkName) => (keeps.includes(name) ? undefined : absolute(networks[name]));
    const argument: LoadArgument = { ...networks, src: send("src"), compare: send("compare"), keeps };
    return this.#call<Awaited<ReturnType<Session["load"]>>>("load", argument).catch(this.#sendAgain);
  }

  show(scene: SceneRequest): ReturnType<Session["show"]> {
    const canvases: OffscreenCanvas[] = [];
    const views = scene.views.map((view) => this.#handOver(view, canvases));
    const weights = scene.weights?.id === this.#sentWeights ? undefined : scene.weights;
    this.#sentWeights = scene.weights?.id;
    const argument = { ...scene, views, weights: weights && { ...weights, parameters: absolute(weights.parameters) } };
    return this.#call<Awaited<ReturnType<Session["show"]>>>("show", argument, canvases).catch(this.#sendAgain);
  }

  explain(request: ExplainRequest | undefined): ReturnType<Session["explain"]> {
    const canvases: OffscreenCanvas[] = [];
    return this.#call("explain", request && this.#handOver(request, canvases), canvases);
  }

  async frame({ image, ...request }: FrameRequest): Promise<FrameReport> {
    if (!image || "data" in image) return this.#call("frame", { ...request, image });
    const picture = await portable(image);
    try {
      return await this.#call("frame", { ...request, image: picture }, [picture]);
    } finally {
      // Does nothing to a picture that was transferred; one that was not sent must be closed.
      picture.close();
    }
  }

  ask<Kind extends ElementQuery["kind"]>(query: Extract<ElementQuery, { kind: Kind }>): Promise<ElementAnswers[Kind]> {
    const canvases: OffscreenCanvas[] = [];
    return this.#call("ask", this.#handOver<ElementQuery & { readonly canvas?: ViewCanvas | undefined }>(query, canvases), canvases);
  }

  async dispose(): Promise<void> {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    await this.#link.disconnect(this.#session);
    if (!this.#link.isIdle) return;
    this.#link.terminate();
    // After a worker that failed there may be another.
    if (shared === this.#opening) shared = undefined;
  }

  /** The same with its canvas to be transferred, or without one that was. */
  #handOver<T extends { readonly canvas?: ViewCanvas | undefined }>({ canvas, ...rest }: T, canvases: OffscreenCanvas[]) {
    if (!(canvas instanceof HTMLCanvasElement) || this.#handedOver.has(canvas)) return rest;
    this.#handedOver.add(canvas);
    const offscreen = canvas.transferControlToOffscreen();
    canvases.push(offscreen);
    return { ...rest, canvas: offscreen };
  }

  /** What failed may not have arrived. */
  readonly #sendAgain = (error: unknown): never => {
    this.#sentNetworks = undefined;
    this.#sentWeights = undefined;
    throw error;
  };

  async #call<T>(method: Parameters<WorkerLink["call"]>[1], argument: unknown, transfer: Transferable[] = []): Promise<T> {
    if (this.#isDisposed) throw aborted();
    return this.#link.call(this.#session, method, argument, transfer);
  }
}

/** What need not be sent, for it was sent last. Where nothing is another, somebody may have written into the bytes: they are sent again. */
function keptBy(last: Networks | undefined, next: Networks): NetworkName[] {
  if (!last || (last.src === next.src && last.compare === next.compare && last.inputShape === next.inputShape)) return [];
  return (["src", "compare"] as const).filter((name) => typeof next[name] === "object" && next[name] === last[name]);
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
