// Opens the element's session when it is first needed: in a worker where that is wanted and possible, else on the page.
import { EngineSession } from "./session/engine-session.ts";
import { aborted, type Session, type SessionListener } from "./session/session.ts";

export class Connection {
  readonly #listener: SessionListener;
  #session: Session | undefined;
  #opening: Promise<Session> | undefined;
  /** Counts calls of {@link close}. A session that was being opened before is disposed of. */
  #closings = 0;

  constructor(listener: SessionListener) {
    this.#listener = listener;
  }

  /** Undefined until {@link open}. */
  get session(): Session | undefined {
    return this.#session;
  }

  get isInWorker(): boolean {
    return this.#session !== undefined && !(this.#session instanceof EngineSession);
  }

  /** @throws AbortError where it was closed meanwhile */
  async open(wantsWorker: boolean): Promise<Session> {
    // What failed for good is replaced.
    if (this.#session?.hasFailed) this.close();
    if (this.#session) return this.#session;
    this.#opening ??= this.#open(wantsWorker);
    return this.#opening;
  }

  async #open(wantsWorker: boolean): Promise<Session> {
    const closings = this.#closings;
    const listener: SessionListener = (event) => closings === this.#closings && this.#listener(event);
    let session: Session | undefined;
    if (wantsWorker) {
      const remote = await import("./session/remote-session.ts").catch(() => undefined);
      session = await remote?.openRemoteSession(listener);
    }
    session ??= new EngineSession(listener);
    if (closings !== this.#closings) {
      void session.dispose();
      throw aborted();
    }
    this.#session = session;
    return session;
  }

  close(): void {
    this.#closings++;
    void this.#session?.dispose();
    this.#session = undefined;
    this.#opening = undefined;
  }
}
