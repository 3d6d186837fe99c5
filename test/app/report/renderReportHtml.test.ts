import { beforeAll, describe, expect, it } from "vitest";
import { methodNames } from "../../../src/app/report/methodNames.ts";
import { renderReportHtml } from "../../../src/app/report/renderReportHtml.ts";
import { methods, type ReportData } from "../../../src/app/report/reportData.ts";
import {
  formatArithmetic,
  formatDecibels,
  formatQuantity,
  formatScore,
  formatSeconds,
  groupThousands,
} from "../../../src/app/report/formatFigures.ts";
import { sampleData, sampleSummary } from "./sampleReport.ts";

/** Elements that HTML never closes. */
const voidElements = new Set(["meta", "link", "img"]);

/** @returns the elements left open or closed out of turn; none in a well-formed page. */
function badlyNested(page: string): string[] {
  const open: string[] = [];
  const bad: string[] = [];
  const body = page.replace(/^<!doctype html>/, "").replace(/<style>[\s\S]*?<\/style>/, "");
  for (const [, slash, name, rest] of body.matchAll(/<(\/?)([a-z0-9]+)([^>]*)>/g)) {
    if (slash === "/") {
      if (open.pop() !== name) bad.push(name!);
    } else if (!voidElements.has(name!) && !rest!.endsWith("/")) open.push(name!);
  }
  return [...bad, ...open];
}

/** @returns what a reader sees: the text between the tags. */
function visibleText(page: string): string {
  return page
    .replace(/<style>[\s\S]*?<\/style>/, "")
    .replace(/<[^>]*>/g, " ")
    .replace(/[ \n]+/g, " ");
}

describe("report page", () => {
  let page = "";
  let text = "";
  beforeAll(async () => {
    page = await renderReportHtml(sampleData);
    text = visibleText(page);
  });

  it("closes what it opens, in order", () => {
    expect(badlyNested(page)).toEqual([]);
  });

  it("gives every anchor of its contents a section, and every id once", () => {
    const ids = [...page.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
    const targets = [...page.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(expect.arrayContaining(targets));
  });

  it("loads nothing from anywhere and runs no script", () => {
    expect(page).not.toMatch(/<script|\son[a-z]+=|@import|url\(/i);
    const addresses = [...page.matchAll(/\s(?:src|href)="([^"]*)"/g)].map(([, address]) => address);
    expect(addresses.filter((address) => !/^(data:|#)/.test(address!))).toEqual([]);
    expect(page).not.toMatch(/https?:\/\//);
  });

  it("describes every picture in words", () => {
    const pictures = [...page.matchAll(/<img[^>]*>/g)].map(([tag]) => tag);
    expect(pictures.length).toBeGreaterThan(0);
    for (const tag of pictures) expect(tag).toMatch(/alt="[^"]+"/);
    for (const [plot] of page.matchAll(/<svg\s+class="plot"[^>]*>/g)) {
      expect(plot).toMatch(/aria-label="[^"]+"/);
    }
  });

  it("shows every score with its interval", () => {
    for (const { mean, low, high } of sampleSummary.scores) {
      expect(text).toContain(formatScore(mean));
      expect(text).toContain(`${formatScore(low)}–${formatScore(high)}`);
    }
    for (const method of methods) expect(text).toContain(methodNames[method].label);
  });

  it("shows what a decision, a dream and the judge are worth", () => {
    const { decisions, psnr, judge } = sampleSummary;
    for (const { secondsMedian, gflop } of decisions) {
      expect(text).toContain(formatSeconds(secondsMedian));
      expect(text).toContain(formatArithmetic(gflop));
    }
    for (const decibels of Object.values(psnr)) expect(text).toContain(formatDecibels(decibels));
    expect(text).toContain("83 %");
    expect(text).toContain("51 %");
    expect(text).toContain(formatScore(judge.kendallTau));
    expect(text).toContain(`${judge.groups} groups`);
  });

  it("shows the run: settings, head, sizes, stages and notes", () => {
    const { head, counts, stages, notes, preset, seed, wallSeconds } = sampleSummary;
    for (const value of [preset, seed, head, formatSeconds(wallSeconds), ...notes]) {
      expect(text).toContain(value);
    }
    for (const count of [counts.sessions, counts.events, counts.blobs]) {
      expect(text).toContain(groupThousands(count));
    }
    for (const { stage, seconds } of stages) {
      expect(text).toContain(stage);
      expect(text).toContain(formatSeconds(seconds));
    }
  });

  it("draws every training curve and names the values at the kept step", () => {
    expect(text).toContain("Planner, fine-tuned");
    expect(text).toContain(`loss ${formatQuantity(1.281)}`);
    expect(text).toContain(`held-out accuracy ${formatQuantity(0.8125)}`);
  });

  it("shows each strip's candidates with their verdicts, and its outcomes with action and score", () => {
    for (const { title, candidates, outcomes } of sampleData.strips) {
      expect(text).toContain(title);
      for (const { label } of candidates) expect(text).toContain(label);
      for (const { action } of outcomes) expect(text).toContain(action);
    }
    expect(text).toContain("★ 0.0117");
    expect(text).toContain("judgement failed");
  });

  it("is the same page for the same data", async () => {
    expect(await renderReportHtml(sampleData)).toBe(page);
  });
});

describe("report page of a run that says less", () => {
  it("escapes text from the outside", async () => {
    const hostile = `<img src=x onerror="alert(1)"> & 'quotes'`;
    const page = await renderReportHtml({
      ...sampleData,
      summary: { ...sampleSummary, seed: hostile, notes: [hostile] },
    });
    expect(page).not.toContain("<img src=x");
    expect(page).toContain("&lt;img src=x onerror=&quot;alert(1)&quot;&gt; &amp; &#39;quotes&#39;");
    expect(badlyNested(page)).toEqual([]);
  });

  it("stands without curves, pictures, notes, scores and the full-scene variant", async () => {
    const bare: ReportData = {
      curves: [],
      strips: [],
      summary: {
        ...sampleSummary,
        scores: [],
        decisions: [],
        stages: [],
        notes: [],
        psnr: { ...sampleSummary.psnr, fullScene: null },
      },
    };
    const page = await renderReportHtml(bare);
    expect(badlyNested(page)).toEqual([]);
    expect(visibleText(page)).toContain("No fine-tuned planner was evaluated");
    expect(page).not.toContain("NaN");
    expect(page).not.toContain("undefined");
  });

  it("claims no gain where the intervals overlap", async () => {
    const scores = sampleSummary.scores.map((row) => ({ ...row, mean: 0.5, low: 0.4, high: 0.6 }));
    const page = await renderReportHtml({ ...sampleData, summary: { ...sampleSummary, scores } });
    expect(visibleText(page)).toContain("within the noise");
  });
});
