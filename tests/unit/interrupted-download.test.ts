// What is said where a network's download breaks off: which file, how far it came, and what to do.
import { afterEach, expect, test, vi } from "vitest";
import { readModel } from "../../src/engine/source.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

/** A server that ends the connection after 12,000 bytes. */
function breakOff(headers: Record<string, string>): void {
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(new Uint8Array(12_000)),
    pull: (controller) => controller.error(new TypeError("network error")),
  });
  vi.stubGlobal("fetch", async () => new Response(body, { headers }));
}

test("says how many kB of how many came", async () => {
  breakOff({ "content-length": "4000000" });
  await expect(readModel("nets/large.onnx")).rejects.toThrow(
    "'nets/large.onnx' could not be downloaded: 12 of 4000 kB came, then network error. Try again.",
  );
});

test("says how many came where the server did not tell how many there are", async () => {
  breakOff({ "content-length": "3000", "content-encoding": "gzip" });
  await expect(readModel("nets/large.onnx")).rejects.toThrow("'nets/large.onnx' could not be downloaded: 12 kB came, then network error.");
});

test("what a listener of the progress throws is told as it is", async () => {
  vi.stubGlobal("fetch", async () => new Response(new Uint8Array(12_000)));
  const onProgress = () => {
    throw new TypeError("the listener's own");
  };
  await expect(readModel("nets/large.onnx", { onProgress })).rejects.toThrow(new TypeError("the listener's own"));
});

test("of a download that is not wanted any more only the abort is told", async () => {
  const controller = new AbortController();
  const body = new ReadableStream({
    pull(stream) {
      controller.abort();
      stream.error(controller.signal.reason);
    },
  });
  vi.stubGlobal("fetch", async () => new Response(body));
  await expect(readModel("nets/large.onnx", { signal: controller.signal })).rejects.toThrow(/abort/i);
});
