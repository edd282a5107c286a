// What `npm run fuzz` makes of the processes that try its files: stand-ins speak in their place.
import { EventEmitter } from "node:events";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { tryAll, tryIn } from "../../scripts/fuzz-process.mjs";

const job = { seed: 1, from: 0, to: 3, runEvery: 0 };

describe("a process that tries cases", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
  afterEach(() => void vi.useRealTimers());

  /** Says what it is told to say, and ends when it is killed. */
  function begin() {
    const child = Object.assign(new EventEmitter(), { stdout: new PassThrough(), stderr: new PassThrough(), kill: vi.fn() });
    const close = (code: number | null, signal: string | null) => {
      child.stdout.end();
      setImmediate(() => child.emit("close", code, signal));
    };
    child.kill.mockImplementation((signal: string) => close(null, signal));
    const heard: unknown[] = [];
    const hears = {
      fault: (...one: readonly unknown[]) => void heard.push(["fault", ...one]),
      end: (...one: readonly unknown[]) => void heard.push(["end", ...one]),
    };
    const done = tryIn(job, hears, () => child as never);
    done.catch(() => undefined);
    const say = async (...lines: readonly string[]) => {
      child.stdout.write(lines.map((line) => `${line}\n`).join(""));
      await new Promise((resolve) => setImmediate(resolve));
    };
    return { child, heard, done, say, close };
  }

  test("tells what came of each, and is over", async () => {
    const { heard, done, say, close } = begin();
    await say("begin 0", "end 0 runs", "begin 1", "fault 1 mnist threw Error", "end 1 fault", "begin 2", "end 2 refused", "over");
    close(0, null);
    expect(await done).toBe(3);
    expect(heard).toEqual([
      ["end", 0, "runs"],
      ["fault", 1, "mnist threw Error"],
      ["end", 1, "fault"],
      ["end", 2, "refused"],
    ]);
  });

  test("and hangs in one, or dies of it, goes on after that", async () => {
    const hanging = begin();
    await hanging.say("begin 0", "end 0 runs", "begin 1");
    vi.advanceTimersByTime(60_000);
    expect(await hanging.done).toBe(2);
    expect(hanging.heard.slice(1)).toEqual([
      ["fault", 1, "said nothing for 60 s"],
      ["end", 1, "fault"],
    ]);
    const dying = begin();
    await dying.say("begin 0");
    dying.close(null, "SIGSEGV");
    expect(await dying.done).toBe(1);
    expect(dying.heard).toContainEqual(["fault", 0, "ended the process (SIGSEGV): "]);
  });

  test("that hangs or ends before its first case is no fault of a file, and is waited for no longer", async () => {
    const { child, done, heard } = begin();
    vi.advanceTimersByTime(299_000);
    expect(child.kill).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1000);
    await expect(done).rejects.toThrow("the process that tries cases from 0 on began none: it said nothing for 300 s");
    const other = begin();
    other.child.stderr.write("SyntaxError: of the worker\n");
    other.close(1, null);
    await expect(other.done).rejects.toThrow("it ended the process (1): SyntaxError: of the worker");
    expect([...heard, ...other.heard]).toEqual([]);
  });
});

describe("of all cases", () => {
  type TryJob = Parameters<typeof tryAll>[2] & {};

  /** What each case comes to, by turns. */
  async function countsOf(...turns: readonly (readonly (string | undefined)[])[]) {
    const tried = [0, 0, 0];
    const tryJob: TryJob = async ({ from, to }, hears) => {
      for (let index = from; index < to; index++) {
        const what = turns[(tried[index] as number)++]?.[index];
        if (what) hears.fault(index, what);
        hears.end(index, what?.startsWith("said") ? "fault" : index === 2 ? "refused" : "runs");
      }
      return to;
    };
    const { counts, faults } = await tryAll(job, () => undefined, tryJob);
    return { counts, faults: [...faults], tried };
  }

  test("each counts once, though some are tried twice", async () => {
    const slow = "mnist took 3.1 s";
    expect(await countsOf([slow, "said nothing for 60 s"])).toEqual({
      counts: { runs: 2, refused: 1, fault: 0 },
      faults: [],
      tried: [2, 2, 1],
    });
    expect(await countsOf([slow, slow], [undefined, slow])).toEqual({
      counts: { runs: 1, refused: 1, fault: 1 },
      faults: [[1, slow]],
      tried: [2, 2, 1],
    });
  });

  test("what threw is a fault at once", async () => {
    expect(await countsOf(["mnist threw Error"])).toEqual({
      counts: { runs: 1, refused: 1, fault: 1 },
      faults: [[0, "mnist threw Error"]],
      tried: [1, 1, 1],
    });
  });
});
