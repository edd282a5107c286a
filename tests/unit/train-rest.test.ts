// What learns rests once somebody has pressed something, until nothing has been pressed for a moment.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Session } from "../../src/ui/session/session.ts";
import { tellPresses } from "../../src/ui/train/presses.ts";
import { rest, rested } from "../../src/ui/train/rest.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "performance"] }));
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("it goes on once nothing has been pressed for a moment", async () => {
  vi.advanceTimersByTime(10_000);
  await rested();
  rest();
  const goesOn = vi.fn();
  const waiting = rested().then(goesOn);
  await vi.advanceTimersByTimeAsync(100);
  rest();
  await vi.advanceTimersByTimeAsync(100);
  expect(goesOn).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(100);
  expect(goesOn).toHaveBeenCalled();
  await waiting;
});

test("each press in the page is told, a key that is held down once, and none after the end", () => {
  const page = new EventTarget();
  class Press extends Event {
    readonly repeat: boolean;
    constructor(type: string, repeat = false) {
      super(type);
      this.repeat = repeat;
    }
  }
  vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
  vi.stubGlobal("KeyboardEvent", Press);
  const ask = vi.fn(() => Promise.reject(new Error("it has gone")));
  const end = tellPresses({ ask } as unknown as Session);
  for (const press of ["pointerdown", "pointerup", "keydown", "keyup", "pointermove"]) page.dispatchEvent(new Press(press));
  page.dispatchEvent(new Press("keydown", true));
  expect(ask).toHaveBeenCalledTimes(4);
  expect(ask).toHaveBeenCalledWith({ kind: "train", request: { do: "rest" } });
  end();
  page.dispatchEvent(new Press("pointerdown"));
  expect(ask).toHaveBeenCalledTimes(4);
});
