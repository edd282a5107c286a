// Sessions without a GPU: which files are read.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Graph } from "../../src/engine/graph/graph.ts";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import { EngineSession } from "../../src/ui/session/engine-session.ts";
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
  await expect(session.load({ src: src as never, compare: undefined })).rejects.toThrow(/given as its address, bytes, a file, or a list/);
  await session.dispose();
});
