// The import table of docs/ARCHITECTURE.md. Each folder of src may import itself, the files directly in src, and what
// is listed here; nothing may go round in a circle.

/** Folder -> the other folders that it may import. */
const mayImport = {
  api: ['stream', 'tokenizer', 'grammar', 'logs', 'knowledge', 'embedding'],
  worker: ['inference', 'embedding', 'llm', 'logs', 'knowledge', 'stream', 'tokenizer'],
  inference: ['tokenizer', 'grammar'],
  embedding: ['inference', 'tokenizer'],
  grammar: ['tokenizer'],
  llm: ['stream', 'logs', 'knowledge', 'tokenizer', 'inference', 'client'],
  knowledge: ['stream', 'logs', 'tokenizer'],
  logs: ['tokenizer'],
  stream: [],
  tokenizer: [],
  client: [],
  console: ['client', 'logs'],
  cli: [
    'api',
    'worker',
    'inference',
    'embedding',
    'llm',
    'logs',
    'knowledge',
    'stream',
    'tokenizer',
    'grammar',
    'client',
  ],
}

/** Folder -> folders of which it may import types only; of the stream's contract also its schemas. */
const typesOnly = { llm: ['stream/(?!events|request)', 'inference/'], worker: ['tokenizer/'] }

/** Files directly in src that know the environment: for the folders that have main files. */
const settings = '^src/(settings|setting-values|usable-cores|process-main)[.]ts$'
const withMainFiles = '^src/(api|worker|cli)/'

const folders = Object.keys(mayImport)

module.exports = {
  forbidden: [
    {
      name: 'no-circle',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-dev-dependency',
      severity: 'error',
      // A .dev.mjs file loads the sources where tsx runs them; the compiled program has none.
      from: { path: '^src', pathNot: '[.]dev[.]mjs$' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    { name: 'src-alone', severity: 'error', from: { path: '^src' }, to: { path: '^(test|bench|scripts)/' } },
    {
      name: 'settings-in-main-files',
      severity: 'error',
      from: { path: '^src/', pathNot: [withMainFiles, '^src/[^/]+$'] },
      to: { path: settings },
    },
    {
      name: 'client-alone',
      severity: 'error',
      // It runs in browsers, and is published by itself.
      from: { path: '^src/client/' },
      to: { path: '^src/[^/]+$' },
    },
    {
      name: 'client-runs-anywhere',
      severity: 'error',
      from: { path: '^src/client/' },
      to: { dependencyTypes: ['core'] },
    },
    { name: 'root-imports-no-folder', severity: 'error', from: { path: '^src/[^/]+$' }, to: { path: '^src/[^/]+/' } },
    ...folders.map((folder) => ({
      name: `${folder}-imports`,
      severity: 'error',
      from: { path: `^src/${folder}/` },
      to: { path: '^src/[^/]+/', pathNot: [folder, ...mayImport[folder]].map((allowed) => `^src/${allowed}/`) },
    })),
    ...Object.entries(typesOnly).map(([folder, others]) => ({
      name: `${folder}-imports-types-only`,
      severity: 'error',
      from: { path: `^src/${folder}/` },
      to: { path: others.map((other) => `^src/${other}`), dependencyTypesNot: ['type-only'] },
    })),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    // Imports of types count: a folder that needs another's types knows it too.
    tsPreCompilationDeps: 'specify',
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
}
