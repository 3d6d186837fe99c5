import { digestFields } from "../../core/digest.ts";
import { DreamlogError } from "../../core/errors.ts";
import { readVerdicts, verdictColumns, writeVerdictsCsv, writeVerdictsJson, type VerdictRow } from "../../exchange/verdicts/verdictRows.ts"; // prettier-ignore
import { prepareDatasetFolder, type DatasetFolder } from "../../exchange/datasetFolder.ts";
import { contactSheet, type SheetGroup } from "../humanVerdicts/contactSheet.ts";
import { dreamGroupsOf, groupMark, shownOrder } from "../humanVerdicts/dreamGroup.ts";
import { groupPictures } from "../humanVerdicts/groupPictures.ts";
import type { DreamedRun } from "../humanVerdicts/judgedBranch.ts";
import { readAnswers, standingAnswers } from "../humanVerdicts/answers.ts";
import { humanSessions } from "../humanVerdicts/sittings.ts";
import { html } from "../report/markup.ts";
import { interrupted } from "../runContext.ts";
import type { ExportRequest, ExportResult } from "./exportRequest.ts";

type VerdictExport = Omit<ExportRequest, "prefix" | "uptoPosition">;

const sheetFormat = "verdict-sheet";
/** In a sheet what raters fill in. */
const tableName = "verdicts.csv";
/** Groups on one page; more would make it slow to scroll. */
const groupsPerPage = 24;

/**
 * Writes a sheet to hand to raters: pages with the lettered dreams of every group, and a table in
 * which each writes their rankings. `dreamlog import verdicts` takes the table back.
 *
 * @param sheet - names the shuffle: raters with the same sheet see the same letters.
 * @throws {DreamlogError} `STAGE_INCOMPLETE` unless the run has dreamed; `INTERRUPTED`;
 *   `ARGUMENT_INVALID` for a folder that holds something else, another sheet, or one that somebody has
 *   written in.
 */
export async function exportVerdictSheet(
  { log, blobs, to, progress, signal }: VerdictExport,
  run: DreamedRun,
  sheet: string,
): Promise<ExportResult> {
  // Another sheet has other letters for the same pictures: its pages must not get in among these.
  const source = digestFields([run.name, sheet]);
  const folder = await prepareDatasetFolder(to, sheetFormat, source);
  await requireUnanswered(folder);
  const facts = { run: run.name, sheet, source };
  await folder.describe({ format: sheetFormat, isComplete: false, facts });
  const groups = dreamGroupsOf(log, run.settings);
  progress.begin(`export ${sheetFormat}`, groups.names.length);
  const rows: VerdictRow[] = [];
  let page: SheetGroup[] = [];
  let pages = 0;
  const turnPage = async () => {
    if (page.length === 0) return;
    pages += 1;
    const name = `page-${String(pages).padStart(3, "0")}.html`;
    const lede = html`Page ${pages}. Write one ranking a row into verdicts.csv, such as C > A = B; a letter alone names the best, ? says that you cannot tell.`; // prettier-ignore
    await folder.write(name, contactSheet(page, { lede }));
    page = [];
  };
  for (const [at, name] of groups.names.entries()) {
    if (signal.aborted) throw interrupted(`export ${sheetFormat}`);
    const group = await groups.read(name);
    progress.advance(1);
    if (group === null) continue;
    const pictures = await groupPictures(blobs, group, shownOrder(sheet, group));
    page.push({ name, task: group.task, place: `${at + 1} of ${groups.names.length}`, pictures });
    rows.push({ sheet, group: name, dreams: groupMark(group), rater: "", ranking: "" });
    if (page.length === groupsPerPage) await turnPage();
  }
  await turnPage();
  await folder.write(tableName, writeVerdictsCsv(rows));
  const counts = { groups: rows.length, pages };
  await folder.describe({ format: sheetFormat, isComplete: true, facts: { ...facts, ...counts } }); // prettier-ignore
  progress.end(`${counts.groups} groups on ${counts.pages} pages`);
  const next = `fill in ${verdictColumns.slice(-2).join(" and ")} of ${to}/verdicts.csv, then: dreamlog import verdicts ${to}/verdicts.csv --to LOG`; // prettier-ignore
  return { to, counts, next };
}

/** What raters wrote is hours of their work: no export writes over it. */
async function requireUnanswered(folder: DatasetFolder): Promise<void> {
  if (!(await folder.has(tableName))) return;
  const path = folder.pathOf(tableName);
  const answered = readVerdicts(await folder.read(tableName)).filter(
    ({ rater, ranking }) => rater !== "" || ranking !== "",
  ).length;
  if (answered === 0) return;
  throw new DreamlogError(
    "ARGUMENT_INVALID",
    `expected a sheet that nobody has written in at ${path}, found ${answered} rows that somebody has; import them with dreamlog import verdicts, and name another folder`,
    { path, answered },
  );
}

/**
 * Writes what stands of every rater's answers as `verdicts.csv` and `verdicts.json`, which can be
 * imported into another copy of the log.
 *
 * @throws {DreamlogError} `ARGUMENT_INVALID` for a folder that holds something else.
 */
export async function exportVerdicts(
  { log, to, progress }: VerdictExport,
  run: DreamedRun,
): Promise<ExportResult> {
  const folder = await prepareDatasetFolder(to, "verdicts");
  await folder.describe({ format: "verdicts", isComplete: false, facts: { run: run.name } });
  const groups = dreamGroupsOf(log, run.settings);
  const answers = await readAnswers(log, humanSessions(run.settings));
  const raters = [...new Set(answers.map(({ payload }) => payload.rater))].sort();
  const rows: VerdictRow[] = [];
  progress.begin("export verdicts", raters.length);
  for (const rater of raters) {
    const own = standingAnswers(answers.filter(({ payload }) => payload.rater === rater));
    for (const name of [...own.keys()].sort()) {
      const group = await groups.read(name);
      if (group === null) continue;
      const { sheet, ranking } = own.get(name)!.payload;
      rows.push({ sheet, group: name, dreams: groupMark(group), rater, ranking: ranking ?? "?" });
    }
    progress.advance(1);
  }
  await folder.write("verdicts.csv", writeVerdictsCsv(rows));
  await folder.write("verdicts.json", writeVerdictsJson(rows));
  const counts = { raters: raters.length, verdicts: rows.length };
  await folder.describe({ format: "verdicts", isComplete: true, facts: { run: run.name, ...counts } }); // prettier-ignore
  progress.end(`${counts.verdicts} verdicts of ${counts.raters} raters`);
  return { to, counts, next: `dreamlog import verdicts ${to}/verdicts.csv --to LOG` };
}
