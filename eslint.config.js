import tseslint from "typescript-eslint";

export default tseslint.config(
  {
    ignores: [
      "build/",
      "node_modules/",
      "protocol/validators.js",
      "protocol/validators.d.ts",
      "protocol/message.ts",
      // Not of this project: e2e/navigator.d.ts says otherwise.
      "sdk/direct-sockets.d.ts",
      "nativehost/selftest/page/page.js",
    ],
  },
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: { allowDefaultProject: ["eslint.config.js"] } } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "@typescript-eslint/no-unused-vars": [
        "error",
        { argsIgnorePattern: "^_", varsIgnorePattern: "^_", destructuredArrayIgnorePattern: "^_" },
      ],
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-non-null-assertion": "error",
      // Index signatures are read with brackets (noPropertyAccessFromIndexSignature).
      "@typescript-eslint/dot-notation": ["error", { allowIndexSignaturePropertyAccess: true }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-invalid-void-type": [
        "error",
        { allowAsThisParameter: true, allowInGenericTypeArguments: true },
      ],
      // They contradict rules above, or the shapes that WebIDL asks for (getters on prototypes, async methods that reject).
      "@typescript-eslint/non-nullable-type-assertion-style": "off",
      "@typescript-eslint/class-literal-property-style": "off",
      "@typescript-eslint/require-await": "off",
      // A type parameter that only names the result of a look-up.
      "@typescript-eslint/no-unnecessary-type-parameters": "off",
      eqeqeq: "error",
      "no-eval": "error",
      "no-implied-eval": "error",
    },
  },
  {
    // Without a message node reads it out of the source, and loses itself for minutes in what tsx has made of that.
    files: ["e2e/**/*.ts", "scripts/**/*.ts", "**/*.test.ts", "extension/fuzz/*.ts"],
    rules: {
      "no-restricted-syntax": [
        "error",
        {
          selector: "CallExpression[callee.object.name='assert'][callee.property.name='ok'][arguments.length=1]",
          message: "assert.ok takes a message.",
        },
      ],
    },
  },
  {
    files: ["e2e/**/*.test.ts", "**/*.test.ts"],
    // node:test's describe and it return promises that the runner itself awaits.
    rules: {
      // Page functions take their tools off `window`, where they were put as plain functions.
      "@typescript-eslint/unbound-method": "off",
      "@typescript-eslint/no-floating-promises": [
        "error",
        {
          allowForKnownSafeCalls: [
            { from: "package", package: "node:test", name: ["describe", "it", "test", "suite", "before", "after"] },
          ],
        },
      ],
    },
  },
  // In the page's world for-of asks the page's own Array.prototype[Symbol.iterator].
  { files: ["extension/page/**/*.ts"], rules: { "@typescript-eslint/prefer-for-of": "off" } },
  // Taking methods off their prototypes is what this file is for.
  { files: ["extension/page/builtins.ts"], rules: { "@typescript-eslint/unbound-method": "off" } },
  { files: ["eslint.config.js"], ...tseslint.configs.disableTypeChecked },
);
