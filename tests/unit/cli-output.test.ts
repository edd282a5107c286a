// What the command writes: whole files or none, pipes that end early, places that cannot be written.
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { transformWithOxc } from "vite";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { filesOf } from "../../src/cli/commands/explain.ts";
import { main } from "../../src/cli/main.ts";
import { checkOutput, writeOutput } from "../../src/cli/output.ts";
import { readModel } from "../../src/engine/source.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "convcam-output-"));
});
afterEach(() => rm(folder, { recursive: true }));

test("a file is written, and written over, and nothing lies beside it", async () => {
  const path = join(folder, "a.txt");
  for (const text of ["one", "two"]) {
    await writeOutput(path, text);
    expect(await readFile(path, "utf8")).toBe(text);
  }
  expect(await readdir(folder)).toEqual(["a.txt"]);
});

test("the path - is standard output", async () => {
  let written = "";
  const write = vi.spyOn(process.stdout, "write").mockImplementation((data, done) => {
    written += data;
    (done as unknown as () => void)();
    return true;
  });
  await checkOutput("-");
  await writeOutput("-", "one");
  write.mockRestore();
  expect(written).toBe("one");
});

test("where standard output is the file, messages go to standard error, until the command has ended", async () => {
  const written: unknown[] = [];
  vi.spyOn(process.stdout, "write").mockImplementation((data, done) => {
    written.push(data);
    (done as unknown as () => void)();
    return true;
  });
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  const error = vi.spyOn(console, "error").mockImplementation(() => {});
  try {
    expect(await main(["build", "mnist", "--out", "-"])).toBe(0);
    expect(written).toHaveLength(1);
    expect((await readModel(written[0] as Uint8Array)).nodes.length).toBeGreaterThan(5);
    expect(error).toHaveBeenCalledWith(expect.stringMatching(/^mnist \(.*\) written to -$/));
    expect(log).not.toHaveBeenCalled();
    expect(console.log).toBe(log);
  } finally {
    vi.restoreAllMocks();
  }
});

test("a link stays a link", async () => {
  await writeOutput(join(folder, "a.txt"), "one");
  await symlink("a.txt", join(folder, "link"));
  await writeOutput(join(folder, "link"), "two");
  expect(await readFile(join(folder, "a.txt"), "utf8")).toBe("two");
});

test.each([
  { why: "a folder", path: "", says: /^'.*' could not be written: it is a folder\.$/ },
  {
    why: "a folder that is not there",
    path: "no/such.txt",
    says: /^'.*no\/such\.txt' could not be written: there is no folder '.*no'\.$/,
  },
])("$why is refused in a line, and nothing is left behind", async ({ path, says }) => {
  await expect(writeOutput(join(folder, path), "one")).rejects.toThrow(says);
  expect(await readdir(folder)).toEqual([]);
});

test.runIf(process.platform === "linux")("a full disk is an error", async () => {
  await expect(writeOutput("/dev/full", "one")).rejects.toThrow(/^'\/dev\/full' could not be written: ENOSPC/);
});

/** Runs a program that watches its output and writes many lines, with `then` behind it in the shell. */
async function runLines(then: string, watch = "watchOutput();"): Promise<{ readonly says: string; readonly output: string }> {
  const source = await readFile(join(import.meta.dirname, "../../src/cli/output.ts"), "utf8");
  const { code } = await transformWithOxc(source, "output.ts");
  const program = `${code}\n${watch}\nfor (let i = 0; i < 100000; i++) console.log("line " + i);\n`;
  await writeFile(join(folder, "lines.mjs"), program);
  const command = `{ "${process.execPath}" lines.mjs; echo "status $?" >&2; } ${then}`;
  return new Promise((resolve) => {
    execFile("sh", ["-c", command], { cwd: folder }, (_, output, says) => resolve({ says, output }));
  });
}

test("a reader that stops reading ends the command without a word", async () => {
  expect(await runLines("| head -1")).toEqual({ output: "line 0\n", says: "status 0\n" });
});

test.runIf(process.platform === "linux")("output that a full disk does not take is a failure", async () => {
  const { says } = await runLines("> /dev/full");
  expect(says).toMatch(/^convcam: the output could not be written: ENOSPC/);
  expect(says).toMatch(/status 1\n$/);
});

test("work whose result is a file outlives who reads its messages", async () => {
  expect(await runLines("| head -1", "watchOutput(); outliveReaders();")).toEqual({ output: "line 0\n", says: "status 0\n" });
});

test.runIf(process.platform === "linux")("work whose result is a file fails at its end where its messages cannot be written", async () => {
  const { says } = await runLines("> /dev/full", "watchOutput(); outliveReaders();");
  expect(says).toMatch(/^convcam: the output could not be written: ENOSPC[^\n]*\nstatus 1\n$/);
});

test("explanations of layers whose names differ only in what a file's may not hold go into files of their own", () => {
  expect(filesOf("a.npy", ["conv"])).toEqual(["a.npy"]);
  expect(filesOf("maps.npy", ["a/b", "a:b", "c"])).toEqual(["maps-a_b.npy", "maps-a_b-2.npy", "maps-c.npy"]);
  expect(filesOf("maps", ["a/b", "c"])).toEqual(["maps-a_b.npy", "maps-c.npy"]);
});
