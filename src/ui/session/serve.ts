// The worker's end of <conv-cam worker>: an engine session that answers messages.
import type { UnsupportedError } from "../../engine/errors.ts";
import { EngineSession } from "./engine-session.ts";
import type { FromWorker, PlainError, Request } from "./protocol.ts";
import type { Session } from "./session.ts";

/** Answers whoever started this worker, until it is terminated. */
export function serveSession(): void {
  const session = new EngineSession(post);
  addEventListener("message", async ({ data }: MessageEvent<Request>) => {
    try {
      post({ id: data.id, result: await perform(session, data) });
    } catch (error) {
      post({ id: data.id, error: flattenError(error) });
    }
  });
  post({ event: "ready", detail: canDraw() });
}

function perform(session: Session, request: Request): Promise<unknown> {
  switch (request.method) {
    case "load":
      return session.load(...request.args);
    case "build":
      return session.build(...request.args);
    case "place":
      return session.place(...request.args);
    case "probe":
      return session.probe(...request.args);
    case "dispose":
      return session.dispose();
    case "frame": {
      const [{ image }] = request.args;
      const done = session.frame(...request.args);
      // The GPU's queue has it, and it was handed over: it is nobody else's.
      if (image && "close" in image) image.close();
      return done;
    }
  }
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
