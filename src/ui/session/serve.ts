// The worker's end of <conv-cam worker>: engine sessions that answer messages, one for each element of the page.
import type { UnsupportedError } from "../../engine/errors.ts";
import { EngineSession } from "./engine-session.ts";
import type { FromWorker, PlainError, Request } from "./protocol.ts";
import type { FrameRequest, SessionEvent } from "./session.ts";

/** Answers whoever started this worker, until it is terminated. */
export function serveSessions(): void {
  const sessions = new Map<number, EngineSession>();
  const sessionOf = (id: number): EngineSession => {
    const session = sessions.get(id) ?? new EngineSession((event: SessionEvent) => post({ ...event, session: id }));
    sessions.set(id, session);
    return session;
  };
  addEventListener("message", async ({ data }: MessageEvent<Request>) => {
    const session = sessionOf(data.session);
    if (data.method === "dispose") sessions.delete(data.session);
    try {
      post({ id: data.id, result: await perform(session, data) });
    } catch (error) {
      post({ id: data.id, error: flattenError(error) });
    }
  });
  post({ event: "ready", detail: canDraw() });
}

function perform(session: EngineSession, { method, argument }: Request): Promise<unknown> {
  const done = (session[method] as (argument: unknown) => Promise<unknown>)(argument);
  // The queue has copied the picture. It was transferred to this thread, so it must be closed here.
  const { image } = (method === "frame" ? argument : {}) as Partial<FrameRequest>;
  if (image && "close" in image) image.close();
  return done;
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
