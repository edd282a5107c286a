// The messages between a page and its worker, which serves all elements of the page. Every request is answered once, by its number;
// events come unasked.
import type { Session, SessionEvent } from "./session.ts";

/** What can be asked: the methods of a session. */
export type Method = Exclude<keyof Session, "viewer">;

/** Canvases and pictures in the argument are transferred. */
export interface Request {
  readonly id: number;
  /** Which session it is for; the first request for one opens it. */
  readonly session: number;
  readonly method: Method;
  readonly argument: unknown;
}

export type Reply = { readonly id: number } & ({ readonly result: unknown } | { readonly error: PlainError });

/** The worker's first message: whether WebGPU can draw there. */
export interface Ready {
  readonly event: "ready";
  readonly detail: boolean;
}

export type FromWorker = Ready | (SessionEvent & { readonly session: number }) | Reply;

/** Cloning an error would keep its message but not its class. */
export interface PlainError {
  readonly name: string;
  readonly message: string;
  readonly reasons?: readonly string[];
}
