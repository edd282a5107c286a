// Dawn looks for finished work in every turn of Node's event loop. While a shader is compiled that keeps a whole core busy, which compiling
// in software needs. `easeWaiting` lets the thread sleep between two looks.

/** A look comes late by at most this share of the time that Dawn has waited, so that measured times stay true. */
const lateShare = 1 / 50;
/** Everything else that happens in Node may come late by as much. */
const longestSleepMs = 0.25;

interface Clock {
  readonly now: () => number;
  readonly sleep: (ms: number) => void;
}

/**
 * Replaces `setImmediate` of `root`, by which Dawn asks for its next look. Functions written in JavaScript are
 * called as ever, unless they are bound, which cannot be told from native ones and only come a little later.
 */
export function easeWaiting(root: { setImmediate: typeof setImmediate }, { now, sleep }: Clock = clock()): void {
  let isLooking = false;
  let waitsSince = 0;

  const eased = (look: (...rest: unknown[]) => void) => {
    // Dawn asks again during a look as long as something is unfinished.
    if (!isLooking) waitsSince = now();
    return (...rest: unknown[]) => {
      sleep(Math.min(longestSleepMs, (now() - waitsSince) * lateShare));
      isLooking = true;
      try {
        look(...rest);
      } finally {
        isLooking = false;
      }
    };
  };

  root.setImmediate = new Proxy(root.setImmediate, {
    apply: (target, self, [callback, ...rest]) =>
      Reflect.apply(target, self, [isNative(callback) ? eased(callback) : callback, ...rest]) as unknown,
  });
}

function isNative(value: unknown): value is (...rest: unknown[]) => void {
  return typeof value === "function" && /\{\s*\[native code\]\s*\}$/.test(Function.prototype.toString.call(value));
}

function clock(): Clock {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  return { now: () => performance.now(), sleep: (ms) => void Atomics.wait(cell, 0, 0, ms) };
}
