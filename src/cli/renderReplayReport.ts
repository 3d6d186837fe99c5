import type { Divergence, TypeCounts } from "../../replay/replayReport.ts";
import type { ReplayReport } from "../app/replayFile.ts";
import type { LogProblem } from "../app/verifyLog.ts";
import { wrapText } from "./format.ts";

const columns = 80;
/** Problems of the digests that are printed; the first says where to look. */
const shownProblems = 5;
const labelColumns = 11;

/** A replay's report for people to read, at most 80 columns wide. */
export function renderReplayReport(
  report: ReplayReport,
  pictures: readonly string[],
): readonly string[] {
  const { byType, tolerated, unknownProducers, firstDivergence, digests } = report;
  return [
    ...(byType.length > 0 ? countLines(byType) : []),
    ...tolerated.flatMap(({ type, field, largest, limit, events, fingerprintRecorded }) =>
      labelled("tolerated", [
        `${type} ${field}: off by ${largest.toPrecision(2)} at most, ${limit} allowed, in ${events} events recorded on ${fingerprintRecorded}`,
      ]),
    ),
    ...unknownProducers.flatMap(({ component, version, reason, events, firstPosition }) =>
      labelled("unknown", [
        `${component} version ${version}: ${reason}; ${events} events, the first at position ${firstPosition}`,
      ]),
    ),
    ...digests.problems.slice(0, shownProblems).flatMap(problemLines),
    ...(firstDivergence === null ? [] : divergenceLines(firstDivergence)),
    ...pictures.flatMap((path) => labelled("picture", [path])),
    "",
    wrapText(conclusion(report), columns),
  ];
}

function countLines(byType: readonly TypeCounts[]): readonly string[] {
  const row = (name: string, cells: readonly (string | number)[]) =>
    name.padEnd(34) + cells.map((cell) => String(cell).padStart(11)).join("");
  return [
    row("derived events", ["verified", "tolerated", "diverged", "unknown"]),
    ...byType.map(({ type, verified, withinTolerance, diverged, unverifiable }) =>
      row(type, [verified, withinTolerance, diverged, unverifiable]),
    ),
  ];
}

function problemLines({ code, session, seq, position, what }: LogProblem): readonly string[] {
  const place = session === null ? "" : ` ${session} seq ${seq} position ${position}`;
  return labelled("damaged", [`${code}${place}: ${what}`]);
}

function divergenceLines(divergence: Divergence): readonly string[] {
  const { position, session, seq, id, type, causes, field, expected, found } = divergence;
  const { producerRecorded, producerNow } = divergence;
  return [
    "",
    "first divergence",
    ...labelled("event", [id]),
    ...labelled("type", [type]),
    ...labelled("place", [`${session} seq ${seq}, position ${position}`]),
    ...labelled("recorded", [producerText(producerRecorded)]),
    ...labelled("now", [producerText(producerNow)]),
    ...labelled(
      "causes",
      causes.map((cause) => `${cause.position} ${cause.type} ${cause.id}`),
    ),
    ...labelled("field", [field]),
    ...labelled("expected", [`${expected} (the log)`]),
    ...labelled("found", [`${found} (recomputed)`]),
  ];
}

function producerText(producer: Divergence["producerRecorded"]): string {
  if (producer === null) return "not asked for";
  const { component, version, config, model, fingerprint } = producer;
  const further = [
    JSON.stringify(config).replaceAll(",", ", "),
    ...(model === null ? [] : [`model ${model.slice(0, 12)}`]),
    ...(fingerprint === null ? [] : [fingerprint]),
  ];
  return `${component} version ${version} ${further.join(" ")}`;
}

function conclusion({
  outcome,
  isRecomputed,
  isWhole,
  digests,
  diverged,
  downstream,
  tolerated,
}: ReplayReport): string {
  const whole = `${digests.events} events and ${digests.blobs} blobs`;
  if (!digests.isSound) {
    return `diverged: ${digests.problems.length} damaged places among ${whole}; "dreamlog log verify" names them all`;
  }
  if (outcome === "diverged") {
    return `diverged: ${diverged.length} events are not what their causes make, and ${downstream} derive from them`;
  }
  if (outcome === "incomplete") return "incomplete: what is unknown here was not recomputed; everything else is as recorded"; // prettier-ignore
  if (!isRecomputed) return `verified: digests and chains of ${whole}; nothing was recomputed`;
  const recomputed = isWhole ? "every derived event" : "every derived event that was asked for";
  return tolerated.length > 0
    ? `verified within tolerance: ${recomputed} is as near as other arithmetic allows (${whole})`
    : `verified: ${recomputed} is what its causes make, bit for bit (${whole})`;
}

/** Texts under a label, every line of them after the first indented. */
function labelled(label: string, texts: readonly string[]): readonly string[] {
  const lines = texts.flatMap((text) => wrapText(text, columns - labelColumns).split("\n"));
  return lines.map((line, at) => (at === 0 ? label : "").padEnd(labelColumns) + line);
}
