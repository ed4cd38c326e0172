// The floor plan as rules: doors → http → domain → storage. `npm run boundaries`; needs `nuxt prepare` first.
const framework = '(^|/)node_modules/(h3|nitropack|nuxt)/'
const database = '(^|/)node_modules/(pg|@prisma/client)/|(^|/)generated/prisma/'
const app = '^(components|composables|pages|layouts|middleware|plugins|utils)/'
const forbid = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to })

module.exports = {
  forbidden: [
    forbid('no-circular', 'A cycle means two rooms are one room.', {}, { circular: true }),
    forbid(
      'shared-is-a-leaf',
      'shared/ holds the words both sides speak; it knows neither side.',
      { path: '^shared/' },
      { path: `^server/|^packages/|${app}` },
    ),
    forbid(
      'app-never-imports-server',
      'The browser reaches the server by HTTP and WebSocket only.',
      { path: app },
      { path: '^server/|^prisma/|^launcher/' },
    ),
    forbid(
      'doors-never-touch-storage',
      'A route asks the domain; it does not read tables.',
      { path: '^server/(api|routes|middleware|http)/' },
      { path: '^server/(storage|mesh|runtime|processes)/' },
    ),
    forbid(
      'only-doors-know-http',
      'Rules and workers must run without a request.',
      { path: '^server/(domain|pipeline|processes|runtime|mesh|streaming|storage)/' },
      { path: `${framework}|^server/(api|routes|http|plugins)/` },
    ),
    forbid(
      'only-storage-talks-to-postgres',
      'One room holds the SQL.',
      { path: '^(server|shared|packages)/', pathNot: '^server/storage/' },
      { path: database },
    ),
    forbid(
      'storage-knows-no-rules',
      'SQL answers questions; it does not decide.',
      { path: '^server/storage/' },
      { path: '^server/(?!storage/)' },
    ),
    forbid(
      'domain-is-below-the-pipeline',
      'Rules do not know who calls them.',
      { path: '^server/domain/' },
      { path: '^server/(?!domain/|storage/)' },
    ),
    forbid(
      'stages-do-not-know-each-other',
      'Only pipeline.ts knows the order.',
      { path: '^server/pipeline/stages/([^/.]+)' },
      { path: '^server/pipeline/stages/', pathNot: '^server/pipeline/stages/$1' },
    ),
    forbid(
      'runtime-is-generic',
      'A supervisor knows processes, not issues.',
      { path: '^server/runtime/' },
      { path: '^(server/(?!runtime/)|shared/)' },
    ),
    forbid(
      'the-spool-keeps-bytes',
      'It knows files and how an event is written down, and nothing of what is done with it.',
      { path: '^server/spool/' },
      { path: '^server/(?!spool/|runtime/|pipeline/event-states)' },
    ),
    forbid(
      'only-processes-spool',
      'Doors hand events to the intake; where they wait is not their business.',
      { path: '^server/(?!spool/|processes/)' },
      { path: '^server/spool/' },
    ),
    forbid(
      'mesh-knows-no-domain',
      'Nodes carry messages; they do not read them.',
      { path: '^server/mesh/' },
      { path: '^server/(?!mesh/|runtime/)' },
    ),
    forbid(
      'streaming-only-carries',
      'Sockets fan out what they are handed.',
      { path: '^server/streaming/' },
      { path: '^server/(storage|pipeline|processes)/' },
    ),
    forbid(
      'system-is-reported-to',
      'Processes and mesh report their state into it; it asks nobody.',
      { path: '^server/system/' },
      { path: '^server/(?!system/)' },
    ),
    forbid(
      'launcher-starts-the-server-from-outside',
      'Only the generic parts are shared; a node is a process of its own.',
      { path: '^launcher/' },
      { path: `^server/(?!runtime/)|${app}` },
    ),
    forbid(
      'nobody-imports-the-launcher',
      'A node runs without it.',
      { path: '^(server|shared)/' },
      { path: '^launcher/' },
    ),
    forbid(
      'the-app-reads-downward',
      'page -> component -> composable -> helper, never back up.',
      { path: '^(components|composables|utils)/' },
      { path: '^pages/' },
    ),
    forbid(
      'composables-do-not-draw',
      'A composable brings data; a component draws it.',
      { path: '^(composables|utils)/' },
      { path: '^components/' },
    ),
    forbid(
      'sdk-stands-alone',
      'The SDK ships without the server; the contract is types only.',
      { path: '^packages/sdk/' },
      { path: `^server/|${app}` },
    ),
    forbid(
      'sdk-contract-is-types-only',
      'zod must not land in a customer bundle.',
      { path: '^packages/sdk/src/' },
      { path: '^shared/', dependencyTypesNot: ['type-only'] },
    ),
  ],
  options: {
    doNotFollow: { path: ['node_modules', '^server/storage/generated/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: '.nuxt/tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.vue', '.mjs', '.js'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'default'],
    },
  },
}
