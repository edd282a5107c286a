// The page's end of its one worker: carries calls of any session there and answers back.
import { DeviceError, ModelError, UnsupportedError } from "../../engine/errors.ts";
import type { FromWorker, Method, PlainError, Request } from "./protocol.ts";
import { aborted, type SessionListener } from "./session.ts";
import workerAddress from "./worker.ts?worker&url";

interface Call {
  readonly session: number;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class WorkerLink {
  readonly #worker: Worker;
  readonly #calls = new Map<number, Call>();
  readonly #listeners = new Map<number, SessionListener>();
  #callCount = 0;
  #sessionCount = 0;
  #failure: Error | undefined;

  /** Undefined where the browser has no worker that can draw with WebGPU. */
  static async open(): Promise<WorkerLink | undefined> {
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
    if (isReady) return new WorkerLink(worker);
    worker.terminate();
    return undefined;
  }

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if ("id" in data) this.#onReply(data);
      else if (data.event !== "ready") this.#listeners.get(data.session)?.(data);
    };
    worker.onerror = ({ message }) => {
      this.#failure = new Error(`The worker failed: ${message}`);
      this.#reject(() => true, this.#failure);
    };
  }

  /** Whether nobody uses it. */
  get isIdle(): boolean {
    return this.#listeners.size === 0;
  }

  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  /** @returns the session's number */
  connect(listener: SessionListener): number {
    const session = ++this.#sessionCount;
    this.#listeners.set(session, listener);
    return session;
  }

  call<T>(session: number, method: Method, argument?: unknown, transfer: Transferable[] = []): Promise<T> {
    const id = ++this.#callCount;
    return new Promise<unknown>((resolve, reject) => {
      if (this.#failure) throw this.#failure;
      this.#calls.set(id, { session, resolve, reject });
      const request: Request = { id, session, method, argument };
      this.#worker.postMessage(request, transfer);
    }) as Promise<T>;
  }

  /** Ends a session: its calls reject, and what it held goes back. */
  async disconnect(session: number): Promise<void> {
    this.#reject((call) => call.session === session, aborted());
    this.#listeners.delete(session);
    await this.call(session, "dispose").catch(() => undefined);
  }

  terminate(): void {
    this.#worker.terminate();
  }

  #onReply(reply: Extract<FromWorker, { id: number }>): void {
    const call = this.#calls.get(reply.id);
    this.#calls.delete(reply.id);
    if ("error" in reply) call?.reject(reviveError(reply.error));
    else call?.resolve(reply.result);
  }

  #reject(concerns: (call: Call) => boolean, error: Error): void {
    for (const [id, call] of this.#calls) {
      if (!concerns(call)) continue;
      this.#calls.delete(id);
      call.reject(error);
    }
  }
}

function startWorker(): Worker {
  try {
    return new Worker(new URL(workerAddress, import.meta.url), { type: "module" });
  } catch {
    // A worker must come from the page's own origin, but a module may import from any that allows it.
    const script = `import ${JSON.stringify(new URL(workerAddress, import.meta.url))}`;
    const address = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
    const worker = new Worker(address, { type: "module" });
    worker.addEventListener("message", () => URL.revokeObjectURL(address), { once: true });
    return worker;
  }
}

const errorClasses = { ModelError, ClassesError: ModelError, DeviceError } as const;

function reviveError({ name, message, reasons }: PlainError): Error {
  if (reasons) return new UnsupportedError(reasons);
  const Known = Object.hasOwn(errorClasses, name) ? errorClasses[name as keyof typeof errorClasses] : Error;
  return Object.assign(new Known(message), { name });
}
