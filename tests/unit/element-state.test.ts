// The state of an element holds whatever its attributes say.
import { expect, test } from "vitest";
import { type AttributeName, attributes, readAttribute } from "../../src/ui/attributes.ts";
import type { ConvCam } from "../../src/ui/element.ts";
import { applyState, isSource, readState, setAttribute } from "../../src/ui/state.ts";

/** What of an element the state is read from and written to. */
class FakeElement {
  readonly #attributes = new Map<string, string>();
  src: unknown;
  compare: unknown;
  input: unknown;
  labels: unknown;
  parameters: unknown;
  preparation = {};
  gates = [];

  getAttribute(name: string): string | null {
    return this.#attributes.get(name) ?? null;
  }
  setAttribute(name: AttributeName, value: string): void {
    this.#attributes.set(name, value);
    if (isSource(name)) this[name] = attributes[name].read(value);
  }
  removeAttribute(name: string): void {
    this.#attributes.delete(name);
  }
  get blank(): number | undefined {
    return readAttribute(this as unknown as Element, "blank");
  }
  set blank(seed: number | undefined) {
    setAttribute(this as unknown as Element, "blank", seed);
  }
  get state() {
    return readState(this as unknown as ConvCam, this.labels as string, this.parameters as string);
  }
}

/** A visitor's own, or the page's, not what is looked at. */
const noPart: readonly string[] = ["controls", "learn", "poster", "loading", "paused", "worker"];
/** What text an attribute takes, where not any. */
const texts: Readonly<Record<string, string>> = { blank: "7", mean: "0.5", std: "0.5", scale: "2" };

test.each(Object.keys(attributes) as AttributeName[])("the attribute %s is part of the state, or no part on purpose", (name) => {
  const [element, other] = [new FakeElement(), new FakeElement()];
  element.setAttribute(name, texts[name] ?? "text");
  const { state } = element;
  expect(Object.keys(state)).toHaveLength(noPart.includes(name) ? 0 : 1);
  applyState(other as unknown as ConvCam, other.state, JSON.parse(JSON.stringify(state)));
  expect(other.state).toEqual(state);
  applyState(other as unknown as ConvCam, other.state, {});
  expect(other.state).toEqual({});
});

test.each([
  ["mean", "abc"],
  ["std", "1,x"],
  ["blank", "seed"],
] as const)("what cannot be read, such as %s '%s', is no part of the state, and goes with another one", (name, text) => {
  const element = new FakeElement();
  element.setAttribute("scale", "2");
  element.setAttribute(name, text);
  expect(element.state).toEqual({ preparation: { scale: 2 } });
  applyState(element as unknown as ConvCam, element.state, {});
  expect([element.getAttribute(name), element.getAttribute("scale")]).toEqual([null, null]);
});
