// The worker of the site's pages for `warmPage`: the host's, which stays from page to page with its GPU device and what was compiled there. To a
// page it is a new one: it greets, it knows no session, and what the page held in it goes back when the page ends it or goes away. That a page
// starts a worker of its own is not tested with it.
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import type { FromWorker, LoadArgument, Request } from "../../src/ui/session/protocol.ts";
import type { SceneRequest } from "../../src/ui/session/session.ts";
import { graphOf, op } from "./graphs.ts";

/** A network that is next to nothing. As long as one is loaded, the worker keeps its device. */
export const keeper: readonly number[] = [...encodeModel(graphOf({ inputs: { x: [1, 1, 1, 1] }, nodes: [op("Relu", "x", "y")] }))];

interface BorrowedWorker {
  send(request: Request, transfer?: Transferable[]): void;
  end(): void;
}

interface Lender {
  borrowWorker?: (address: string, answers: MessagePort, onFailure: (message: string) => void) => BorrowedWorker;
}

/** In a page that the host opened: the host's worker instead of a new one of the element. */
export function borrowWorker(): void {
  const lender = window.opener as (Window & Lender) | null;
  if (!lender) return;
  const Real = Worker;
  function Borrowed(address: string | URL, options?: WorkerOptions): Worker | MessagePort {
    const borrow = lender?.borrowWorker;
    if (!borrow || !/\/assets\/worker-[^/]*\.js$/.test(String(address))) return new Real(address, options);
    // What arrives by a port is of this page's own classes.
    const { port1, port2 } = new MessageChannel();
    const worker: MessagePort & { onerror?: (event: { readonly message: string }) => void } = port1;
    const { send, end } = borrow(String(address), port2, (message) => worker.onerror?.({ message }));
    addEventListener("pagehide", end);
    return Object.assign(worker, { postMessage: send, terminate: end });
  }
  Borrowed.prototype = Real.prototype;
  Object.assign(window, { Worker: Borrowed });
}

/** In the host: gives workers that stay. */
export function lendWorker(network: readonly number[]): void {
  interface Kept {
    readonly worker: Worker;
    readonly greeting: Promise<FromWorker>;
    /** By the first of the numbers that its sessions have here. */
    readonly pages: Map<number, { readonly answers: MessagePort; readonly onFailure: (message: string) => void }>;
  }
  // The keeper's session and its requests come before those of all pages, and so does whatever the host itself asks for.
  const own = { session: 0, load: 0, show: 1, dispose: 2 };
  const networks: LoadArgument = { src: new Uint8Array(network), compare: undefined, keeps: [] };
  const scene: SceneRequest = {
    ...{ views: [], preparation: {}, precision: "float32" },
    appearance: { normalization: "layer", colorMap: "auto", gap: 1 },
  };
  const perPage = 1_000_000;
  const kept = new Map<string, Kept>();
  let pageCount = 0;
  const firstOf = (number: number) => number - (number % perPage);
  const ask = (worker: Worker, id: number, session: number, method: Request["method"], argument?: unknown) =>
    worker.postMessage({ id, session, method, argument } satisfies Request);

  const keep = (address: string): Kept => {
    const worker = new Worker(address, { type: "module" });
    const pages: Kept["pages"] = new Map();
    const greeting = new Promise<FromWorker>((resolve) => {
      worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
        if ("event" in data && data.event === "ready") return resolve(data);
        const number = "id" in data ? data.id : data.session;
        if (number < perPage) {
          // Uncaught, so that the test fails.
          if ("error" in data) throw new Error(`The worker that stays: ${data.error.message}`);
          if ("event" in data && (data.event === "fault" || data.event === "lost")) throw new Error(`Its device: ${data.detail}`);
          // Shown, though nowhere, the keeper holds the device.
          if (number === own.load && "id" in data) ask(worker, own.show, own.session, "show", scene);
          return;
        }
        const there = number - firstOf(number);
        pages.get(firstOf(number))?.answers.postMessage("id" in data ? { ...data, id: there } : { ...data, session: there });
      };
    });
    worker.onerror = ({ message }) => {
      kept.delete(address);
      for (const { onFailure } of pages.values()) onFailure(message);
    };
    ask(worker, own.load, own.session, "load", networks);
    return { worker, pages, greeting };
  };

  Object.assign(window, {
    borrowWorker(address, answers, onFailure) {
      const { worker, pages, greeting } = kept.get(address) ?? keep(address);
      kept.set(address, { worker, pages, greeting });
      const first = ++pageCount * perPage;
      const sessions = new Set<number>();
      let isEnded = false;
      pages.set(first, { answers, onFailure });
      greeting.then((ready) => answers.postMessage(ready));
      return {
        send(request, transfer = []) {
          // A worker that was ended answers nobody, and nothing is left behind in this one.
          if (isEnded) return;
          const session = first + request.session;
          sessions.add(session);
          worker.postMessage({ ...request, id: first + request.id, session }, transfer);
        },
        end() {
          isEnded = true;
          pages.delete(first);
          for (const session of sessions) ask(worker, own.dispose, session, "dispose");
          sessions.clear();
          // One that failed has a successor.
          if (kept.get(address)?.worker !== worker) worker.terminate();
        },
      };
    },
  } satisfies Lender);
}
