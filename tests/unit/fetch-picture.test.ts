// Pictures by address and by clipboard: what cannot be had is said in words that help.
import { describe, expect, it } from "vitest";
import { fetchPicture, pastePicture } from "../../src/ui/page/fetch-picture.ts";

const page = "https://convcam.example/demo/";
const answers =
  (blob: Blob, status = 200) =>
  async () =>
    new Response(status === 200 ? blob : "no", { status, headers: { "content-type": blob.type } });
const refuses = async () => {
  throw new TypeError("Failed to fetch");
};

describe("fetchPicture", () => {
  it.each(["cat.png", "https://other.example/cat.png", "  /cat.png "])("takes %o", async (address) => {
    const blob = await fetchPicture(address, page, answers(new Blob(["pixels"], { type: "image/png" })));
    expect(blob.type).toBe("image/png");
  });

  it("takes what has no type, which its decoder tells", async () => {
    expect((await fetchPicture("cat", page, answers(new Blob(["pixels"])))).size).toBe(6);
  });

  it.each([
    [
      "another site",
      "https://other.example/cat.png",
      refuses,
      "other.example does not answer, or does not let other pages read its pictures (CORS)",
    ],
    ["its own site", "cat.png", refuses, "Check the connection and the address."],
    ["http from https", "http://other.example/cat.png", refuses, "may not read from http: try https."],
    ["nothing there", "cat.png", answers(new Blob(), 404), "the server answered 404"],
    ["a page", "cat", answers(new Blob(["<html>"], { type: "text/html" })), "is no picture but text/html"],
    ["no address", "javascript:alert(1)", refuses, "is no address of a picture"],
    ["no address at all", "http://", refuses, "is no address of a picture"],
  ] as const)("says why of %s", async (_, address, load, message) => {
    await expect(fetchPicture(address, page, load)).rejects.toThrow(message);
  });
});

describe("pastePicture", () => {
  const holding = (...types: string[]) => ({
    read: async () => [{ types, getType: async (type: string) => new Blob([], { type }) }] as unknown as ClipboardItems,
  });

  it("takes the first picture", async () => {
    expect((await pastePicture(holding("text/html", "image/png"))).type).toBe("image/png");
  });

  it("says why there is none", async () => {
    await expect(pastePicture(holding("text/plain"))).rejects.toThrow("There is no picture in the clipboard");
    await expect(pastePicture({} as Clipboard)).rejects.toThrow("Press Ctrl+V");
    const denied = { read: () => Promise.reject(new DOMException("denied")) };
    await expect(pastePicture(denied)).rejects.toThrow("could not be read (denied)");
  });
});
