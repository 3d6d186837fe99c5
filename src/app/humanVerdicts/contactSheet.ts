import type { Task } from "../../core/cell.ts";
import { letterOf } from "../../judging/human/ranking.ts";
import { html, Markup } from "../report/markup.ts";
import { pictureTag } from "../report/pictures.ts";
import { styleSheet } from "../report/style.ts";
import type { GroupPictures } from "./groupPictures.ts";

/** One group as a contact sheet shows it. */
export interface SheetGroup {
  readonly name: string;
  readonly task: Task;
  /** Such as `3 of 72`. */
  readonly place: string;
  readonly pictures: GroupPictures;
}

const ownStyle = `
main { padding-top: .4rem; } main > p { margin: .4rem 0; }
.group { border-top: 2px solid var(--ink); padding: .6rem 0 1.6rem; break-inside: avoid; }
.group h2 { border: 0; margin: 0 0 .5rem; padding: 0; font-size: 1.1rem; display: flex; justify-content: space-between; }
.group h2 span { color: var(--quiet); font-weight: 400; font-size: .9rem; }
.board { display: grid; grid-template-columns: 180px 1fr; gap: 1.4rem; align-items: start; }
.wanted { display: grid; gap: 1rem; position: sticky; top: .6rem; }
.wanted figure { margin: 0; } .wanted figcaption::before { content: none; }
.wanted figcaption { margin: 0 0 .25rem; color: var(--ink); font-weight: 600; }
.wanted .goal img { outline: 3px solid var(--ceiling); }
.dreams { display: grid; grid-template-columns: repeat(auto-fill, minmax(170px, 1fr)); gap: .8rem; list-style: none; padding: 0; margin: 0; }
.dreams li { background: var(--panel); border: 1px solid var(--rule); padding: .4rem .5rem .5rem; max-width: none; }
.dreams b { font: 600 1.3rem/1.2 system-ui, sans-serif; display: block; }
.dreams img + img { margin-top: .3rem; }
`;

const question =
  "Which dream ends most like the goal? Rank by where the object lies at the end, nearest to the goal first; the small strip shows how it gets there.";

/**
 * A page that needs nothing but itself: start, goal and the lettered dreams of each group, and no word
 * of what anybody else thinks of them.
 *
 * @param lede - what to do with the page.
 * @param followScript - file beside the page that names the group to show now; see `followedPage`.
 */
export function contactSheet(
  groups: readonly SheetGroup[],
  { lede, followScript }: { readonly lede: Markup; readonly followScript?: string },
): string {
  const page = html`<html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <link rel="icon" href="data:," />
      <title>
        ${groups.map(({ name }) => name).slice(0, 1)} · which dream ends most like the goal?
      </title>
      <style>
        ${new Markup(styleSheet + ownStyle)}
      </style>
    </head>
    <body>
      <main>
        <p>${question}</p>
        <p class="label">${lede}</p>
        ${groups.map(groupSection)}
      </main>
      ${followScript === undefined ? null : followMarkup(followScript)}
    </body>
  </html>`;
  return `<!doctype html>\n${page.text}\n`;
}

function groupSection({ name, task, place, pictures }: SheetGroup): Markup {
  return html`<section class="group" id="${name}">
    <h2>${name} <span>${task} · ${place}</span></h2>
    <div class="board">
      <div class="wanted">
        <figure class="goal">
          <figcaption>Goal</figcaption>
          ${pictureTag(pictures.goal, `the goal of ${name}`)}
        </figure>
        <figure>
          <figcaption>Start</figcaption>
          ${pictureTag(pictures.start, `the start of ${name}`)}
        </figure>
      </div>
      <ul class="dreams">
        ${pictures.dreams.map(
          ({ last, strip }, at) =>
            html`<li>
              <b>${letterOf(at)}</b>
              ${pictureTag(last, `how dream ${letterOf(at)} ends`)}
              ${pictureTag(strip, `dream ${letterOf(at)}, frame by frame`)}
            </li>`,
        )}
      </ul>
    </div>
  </section>`;
}

/** Milliseconds between two looks at what the terminal asks now. */
const followEveryMs = 500;

/**
 * The time in the address only keeps the browser from showing what it has kept: nothing is made of it.
 * A script element may load a file from beside a page that is a file itself; nothing else may.
 */
function followMarkup(file: string): Markup {
  return new Markup(`<script>
  setInterval(() => {
    const look = document.createElement("script");
    look.src = ${JSON.stringify(file)} + "?" + performance.now();
    look.onload = () => {
      look.remove();
      if (!location.pathname.endsWith("/" + window.pageNow)) location.replace(window.pageNow);
    };
    look.onerror = () => look.remove();
    document.head.append(look);
  }, ${followEveryMs});
</script>`);
}

/** The page to open first: it goes to whatever is asked about. */
export function nowPage(followScript: string): string {
  const page = html`<html lang="en">
    <head>
      <meta charset="utf-8" />
      <link rel="icon" href="data:," />
      <title>waiting for the first dreams</title>
    </head>
    <body>
      <p>The dreams to judge show up here.</p>
      ${followMarkup(followScript)}
    </body>
  </html>`;
  return `<!doctype html>\n${page.text}\n`;
}

/** What the file that pages follow holds: the name of the page to show now. */
export function followedPage(name: string): string {
  return `window.pageNow = ${JSON.stringify(name)};\n`;
}
