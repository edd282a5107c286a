// `convcam conformance`: runs ONNX's backend tests and reports pass, fail and unsupported.

import type { Command } from "commander";
import { adapterText } from "../../checks/adapter-text.ts";
import { ModelError } from "../../engine/errors.ts";
import type { Precision } from "../../engine/precision.ts";
import { findCases } from "../conformance/cases.ts";
import { defaultTolerance, halvesTolerance } from "../conformance/compare.ts";
import { judge } from "../conformance/listed.ts";
import { type CaseResult, runCase, type Status } from "../conformance/run-case.ts";
import { requestNodeDevice } from "../node-device.ts";
import { writeOutput } from "../output.ts";
import { line } from "../printable.ts";
import { formatNumber } from "../table.ts";
import { atLeast0, parsePath, parseRegularExpression, parseWithin, precisionHelp, precisionOption } from "../usage.ts";

interface Options {
  readonly filter?: RegExp;
  readonly json?: string;
  readonly forceKernels: boolean;
  readonly weightsAsParameters: boolean;
  readonly precision: Precision;
  readonly relative?: number;
  readonly absolute?: number;
  readonly quiet: boolean;
}

export function addConformance(program: Command): void {
  program
    .command("conformance")
    .summary("run folders of ONNX backend tests")
    .description(
      `Runs every case in or below the folders (model.onnx with test_data_set_K/input_I.pb and output_I.pb), and compares.
Floats agree within absolute · max(1, largest |expected|) + relative · |expected|, and within one rounding of float16 and bfloat16; NaN equals NaN;
integers and booleans agree exactly. A case fails that lacks an expected output for any output of its model, unless its file is refused.
A refused case is unsupported, which is no failure where Convcam's own list says why; cases are listed by the last two folders of their path.
Ends with status 1 when any case fails, when one is refused that is not listed, and when one passes that is.`,
    )
    .argument("<folders...>", "a case, or folders that hold cases at any depth")
    .option("--filter <regex>", "only cases whose name matches", parseRegularExpression)
    .option(
      "--json <file.json>",
      "write { adapter, cases: [{ name, status, reason, listed, maxAbsError, maxRelError, ms }] }",
      parsePath(".json"),
    )
    .option("--force-kernels", "run each case again with every kernel that accepts it", false)
    .option(
      "--weights-as-parameters",
      "run each case again with its weights as parameters, and hold it to the result with constants",
      false,
    )
    .addOption(precisionOption(`float16 puts each case among others; ${precisionHelp}`))
    .option(
      "--relative <tolerance>",
      `relative tolerance (default: ${defaultTolerance.relative}, or ${halvesTolerance.relative} for float16)`,
      parseWithin(...atLeast0),
    )
    .option(
      "--absolute <tolerance>",
      `absolute tolerance (default: ${defaultTolerance.absolute}, or ${halvesTolerance.absolute} for float16)`,
      parseWithin(...atLeast0),
    )
    .option("--quiet", "print no line for a pass", false)
    .action(runConformance);
}

async function runConformance(folders: readonly string[], options: Options): Promise<void> {
  const { filter } = options;
  const cases = folders.flatMap(findOrExplain).filter(({ name }) => !filter || filter.test(name));
  if (cases.length === 0)
    throw new ModelError(
      `no case ${filter ? `whose name matches ${filter} ` : ""}in ${folders.join(", ")}: a case is a folder with model.onnx in it.`,
    );
  const device = await requestNodeDevice();
  const results: CaseResult[] = [];
  const objections: string[] = [];
  const usual = options.precision === "float16" ? halvesTolerance : defaultTolerance;
  const tolerance = { relative: options.relative ?? usual.relative, absolute: options.absolute ?? usual.absolute };
  try {
    for (const oneCase of cases) {
      const { forceKernels, weightsAsParameters, precision } = options;
      const judged = judge(oneCase.id, await runCase(device, oneCase, { tolerance, forceKernels, weightsAsParameters, precision }));
      if (judged.objection) objections.push(judged.objection);
      for (const result of judged.results) {
        results.push(result);
        if (result.status !== "pass" || !options.quiet) console.log(formatResult(result));
      }
    }
  } finally {
    device.dispose();
  }
  const adapter = adapterText(device);
  const count = (status: Status) => results.filter((result) => result.status === status).length;
  for (const objection of objections) console.log(line`\n${objection}`);
  const unlisted = results.filter(({ status, listed }) => status === "unsupported" && !listed).length;
  const how = unlisted > 0 ? `, ${unlisted} of them not listed,` : count("unsupported") > 0 ? ", all of them listed," : "";
  console.log(`\n${count("pass")} pass, ${count("fail")} fail, ${count("unsupported")} unsupported${how} on ${adapter}`);
  if (options.json) await writeOutput(options.json, `${JSON.stringify({ adapter, cases: results }, undefined, 2)}\n`);
  if (count("fail") > 0 || objections.length > 0) process.exitCode = 1;
}

function findOrExplain(folder: string): ReturnType<typeof findCases> {
  try {
    return findCases(folder);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === "ENOENT" ? "there is no such folder" : code === "ENOTDIR" ? "it is a file" : message;
    throw new ModelError(`folder '${folder}': ${reason}.`);
  }
}

function formatResult({ name, status, reason, listed, maxAbsError, maxRelError, ms }: CaseResult): string {
  const refusal = listed ? `${reason} Listed: ${listed}` : reason;
  const errors = `abs ${formatNumber(maxAbsError)}, rel ${formatNumber(maxRelError)}, ${ms.toFixed(0)} ms`;
  return `${line`${status.padEnd(11)} ${name}  ${status === "unsupported" ? refusal.replaceAll("\n", " ") : errors}`}${status === "fail" ? line`\n            ${reason}` : ""}`;
}
