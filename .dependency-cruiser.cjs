// A file imports from its own or a lower floor; the folders of floor 3 are strangers to one another.
const stages = [
  "store",
  "replay",
  "hardware",
  "src/sim",
  "src/perception",
  "src/planning",
  "src/dreaming",
  "src/judging",
  "src/learning",
  "src/exchange",
];
const floors = [
  ["src/core", "src/events"],
  ["src/ports"],
  ["streams", "src/media", "src/robot", "src/inference", "src/workers", "src/remote"],
  stages,
  ["src/app", "src/testing"],
  ["src/cli", "src/viewer"],
];
const inside = (folders) => folders.map((folder) => `^${folder}/`);
const rule = (name, from, to) => ({ name, severity: "error", from, to });

module.exports = {
  forbidden: [
    rule("no-cycles", {}, { circular: true }),
    rule("shipped-is-test-free", { pathNot: "^(test|fixtures)/" }, { path: "^(test|fixtures)/" }),
    ...floors
      .slice(0, -1)
      .map((folders, level) =>
        rule(
          `floor-${level}-looks-down`,
          { path: inside(folders) },
          { path: inside(floors.slice(level + 1).flat()) },
        ),
      ),
    ...stages.map((stage) =>
      rule(
        `${stage}-is-a-stranger`,
        { path: inside([stage]) },
        { path: inside(stages.filter((other) => other !== stage)) },
      ),
    ),
    rule(
      "pure",
      { path: inside(floors[0]) },
      { dependencyTypes: ["core"], pathNot: "^(node:)?crypto$" },
    ),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
  },
};
