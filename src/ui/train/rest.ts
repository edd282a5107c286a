// Lets what learns in this thread rest for a moment once somebody has pressed something, so that what the press changes is drawn first.

/** From a press until its picture, about. */
const restMs = 120;

let until = 0;

/** Somebody has pressed something. */
export function rest(): void {
  until = performance.now() + restMs;
}

/** Waits until nobody has pressed anything for a moment. */
export async function rested(): Promise<void> {
  for (;;) {
    const left = until - performance.now();
    if (left <= 0) return;
    await new Promise((resolve) => setTimeout(resolve, left));
  }
}
