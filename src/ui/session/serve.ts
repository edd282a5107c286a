// The worker's end of <conv-cam worker>: engine sessions that answer messages, one for each element of the page.
import type { UnsupportedError } from "../../engine/errors.ts";
import type { Weights } from "../change-weights.ts";
import { EngineSession } from "./engine-session.ts";
import type { FromWorker, LoadArgument, PlainError, Request } from "./protocol.ts";
import type { FrameRequest, Networks, SceneRequest, SessionEvent } from "./session.ts";

/** A session, and what the page does not send again. */
interface Served {
  readonly session: EngineSession;
  networks?: Networks;
  weights?: Weights | undefined;
}

/** Answers whoever started this worker, until it is terminated. */
export function serveSessions(): void {
  const sessions = new Map<number, Served>();
  const servedOf = (id: number): Served => {
    const served = sessions.get(id) ?? { session: new EngineSession((event: SessionEvent) => post({ ...event, session: id })) };
    sessions.set(id, served);
    return served;
  };
  addEventListener("message", async ({ data }: MessageEvent<Request>) => {
    const served = servedOf(data.session);
    if (data.method === "dispose") sessions.delete(data.session);
    try {
      post({ id: data.id, result: await perform(served, data) });
    } catch (error) {
      post({ id: data.id, error: flattenError(error) });
    }
  });
  post({ event: "ready", detail: canDraw() });
}

function perform(served: Served, { method, argument }: Request): Promise<unknown> {
  if (method === "load") return served.session.load(complete(served, argument as LoadArgument));
  if (method === "show") {
    const scene = argument as SceneRequest;
    served.weights = scene.weights ?? served.weights;
    return served.session.show({ ...scene, ...(served.weights && { weights: served.weights }) });
  }
  const done = (served.session[method] as (argument: unknown) => Promise<unknown>)(argument);
  // The queue has copied the picture. It was transferred to this thread, so it must be closed here.
  const { image } = (method === "frame" ? argument : {}) as Partial<FrameRequest>;
  if (image && "close" in image) image.close();
  return done;
}

/** With the files that the page did not send again. */
function complete(served: Served, { keeps, ...sent }: LoadArgument): Networks {
  const kept = Object.fromEntries(keeps.map((name) => [name, served.networks?.[name]]));
  served.networks = { ...sent, ...kept };
  return served.networks;
}

function flattenError(error: unknown): PlainError {
  if (!(error instanceof Error)) return { name: "Error", message: String(error) };
  const { name, message, reasons } = error as Error & Partial<UnsupportedError>;
  return reasons ? { name, message, reasons } : { name, message };
}

function canDraw(): boolean {
  return navigator.gpu !== undefined && new OffscreenCanvas(1, 1).getContext("webgpu") !== null;
}

function post(message: FromWorker): void {
  postMessage(message);
}
