// Which names of classes a network has: those of the file that somebody gave, once it could be read, and else those that were guessed.
import { describe, expect, it } from "vitest";
import type { ConvCam } from "../../src/ui/element.ts";
import { ClassNames } from "../../src/ui/page/class-names.ts";

const file = (text: string, wait: Promise<void> = Promise.resolve()) =>
  ({ name: "names.txt", text: () => wait.then(() => text) }) as unknown as File;

function classNames(): { readonly names: ClassNames; readonly shown: () => readonly string[] } {
  const viewer = { labels: [] as string[] };
  const text = { textContent: "" } as HTMLElement;
  return { names: new ClassNames({ viewer: viewer as unknown as ConvCam, text }), shown: () => viewer.labels };
}

const hints = { input: undefined, labels: ["own"], classCount: 1 };

describe("names of classes", () => {
  it("are those of the network's file where a file of names cannot be read", async () => {
    const { names, shown } = classNames();
    names.know([]);
    await expect(names.open(file(""))).rejects.toThrow("the file is empty");
    await names.guess(hints);
    expect(shown()).toEqual(["own"]);
  });

  it("are those of a file that was given, whatever is guessed meanwhile or later", async () => {
    const { names, shown } = classNames();
    names.know([]);
    const opened = names.open(file("a\nb"));
    await names.guess(hints);
    await opened;
    expect(shown()).toEqual(["a", "b"]);
    await names.guess(hints);
    expect(shown()).toEqual(["a", "b"]);
  });

  it("are never those of another network's file, or of a file before", async () => {
    const { names, shown } = classNames();
    let end = () => {};
    const wait = new Promise<void>((resolve) => {
      end = resolve;
    });
    const slow = names.open(file("slow", wait));
    await names.open(file("quick\nfile"));
    names.know(["known"]);
    end();
    await slow;
    expect(shown()).toEqual(["known"]);
  });
});
