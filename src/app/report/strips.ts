import type { RgbImage } from "../../core/image.ts";
import { formatQuantity, missing } from "./formatFigures.ts";
import { html, type Markup } from "./markup.ts";
import { methodNames } from "./methodNames.ts";
import { embedFilmstrip, embedPicture, pictureTag } from "./pictures.ts";
import type { DreamPicture, PictureStrip } from "./reportData.ts";

const scenePx = 640;
const outcomePx = 360;

type Outcome = PictureStrip["outcomes"][number];

/** @returns one evaluation start in pictures: what was seen, dreamed, judged, done and reached. */
export async function stripSection(strip: PictureStrip): Promise<Markup> {
  return html`<section class="strip">
    <h3>${strip.title}</h3>
    ${await sceneFigure(strip)} ${await candidatesFigure(strip)} ${await comparisonFigure(strip)}
    ${await outcomesFigure(strip)}
  </section>`;
}

async function sceneFigure(strip: PictureStrip): Promise<Markup> {
  return html`<figure>
    <div class="scenes">
      ${await labelledPicture("observation", strip.observation, scenePx, strip.task)}
      ${await labelledPicture("goal", strip.goal, scenePx, strip.task)}
    </div>
    <figcaption>
      What the planner is asked: the numbers on the observation are the keypoints it may grasp,
      those on the goal are the places it may bring them to.
    </figcaption>
  </figure>`;
}

async function labelledPicture(
  label: string,
  image: RgbImage,
  widthPxMax: number,
  task: string,
): Promise<Markup> {
  const picture = await embedPicture(image, widthPxMax);
  return html`<div class="picture">
    ${pictureTag(picture, `The ${task}: ${label}.`)}<span class="label">${label}</span>
  </div>`;
}

async function candidatesFigure(strip: PictureStrip): Promise<Markup | null> {
  if (strip.candidates.length === 0) return null;
  const frameCountMax = Math.max(
    ...strip.candidates.flatMap(({ armFrames, dreamFrames }) => [
      armFrames.length,
      dreamFrames.length,
    ]),
  );
  const cards = await Promise.all(
    strip.candidates.map((candidate) => candidateCard(candidate, frameCountMax)),
  );
  return html`<figure>
    <div class="candidates">${cards}</div>
    <figcaption>
      The candidates: the arm as rendered for the world model, and the dream it gave. The judge
      measures how far each dream ends from the goal; smaller is better, and ★ marks its choice.
    </figcaption>
  </figure>`;
}

async function candidateCard(candidate: DreamPicture, frameCountMax: number): Promise<Markup> {
  const verdict =
    candidate.distance === null ? "judgement failed" : formatQuantity(candidate.distance);
  return html`<div class="card ${candidate.isBest ? "chosen" : ""}">
    <p class="card-title">
      <span>${candidate.label}</span>
      <b>${candidate.isBest ? "★ " : ""}${verdict}</b>
    </p>
    ${await frameRow("arm", candidate.armFrames, frameCountMax, candidate.label)}
    ${await frameRow("dream", candidate.dreamFrames, frameCountMax, candidate.label)}
  </div>`;
}

/** A labelled filmstrip whose frames are as wide as those of a row with `frameCountMax` frames. */
async function frameRow(
  label: string,
  frames: readonly RgbImage[],
  frameCountMax: number,
  subject: string,
): Promise<Markup | null> {
  if (frames.length === 0) return null;
  const strip = await embedFilmstrip(frames);
  const share = ((100 * frames.length) / frameCountMax).toFixed(2);
  return html`<div class="frames">
    <span class="label">${label}</span>
    <div class="film" style="width:${share}%">
      ${pictureTag(strip, `${label}, ${frames.length} frames in order of time: ${subject}.`)}
    </div>
  </div>`;
}

async function comparisonFigure(strip: PictureStrip): Promise<Markup | null> {
  const frameCountMax = Math.max(strip.dreamed.length, strip.happened.length);
  if (frameCountMax === 0) return null;
  return html`<figure>
    <div class="comparison">
      ${await frameRow("dreamed", strip.dreamed, frameCountMax, "the executed action")}
      ${await frameRow("happened", strip.happened, frameCountMax, "the executed action")}
    </div>
    <figcaption>
      The executed action, frame by frame: what the world model dreamed, and what really happened.
      The first frame is the observation.
    </figcaption>
  </figure>`;
}

async function outcomesFigure(strip: PictureStrip): Promise<Markup | null> {
  if (strip.outcomes.length === 0) return null;
  const rows = await Promise.all(
    groupByStart(strip.outcomes).map((group) => outcomeRow(group, strip.task)),
  );
  return html`<figure>
    ${rows}
    <figcaption>
      One primitive from each of the first starts: the workspace at the start, the goal, and what
      each planner made of it, with its score.
    </figcaption>
  </figure>`;
}

/** Methods that were given the same start and goal share their pictures. */
function groupByStart(outcomes: readonly Outcome[]): Outcome[][] {
  const groups: Outcome[][] = [];
  for (const outcome of outcomes) {
    const group = groups.find(
      ([first]) => isSame(first!.start, outcome.start) && isSame(first!.goal, outcome.goal),
    );
    if (group === undefined) groups.push([outcome]);
    else group.push(outcome);
  }
  return groups;
}

function isSame(one: RgbImage, other: RgbImage): boolean {
  return one === other || Buffer.compare(one.pixels, other.pixels) === 0;
}

async function outcomeRow(group: readonly Outcome[], task: string): Promise<Markup> {
  const first = group[0]!;
  return html`<div class="outcomes">
    ${await labelledPicture("start", first.start, outcomePx, task)}
    ${await labelledPicture("goal", first.goal, outcomePx, task)}
    ${await Promise.all(group.map((outcome) => outcomePicture(outcome, task)))}
  </div>`;
}

async function outcomePicture(outcome: Outcome, task: string): Promise<Markup> {
  const { label, group } = methodNames[outcome.method];
  const picture = await embedPicture(outcome.outcome, outcomePx);
  const action = outcome.action === "" ? missing : outcome.action;
  return html`<div class="picture outcome">
    ${pictureTag(picture, `The ${task} after ${label}: score ${outcome.score}.`)}
    <span class="label"
      ><b class="${group}">${label}</b>
      <b class="score score-${scoreClass(outcome.score)}">${outcome.score}</b>
      <small>${action}</small></span
    >
  </div>`;
}

function scoreClass(score: number): string {
  return score >= 1 ? "full" : score > 0 ? "half" : "none";
}
