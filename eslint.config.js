import js from "@eslint/js";
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["node_modules", "dist", "coverage", "out", "runs"] },
  js.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/no-unused-vars": [
        "error",
        { argsIgnorePattern: "^_", varsIgnorePattern: "^_" },
      ],
      // Index access is checked by noUncheckedIndexedAccess; in inner loops over typed arrays the
      // assertion is the readable form.
      "@typescript-eslint/no-non-null-assertion": "off",
      // Forbids naming a statement's parameter and row types at the place that prepares it.
      "@typescript-eslint/no-unnecessary-type-parameters": "off",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "no-restricted-properties": [
        "error",
        { object: "Math", property: "random", message: "Use src/core/random.ts." },
        { object: "Date", property: "now", message: "Use src/core/clock.ts." },
        { object: "performance", property: "now", message: "Use src/core/clock.ts." },
      ],
      "no-restricted-syntax": [
        "error",
        {
          selector: "NewExpression[callee.name='Date'][arguments.length=0]",
          message: "Use src/core/clock.ts.",
        },
        { selector: "ExportDefaultDeclaration", message: "Name what you export." },
      ],
    },
  },
  { files: ["src/core/clock.ts"], rules: { "no-restricted-properties": "off" } },
  { files: ["*.config.ts"], rules: { "no-restricted-syntax": "off" } },
  {
    files: ["**/*.{js,cjs,mjs}"],
    languageOptions: {
      globals: { process: "readonly", module: "writable", console: "readonly", URL: "readonly" },
    },
  },
);
