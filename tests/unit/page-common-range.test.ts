// One range for all layers that are shown.
import { beforeEach, expect, test, vi } from "vitest";
import type { ConvCam } from "../../src/ui/element.ts";
import { offer } from "../../src/ui/page/choices.ts";
import { commonRange, offerCommonRange } from "../../src/ui/page/common-range.ts";

test.each([
  [
    "activations begin at 0",
    [
      { low: 0.2, high: 1.477 },
      { low: 0, high: 9.9291 },
    ],
    "0..9.93",
  ],
  [
    "what is below 0 counts",
    [
      { low: -1.25, high: 3 },
      { low: 0, high: 2 },
    ],
    "-1.25..3",
  ],
  [
    "what is no number does not",
    [
      { low: 0, high: Infinity },
      { low: NaN, high: NaN },
      { low: 0, high: 2 },
    ],
    "0..2",
  ],
  ["there is none over zeros", [{ low: 0, high: 0 }], undefined],
  ["there is none over nothing", [], undefined],
])("%s", (_, channels, range) => expect(commonRange(channels)).toBe(range));

/** As much of a list as is used here. */
class List {
  readonly options: FakeOption[] = [];
  readonly #listeners: ((event: Event) => void)[] = [];
  value = "";
  append(...options: FakeOption[]): void {
    for (const option of options) {
      option.remove = () => this.options.splice(this.options.indexOf(option), 1);
      this.options.push(option);
    }
  }
  addEventListener(_: "change", listener: (event: Event) => void, { capture = false } = {}): void {
    // Browsers tell those that capture first on the target itself, too.
    if (capture) this.#listeners.unshift(listener);
    else this.#listeners.push(listener);
  }
  choose(value: string): void {
    this.value = value;
    let isStopped = false;
    const event = { stopImmediatePropagation: () => (isStopped = true) } as unknown as Event;
    for (const listener of this.#listeners) if (!isStopped) listener(event);
  }
}

class FakeOption {
  remove: () => unknown = () => undefined;
  readonly text: string;
  readonly value: string;
  constructor(text: string, value: string) {
    this.text = text;
    this.value = value;
  }
}

/** As much of an element: observers are told at once, and answers come when the test lets them. */
class Viewer extends EventTarget {
  src = "first.onnx";
  readonly attributes = new Map<string, string>();
  readonly observers: (() => void)[] = [];
  answer: () => void = () => undefined;
  readonly getAttribute = (name: string) => this.attributes.get(name) ?? null;
  setAttribute(name: string, value: string): void {
    this.attributes.set(name, value);
    for (const tell of this.observers) tell();
  }
  ask(): Promise<unknown> {
    return new Promise((answer) => {
      this.answer = () => answer([{ low: 0, high: 5 }]);
    });
  }
  load(...shown: string[]): void {
    this.dispatchEvent(new CustomEvent("load", { detail: { layers: [], shown } }));
  }
}

beforeEach(() => {
  vi.stubGlobal("Option", FakeOption);
  vi.stubGlobal(
    "MutationObserver",
    class {
      readonly #tell: () => void;
      constructor(tell: () => void) {
        this.#tell = tell;
      }
      observe({ observers }: Viewer): void {
        observers.push(this.#tell);
      }
    },
  );
});

async function chooseAll(meanwhile: (viewer: Viewer) => void = () => undefined) {
  const [list, viewer, report] = [new List(), new Viewer(), vi.fn()];
  const select = list as unknown as HTMLSelectElement;
  offer(select, { robust: "Layer, robust" }, viewer as unknown as Element, "normalize");
  offerCommonRange(select, viewer as unknown as ConvCam, report);
  viewer.load("conv");
  list.choose("all");
  meanwhile(viewer);
  viewer.answer();
  await new Promise((later) => setTimeout(later));
  expect(report).not.toHaveBeenCalled();
  return { list, viewer };
}

test("is set when it is chosen", async () => {
  const { list, viewer } = await chooseAll();
  expect(viewer.getAttribute("normalize")).toBe("0..5");
  expect(list.value).toBe("0..5");
});

test.each<[string, (viewer: Viewer) => void, string | null]>([
  [
    "another network",
    (viewer) => {
      viewer.src = "second.onnx";
    },
    null,
  ],
  ["more layers", (viewer) => viewer.load("conv", "relu"), null],
  ["every layer", (viewer) => viewer.setAttribute("layers", "all"), null],
  ["another range", (viewer) => viewer.setAttribute("normalize", "channel"), "channel"],
])("is not set where somebody wants %s by then", async (_, meanwhile, range) => {
  expect((await chooseAll(meanwhile)).viewer.getAttribute("normalize")).toBe(range);
});

test("of ranges that are not in the list the last one is added", async () => {
  const { list, viewer } = await chooseAll();
  viewer.setAttribute("normalize", "0..7");
  viewer.setAttribute("normalize", "robust");
  expect(list.options.map(({ text }) => text)).toEqual(["Layer, robust", "One for all layers, as they are now", "0 to 7"]);
});
