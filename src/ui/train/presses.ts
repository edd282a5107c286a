// Tells what learns of all that is pressed in the page, so that it rests for a moment.
import type { Session } from "../session/session.ts";

/** A button acts when it is let go of. */
const presses = ["pointerdown", "pointerup", "keydown", "keyup"] as const;

/** @returns ends it */
export function tellPresses(session: Session): () => void {
  const end = new AbortController();
  const tell = (event: Event) => {
    // A key that is held down would let it rest for as long.
    if (event instanceof KeyboardEvent && event.repeat) return;
    session.ask({ kind: "train", request: { do: "rest" } }).catch(() => undefined);
  };
  for (const press of presses) addEventListener(press, tell, { capture: true, passive: true, signal: end.signal });
  return () => end.abort();
}
