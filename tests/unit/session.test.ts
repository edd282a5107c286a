// Sessions without a GPU: which files are read.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Graph } from "../../src/engine/graph/graph.ts";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import { EngineSession } from "../../src/ui/session/engine-session.ts";
import type { SceneRequest } from "../../src/ui/session/session.ts";
import { graphOf, op } from "../support/graphs.ts";

const graph = graphOf({ inputs: { x: [1, 1, 8, 8] }, nodes: [op("Relu", "x", "relu"), op("Neg", "relu", "y")] });
const files: Readonly<Record<string, Graph>> = { "/first.onnx": graph, "/second.onnx": graph };
let fetched: string[] = [];

beforeEach(() => {
  fetched = [];
  vi.stubGlobal("fetch", async (url: string | URL) => {
    const path = String(url);
    fetched.push(path);
    const file = files[path];
    return file ? new Response(new Uint8Array(encodeModel(file))) : new Response("", { status: 404 });
  });
});
afterEach(() => void vi.unstubAllGlobals());

test("a second network that cannot be read does not have the first read again", async () => {
  const session = new EngineSession(() => {});
  const src = "/first.onnx";
  const load = (compare: string | undefined) => session.load({ src, compare });
  expect(await load("/absent.onnx")).toMatchObject({ problem: expect.stringContaining("absent.onnx") });
  expect(fetched).toEqual([src, "/absent.onnx"]);
  // The same once more, in case it is there now.
  expect(await load("/absent.onnx")).toMatchObject({ problem: expect.stringContaining("absent.onnx") });
  expect(await load("/second.onnx")).toMatchObject({ problem: undefined });
  expect(fetched).toEqual([src, "/absent.onnx", "/absent.onnx", "/second.onnx"]);
  expect(await load("/absent.onnx")).toMatchObject({ problem: expect.stringContaining("absent.onnx") });
  expect(await load(undefined)).toMatchObject({ problem: undefined });
  expect(fetched).toEqual([src, "/absent.onnx", "/absent.onnx", "/second.onnx", "/absent.onnx"]);
  // What was read completely is read anew where the same is asked for.
  await load(undefined);
  expect(fetched.at(-1)).toBe(src);
  await session.dispose();
});

test.each([5, null, {}, [5]])("what is no source of a network is said not to be one: %j", async (src) => {
  const session = new EngineSession(() => {});
  await expect(session.load({ src: src as never, compare: undefined })).rejects.toThrow(/is an address, bytes, a file or a list/);
  await session.dispose();
});

/** A server that answers when told to, and hears of a client that goes. */
function slowServer() {
  const under = new Map<string, { answer: () => void; signal: AbortSignal }>();
  vi.stubGlobal("fetch", (url: string | URL, { signal }: { signal: AbortSignal }) => {
    fetched.push(String(url));
    return new Promise<Response>((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
      under.set(String(url), { signal, answer: () => resolve(new Response(new Uint8Array(encodeModel(graph)))) });
    });
  });
  return under;
}

test("a network that is no longer asked for is not read to its end, and the next does not wait for it", async () => {
  const server = slowServer();
  const session = new EngineSession(() => {});
  const first = session.load({ src: "/slow.onnx", compare: undefined });
  await vi.waitFor(() => expect(server.has("/slow.onnx")).toBe(true));
  const second = session.load({ src: "/second.onnx", compare: undefined });
  await expect(first).rejects.toMatchObject({ name: "AbortError" });
  expect(server.get("/slow.onnx")?.signal.aborted).toBe(true);
  await vi.waitFor(() => expect(server.has("/second.onnx")).toBe(true));
  server.get("/second.onnx")?.answer();
  expect(await second).toMatchObject({ defaults: expect.anything() });
  await session.dispose();
});

test("a network that is still asked for is read on where the other one changes", async () => {
  const server = slowServer();
  const session = new EngineSession(() => {});
  const first = session.load({ src: "/first.onnx", compare: undefined });
  await vi.waitFor(() => expect(server.has("/first.onnx")).toBe(true));
  const second = session.load({ src: "/first.onnx", compare: "/second.onnx" });
  server.get("/first.onnx")?.answer();
  await expect(first).rejects.toMatchObject({ name: "AbortError" });
  await vi.waitFor(() => expect(server.has("/second.onnx")).toBe(true));
  server.get("/second.onnx")?.answer();
  expect(await second).toMatchObject({ problem: undefined });
  expect(fetched).toEqual(["/first.onnx", "/second.onnx"]);
  await session.dispose();
});

test("a session that is disposed of ends what it reads", async () => {
  const server = slowServer();
  const session = new EngineSession(() => {});
  const load = session.load({ src: "/slow.onnx", compare: undefined });
  await vi.waitFor(() => expect(server.has("/slow.onnx")).toBe(true));
  void session.dispose();
  await expect(load).rejects.toMatchObject({ name: "AbortError" });
  expect(server.get("/slow.onnx")?.signal.aborted).toBe(true);
});

test("what fails as the GPU is lost for which a scene was waiting is told of as the loss alone", async () => {
  vi.stubGlobal("GPUBufferUsage", {});
  vi.stubGlobal("navigator", { gpu: { requestAdapter: async () => losingAdapter() } });
  const events: unknown[] = [];
  const session = new EngineSession((event) => events.push(event));
  await session.load({ src: "/first.onnx", compare: undefined });
  const scene = { views: [], precision: "float32", weights: { id: 0 } } as unknown as SceneRequest;
  for (const _ of [1, 2]) await expect(session.show(scene)).rejects.toMatchObject({ name: "AbortError" });
  expect(events.filter((event) => (event as { event: string }).event !== "progress")).toEqual(
    [1, 2].map(() => ({ event: "lost", detail: "gone" })),
  );
  await session.dispose();
});

test("a network that cannot be read is told of, whatever became of the GPU meanwhile", async () => {
  vi.stubGlobal("GPUBufferUsage", {});
  const adapter = losingAdapter();
  vi.stubGlobal("navigator", { gpu: { requestAdapter: async () => adapter } });
  let answer = () => {};
  vi.stubGlobal("fetch", () => new Promise((resolve) => (answer = () => resolve(new Response("", { status: 404 })))));
  const events: { event: string }[] = [];
  const session = new EngineSession((event) => events.push(event));
  const loading = session.load({ src: "/slow.onnx", compare: undefined });
  const told = expect(loading).rejects.toThrow(/404/);
  // A network that does not come soon has the GPU got ready.
  await vi.waitFor(() => expect(adapter.requestDevice).toHaveBeenCalled());
  await vi.waitFor(() => {
    adapter.lose({ message: "gone" });
    expect(events).toContainEqual({ event: "lost", detail: "gone" });
  });
  answer();
  await told;
  await session.dispose();
});

/** An adapter of a GPU that is lost with the first buffer. */
function losingAdapter() {
  let lose = (_: { message: string }) => {};
  const lost = new Promise<{ message: string }>((resolve) => {
    lose = resolve;
  });
  const createBuffer = () => {
    lose({ message: "gone" });
    throw new Error("no buffer");
  };
  const limits = { maxBufferSize: 2 ** 30, maxStorageBufferBindingSize: 2 ** 30, minUniformBufferOffsetAlignment: 256 };
  const { features, info } = { features: new Set(), info: {} };
  const scopes = { pushErrorScope: () => {}, popErrorScope: async () => null };
  const device = { ...{ limits, features, lost, createBuffer, ...scopes }, addEventListener: () => {}, destroy: () => {} };
  return { limits, features, info, requestDevice: vi.fn(async () => device), lose: (how: { message: string }) => lose(how) };
}
