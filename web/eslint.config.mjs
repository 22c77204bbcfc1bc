import importX from "eslint-plugin-import-x";
import jsxA11y from "eslint-plugin-jsx-a11y";
import reactHooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

const features = [
  "access",
  "admin",
  "deployments",
  "environments",
  "keys",
  "prices",
  "prompts",
  "providers",
  "runs",
  "settings",
  "start",
  "storage",
];

export default tseslint.config(
  { ignores: [".next", "out", "node_modules", "next-env.d.ts", "src/lib/api/schema.gen.ts"] },
  ...tseslint.configs.strict,
  reactHooks.configs.flat["recommended-latest"],
  jsxA11y.flatConfigs.recommended,
  {
    plugins: { "import-x": importX },
    rules: {
      "max-lines": ["error", { max: 300, skipBlankLines: true, skipComments: true }],
      "import-x/no-cycle": "error",
      "import-x/no-default-export": "error",
      // app -> features -> components, hooks -> lib; a feature uses another one only through its api.
      "import-x/no-restricted-paths": [
        "error",
        {
          zones: [
            { target: "./src/features", from: "./src/app" },
            { target: ["./src/components", "./src/hooks"], from: ["./src/app", "./src/features"] },
            {
              target: "./src/lib",
              from: ["./src/app", "./src/features", "./src/components", "./src/hooks"],
            },
            ...features.map((feature) => ({
              target: `./src/features/${feature}`,
              from: "./src/features",
              except: [`./${feature}`, ...features.map((other) => `./${other}/api.ts`)],
            })),
          ],
        },
      ],
    },
    settings: {
      "import-x/resolver-next": [importX.createNodeResolver({ extensions: [".ts", ".tsx"] })],
    },
  },
  {
    // Next.js reads the default export of these.
    files: ["src/app/**/*.tsx", "*.config.*"],
    rules: { "import-x/no-default-export": "off" },
  },
);
