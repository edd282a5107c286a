// What is saved is called by the network and by what is looked at, and pictures of many layers fit on a sheet.
import { describe, expect, it } from "vitest";
import { inParts } from "../../src/ui/export/beside.ts";
import { fileName, networkName } from "../../src/ui/export/file-name.ts";
import { placePictures } from "../../src/ui/export/sheet.ts";

describe("networkName", () => {
  const cases = [
    { why: "an address", source: "https://example.org/nets/squeezenet%201.1.onnx?raw=1", expected: "squeezenet 1.1" },
    { why: "a name behind # comes first", source: "/assets/mnist-trained-B3x_9-aZ.onnx#mnist-trained", expected: "mnist-trained" },
    { why: "a picture of the page's own", source: "blob:http://localhost/1b2c-3d", expected: "network" },
    { why: "one in a list", source: ["blob:http://localhost/1b2c-3d"], expected: "network" },
    { why: "an address that is an object", source: new URL("blob:http://localhost/1b2c-3d"), expected: "network" },
    { why: "a relative one", source: "models/mnist-trained.onnx", expected: "mnist-trained" },
    { why: "a file", source: new File([], "my.net.onnx"), expected: "my.net" },
    { why: "the network among its files", source: [new File([], "net.data"), new File([], "net.onnx")], expected: "net" },
    { why: "bytes have no name", source: new Uint8Array(2), expected: "network" },
    { why: "what an address holds is none", source: "data:application/octet-stream;base64,AAAA", expected: "network" },
    { why: "a sign that is no code", source: "nets/100%.onnx", expected: "100%" },
    { why: "nothing", source: undefined, expected: "network" },
  ];
  it.each(cases)("$why: $expected", ({ source, expected }) => expect(networkName(source)).toBe(expected));

  it("writes bytes out in no letters: those of a network that was built are many millions", () => {
    const built = new Uint8Array(2);
    built.toString = () => expect.unreachable("bytes as text");
    expect(networkName(built)).toBe("network");
  });
});

it("leaves out of a file's name what there is not", () => {
  expect(fileName("net", "conv_1", "channel-3", undefined)).toBe("net-conv_1-channel-3");
  expect(fileName("net", "conv_1", false, "difference")).toBe("net-conv_1-difference");
});

describe("placePictures", () => {
  const boxesOf = (sizes: readonly { readonly width: number; readonly height: number }[]) => {
    const { places, width, height } = placePictures(sizes);
    return { width, height, boxes: places.map((place, i) => ({ ...place, ...(sizes[i] as (typeof sizes)[number]) })) };
  };

  it("places pictures of any sizes on the sheet, none over another, each below room for its name", () => {
    const sizes = Array.from({ length: 40 }, (_, i) => ({ width: 40 + ((i * 97) % 400), height: 30 + ((i * 53) % 300) }));
    const { width, height, boxes } = boxesOf(sizes);
    boxes.forEach((box, i) => {
      expect(box.x + box.width).toBeLessThanOrEqual(width);
      expect(box.y + 22 + box.height).toBeLessThanOrEqual(height);
      for (const other of boxes.slice(0, i))
        expect(
          box.x >= other.x + other.width ||
            other.x >= box.x + box.width ||
            box.y >= other.y + 22 + other.height ||
            other.y >= box.y + 22 + box.height,
        ).toBe(true);
    });
  });

  it("is wider where there are many, so that a browser can draw it", () => {
    const { width, height } = boxesOf(Array.from({ length: 400 }, () => ({ width: 288, height: 288 })));
    expect(height).toBeLessThanOrEqual(3 * width);
    expect(Math.max(width, height)).toBeLessThan(16_384);
  });

  it("is as wide as its widest picture", () => expect(boxesOf([{ width: 4000, height: 10 }]).width).toBe(4024));
});

describe("inParts", () => {
  it("takes as many at once as memory allows, in their order", () => {
    expect(inParts([3, 3, 4, 9, 20, 1, 1], (bytes) => bytes, 10)).toEqual([[3, 3, 4], [9], [20], [1, 1]]);
    expect(inParts([], () => 1, 10)).toEqual([]);
  });
});
