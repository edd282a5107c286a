// The linter really refuses the imports that docs/architecture.md forbids, and only those: it is run over made-up files.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));

const cases: readonly (readonly [file: string, imports: string, verdict: string | undefined])[] = [
  ["src/engine/ops/a.ts", "../gpu/device.ts", "Operators never import gpu"],
  ["src/engine/ops/b.ts", "../../ui/element.ts", "The engine never imports ui"],
  ["src/engine/ops/c.ts", "onnx-proto", "Convcam has its own codec"],
  ["src/engine/ops/d.ts", "../shapes.ts", undefined],
  ["src/engine/plan/a.ts", "../../ui/mosaic/layout.ts", "The engine never imports ui"],
  ["src/engine/b.ts", "../cli/main.ts", "The engine never imports ui"],
  ["src/engine/c.ts", "./gpu/device.ts", undefined],
  ["src/ui/a.ts", "../engine/model.ts", undefined],
  ["src/engine/onnx/a.ts", "onnx-proto", "Convcam has its own codec"],
  ["models/a.ts", "protobufjs/minimal.js", "Convcam has its own codec"],
  ["src/engine/onnx/proto.ts", "onnx-proto", "Convcam has its own codec"],
  ["tests/unit/onnx-reference.test.ts", "onnx-proto", undefined],
];

test("the import rules fire where they should", () => {
  const folder = mkdtempSync(join(tmpdir(), "convcam-lint-"));
  try {
    copyFileSync(join(root, "biome.json"), join(folder, "biome.json"));
    for (const [file, specifier] of cases) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), `import { thing } from "${specifier}";\n\nexport const copy = thing;\n`);
    }
    const biome = join(root, "node_modules/@biomejs/biome/bin/biome");
    const options = ["lint", "--vcs-enabled=false", "--colors=off", "."];
    const { stdout, stderr } = spawnSync(process.execPath, [biome, ...options], { cwd: folder, encoding: "utf8" });
    const verdicts = new Map([...(stdout + stderr).matchAll(/^(\S+\.ts):\d+:\d+ [^\n]*\n+\s*. ([^\n]+)/gm)].map((m) => [m[1], m[2]]));
    for (const [file, specifier, verdict] of cases) {
      const said = verdicts.get(file);
      if (verdict === undefined) expect(said, `${file} importing ${specifier}`).toBeUndefined();
      else expect(said, `${file} importing ${specifier}`).toContain(verdict);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 30_000);
