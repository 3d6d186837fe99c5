import { Command } from "commander";
import { checkSam2, type Sam2Check } from "../app/checkSam2.ts";
import { isDreamlogError } from "../core/errors.ts";
import { watchForInterruption } from "./interruption.ts";
import { createProgressLine } from "./progressLine.ts";

interface CheckOptions {
  readonly models: string;
  readonly out: string;
  readonly json?: true;
}

const examples = `
Examples:
  npm run check:sam2 -- --models fixtures/sam2/nvidia
  npm run check:sam2 -- --models '~/models/sam2?threads=4' --json

Exit codes: 0 the model works here; 1 it does not, and what is wrong is said.`;

// What `npm run check:sam2` runs: does a folder hold a SAM2 model that works here?
await new Command("check:sam2")
  .description("run a SAM2 model on two simulated frames and draw what it finds")
  .requiredOption("--models <folder>", "with the model's files, or a URL, as after sam2:")
  .option("--out <folder>", "where the two pictures go", ".")
  .option("--json", "as JSON")
  .addHelpText("after", examples)
  .action(check)
  .parseAsync();

async function check({ models, out, json }: CheckOptions): Promise<void> {
  const interruption = watchForInterruption(() => undefined);
  try {
    const progress = createProgressLine(process.stderr);
    const result = await checkSam2(models, { outDir: out, progress, signal: interruption.signal });
    console.log(json === true ? JSON.stringify(result) : linesOf(result).join("\n"));
    process.exitCode = result.faults.length === 0 ? 0 : 1;
  } catch (error) {
    if (!isDreamlogError(error)) throw error;
    const { code, message, context } = error;
    if (json === true) console.log(JSON.stringify({ error: { code, message, context } }));
    else console.error(`${code}: ${message}`);
    process.exitCode = 1;
  } finally {
    interruption.release();
  }
}

function linesOf({ layout, digest, graphs, frames, faults }: Sam2Check): string[] {
  return [
    `layout  ${layout}`,
    `digest  ${digest}`,
    ...graphs.flatMap(({ name, inputs, outputs }) => [
      name,
      ...inputs.map((port) => `  in   ${port}`),
      ...outputs.map((port) => `  out  ${port}`),
    ]),
    ...frames.map(({ name, seconds, areaPx, iou, overlay }) => {
      const figures = `${seconds.toFixed(2).padStart(6)} s  ${String(areaPx).padStart(6)} pixels  IoU ${iou.toFixed(2)}`;
      return `${name.padEnd(10)}${figures}  ${overlay}`;
    }),
    ...faults.map((fault) => `wrong   ${fault}`),
    faults.length === 0 ? "the model works here" : "the model does not work here",
  ];
}
