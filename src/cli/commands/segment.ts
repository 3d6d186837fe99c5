import { InvalidArgumentError, type Command } from "commander";
import type { SegmentedSession } from "../../app/segmentSession.ts";
import type { Box } from "../../core/image.ts";
import { parseBox } from "../parseBox.ts";
import { print, type JsonOption } from "../printResult.ts";
import { parseCount } from "../runOptions.ts";
import { withInterruptibleLog } from "../withRun.ts";

interface SegmentOptions extends JsonOption {
  readonly segmenter: string;
  readonly name?: string;
  readonly box?: Box;
  readonly every: number;
}

const examples = `
Examples:
  dreamlog segment demo.sqlite seed-0/collect/rope/00003 --segmenter sam2:models
  dreamlog segment lab.sqlite lab/000001 --segmenter sam2:models \\
    --box 380,190,160,120 --every 3
  dreamlog segment lab.sqlite lab/000001 --segmenter 'sam2:models?prompt=grid'

The masks are derived events of a branch; "dreamlog replay" recomputes them.
docs/sam2.md has the form of a segmenter's name.`;

/** `dreamlog segment`: the masks of a recorded session by another segmenter. */
export function configureSegment(command: Command): void {
  command
    .argument("<log>", "the log")
    .argument("<session>", "a session with camera frames")
    .requiredOption("--segmenter <spec>", "colour, or sam2:FOLDER with the model's files")
    .option("--box <x,y,w,h>", "round the object, where the session labels none", parseBox)
    .option("--every <n>", "only every n-th frame of a motion", parseEvery, 1)
    .option("--name <name>", "of the branch (default: the segmenter and its layout)")
    .option("--json", "as JSON")
    .addHelpText("after", examples)
    .action(segment);
}

async function segment(path: string, session: string, options: SegmentOptions): Promise<void> {
  // Loaded here, for it brings the engine with it.
  const { resolveSegmenter } = await import("../../app/segmenterSpec.ts");
  const { segmentSession } = await import("../../app/segmentSession.ts");
  const log = { path, mode: "existing" } as const;
  const result = await withInterruptibleLog("segment", log, async (working) => {
    const segmenter = await resolveSegmenter(options.segmenter, working);
    const { box = null, every: everyNth } = options;
    const name = options.name ?? [segmenter.kind, ...("layout" in segmenter ? [segmenter.layout] : [])].join("-"); // prettier-ignore
    const made = await segmentSession(working, { session, segmenter, name, box, everyNth });
    return { log: path, segmenter, ...made, head: await working.open.log.head() };
  });
  print(options, result, () => linesOf(result));
}

function linesOf(
  result: SegmentedSession & { readonly log: string; readonly head: string },
): string[] {
  const { log, branch, masks, head } = result;
  return [
    `branch  ${branch}`,
    ...masks.map(({ role, position, areaPx }) => {
      const area = areaPx === 0 ? "hidden" : `${areaPx} pixels`;
      return `${String(position).padStart(6)}  ${`${role}/mask`.padEnd(44)}${area.padStart(16)}`;
    }),
    `head    ${head}`,
    `next    dreamlog replay ${log} ${branch}`,
  ];
}

function parseEvery(text: string): number {
  const every = parseCount(text);
  if (every >= 1) return every;
  throw new InvalidArgumentError("Expected 1 or more.");
}
