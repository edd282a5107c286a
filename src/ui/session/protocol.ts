// The messages between a page and its worker. Every request is answered once, by its number; events come unasked.
import type { Session, SessionEvent } from "./session.ts";

/** What can be asked: the methods of a session. */
export type Method = Exclude<keyof Session, "viewer">;

/** Canvases and pictures in the arguments are transferred. */
export type Request = { [M in Method]: { readonly id: number; readonly method: M; readonly args: Parameters<Session[M]> } }[Method];

export type Reply = { readonly id: number } & ({ readonly result: unknown } | { readonly error: PlainError });

/** The worker's first message: whether WebGPU can draw there. */
export interface Ready {
  readonly event: "ready";
  readonly detail: boolean;
}

export type FromWorker = Ready | SessionEvent | Reply;

/** Cloning an error would keep its message but not its class. */
export interface PlainError {
  readonly name: string;
  readonly message: string;
  readonly reasons?: readonly string[];
}
