// What frames bring up to date, and what becomes of frames that fail.
import { beforeEach, expect, test, vi } from "vitest";
import { FrameLoop } from "../../src/ui/frame-loop.ts";
import type { FrameSource } from "../../src/ui/sources.ts";

const image = {} as FrameSource["image"];
const report = { ms: 1, gpuBytes: 0, areResultsCurrent: true };

/** A loop over a picture that does not move. Animation frames come, and frames end, when the test says so. */
function setUp() {
  const drawn: { readonly picture: boolean; readonly runs: boolean; end(): Promise<void>; fail(message: string): Promise<void> }[] = [];
  const faults: string[] = [];
  const loop = new FrameLoop({
    element: { isConnected: true, paused: false },
    source: { image, isLive: false, isReady: () => true, takeFrame: () => false, dispose: () => {} },
    draw: ({ image: picture, runs }) =>
      new Promise((resolve, reject) => {
        const settle = (how: () => void) => {
          how();
          return new Promise<void>((done) => setTimeout(done));
        };
        drawn.push({
          picture: picture !== undefined,
          runs: runs === true,
          end: () => settle(() => resolve(report)),
          fail: (message) => settle(() => reject(new Error(message))),
        });
      }),
    onFrame: () => {},
    onFail: ({ message }) => faults.push(message),
  });
  return { loop, drawn, faults };
}

let animationFrames: FrameRequestCallback[];

/** Runs the animation frame that was asked for. */
const animate = () => {
  for (const frame of animationFrames.splice(0)) frame(0);
};

beforeEach(() => {
  animationFrames = [];
  vi.stubGlobal("requestAnimationFrame", (frame: FrameRequestCallback) => animationFrames.push(frame));
});

test("a frame that only draws again, and fails, leaves the picture and the network due", async () => {
  const { loop, drawn, faults } = setUp();
  loop.note("draw");
  loop.request();
  animate();
  expect(drawn[0]).toMatchObject({ picture: false, runs: false });
  await drawn[0]?.fail("refused");
  expect(faults).toEqual(["refused"]);
  loop.note("draw");
  loop.request();
  animate();
  expect(drawn[1]).toMatchObject({ picture: true, runs: true });
});

test("a frame that fails while another is under way is made good after that one", async () => {
  const { loop, drawn } = setUp();
  loop.note("draw");
  loop.request();
  animate();
  loop.note("image", "run");
  loop.request();
  animate();
  expect(drawn).toHaveLength(2);
  await drawn[0]?.fail("refused");
  await drawn[1]?.end();
  animate();
  expect(drawn[2]).toMatchObject({ picture: true, runs: true });
});

test.each(["end", "fail"] as const)("a frame that two earlier ones hold up is drawn when one of them is over: %s", async (how) => {
  const { loop, drawn } = setUp();
  for (let frame = 0; frame < 2; frame++) {
    loop.note("image", "run");
    loop.request();
    animate();
  }
  // Another picture comes.
  loop.restart();
  loop.note("image", "run");
  loop.request();
  animate();
  expect(drawn).toHaveLength(2);
  await drawn[0]?.[how]("refused");
  animate();
  expect(drawn[2]).toMatchObject({ picture: true, runs: true });
});

test("a fault of the picture before is not told", async () => {
  const { loop, drawn, faults } = setUp();
  loop.note("image", "run");
  loop.request();
  animate();
  loop.restart();
  loop.note("image", "run");
  loop.request();
  animate();
  await drawn[0]?.fail("refused");
  await drawn[1]?.end();
  animate();
  expect(faults).toEqual([]);
  expect(drawn).toHaveLength(2);
});
