// When the page writes its address: after a change and not after each frame; and which address wins where several are to be shown at once.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ConvCam } from "../../src/ui/element.ts";
import type { PageState } from "../../src/ui/page/address.ts";
import { KeptHistory } from "../../src/ui/page/history.ts";

/** The browser's history, of which only the addresses are looked at. */
let entries: string[] = [];
let leave: () => void = () => {};
let state: Record<string, unknown> = {};
let viewer: ConvCam;

beforeEach(() => {
  vi.useFakeTimers();
  entries = [""];
  state = { view: "overview" };
  viewer = Object.defineProperty(new EventTarget(), "state", { get: () => state }) as ConvCam;
  vi.stubGlobal("window", globalThis);
  vi.stubGlobal("location", {
    get hash() {
      return entries.at(-1)?.replace(/^[^#]*/, "");
    },
    get search() {
      return entries.at(-1)?.match(/\?[^#]*/)?.[0] ?? "";
    },
    pathname: "/",
  });
  vi.stubGlobal("history", {
    pushState: (_: unknown, _title: string, hash: string) => entries.push(hash),
    replaceState: (_: unknown, _title: string, hash: string) => entries.splice(-1, 1, hash),
  });
  vi.stubGlobal("addEventListener", (_: string, listener: () => void) => {
    leave = listener;
  });
  vi.stubGlobal(
    "MutationObserver",
    class {
      observe() {}
    },
  );
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const frame = () => viewer.dispatchEvent(new Event("frame"));
const parts = { chosen: () => ({}), show: async () => {}, report: () => {}, settle: () => {} };

test("under a camera, whose frames never end, a change is one step back", async () => {
  await new KeptHistory(viewer, parts).start();
  const frames = (count: number) => {
    for (let i = 0; i < count; i++) {
      frame();
      vi.advanceTimersByTime(50);
    }
  };
  frames(20);
  state = { view: "layer", layer: "conv_1" };
  frames(20);
  state = { ...state, gates: [{ value: "conv_1", channel: 0, scale: 0 }] };
  frames(20);
  expect(entries.map(decodeURIComponent)).toEqual([
    "#",
    "#view=layer&layer=conv_1",
    '#view=layer&layer=conv_1&gates=[{"value":"conv_1","channel":0,"scale":0}]',
  ]);
});

test("strokes of one drawing are one step back, however long they take, and what follows is another", async () => {
  let input: string | undefined;
  await new KeptHistory(viewer, { ...parts, chosen: () => ({ input }) }).start();
  const change = (next: string | undefined, layer?: string) => {
    input = next;
    state = layer === undefined ? { view: "overview" } : { view: "layer", layer };
    frame();
    vi.advanceTimersByTime(2000);
  };
  change("drawing:AAAA");
  change("drawing:AAAA.BBBB");
  change("drawing:AAAA.BBBB.CCCC");
  change("drawing:AAAA.BBBB.CCCC", "conv_1");
  change("drawing:", "conv_1");
  change("drawing:DDDD", "conv_1");
  change("road", "conv_1");
  change("drawing:DDDD", "conv_1");
  change(undefined, "conv_1");
  expect(entries).toEqual([
    "#",
    "#input=drawing:AAAA.BBBB.CCCC",
    "#view=layer&layer=conv_1&input=drawing:AAAA.BBBB.CCCC",
    "#view=layer&layer=conv_1&input=drawing:DDDD",
    "#view=layer&layer=conv_1&input=road",
    "#view=layer&layer=conv_1&input=drawing:DDDD",
    "#view=layer&layer=conv_1",
  ]);
});

test("what stands behind the ? is shown and written behind the #, where it can change", async () => {
  entries = ["?worker&src=net.onnx&view=layer#layer=conv_1"];
  let chosen: Partial<PageState> = {};
  const show = async (wanted: PageState) => {
    chosen = { src: wanted.src };
    state = wanted.state as Record<string, unknown>;
  };
  await new KeptHistory(viewer, { ...parts, chosen: () => chosen, show }).start();
  expect(entries).toEqual(["/?worker#src=net.onnx&view=layer&layer=conv_1"]);
});

test("changes that follow each other are one step, which whoever shares need not wait for", async () => {
  const kept = new KeptHistory(viewer, parts);
  await kept.start();
  for (let columns = 1; columns < 9; columns++) {
    state = { view: "overview", columns: `${columns}` };
    frame();
    vi.advanceTimersByTime(300);
  }
  expect(entries).toEqual(["#"]);
  kept.flush();
  expect(entries).toEqual(["#", "#columns=8"]);
  vi.advanceTimersByTime(1000);
  expect(entries).toEqual(["#", "#columns=8"]);
});

test("of two addresses that are to be shown at once the second is, and no step is made of the first", async () => {
  const waiting: { readonly wanted: PageState; readonly end: () => void; readonly isLatest: () => boolean }[] = [];
  const reports: unknown[] = [];
  const show = (wanted: PageState, isLatest: () => boolean) =>
    new Promise<void>((end) => void waiting.push({ wanted, end, isLatest })).then(() => {
      if (!isLatest()) throw new Error("of the first");
      state = wanted.state as Record<string, unknown>;
    });
  const kept = new KeptHistory(viewer, { ...parts, show, report: (problem) => void reports.push(problem) });
  const started = kept.start();
  waiting[0]?.end();
  await started;
  entries.push("#view=layer&layer=first");
  leave();
  entries.splice(-1, 1, "#view=layer&layer=second");
  leave();
  expect(waiting.map(({ isLatest }) => isLatest())).toEqual([false, false, true]);
  waiting[2]?.end();
  await vi.waitFor(() => expect(state).toMatchObject({ layer: "second" }));
  waiting[1]?.end();
  await vi.advanceTimersByTimeAsync(1000);
  frame();
  await vi.advanceTimersByTimeAsync(1000);
  expect(reports).toEqual([]);
  expect(state).toMatchObject({ layer: "second" });
  expect(entries).toEqual(["#", "#view=layer&layer=second"]);
});

test("what is changed while an address is being shown belongs to it", async () => {
  let end = () => {};
  const show = () =>
    new Promise<void>((resolve) => {
      end = resolve;
    });
  const kept = new KeptHistory(viewer, { ...parts, show });
  const started = kept.start();
  state = { view: "layer", layer: "conv_1" };
  kept.flush();
  expect(entries).toEqual([""]);
  end();
  await started;
  expect(entries).toEqual(["#view=layer&layer=conv_1"]);
});

test("what cannot be read of an address is said until another one is shown", async () => {
  const said: unknown[] = [];
  const report = (problem: unknown) => void said.push(problem);
  const settle = () => void said.push("settled");
  entries = ["#gates=nonsense"];
  await new KeptHistory(viewer, { ...parts, report, settle }).start();
  expect(said).toEqual(["This address cannot be read in full: gates 'nonsense'. The rest of it is shown."]);
  entries.push("#view=overview");
  leave();
  await vi.waitFor(() => expect(said.at(-1)).toBe("settled"));
});
