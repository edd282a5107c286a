// Names of classes that are read from an address, while others are asked for.
import { afterEach, expect, it, vi } from "vitest";
import { Labels } from "../../src/ui/labels.ts";

afterEach(() => vi.unstubAllGlobals());

/** A server whose answers come when they are released, as a browser gives them that has the bytes before it hears of an abort. */
function slowServer() {
  const release = new Map<string, () => void>();
  vi.stubGlobal("fetch", async (address: string) => {
    await new Promise<void>((resolve) => release.set(address, resolve));
    return new Response(`name from ${address}`);
  });
  return (address: string) => release.get(address)?.();
}

it("the address given last names the classes, whichever answers first", async () => {
  const answer = slowServer();
  const labels = new Labels();
  labels.source = "slow.txt";
  const slow = labels.load();
  labels.source = "fast.txt";
  const fast = labels.load();
  const late = expect(slow).rejects.toMatchObject({ name: "AbortError" });
  answer("fast.txt");
  await fast;
  answer("slow.txt");
  await late;
  expect(labels.names).toEqual(["name from fast.txt"]);
});

it("a list that is given meanwhile stays", async () => {
  const answer = slowServer();
  const labels = new Labels();
  labels.source = "slow.txt";
  const slow = expect(labels.load()).rejects.toMatchObject({ name: "AbortError" });
  labels.source = ["one"];
  answer("slow.txt");
  await slow;
  expect(labels.names).toEqual(["one"]);
});

it("of two calls for one address the later reads it", async () => {
  const labels = new Labels();
  const signals: AbortSignal[] = [];
  vi.stubGlobal("fetch", async (_: string, { signal }: { signal: AbortSignal }) => {
    signals.push(signal);
    return new Response("one\ntwo");
  });
  labels.source = "names.txt";
  const first = expect(labels.load()).rejects.toMatchObject({ name: "AbortError" });
  await labels.load();
  await first;
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
  expect(labels.names).toEqual(["one", "two"]);
});
