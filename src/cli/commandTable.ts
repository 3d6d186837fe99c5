import type { Command } from "commander";
import type { SettingsOf } from "./runOptions.ts";

/** Gives a command its arguments, options and action. */
type Configure = (command: Command, settingsOf: SettingsOf) => void;

/** A command as `dreamlog --help` tells it. What it is made of is loaded when it is called. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<Configure>;
}

export interface CommandGroup {
  readonly heading: string;
  readonly commands: readonly CommandEntry[];
}

const stage = async () => (await import("./commands/stages.ts")).configureStage;
const runs = () => import("./commands/run.ts");
const recomputes = () => import("./commands/recompute.ts");
const transfers = () => import("./commands/transferSessions.ts");

/** Every command, in the order that help shows them. */
export const commandTable: readonly CommandGroup[] = [
  {
    heading: "The whole loop:",
    commands: [
      {
        name: "demo",
        summary: "the whole loop at a small scale, in a few minutes",
        load: async () => (await runs()).configureDemo,
      },
      {
        name: "run",
        summary: "the whole loop: every stage in order, then the report",
        load: async () => (await runs()).configureRun,
      },
    ],
  },
  {
    heading: "Its stages, in order:",
    commands: [
      {
        name: "collect",
        summary: "collect trajectories of the simulated cell with the zero-shot planner",
        load: stage,
      },
      {
        name: "train-world-model",
        summary: "train the control branch of the world model on what was collected",
        load: stage,
      },
      {
        name: "dream",
        summary: "dream every candidate of every collected plan",
        load: stage,
      },
      {
        name: "judge",
        summary: "judge the dreams against their goals and pair preferences",
        load: stage,
      },
      {
        name: "orpo",
        summary: "fine-tune the planner on the preferences, once by each loss",
        load: stage,
      },
      {
        name: "evaluate",
        summary: "carry out and score every method on held-out starts",
        load: stage,
      },
      {
        name: "report",
        summary: "write report.html and report.json from the log of an evaluated run",
        load: async () => (await import("./commands/report.ts")).configureReport,
      },
    ],
  },
  {
    heading: "A run again, with one thing changed:",
    commands: [
      {
        name: "rejudge",
        summary: "judge a run's dreams by another judge, and recompute what follows",
        load: async () => (await recomputes()).configureRejudge,
      },
      {
        name: "replan",
        summary: "let another planner propose and act on a run's starts, and recompute",
        load: async () => (await recomputes()).configureReplan,
      },
      {
        name: "redream",
        summary: "dream a run's candidates with another world model, and recompute",
        load: async () => (await recomputes()).configureRedream,
      },
      {
        name: "retrain",
        summary: "fine-tune a run's planner with other settings, and evaluate it",
        load: async () => (await recomputes()).configureRetrain,
      },
      {
        name: "segment",
        summary: "follow the object through a recorded session with another segmenter",
        load: async () => (await import("./commands/segment.ts")).configureSegment,
      },
      {
        name: "branch",
        summary: "go on from a logged observation, in the simulator or in the world model",
        load: async () => (await import("./commands/branch.ts")).configureBranch,
      },
      {
        name: "compare",
        summary: "hold two runs against each other, or a run and its branch",
        load: async () => (await import("./commands/compare.ts")).configureCompare,
      },
      {
        name: "regress",
        summary: "hold a planner's checkpoint against the scored sessions of a log",
        load: async () => (await import("./commands/regress.ts")).configureRegress,
      },
    ],
  },
  {
    heading: "On a robot:",
    commands: [
      {
        name: "record",
        summary: "record a live cell, and let a planner act on it",
        load: async () => (await import("./commands/record.ts")).configureRecord,
      },
      {
        name: "import-recording",
        summary: "take an MCAP or rosbag2 recording into a log, with its times",
        load: async () => (await import("./commands/importRecording.ts")).configureImportRecording,
      },
      {
        name: "calibrate",
        summary: "find where a camera stands, by points it saw and an arm touched",
        load: async () => (await import("./commands/calibrate.ts")).configureCalibrate,
      },
      {
        name: "virtual-cell",
        summary: "serve the simulated cell over a robot's wire protocol",
        load: async () => (await import("./commands/virtualCell.ts")).configureVirtualCell,
      },
    ],
  },
  {
    heading: "What was written:",
    commands: [
      {
        name: "log",
        summary: "look into a log, check it and keep it safe",
        load: async () => (await import("./commands/log.ts")).configureLog,
      },
      {
        name: "replay",
        summary: "recompute every derived event from the events it names, and compare",
        load: async () => (await import("./commands/replay.ts")).configureReplay,
      },
      {
        name: "export-session",
        summary: "write sessions, with all they derive from, to a file of their own",
        load: async () => (await transfers()).configureExportSession,
      },
      {
        name: "import-session",
        summary: "take sessions from such a file into a log",
        load: async () => (await transfers()).configureImportSession,
      },
      {
        name: "export",
        summary: "write what a log holds as a data set for other tools",
        load: async () => (await import("./commands/exportDataset.ts")).configureExport,
      },
      {
        name: "import",
        summary: "take data sets of other tools into a log",
        load: async () => (await import("./commands/importDataset.ts")).configureImport,
      },
      {
        name: "stand-in",
        summary: "serve the chat API with the embedded models, to try without a GPU",
        load: async () => (await import("./commands/standIn.ts")).configureStandIn,
      },
    ],
  },
];
