// The messages between a page and its worker, which serves all elements of the page. Every request is answered once, by its number;
// events come unasked.
import type { NetworkName, Networks, Session, SessionEvent } from "./session.ts";

/** What can be asked: the methods of a session. */
export type Method = Exclude<keyof Session, "viewer" | "hasFailed">;

/**
 * Canvases and pictures in the argument are transferred. Everything else is copied, so the files of networks are sent once: the worker
 * keeps those that it was given last. {@link LoadArgument} names what it is to take from there, and a scene without `weights` keeps them.
 */
export interface Request {
  readonly id: number;
  /** Which session it is for; the first request for one opens it. */
  readonly session: number;
  readonly method: Method;
  readonly argument: unknown;
}

export interface LoadArgument extends Networks {
  readonly keeps: readonly NetworkName[];
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
